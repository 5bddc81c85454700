"""Read requests and write responses: fields, dates, versions, and Atlas's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

HeaderFields = tuple[tuple[str, str], ...]
"""Header fields in order, a name and a value each."""

JSON: HeaderFields = (("Content-Type", "application/json"),)

JsonObject = dict[str, Any]


def _first(fields: HeaderFields, name: str) -> str | None:
    return next((value for key, value in fields if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request. Its repr omits fields and content, because they contain credentials."""

    method: str
    target: str
    headers: HeaderFields = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The raw path, without the query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The raw query, empty if there is none."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """Return the first value of a field, None if it is missing."""
        return _first(self.headers, name)


@dataclass(frozen=True, slots=True)
class FakeReply:
    """A response."""

    status: int
    headers: HeaderFields = ()
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """Return the first value of a field, None if it is missing."""
        return _first(self.headers, name)


def stamp(when: datetime) -> str:
    """Format an instant like Atlas's bodies: UTC, whole seconds, Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(when: datetime, *, padded: bool = True) -> str:
    """Format an HTTP-date (RFC 9110, 5.6.7).

    Atlas doesn't pad the day in Sunset and Deprecation.
    """
    written = format_datetime(when.astimezone(UTC), usegmt=True)
    if padded:
        return written
    return written.replace(", 0", ", ")


def json_text(document: object, *, pretty: bool = False) -> bytes:
    """Format JSON on one line, or pretty like Atlas's 401.

    Pretty means indented by two, with a space before each colon.
    """
    colon, depth = (" : ", 2) if pretty else (":", None)
    written = json.dumps(
        document, ensure_ascii=False, indent=depth, separators=(",", colon)
    )
    # A request may contain a lone surrogate as an escape; escape it again.
    return written.encode(errors="backslashreplace")


def instant_of(when: date | datetime) -> datetime:
    """Return an aware instant in UTC.

    A date means its 00:00, and a naive datetime is taken as UTC.
    """
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day, tzinfo=UTC)
    if when.tzinfo is None:
        return when.replace(tzinfo=UTC)
    return when.astimezone(UTC)


DEPRECATED = datetime(2025, 12, 10, tzinfo=UTC)
"""Recorded: the Deprecation field of the serverless endpoints, since December 2025."""

_VENDOR = re.compile(
    r"\s*application/vnd\.atlas\.(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))\+json\s*(?:;.*)?",
    re.IGNORECASE,
)


def resolve(value: str | None, offered: Sequence[str]) -> str | None:
    """Return the version that the first usable date in a field selects.

    This is the latest offered version that is not after the date. Returns None without
    a date.
    """
    for media_range in (value or "").split(","):
        match = _VENDOR.fullmatch(media_range)
        if match is None:
            continue
        # ISO dates sort as text.
        fitting = [one for one in offered if one <= match[1]]
        if fitting:
            return max(fitting)
    return None


def is_json(value: str, offered: Sequence[str]) -> bool:
    """Return whether a Content-Type is JSON: plain, or one of the resource's versions."""
    media_type = value.partition(";")[0].strip().lower()
    return media_type == "application/json" or resolve(value, offered) is not None


def announced(sunset: datetime | None, now: datetime) -> HeaderFields:
    """Return the Deprecation and Sunset fields as recorded, with an unpadded day.

    Returns nothing for an operation without a sunset.
    """
    if sunset is None or now < DEPRECATED:
        return ()
    return (
        ("Deprecation", http_date(DEPRECATED, padded=False)),
        ("Sunset", http_date(sunset, padded=False)),
    )


_WORDED: dict[str, tuple[int, str]] = {
    # Recorded.
    "GROUP_NOT_FOUND": (404, "No group with ID {} exists."),
    "CLUSTER_NOT_FOUND": (404, "No cluster named {} exists in group {}."),
    "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API": (
        400,
        "Cannot use non-flex cluster {} in the flex API.",
    ),
    "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API": (
        400,
        "Flex cluster {} cannot be used in the Cluster API.",
    ),
    "RESOURCE_NOT_FOUND": (404, "Cannot find resource {}."),
    "DUPLICATE_CLUSTER_NAME": (400, "A {} named {} is already present in group {}."),
    # The text is documented.
    "TENANT_SNAPSHOT_NOT_FOUND": (
        404,
        "No Flex snapshot with ID {} exists for cluster {}.",
    ),
    "TENANT_RESTORE_NOT_FOUND": (
        404,
        "No Flex restore with ID {} exists for cluster {}.",
    ),
    "SNAPSHOT_NOT_FOUND": (404, "No snapshot with ID {} exists for cluster {}."),
    "INVALID_QUERY_PARAMETER": (400, "Invalid query parameter {} specified."),
    "CLUSTER_ALREADY_REQUESTED_DELETION": (
        400,
        "The cluster {} has already been requested for deletion.",
    ),
    # Known from public test logs: the answer to deleting a protected flex cluster. Its
    # parameter is a whole sentence.
    "ATLAS_GENERAL_ERROR": (400, "Reason: {}."),
    # Known from public issues and repositories: the path in the 410 is the requested
    # one, without the first slash.
    "VERSION_GONE": (410, "Version {} of {} is no longer available."),
    "INVALID_VERSION_DATE": (406, "Invalid accept header or version date."),
}
"""Atlas's text for one error code."""

_OURS: dict[int, str] = {
    # INVALID_DIGEST_URI: RFC 7616, 3.4.6 requires a 400 when the signed uri is not the
    # request target.
    400: "CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API CLUSTER_NAME_INVALID MALFORMED_JSON MISSING_ATTRIBUTE "
    "INVALID_ATTRIBUTE INVALID_ENUM_VALUE UNSUPPORTED_DELIVERY_METHOD INVALID_DIGEST_URI",
    403: "FEATURE_UNSUPPORTED",
    404: "SERVERLESS_INSTANCE_NOT_FOUND NOT_FOUND RESTORE_JOB_NOT_FOUND",
}
"""Codes by status whose texts are unknown: all have the same text.

The codes are documented, or known from Atlas's Kubernetes operator.
"""

ERRORS = dict(_WORDED)
"""Error codes. To add an error, add a row."""


for _status, _codes in _OURS.items():
    for _code in _codes.split():
        ERRORS[_code] = (_status, "")


class AtlasRefusal(Exception):  # noqa: N818 - an answer, not a defect of the program
    """An error response: a code of ``ERRORS`` and the values of its placeholders.

    ``document`` is its JSON body, with the members in Atlas's order (alphabetical).
    """

    def __init__(self, code: str, *parameters: object) -> None:
        super().__init__(code)
        self.code = code
        self.status, text = ERRORS[code]
        if not text:
            text = code.replace("_", " ").capitalize()
            text += ": {}." if parameters else "."
        self.document: JsonObject = {
            "detail": text.format(*parameters),
            "error": self.status,
            "errorCode": code,
            "parameters": list(parameters),
            "reason": HTTPStatus(self.status).phrase,
        }
