"""Atlas' errors, byte for byte: recorded ones, documented ones, and the 410 that users quoted.

Recorded bodies have their members in alphabetical order on one line; the 401 of the front door is laid out over
several lines. ``X-Error-Code`` repeats the body's code. Sources: recordings of mongodb-atlas-cli (Apache-2.0),
Atlas' list of API error codes, issues of public clients.
"""

import json
from typing import Any

Error = tuple[int, tuple[tuple[str, str], ...], bytes]

_JSON = ("Content-Type", "application/json")
GROUP = "b0123456789abcdef012345b"


def _atlas(status: int, code: str | None, reason: str, detail: str, parameters: Any, *fields: tuple[str, str]) -> Error:
    document = {"detail": detail, "error": status, "errorCode": code, "parameters": parameters, "reason": reason}
    body = json.dumps(document, separators=(",", ":")).encode()
    coded = (("X-Error-Code", code),) if code is not None else ()
    return status, (_JSON, *coded, *fields), body


def _bad(code: str, detail: str = "…", *parameters: Any) -> Error:
    return _atlas(400, code, "Bad Request", detail, list(parameters))


def _missing(code: str, detail: str = "…", *parameters: Any) -> Error:
    return _atlas(404, code, "Not Found", detail, list(parameters))


_FRONT_401 = (
    b'{\n  "error" : 401,\n  "reason" : "Unauthorized",\n  "detail" : "You are not authorized for this resource."\n}'
)
_FRONT_401_CODED = _FRONT_401.replace(b"401,\n", b'401,\n  "errorCode" : "UNEXPECTED_ERROR",\n')
_VERSION = "Version 2023-02-01 of api/atlas/v2/groups/{0}/clusters is no longer available."

_DETAILED = (
    b'{"badRequestDetail":{"fields":[{"description":"must not be null","field":"snapshotId"}]},'
    b'"detail":"A validation error occurred.","error":400,"errorCode":"VALIDATION_ERROR","reason":"Bad Request"}'
)

LEADING_ON: dict[str, Error] = {
    "non-flex": _bad(
        "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API",
        "Cannot use non-flex cluster backupRestores-837 in the flex API.",
        "backupRestores-837",
    ),
    "no-cluster": _missing(
        "CLUSTER_NOT_FOUND", f"No cluster named cluster-735 exists in group {GROUP}.", "cluster-735", GROUP
    ),
}
"""Errors of flex that lead a read on to the dedicated tier, in route auto."""

ERRORS: dict[str, Error] = {
    **LEADING_ON,
    "flex-in-cluster": _bad(
        "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API",
        "Flex cluster test-flex cannot be used in the Cluster API.",
        "test-flex",
    ),
    "no-group": _missing("GROUP_NOT_FOUND", "No group with ID 1 exists.", "111111111111111111111111"),
    "no-resource": _missing("RESOURCE_NOT_FOUND", "Cannot find resource Online archive with id 68db.", "68db"),
    "null-code": _atlas(404, None, "Not Found", "Could not find the requested external organization link.", None),
    "unexpected-404": _atlas(404, "UNEXPECTED_ERROR", "Not Found", "Could not find it.", None),
    "duplicate": _bad("DUPLICATE_CLUSTER_NAME", "A cluster … is already present", "cluster", "cluster-73", GROUP),
    "front-401": (401, (_JSON,), _FRONT_401),
    "front-401-coded": (401, (_JSON,), _FRONT_401_CODED),
    "front-401-empty": (401, (), b""),
    "exists": _atlas(409, "GROUP_ALREADY_EXISTS", "Conflict", 'A group with name "x\\u00e9" already exists.', ["x"]),
    "user-exists": _atlas(409, "USER_ALREADY_EXISTS", "Conflict", "…", []),
    "archive": _atlas(409, "ONLINE_ARCHIVE_MUST_BE_ACTIVE_TO_PAUSE", "Conflict", "…", []),
    "method": (405, (("Allow", "POST,GET,OPTIONS"),), b""),
    "unexpected": _atlas(500, "UNEXPECTED_ERROR", "Internal Server Error", "Unexpected error.", []),
    "html-502": (502, (("Content-Type", "text/html"),), b"<html><head></head><body>Bad Gateway</body></html>"),
    "html-503": (503, (("Content-Type", "text/html"), ("Retry-After", "30")), b"<h1>busy</h1>"),
    "attribute": _bad("INVALID_ATTRIBUTE"),
    "no-snapshot": _missing("TENANT_SNAPSHOT_NOT_FOUND"),
    "not-in-group": _atlas(401, "NOT_IN_GROUP", "Unauthorized", "…", []),
    "access-denied": _atlas(403, "access_denied", "Forbidden", "…", []),
    "restoring": _atlas(409, "ATLAS_CLUSTER_RESTORE_IN_PROGRESS", "Conflict", "…", []),
    "deleted-snapshot": _atlas(409, "CANNOT_START_RESTORE_JOB_FOR_DELETED_SNAPSHOT", "Conflict", "…", []),
    "rate": _atlas(
        429,
        "RATE_LIMITED_TOKEN_BUCKET",
        "Too Many Requests",
        "Rate limit exceeded for api/atlas/v2/orgs. Please retry after 55 seconds. "
        "Request capacity: 10. Refill rate: 5 per 60 seconds.",
        ["api/atlas/v2/orgs", 55, 10, 5, 60],
        ("Retry-After", "55"),
    ),
    "rate-of-the-contract": _atlas(429, "RATE_LIMITED", "Too Many Requests", "…", [], ("Retry-After", "1")),
    "not-acceptable": _atlas(
        406, "INVALID_VERSION_DATE", "Not Acceptable", "Invalid accept header or version date.", []
    ),
    "unsupported-media": (415, (), b""),
    "gone": _atlas(
        410,
        "VERSION_GONE",
        "Gone",
        _VERSION.format(GROUP),
        ["2023-02-01", f"api/atlas/v2/groups/{GROUP}/clusters"],
        ("Sunset", "Sun, 1 Mar 2026 00:00:00 GMT"),
        ("Deprecation", "Mon, 5 Aug 2024 00:00:00 GMT"),
    ),
    "bad-request-detail": (
        400,
        (_JSON, ("X-Error-Code", "VALIDATION_ERROR")),
        _DETAILED,
    ),
    "odd-spacing": (
        400,
        (_JSON,),
        b'{ "errorCode":"X" ,"error":400, "parameters":null,\r\n"detail":"\\u0041\xc3\xa9" }\n',
    ),
}
"""Errors that a successor may answer, one of each shape, by a short name."""


def is_intact(reply: Any, error: Error, *, content: bool = True) -> None:
    """Hold a reply against an error: its status, every field that it came with, and its content byte for byte.

    Sunset and Deprecation stand beside the shim's own.
    """
    status, fields, body = error
    assert reply.status_code == status
    assert reply.content == body or not content
    for name, value in fields:
        assert name in {"Sunset", "Deprecation"} or reply.headers[name] == value
    assert not content or "Content-Type" in dict(fields) or "Content-Type" not in reply.headers
