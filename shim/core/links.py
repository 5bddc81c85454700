"""Links of an answer: segments that lead to members, upstream's own led back through the shim, and the next page's."""

from __future__ import annotations

import re

from shim.core.messages import Headers
from shim.core.rules import TranslationContext
from shim.documents.templates import encoded
from shim.documents.value_types import Json


def segment_of(value: Json) -> str:
    """Return the raw path segment for a member of the answer, empty without one."""
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
