"""Turn an HTTP reply from Atlas into a value of the expected type, or an error."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import attrs
import httpx

from shim import errors
from shim._record import record as record_of
from shim.atlas.convert import Model, Page
from shim.core.content import loads
from shim.core.responses import explained
from shim.errors import AtlasError

R = TypeVar("R", bound=Model)

UNREADABLE = "SHIM_UPSTREAM_UNREADABLE"
"""The error code of a success without a JSON object, as in all of the shim."""

_BY_STATUS: Mapping[int, type[AtlasError]] = {
    401: errors.UnauthorizedError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    410: errors.GoneError,
    429: errors.RateLimitedError,
}


def result_of(model: type[R], response: httpx.Response) -> R:
    """Return a response's value, with the shim's record in it and in each page item.

    Raises AtlasError on any status but 2xx, and on a 2xx without a JSON object (with
    that status and the error code UNREADABLE).
    """
    if not response.is_success:
        raise error_of(response)
    content = json_object(response.content)
    record = record_of(response)
    if content is None:
        detail = explained(
            UNREADABLE, "The content of this success is not a JSON object."
        )
        raise AtlasError(
            response.status_code,
            error_code=UNREADABLE,
            detail=detail,
            body=response.content,
            record=record,
        )
    result = model.from_json(content)
    if isinstance(result, Page) and record is not None:
        items = tuple(attrs.evolve(item, record=record) for item in result.results)
        return attrs.evolve(result, record=record, results=items)
    return attrs.evolve(result, record=record)


def error_of(
    response: httpx.Response, kind: type[AtlasError] | None = None
) -> AtlasError:
    """Return a response as an error, by default the one of its status.

    Members that the body lacks are None or empty. OAuth's errors (RFC 6749, 5.2) are
    understood, too.
    """
    said = json_object(response.content) or {}
    parameters = said.get("parameters")
    if not isinstance(parameters, list):
        parameters = []
    texts = {name: value for name, value in said.items() if isinstance(value, str)}
    kind = kind or _BY_STATUS.get(response.status_code, AtlasError)
    return kind(
        response.status_code,
        error_code=texts.get("errorCode") or texts.get("error"),
        detail=texts.get("detail") or texts.get("error_description"),
        reason=texts.get("reason"),
        parameters=tuple(parameters),
        retry_after=retry_after(response.headers.get("retry-after"), now=time.time()),
        body=response.content,
        record=record_of(response),
    )


def json_object(content: bytes) -> dict[str, Any] | None:
    """Decode a JSON object; return None for any other content."""
    try:
        value = loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def retry_after(value: str | None, *, now: float) -> float | None:
    """Read ``Retry-After`` (RFC 9110, 10.2.3) as seconds from ``now``, never negative.

    None if missing or invalid.
    """
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        seconds = float(value)
        return seconds if math.isfinite(seconds) else None
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, when.replace(tzinfo=when.tzinfo or UTC).timestamp() - now)
