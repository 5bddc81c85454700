"""Store announced sunsets by operation, readable from another thread.

A path is remembered as a template of a document, or else as its shape: the words of the
API, and braces for every other segment.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import tomllib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib.resources import files

import attrs

from shim.core.messages import Call, Headers, field
from shim.core.recognize import Engine

log = logging.getLogger("shim.tools.radar")

ANNOUNCING = frozenset({"sunset", "deprecation"})
"""The names of the announcing fields, in lower case."""
# The operations, each in one version, that are remembered, and the lines logged by a
# process.
MAX_SIGHTINGS = 256
DAY_SECONDS = 86400  # seconds
MAX_CALLERS = 8  # callers of an operation that are remembered, the latest
MAX_SEGMENTS = 24  # segments of a shape; the rest is left out

_VERSION = re.compile(
    r"application/vnd\.atlas\.([0-9]{4}-[0-9]{2}-[0-9]{2}|preview|upcoming)\+",
    re.IGNORECASE,
)
_DATE = re.compile(r"@(-?[0-9]{1,12})(?:;|$)")
_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
_ID = re.compile(r"[0-9a-f]{24}")
_WORD = re.compile(r"[a-z][A-Za-z]{1,39}")
_DATA = tomllib.loads(
    files("shim.tools.radar").joinpath("words.toml").read_text("utf-8")
)
_WORDS, _VERBS = (frozenset(_DATA[name]) for name in ("words", "verbs"))


@attrs.frozen(kw_only=True)
class Sighting:
    """An operation whose replies announce its sunset."""

    method: str
    path: str
    """A template or a shape, without names of projects or clusters."""
    version: str
    """The date in Accept or Content-Type, else empty."""
    first: float
    """Seconds since the epoch, as ``last``."""
    last: float
    calls: int = 1
    """The replies that announced it."""
    callers: tuple[str, ...] = ()
    """Names, the latest first."""
    sunset: float | None = None
    """When it is switched off; None if that is not announced, as the next."""
    deprecation: float | None = None
    """Since when it is deprecated."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The key of an operation."""
        return self.method, self.path, self.version


class Radar:
    """Stores announced sunsets."""

    def __init__(self) -> None:
        # The operation that was called last is the last.
        self._seen: dict[tuple[str, str, str], Sighting] = {}
        self._logged: set[tuple[object, ...]] = set()
        self._lock = threading.Lock()

    def look(
        self,
        call: Call,
        headers: Headers,
        engine: Engine,
        caller: str = "",
        now: float | None = None,
    ) -> Sighting | None:
        """Remember and return the announcement in a reply's header fields, or None.

        ``call`` is the call as sent. ``engine`` has the templates of its documents.
        ``caller`` is a name, empty if unknown. ``now`` is in seconds since the epoch.
        """
        sunset, deprecation = read(headers)
        if sunset is None and deprecation is None:
            return None
        now = time.time() if now is None else now
        said = [value for name, value in call.headers if name.lower() == "accept"]
        accept = ",".join(said)
        version = _version(field(headers, "Content-Type") or "") or _version(accept)
        path = _path_of(engine, call.method, call.path, accept)
        key = call.method, path, version
        with self._lock:
            fresh = Sighting(
                method=call.method,
                path=path,
                version=version,
                first=now,
                last=now,
                calls=0,
            )
            known = self._seen.pop(key, fresh)
            callers = dict.fromkeys(
                [caller, *known.callers] if caller else known.callers
            )
            last = max(known.last, now)
            count = known.calls + 1
            some = tuple(callers)[:MAX_CALLERS]
            found = attrs.evolve(known, last=last, calls=count, callers=some)
            found = attrs.evolve(found, sunset=sunset, deprecation=deprecation)
            self._seen[key] = found
            if len(self._seen) > MAX_SIGHTINGS:
                del self._seen[next(iter(self._seen))]
            news = key, sunset, deprecation
            is_news = news not in self._logged and len(self._logged) < MAX_SIGHTINGS
            if is_news:
                self._logged.add(news)
        if is_news:
            log.warning("%s", _sentence(found, now))
        return found

    def sightings(self) -> tuple[Sighting, ...]:
        """Return everything remembered; any thread may call it."""
        with self._lock:
            return tuple(self._seen.values())


def read(headers: Headers) -> tuple[float | None, float | None]:
    """Return the instants of sunset and deprecation in a reply's header fields.

    They are ``Sunset`` (RFC 8594, an HTTP date) and ``Deprecation`` (RFC 9745, a Date
    such as ``@1722816000``; also an HTTP date, as from Atlas), and None without a
    field. Of a repeated field the first line counts. An invalid value is ignored.
    """
    return _instant(field(headers, "Sunset")), _instant(field(headers, "Deprecation"))


@lru_cache(maxsize=256)
def _instant(value: str | None) -> float | None:
    """Return the instant of a Date (RFC 9651, 3.3.7) or an HTTP date (RFC 9110, 5.6.7).

    Parameters are ignored. Days may have one digit, as Atlas writes them. The weekday
    is ignored, because some servers send a wrong one.
    """
    date = _DATE.match(value or "")
    try:
        if date is not None:
            seconds = float(date[1])
        elif value is not None and len(value) <= 64 and value.rstrip().endswith("GMT"):
            seconds = parsedate_to_datetime(value).replace(tzinfo=UTC).timestamp()
        else:
            return None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return seconds if 0 < seconds < _LATEST else None


@lru_cache(maxsize=512)
def _path_of(engine: Engine, method: str, path: str, accept: str) -> str:
    """Return a document's template, or else a shape.

    The result is cached, because programs make the same few calls.
    """
    match = engine.recognize(method, path, (("Accept", accept),) if accept else ())
    if match is None:
        return shape_of(path)
    return f"{match.api.base}{match.operation.path.text}"


def shape_of(path: str) -> str:
    """Return a raw path with ``{}`` for each segment that is not a word of Atlas's API.

    The segment right after the id of a project or an organization counts as a word,
    even if it is unknown.
    """
    shown = list[str]()
    is_owner = False
    for segment in filter(None, path.split("/")[: MAX_SEGMENTS + 1]):
        word, _, verb = segment.partition(":")
        is_word = word in _WORDS or (is_owner and _WORD.fullmatch(segment) is not None)
        is_owner = (
            shown[-1:] in (["groups"], ["orgs"]) and _ID.fullmatch(segment) is not None
        )
        shown.append(
            (word if is_word else "{}") + (f":{verb}" if verb in _VERBS else "")
        )
    return "/" + "/".join(shown)


def _version(value: str) -> str:
    match = _VERSION.search(value[:500])
    return match[1].lower() if match else ""


def _sentence(one: Sighting, now: float) -> str:
    ends = {"Sunset": one.sunset, "Deprecation": one.deprecation}
    parts = []
    for name, at in ends.items():
        if at is not None:
            day = datetime.fromtimestamp(at, UTC)
            parts.append(f"{name} {day:%Y-%m-%d}, {distance(days_until(at, now))}")
    said = "; ".join(parts)
    version = f" ({one.version})" if one.version else ""
    return f"{one.method} {one.path}{version}: its replies announce {said}"


def days_until(instant: float, now: float) -> int:
    """Return the difference of two instants' UTC dates, in days.

    The instants are in seconds since the epoch.
    """
    return int(instant // DAY_SECONDS - now // DAY_SECONDS)


def distance(days: int) -> str:
    """Return how far away a day is, as in ``in 3 days``."""
    if days == 0:
        return "today"
    count = f"{abs(days)} day" + ("" if abs(days) == 1 else "s")
    if days > 0:
        return f"in {count}"
    return f"{count} ago"
