"""Links of an answer: the segments that lead to its members, and upstream's own led back through the shim."""

from __future__ import annotations

import re

from shim.core.rules import TranslationContext
from shim.documents.templates import encoded
from shim.documents.value_types import Json


def segment_of(value: Json) -> str:
    """Return the raw path segment that stands for a member of the answer, empty when none does."""
    return (encoded(str(value)) or "") if type(value) in {str, int} else ""


def led_back(links: list[Json], context: TranslationContext) -> list[Json]:
    """Return upstream's links with the caller's base in place of their origin, where they lead to the API."""
    return [_led_back(link, context) for link in links]


def _led_back(link: Json, context: TranslationContext) -> Json:
    href = link.get("href") if type(link) is dict else None
    if type(link) is not dict or type(href) is not str:
        return link
    origin = _origin_of(href)
    if origin is None or not href.startswith(context.api_bases, origin.end()):
        return link
    return {**link, "href": context.base + href[origin.end() :]}


_origin_of = re.compile(r"https?://[^/?#]+", re.IGNORECASE).match
