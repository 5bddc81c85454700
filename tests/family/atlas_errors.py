"""Atlas's errors, byte for byte: recorded ones, documented ones, and the 410 that users quoted.

Recorded bodies have their members in alphabetical order on one line; the 401 of the
front door has several lines. ``X-Error-Code`` repeats the body's code. Sources:
recordings of mongodb-atlas-cli (Apache-2.0), Atlas's list of API error codes, issues of
public clients.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

Error = tuple[int, tuple[tuple[str, str], ...], bytes]

_JSON = ("Content-Type", "application/json")
_HTML = ("Content-Type", "text/html")
GROUP = "b0123456789abcdef012345b"


def _atlas(
    status: int,
    code: str | None,
    detail: str = "…",
    *parameters: Any,
    fields: Mapping[str, str] = {},
) -> Error:
    document = {
        "detail": detail,
        "error": status,
        "errorCode": code,
        "parameters": parameters if code else None,
    }
    document["reason"] = HTTPStatus(status).phrase
    body = json.dumps(document, separators=(",", ":")).encode()
    coded = ((("X-Error-Code", code),)) if code is not None else (())
    return status, (_JSON, *coded, *fields.items()), body


_FRONT_401 = (
    b'{\n  "error" : 401,\n  "reason" : "Unauthorized",\n'
    b'  "detail" : "You are not authorized for this resource."\n}'
)
_FRONT_401_CODED = _FRONT_401.replace(
    b"401,\n", b'401,\n  "errorCode" : "UNEXPECTED_ERROR",\n'
)
_CLUSTERS = f"api/atlas/v2/groups/{GROUP}/clusters"
_ENDED = {
    "Sunset": "Sun, 1 Mar 2026 00:00:00 GMT",
    "Deprecation": "Mon, 5 Aug 2024 00:00:00 GMT",
}
_LIMITED = (
    "Rate limit exceeded for api/atlas/v2/orgs. Please retry after 55 seconds. "
    "Request capacity: 10. Refill rate: 5 per 60 seconds."
)
_DETAILED = (
    b'{"badRequestDetail":{"fields":[{"description":"must not be null","field":"snapshotId"}]},'
    b'"detail":"A validation error occurred.","error":400,"errorCode":"VALIDATION_ERROR","reason":"Bad Request"}'
)
_ODD = b'{ "errorCode":"X" ,"error":400, "parameters":null,\r\n"detail":"\\u0041\xc3\xa9" }\n'
_NON_FLEX = "Cannot use non-flex cluster backupRestores-837 in the flex API."
_NO_CLUSTER = f"No cluster named cluster-735 exists in group {GROUP}."

LEADING_ON: dict[str, Error] = {
    "non-flex": _atlas(
        400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API", _NON_FLEX, "backupRestores-837"
    ),
    "no-cluster": _atlas(404, "CLUSTER_NOT_FOUND", _NO_CLUSTER, "cluster-735", GROUP),
}
"""Errors of flex after which a read continues at the dedicated tier, in route auto."""

ERRORS: dict[str, Error] = {
    **LEADING_ON,
    "no-resource": _atlas(
        404,
        "RESOURCE_NOT_FOUND",
        "Cannot find resource Online archive with id 68db.",
        "68db",
    ),
    "null-code": _atlas(
        404, None, "Could not find the requested external organization link."
    ),
    "front-401": (401, (_JSON,), _FRONT_401),
    "front-401-coded": (401, (_JSON,), _FRONT_401_CODED),
    "front-401-empty": (401, (), b""),
    "exists": _atlas(
        409, "GROUP_ALREADY_EXISTS", 'A group with name "x\\u00e9" already exists.', "x"
    ),
    "unexpected": _atlas(500, "UNEXPECTED_ERROR", "Unexpected error."),
    "method": (405, (("Allow", "POST,GET,OPTIONS"),), b""),
    "html-502": (502, (_HTML,), b"<html><head></head><body>Bad Gateway</body></html>"),
    "html-503": (503, (_HTML, ("Retry-After", "30")), b"<h1>busy</h1>"),
    "rate": _atlas(
        429,
        "RATE_LIMITED_TOKEN_BUCKET",
        _LIMITED,
        "orgs",
        55,
        10,
        5,
        60,
        fields={"Retry-After": "55"},
    ),
    "unsupported-media": (415, (), b""),
    "gone": _atlas(
        410,
        "VERSION_GONE",
        f"Version 2023-02-01 of {_CLUSTERS} is no longer available.",
        _CLUSTERS,
        fields=_ENDED,
    ),
    "bad-request-detail": (
        400,
        (_JSON, ("X-Error-Code", "VALIDATION_ERROR")),
        _DETAILED,
    ),
    "odd-spacing": (400, (_JSON,), _ODD),
    **{
        code: _atlas(status, code)
        for status, codes in {
            400: "INVALID_ATTRIBUTE DUPLICATE_CLUSTER_NAME CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API",
            401: "NOT_IN_GROUP",
            403: "access_denied",
            404: "GROUP_NOT_FOUND TENANT_SNAPSHOT_NOT_FOUND UNEXPECTED_ERROR",
            406: "INVALID_VERSION_DATE",
            409: "ATLAS_CLUSTER_RESTORE_IN_PROGRESS CANNOT_START_RESTORE_JOB_FOR_DELETED_SNAPSHOT",
            429: "RATE_LIMITED",
        }.items()
        for code in codes.split()
    },
}
"""Errors that a successor may return: one of each shape by a short name, and others by their codes."""


def is_intact(reply: Any, error: Error, *, content: bool = True) -> None:
    """Compare a reply with an error: its status, all of its fields, and its content byte for byte.

    Sunset and Deprecation stand next to the shim's own.
    """
    status, fields, body = error
    assert reply.status_code == status
    assert reply.content == body or not content
    for name, value in fields:
        assert name in {"Sunset", "Deprecation"} or reply.headers[name] == value
    assert (
        not content
        or "Content-Type" in dict(fields)
        or "Content-Type" not in reply.headers
    )
