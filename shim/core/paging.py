"""The pages of an upstream list: whether another one follows."""

from __future__ import annotations

from collections.abc import Sequence

from shim.core.translate import UpstreamPage
from shim.documents.calls import Target
from shim.documents.vocabulary import JsonObject


def goes_on(target: Target, pages: Sequence[UpstreamPage]) -> bool:
    """Return whether another upstream page follows the last one, and is part of the answer."""
    last = pages[-1]
    if target.paging == "kept" or not last.items or target.bare:
        return False
    linked = has_next(last.document)
    if linked is not None:
        return linked
    total = last.document.get("totalCount")
    return type(total) is int and total > sum(len(page.items) for page in pages)


def has_next(document: JsonObject) -> bool | None:
    """Return whether a list document links to a next page, None if it has no links."""
    links = document.get("links")
    if type(links) is not list or not links:
        return None
    return "next" in [link.get("rel") for link in links if type(link) is dict]
