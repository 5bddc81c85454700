"""The fake's own time, which tests can set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta


class Clock:
    """Shows the time of ``source`` (seconds since the epoch) until it is set.

    From then on it stands still, or with ``running`` goes on from there at the speed of ``source``.
    """

    def __init__(self, source: Callable[[], float], *, running: bool) -> None:
        self._source = source
        self._running = running
        self._set: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        if self._set is None:
            return datetime.fromtimestamp(self._source(), UTC)
        when, since = self._set
        return when + timedelta(seconds=self._source() - since) if self._running else when

    def set(self, when: date | datetime) -> None:
        """Make this the present time."""
        self._set = (instant_of(when), self._source())


def instant_of(when: date | datetime) -> datetime:
    """Return an aware instant in UTC: a date is its 00:00, a naive datetime is taken as UTC."""
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day, tzinfo=UTC)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
