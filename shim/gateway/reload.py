"""Options and mapping documents replaced while calls are taken: after SIGHUP, or when a file changed.

What is broken is refused as a whole, and what was good before stays. Environment and flags can't
change while a process runs; the file of ``--config`` and the folder of ``ATLAS_SHIM_MAPPINGS`` can.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tomllib
from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from shim.core.recognise import Engine, load_engine
from shim.core.settings import RouteWord, Settings
from shim.errors import DocumentError, SettingsError
from shim.flags.providers import check_flag
from shim.gateway.allow import AllowList
from shim.gateway.option_sources import Given, given, renamed
from shim.gateway.options import TABLE, CredentialsMode, Options, options_of

if TYPE_CHECKING:  # reading a file does not need it
    from shim.gateway.board.standing import Standing

log = logging.getLogger("shim.gateway")

EVERY = 1.0
"""Seconds between looks at the files; a change is read when two looks in a row agree on it."""

Stamp = tuple[object, ...]


@attrs.frozen(eq=False)
class Plan:
    """What calls are answered with; a call keeps to the one that it began with.

    ``settings`` are the part of the options that the core obeys, ``allowed`` is theirs. ``checks_host`` says that a
    Host which isn't the gateway's is refused (RFC 9110, 7.4): once the gateway was told its public name, or where it
    deals in credentials and knows its address. ``given`` tells of options where they were given. Raises SettingsError
    when options and documents contradict each other.
    """

    options: Options
    engine: Engine
    given: Mapping[str, Given] = attrs.field(factory=dict)
    settings: Settings = attrs.field(init=False)
    checks_host: bool = attrs.field(init=False)
    allowed: AllowList | None = attrs.field(init=False)

    @settings.default
    def _settings(self) -> Settings:
        return self.options.settings()

    @checks_host.default
    def _checks_host(self) -> bool:
        options = self.options
        anywhere = options.uds is None and options.listen.host in {"0.0.0.0", "::"}  # noqa: S104 - compared with
        holds_keys = options.credentials is not CredentialsMode.PASSTHROUGH
        return options.public_url is not None or (holds_keys and not anywhere)

    @allowed.default
    def _allowed(self) -> AllowList | None:
        return self.options.allowed

    def by_flag(self, word: RouteWord | None) -> Plan:
        """Return this plan with the word that the route's flag says, None where it has said nothing yet."""
        other = copy(self)
        object.__setattr__(other, "settings", self.settings.by_flag(word))  # the rest need not be made anew
        return other

    def __attrs_post_init__(self) -> None:
        self.engine.check_settings(self.settings)
        self.engine.prepare()
        check_flag(self.options.route)
        if self.options.drain_min > self.options.drain:
            raise SettingsError("drain_min: is longer than drain, which counts from the same signal")
        if self.options.reuse_port and self.options.uds is not None:
            raise SettingsError("reuse_port: shares a TCP port, and calls are taken at a unix socket; leave out --uds")


@attrs.frozen
class PlanSource:
    """Where a plan comes from: flags over ``environ`` over the file ``config``; ``environ`` names the mappings."""

    environ: Mapping[str, str]
    flags: Mapping[str, str | None] = attrs.field(factory=dict)
    config: Path | None = None

    def read(self) -> Plan:
        """Read everything; raises SettingsError or DocumentError with all that is wrong."""
        errors: list[SettingsError | DocumentError] = []
        found, options, engine = dict[str, Given](), Options(), None
        try:
            found, unknown = given(TABLE, self.environ, self.flags, read_config(self.config), str(self.config))
            options = options_of(found, unknown)
        except SettingsError as error:
            errors.append(error)
        try:
            engine = load_engine(self.environ)
        except DocumentError as error:
            errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        if errors or engine is None:
            raise SettingsError(*(problem for error in errors for problem in error.problems))
        try:
            return Plan(options, engine, found)
        except SettingsError as error:
            raise renamed(error, TABLE, found) from None

    def stamp(self) -> Stamp:
        """Return what changes whenever a file does.

        Links are followed to the file itself, so that one that is turned to another folder counts
        (Kubernetes swaps ``..data`` below a mounted ConfigMap or Secret).
        """
        paths = [] if self.config is None else [self.config]
        if named := self.environ.get("ATLAS_SHIM_MAPPINGS"):
            folder = Path(named)
            paths.append(folder)
            with contextlib.suppress(OSError):
                paths += sorted(folder.rglob("*.toml"))
        return tuple((str(path), *_state(path)) for path in paths)


def _state(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno,)
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


def read_config(path: Path | None) -> dict[str, object]:
    """Read a file of ``public_url = "https://…"`` lines; a key may be spelled with dashes.

    Raises SettingsError when it can't be read or is no TOML.
    """
    if path is None:
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsError(f"{path}: {why}") from None
    return {key.replace("-", "_"): value for key, value in data.items()}


class Reloader:
    """Reads a source again and hands a good plan to ``apply``."""

    def __init__(
        self,
        source: PlanSource,
        plan: Plan,
        apply: Callable[[Plan], None],
        standing: Standing,
    ) -> None:
        self._source = source
        self._plan = plan
        self._apply = apply
        self._standing = standing
        self._lock = asyncio.Lock()

    async def watch(self, known: Stamp, every: float = EVERY) -> None:
        """Look at the files for ever, and read them when they differ from ``known`` and have come to rest."""
        seen = known
        while True:
            await asyncio.sleep(every)
            stamp = await asyncio.to_thread(self._source.stamp)
            if stamp != seen:
                seen = stamp  # somebody may still be writing
            elif stamp != known:
                known = stamp
                await self.reload()

    async def reload(self) -> bool:
        """Read everything now, and tell whether it was good; a broken source changes nothing."""
        async with self._lock:
            try:
                plan = await asyncio.to_thread(self._source.read)
                kept = fixed(plan.options, self._plan.options)
                options = attrs.evolve(plan.options, **{name: getattr(self._plan.options, name) for name in kept})
                said = {name: one for name, one in plan.given.items() if name not in kept}
                said |= {name: one for name, one in self._plan.given.items() if name in kept}
                plan = Plan(options, plan.engine, said)
                self._apply(plan)
            except Exception as error:  # a defect here must not end the watch, nor the gateway
                known = isinstance(error, (SettingsError, DocumentError))
                problems = getattr(error, "problems", ()) or (str(error) or repr(error),)
                self._standing.refused(problems)
                text = "; ".join(problems)
                log.log(  # an operator's mistake needs no traceback
                    logging.ERROR, "reload refused, the last good settings stay: %s", text, exc_info=not known
                )
                return False
            changes, self._plan = _changes(plan, self._plan), plan
            self._standing.reloaded(changes, kept)
            log.info("reloaded: %s", "; ".join(changes) or "nothing is different")
            if kept:
                log.warning("these need a restart and stay as they were: %s", ", ".join(kept))
            return True


def _changes(new: Plan, old: Plan) -> list[str]:
    """Return what is different, and for options what from and to."""
    found = []
    for row in TABLE:
        before, after = getattr(old.options, row.name), getattr(new.options, row.name)
        if before != after:
            found.append(f"{row.name} was {shown(before)}, is {shown(after)}")
    if new.engine.documents != old.engine.documents:
        found.append("mapping documents")
    return found


def shown(value: object) -> str:
    """Return an option's value in words."""
    if isinstance(value, frozenset):
        return ",".join(sorted(value)) or "off"
    if isinstance(value, Mapping):
        return ",".join(f"{name}={moment:%Y-%m-%d}" for name, moment in value.items()) or "empty"
    return "empty" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def fixed(new: Options, old: Options) -> tuple[str, ...]:
    """Return the names of the options that differ and can't change while the gateway runs."""
    names = [row.name for row in TABLE if not row.live]
    return tuple(name for name in names if getattr(new, name) != getattr(old, name))
