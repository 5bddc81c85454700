"""Which version of an endpoint answers, and what announces or follows its end."""

from __future__ import annotations

from datetime import UTC, datetime

from shim.fake import refusals, versions
from shim.fake.endpoints import Endpoint
from shim.fake.messages import Arrival, Headers, http_date

DEPRECATED = datetime(2025, 12, 10, tzinfo=UTC)
"""Recorded: the Deprecation field of the serverless endpoints, since December 2025."""


def version_for(arrival: Arrival, endpoint: Endpoint, api: str, *, gone: bool, strict: bool) -> str:
    """Return the version that answers; raises Refusal 406 or 410, or Bare 415.

    v1.0 knows no versions and counts as the first.
    """
    version: str | None = endpoint.versions[0]
    if api == "v2":
        version = versions.resolve(arrival.header("Accept"), endpoint.versions, strict=strict)
    if version is None:
        raise refusals.no_version()
    if gone:
        raise refusals.version_gone(version, arrival.path)
    if arrival.method == "POST" and not versions.speaks_json(arrival.header("Content-Type"), endpoint.versions):
        raise refusals.Bare(415)
    return version


def announced(sunset: datetime | None, now: datetime) -> Headers:
    """Return Deprecation and Sunset, HTTP-dates with an unpadded day as recorded; none for what stays."""
    if sunset is None or now < DEPRECATED:
        return ()
    dates = (("Deprecation", DEPRECATED), ("Sunset", sunset))
    return tuple((name, http_date(when, padded=False)) for name, when in dates)
