"""Announced sunsets by operation: bounded, readable from another thread, and logged once."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter as Tally
from datetime import UTC, datetime
from functools import lru_cache

import attrs

from shim.core.messages import Call, Headers, field
from shim.core.recognise import Engine
from shim.tools.radar.announcement import Announcement, read
from shim.tools.radar.shape import shape_of

log = logging.getLogger("shim.tools.radar")

MOST = 256  # operations, each in one version, that are remembered, and lines logged by a process
NEWS = 16  # lines logged for one method and path, since callers can invent versions
DAY = 86400  # seconds
CALLERS = 8  # callers of an operation that are remembered, the latest

_VERSION = re.compile(r"application/vnd\.atlas\.([0-9]{4}-[0-9]{2}-[0-9]{2}|preview|upcoming)\+", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class Sighting(Announcement):
    """An operation whose replies announce its sunset."""

    method: str
    path: str
    """A template or a shape, without anybody's names."""
    version: str
    """The date in Accept or Content-Type, else empty."""
    first: float
    """Seconds since the epoch, as ``last``."""
    last: float
    calls: int = 1
    """The replies that announced it."""
    callers: tuple[str, ...] = ()
    """Names, the latest first."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The key of an operation."""
        return self.method, self.path, self.version


class Radar:
    """Remembers what replies announce."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], Sighting] = {}  # the operation that was called last is the last
        self._logged: set[tuple[tuple[str, str, str], float | None, float | None]] = set()
        self._lock = threading.Lock()

    def look(
        self, call: Call, headers: Headers, engine: Engine, caller: str = "", now: float | None = None
    ) -> Sighting | None:
        """Remember and return the announcement in a reply's header fields, None without one; ``call`` is as sent.

        ``engine`` has the templates of its documents; ``caller`` is a name, empty if unknown; ``now`` is in seconds
        since the epoch.
        """
        said = read(headers)
        if said is None:
            return None
        now = time.time() if now is None else now
        accept = ",".join([value for name, value in call.headers if len(name) == 6 and name.lower() == "accept"])
        version = _version(field(headers, "Content-Type") or "") or _version(accept)
        path = _path_of(engine, call.method, call.path, accept)
        with self._lock:
            before = self._seen.pop((call.method, path, version), None)
            new = Sighting(**attrs.asdict(said), method=call.method, path=path, version=version, first=now, last=now)
            known = before or attrs.evolve(new, calls=0)
            callers = dict.fromkeys([caller, *known.callers] if caller else known.callers)
            first, last, calls = known.first, max(known.last, now), known.calls + 1
            found = attrs.evolve(new, first=first, last=last, calls=calls, callers=tuple(callers)[:CALLERS])
            self._seen[found.key] = found
            if len(self._seen) > MOST:
                self._forget_one()
            # Once for each operation and its dates, up to a limit.
            news, path_key = (found.key, found.sunset, found.deprecation), found.key[:2]
            same = sum(key[:2] == path_key for key, *_ in self._logged)
            is_news = news not in self._logged and same < NEWS and len(self._logged) < MOST
            if is_news:
                self._logged.add(news)
        if is_news:
            log.warning("%s", _sentence(found, now))
        return found

    def _forget_one(self) -> None:
        """Forget a version of the path with most versions, but neither its first nor its latest.

        So invented versions replace each other. If no path has two versions, all paths count as one.
        """
        versions = Tally(key[:2] for key in self._seen)
        path, most = versions.most_common(1)[0]
        same = [key for key in self._seen if most == 1 or key[:2] == path]
        del self._seen[same[len(same) // 2]]

    def sightings(self) -> tuple[Sighting, ...]:
        """Return everything remembered; may be called from another thread."""
        with self._lock:
            return tuple(self._seen.values())


@lru_cache(maxsize=512)
def _path_of(engine: Engine, method: str, path: str, accept: str) -> str:
    """Return a document's template, or else a shape; remembered, since programs make the same few calls."""
    match = engine.recognise(method, path, (("Accept", accept),) if accept else ())
    return shape_of(path) if match is None else f"{match.api.base}{match.operation.path.text}"


def _version(value: str) -> str:
    match = _VERSION.search(value[:500])
    return match[1].lower() if match else ""


def _sentence(one: Sighting, now: float) -> str:
    parts = []
    if one.sunset is not None:
        parts.append(f"Sunset {_day(one.sunset)}, {distance(days_until(one.sunset, now))}")
    if one.deprecation is not None:
        parts.append(f"Deprecation {_day(one.deprecation)}")
    version = f" ({one.version})" if one.version else ""
    return f"{one.method} {one.path}{version}: its replies announce {'; '.join(parts)}"


def days_until(instant: float, now: float) -> int:
    """Return the difference of the dates, in UTC, of two instants in seconds since the epoch."""
    return int(instant // DAY - now // DAY)


def distance(days: int) -> str:
    """Return how far away a day is, as in ``in 3 days``."""
    if days == 0:
        return "today"
    count = f"{abs(days)} day" + ("" if abs(days) == 1 else "s")
    return f"in {count}" if days > 0 else f"{count} ago"


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
