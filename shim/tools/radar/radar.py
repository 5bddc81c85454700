"""What replies announced, by operation: bounded, readable from another thread, and said once in the log."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter as Tally
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime

import attrs

from shim.core.messages import Call, Headers, field
from shim.core.recognise import Engine
from shim.tools.radar.announcement import Announcement, read
from shim.tools.radar.shape import shape_of

log = logging.getLogger("shim.tools.radar")

MOST = 256
"""Operations that are remembered, a version each; and lines that are logged in the life of a process."""

NEWS = 16
"""Lines that are logged of one method and path: its versions are what callers say."""

CALLERS = 8
"""Callers of an operation that are remembered, those that called last."""

_KEYS = 512
"""Calls of which it is remembered which operation they are of."""

_VERSION = re.compile(r"application/vnd\.atlas\.([0-9]{4}-[0-9]{2}-[0-9]{2}|preview|upcoming)\+", re.IGNORECASE)

_Key = tuple[str, str, str]


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@attrs.frozen
class Sighting:
    """An operation whose replies announce its end.

    ``path`` is a template or a shape, without anybody's name; ``version`` the date that Accept or Content-Type name,
    empty where none does. Instants are seconds since the epoch, as in ``Announcement``; ``first`` and ``last`` are when
    it was announced, in ``calls`` replies. ``callers`` are names, the latest first.
    """

    method: str
    path: str
    version: str
    sunset: float | None
    deprecation: float | None
    deprecated: bool
    link: str
    first: float
    last: float
    calls: int
    callers: tuple[str, ...] = attrs.field(default=(), converter=_texts)

    @property
    def key(self) -> _Key:
        """What tells operations apart."""
        return self.method, self.path, self.version


@attrs.define(eq=False)
class _Row:
    said: Announcement
    first: float
    last: float
    calls: int = 0
    callers: OrderedDict[str, None] = attrs.field(factory=OrderedDict)


class Radar:
    """Remembers what replies announce."""

    def __init__(self) -> None:
        self._rows: OrderedDict[_Key, _Row] = OrderedDict()
        self._told: set[tuple[_Key, float | None, float | None]] = set()
        self._keys: tuple[Engine | None, dict[tuple[str, ...], _Key]] = (None, {})
        self._lock = threading.Lock()

    def look(
        self, call: Call, headers: Headers, engine: Engine, caller: str = "", now: float | None = None
    ) -> Sighting | None:
        """Take in the field lines of a reply to a call as it was sent; return what they announce, None for nothing.

        ``engine`` knows the templates of its documents; ``caller`` is a name, empty where none is known; ``now`` is in
        seconds since the epoch.
        """
        said = read(headers)
        if said is None:
            return None
        now = time.time() if now is None else now
        key = self._key_of(call, headers, engine)
        with self._lock:
            row = self._rows.get(key)
            before = None if row is None else row.said
            if row is None:
                row = self._rows[key] = _Row(said, now, now)
                if len(self._rows) > MOST:
                    self._forget_one()
            else:
                self._rows.move_to_end(key)
            row.said, row.last, row.calls = said, max(row.last, now), row.calls + 1
            if caller:
                row.callers[caller] = None
                row.callers.move_to_end(caller)
                if len(row.callers) > CALLERS:
                    row.callers.popitem(last=False)
            is_news = said is not before and said != before and self._is_news(key, said)
            found = _sighting(key, row)
        if is_news:
            log.warning("%s", sentence(found, before, now))
        return found

    def _key_of(self, call: Call, headers: Headers, engine: Engine) -> _Key:
        """Return what an operation is told by: its path is the template of a document, and else a shape.

        Programs make the same few calls again and again, so it is remembered, as long as the documents are the same.
        """
        accept = ",".join([value for name, value in call.headers if len(name) == 6 and name.lower() == "accept"])
        content_type = field(headers, "Content-Type") or ""
        known, keys = self._keys
        if known is not engine or len(keys) >= _KEYS:
            self._keys = known, keys = engine, {}
        asked = call.method, call.path, accept, content_type
        key = keys.get(asked)
        if key is None:
            match = engine.recognise(call.method, call.path, (("Accept", accept),) if accept else ())
            path = shape_of(call.path) if match is None else f"{match.api.base}{match.operation.path.text}"
            key = keys[asked] = (call.method, path, _version(content_type) or _version(accept))
        return key

    def _forget_one(self) -> None:
        """Forget a version of the path that has most: one between those that were called first and last.

        So invented versions take the place of each other. If no path has two, all count as one.
        """
        versions = Tally(key[:2] for key in self._rows)
        path, most = versions.most_common(1)[0]
        same = [key for key in self._rows if most == 1 or key[:2] == path]
        del self._rows[same[len(same) // 2]]

    def _is_news(self, key: _Key, said: Announcement) -> bool:
        """Tell whether it is to be logged: once for each operation and its dates, and not without end."""
        news = (key, said.sunset, said.deprecation)
        if news in self._told or len(self._told) >= MOST:
            return False
        if sum(told[:2] == key[:2] for told, *_ in self._told) >= NEWS:
            return False
        self._told.add(news)
        return True

    def sightings(self) -> tuple[Sighting, ...]:
        """Return all that is remembered; may be called in another thread."""
        with self._lock:
            return tuple(_sighting(key, row) for key, row in self._rows.items())


def _sighting(key: _Key, row: _Row) -> Sighting:
    said = row.said
    callers = reversed(row.callers)
    return Sighting(
        *key, said.sunset, said.deprecation, said.deprecated, said.link, row.first, row.last, row.calls, callers
    )


def _version(value: str) -> str:
    match = _VERSION.search(value[:500])
    return match[1].lower() if match else ""


def sentence(one: Sighting, before: Announcement | None, now: float) -> str:
    """Return for people what is announced, and what was ``before``."""
    version = f" ({one.version})" if one.version else ""
    parts = []
    if one.sunset is not None:
        parts.append(f"Sunset {_day(one.sunset)}, {_distance(int((one.sunset - now) // 86400))}")
    if one.deprecated:
        parts.append("Deprecation" if one.deprecation is None else f"Deprecation {_day(one.deprecation)}")
    said = "; ".join(parts)
    if before is not None and before.sunset != one.sunset:
        said += f"; before it was {'no Sunset' if before.sunset is None else _day(before.sunset)}"
    link = f"; see {one.link}" if one.link else ""
    return f"{one.method} {one.path}{version}: its replies announce {said}{link}"


def _distance(days: int) -> str:
    if days == 0:
        return "today"
    count = f"{abs(days)} day" + ("" if abs(days) == 1 else "s")
    return f"in {count}" if days > 0 else f"{count} ago"


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def soonest(one: Sighting) -> tuple[float, _Key]:
    """Return what sightings are sorted by: the sunset that comes first, those without one behind."""
    return (float("inf") if one.sunset is None else one.sunset), one.key
