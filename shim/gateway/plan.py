"""What calls are answered with: options and mapping documents, read together, replaced while calls are taken, shown.

Environment and flags can't change while a process runs; the file of ``--config`` and the folder of
``ATLAS_SHIM_MAPPINGS`` can.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping
from copy import copy
from pathlib import Path

import attrs

from shim.core.recognise import Engine, load_engine
from shim.core.settings import RouteWord, Settings
from shim.credentials import used_variables
from shim.documents import document_files
from shim.errors import DocumentError, SettingsError
from shim.flags.providers import PROVIDER, check_flag
from shim.gateway.option_values import CredentialsMode, Given, given, nearest, renamed
from shim.gateway.options import TABLE, Options, options_of
from shim.tools import inventory

PREFIX = "ATLAS_SHIM_"
MAPPINGS = "ATLAS_SHIM_MAPPINGS"

KNOWN = frozenset({MAPPINGS, PROVIDER, "ATLAS_SHIM_WARNINGS", inventory.VARIABLE, *(row.variable for row in TABLE)})
"""Every variable that some part of the shim reads."""

SECRET = "(set)"  # noqa: S105 - shown in place of one


@attrs.frozen(eq=False)
class Plan:
    """What calls are answered with; a call keeps to the one that it began with.

    ``settings`` are the part of the options that the core obeys. ``checks_host`` says that a Host which isn't the
    gateway's is refused (RFC 9110, 7.4): if the gateway knows its public name, or if it deals in credentials and knows
    its address. ``given`` says where each option was given. Raises SettingsError when options and documents contradict
    each other.
    """

    options: Options
    engine: Engine
    given: Mapping[str, Given] = attrs.field(factory=dict)
    settings: Settings = attrs.field(init=False)
    checks_host: bool = attrs.field(init=False)

    @settings.default
    def _settings(self) -> Settings:
        return self.options.settings()

    @checks_host.default
    def _checks_host(self) -> bool:
        options = self.options
        anywhere = options.uds is None and options.listen.host in {"0.0.0.0", "::"}  # noqa: S104 - compared with
        holds_keys = options.credentials is not CredentialsMode.PASSTHROUGH
        return options.public_url is not None or (holds_keys and not anywhere)

    def by_flag(self, word: RouteWord | None) -> Plan:
        """Return this plan with the word that the route's flag says, None where it has no word yet."""
        other = copy(self)
        object.__setattr__(other, "settings", self.settings.by_flag(word))  # the rest stays as it is
        return other

    def __attrs_post_init__(self) -> None:
        self.engine.check_settings(self.settings)
        check_flag(self.options.route)
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
            engine = load_engine({**self.environ, **options.switches})
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

    def files(self) -> list[Path]:
        """Return the files that are read, and the folder that they are found in."""
        paths = [] if self.config is None else [self.config]
        if named := self.environ.get(MAPPINGS):
            paths.append(Path(named))
            with contextlib.suppress(OSError):  # reading the folder says why it can't be read
                paths += document_files(Path(named))
        return paths


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


def waiting(new: Plan, old: Plan) -> list[str]:
    """Return the names of options that differ, and can't change while the gateway runs."""
    return [
        row.name for row in TABLE if not row.live and getattr(new.options, row.name) != getattr(old.options, row.name)
    ]


def taken_up(new: Plan, old: Plan) -> tuple[Plan, list[str]]:
    """Return a new plan with the old options that can't change while the gateway runs, and what is different then."""
    kept, changes = {}, []
    for row in TABLE:
        before, after = getattr(old.options, row.name), getattr(new.options, row.name)
        if before != after and row.live:
            changes.append(f"{row.name} was {shown(before)}, is {shown(after)}")
        elif before != after:
            kept[row.name] = before
    said = {name: one for name, one in new.given.items() if name not in kept}
    said |= {name: old.given[name] for name in kept if name in old.given}
    changes += ["mapping documents"] if new.engine.documents != old.engine.documents else []
    return Plan(attrs.evolve(new.options, **kept), new.engine, said), changes


def shown(value: object) -> str:
    """Return an option's value in words."""
    if isinstance(value, frozenset):
        return ",".join(sorted(value)) or "off"
    if isinstance(value, Mapping):
        return ",".join(f"{name}={moment:%Y-%m-%d}" for name, moment in value.items()) or "empty"
    return "empty" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


@attrs.frozen
class Setting:
    """One setting in force; ``source`` is a flag, a variable, a file, ``program``, or ``default``."""

    name: str
    value: str
    source: str


def settings_of(options: Options, given: Mapping[str, Given], environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return a gateway's settings; a value that a program around it has set is shown in words."""
    settings = []
    for row in TABLE:
        value, said = getattr(options, row.name), given.get(row.name)
        if said is not None:
            text, source = said.text, said.source
        elif value == row.read(row.default, name=row.name):
            text, source = row.default, "default"
        else:
            text, source = shown(value), "program"
        settings.append(Setting(row.name, SECRET if row.secret and value else text, source))
    folder = environ.get(MAPPINGS, "")
    settings.append(Setting("mappings", folder, MAPPINGS if folder else "default"))
    if options.credentials is CredentialsMode.OWN:
        settings.append(Setting("atlas_credentials", SECRET, ", ".join(used_variables(environ))))
    return tuple(settings)


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a problem for each variable that nothing reads: a mistyped kill switch would have no effect."""
    names = sorted(name for name in environ if name.startswith(PREFIX) and name not in KNOWN)
    return [f"{name}: is no setting{nearest(name, sorted(KNOWN), PREFIX)}" for name in names]
