"""The pages of an upstream list: whether another one follows, and how it is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote_plus

from shim.core.messages import Headers
from shim.core.translate import UpstreamPage
from shim.documents.calls import LINK, Target
from shim.documents.sources import look_up, parse_source
from shim.documents.templates import link_query
from shim.documents.vocabulary import JsonObject


def goes_on(target: Target, pages: Sequence[UpstreamPage]) -> bool:
    """Return whether another upstream page follows the last one, and is part of the answer."""
    last = pages[-1]
    if target.paging == "kept" or not last.items or (target.bare and not last.link):
        return False
    if target.next or target.media_type:
        return bool(following(target, last))
    linked = has_next(last.document)
    if linked is not None:
        return linked
    total = last.document.get("totalCount")
    return type(total) is int and total > sum(len(page.items) for page in pages)


def following(target: Target, page: UpstreamPage) -> str:
    """Return the raw query, or the pair, that asks for the next page; empty if nothing in a page leads there."""
    document = page.document
    if target.next == LINK:
        return link_query(page.link)
    found = look_up(document, (target.next,)) if target.next in document else None
    if found is None and target.next:
        found = look_up(document, parse_source(target.next))
    last = found[-1] if type(found) is list and found else found
    if type(last) not in {str, int} or last == "":
        return ""
    return f"{quote_plus(target.cursor)}={quote_plus(str(last))}" if target.cursor else link_query(str(last))


def has_next(document: JsonObject) -> bool | None:
    """Return whether a list document links to a next page, None if it has no links."""
    links = document.get("links")
    if type(links) is not list or not links:
        return None
    return "next" in [link.get("rel") for link in links if type(link) is dict]


_PARAMETER = r"""\s*;\s*([\w*-]+)\s*=\s*("[^"]*"|[^\s";,]*)"""
_LINKS = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")


def next_link(headers: Headers) -> str:
    """Return the target of the link to the next page in Link fields (RFC 8288, 3), empty without one."""
    values = ",".join(value for name, value in headers if name.lower() == "link")
    for link in _LINKS.finditer(values):
        for name, value in re.findall(_PARAMETER, link[2]):
            if name.lower() == "rel" and "next" in value.strip('"').lower().split():
                return link[1]
    return ""
