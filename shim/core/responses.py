"""Build the shim's replies: translated documents, and errors in Atlas's own shape."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from shim.core.messages import Headers, Reply, field, reason_phrase, without
from shim.documents.vocabulary import Json, JsonObject

_ABOUT_CONTENT = frozenset({
    "accept-ranges", "content-digest", "content-disposition", "content-encoding", "content-length",
    "content-location", "content-md5", "content-range", "content-type", "deprecation", "digest", "etag",
    "last-modified", "location", "repr-digest", "sunset", "transfer-encoding",
})  # fmt: skip
"""Upstream's fields about its own body or resource (RFC 9110, 8); not copied to the translated reply."""

SITE = ""
"""Where the documentation is published, with a trailing slash; empty until it has a home."""


@attrs.define
class CallError(Exception):
    """The shim answers the call itself, with an error in Atlas's shape.

    Has the members of its body.
    """

    status: int
    code: str
    detail: str
    parameters: tuple[Json, ...] = ()


def document_reply(
    content: bytes, status: int, content_type: str, upstream: Headers = ()
) -> Reply:
    """Return a reply with content, if any, and upstream's fields that don't describe its own body."""
    lines = without(upstream, _ABOUT_CONTENT)
    return Reply(
        status,
        (*lines, ("Content-Type", content_type)) if content_type else lines,
        content,
    )


def error_body(
    status: int, code: str | None, detail: str, parameters: tuple[Json, ...] = ()
) -> JsonObject:
    """Return an error document with the members and the order of recorded Atlas errors.

    The detail of a SHIM_ error ends with the URL that explains its code: strict readers
    of Atlas's schema would refuse another member, and Atlas's clients would not show
    it.
    """
    document: JsonObject = {
        "detail": explained(code or "", detail),
        "error": status,
        "errorCode": code,
    }
    return {**document, "parameters": list(parameters), "reason": reason_phrase(status)}


def in_legacy_names(error: JsonObject, names: Mapping[str, str]) -> JsonObject:
    """Return a successor's error with the member names of the legacy body.

    ``names`` has the legacy names by the successor's. The detail contains the same
    names as the parameters.
    """
    parameters = error.get("parameters")
    detail = error.get("detail")
    if type(parameters) is not list or type(detail) is not str:
        return error
    renamed = {one: _legacy_name(one, names) for one in parameters if type(one) is str}
    for new, legacy in renamed.items():
        parts = re.split(rf"(?<![\w.]){re.escape(new)}(?!\w)", detail)
        detail = legacy.join(parts)
    named = list[Json]()
    for one in parameters:
        named.append(renamed[one] if type(one) is str else one)
    return {**error, "detail": detail, "parameters": named}


def _legacy_name(place: str, names: Mapping[str, str]) -> str:
    """Return the legacy name of a member or of a place in it.

    The same text if it has no other.
    """
    for name, legacy in names.items():
        if place == name or place.startswith((f"{name}.", f"{name}[")):
            return legacy + place[len(name) :]
    return place


def section_of(code: str) -> str | None:
    """Return the URL that explains a SHIM_ code; None for Atlas's codes, and without a site."""
    return (
        f"{SITE}reference/errors/#{code.lower()}"
        if SITE and code.startswith("SHIM_")
        else None
    )


def explained(code: str, detail: str) -> str:
    """Return a detail that ends with the URL of its code, if that is a SHIM_ code."""
    if not code.startswith("SHIM_"):
        return detail
    ends_with_url = "://" in detail.rpartition(" ")[2] and not detail.endswith(".")
    return f"{detail} {'and' if ends_with_url else 'See'}: {section_of(code) or f'atlas-shim explain {code}'}"


def help_link(code: str) -> Headers:
    """Return a Link field to the section of a SHIM_ code (RFC 8288, HTML's ``help``).

    No field without a URL.
    """
    url = section_of(code)
    if url is None:
        return ()
    return (("Link", f'<{url}>; rel="help"'),)


def refuse_redirect(tier: str, reply: Reply) -> None:
    """Raise CallError if a successor redirects: a client that followed would get an untranslated answer."""
    location = field(reply.headers, "location")
    if 300 <= reply.status < 400 and location is not None:
        detail = (
            f"The {tier} endpoint answered {reply.status} with Location: {location[:500]}. Set its "
            "origin as upstream (--upstream, ATLAS_SHIM_UPSTREAM), or call the successor directly."
        )
        raise CallError(502, "SHIM_UPSTREAM_REDIRECTED", detail)
