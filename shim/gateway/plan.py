"""The plan for calls: options and mapping documents, each replaceable at run time.

The environment and flags can't change while a process runs. The file of ``--config``
and the folder of ``ATLAS_SHIM_MAPPINGS`` can.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import attrs

from shim.core.recognize import Engine
from shim.core.settings import RouteWord, Settings
from shim.credentials import VARIABLES
from shim.documents import Document, document_files, load_documents, mapping_folders
from shim.documents.load import SETTINGS_BYTES, read_toml
from shim.errors import DocumentError, SettingsError
from shim.flags.providers import PROVIDER, check_flag
from shim.gateway.option_values import CredentialsMode
from shim.gateway.options import TABLE, Options, contradictions
from shim.gateway.watch import Watched
from shim.tools.inventory.writing import VARIABLE as INVENTORY

log = logging.getLogger("shim.gateway.reload")

PREFIX = "ATLAS_SHIM_"
MAPPINGS = "ATLAS_SHIM_MAPPINGS"

KNOWN = {
    "ATLAS_SHIM_CONFIG",
    MAPPINGS,
    PROVIDER,
    "ATLAS_SHIM_WARNINGS",
    INVENTORY,
    *(row.variable for row in TABLE),
}
"""Every variable that some part of the shim reads."""


@attrs.frozen
class Setting:
    """The text of one option.

    Its ``source`` is a flag, a variable, a file's key, or ``default``.
    """

    name: str
    value: str
    source: str


def given(
    environ: Mapping[str, str],
    flags: Mapping[str, str | None] | None = None,
    file: Mapping[str, object] | None = None,
    file_name: str = "",
) -> tuple[dict[str, Setting], list[str]]:
    """Return the given options by name, and a problem for each unknown key of the file.

    A flag that is None, and an empty variable, count as not given.
    """
    flags = flags or {}
    file = file or {}
    found = {}
    prefix = f"{file_name}: " if file_name else ""
    names = [row.name for row in TABLE]
    for row in TABLE:
        if row.name in file:
            key = _written(file[row.name])
        else:
            key = None
        texts = {
            row.flag: flags.get(row.name),
            row.variable: environ.get(row.variable) or None,
            prefix + row.name: key,
        }
        for source, text in texts.items():
            if text is not None and row.name not in found:
                found[row.name] = Setting(row.name, text.strip(), source)
    return found, [
        f"{prefix}{key}: no such option{_hint(key, file[key], names)}"
        for key in file
        if key not in names
    ]


def _hint(key: str, value: object, names: Sequence[str]) -> str:
    """Return advice for a key of a file that is not an option."""
    if isinstance(value, dict):
        return f": options are at the top level, not under [{key}]"
    if variable := VARIABLES.get(key):
        return f": credentials come only from variables ({variable})"
    return nearest(key, names)


def _written(value: object) -> str:
    """Return a value of a TOML file as a variable would have it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ",".join(f"{key}={_written(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ",".join(map(_written, value))
    return str(value)


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return a question with the nearest known name, or ''.

    The prefix is not compared.
    """
    near = get_close_matches(
        name.removeprefix(prefix),
        [one.removeprefix(prefix) for one in known],
        n=1,
        cutoff=0.7,
    )
    if near:
        return f"; did you mean {prefix}{near[0]}?"
    return ""


def read_options(
    environ: Mapping[str, str],
    flags: Mapping[str, str | None] | None = None,
    file: Mapping[str, object] | None = None,
) -> Options:
    """Read options from flags, the environment and a file.

    Raises SettingsError with all errors.
    """
    return options_of(*given(environ, flags, file))


def options_of(found: Mapping[str, Setting], problems: Iterable[str] = ()) -> Options:
    """Build the options from these values.

    Raises SettingsError with these problems and those of every bad value.
    """
    problems = list(problems)
    values = {}
    for row in TABLE:
        if row.name in found:
            with collected(problems):
                values[row.name] = row.read(
                    found[row.name].value, name=found[row.name].source
                )
    if problems:
        raise SettingsError(*problems)
    return Options(**values)


def renamed(error: SettingsError, found: Mapping[str, Setting]) -> SettingsError:
    """Return the error with each option as it was given.

    The name is that of its flag, its variable or its key in the file.
    """
    names = {}
    for row in TABLE:
        if row.name in found:
            for name in (row.name, row.variable):
                names[name] = found[row.name].source
    parts = [problem.partition(":") for problem in error.problems]
    return SettingsError(
        *(f"{names.get(head, head)}{colon}{rest}" for head, colon, rest in parts)
    )


@contextlib.contextmanager
def collected(problems: list[str], found: Mapping[str, Setting] = {}) -> Iterator[None]:
    """Add the errors of a block to the problems.

    Errors of an option get the name of its source.
    """
    try:
        yield
    except DocumentError as error:
        problems += error.problems
    except SettingsError as error:
        problems += renamed(error, found).problems


@attrs.frozen(eq=False)
class Plan:
    """The options and documents for calls; a call uses one plan from start to end.

    Raises SettingsError if options and documents contradict each other.
    """

    options: Options
    engine: Engine
    given: Mapping[str, Setting] = attrs.field(factory=dict)
    """Where each option was given."""
    waiting: Sequence[str] = ()
    """Options with new values that need a restart."""
    settings: Settings = attrs.field(
        default=attrs.Factory(lambda self: self.options.settings(), takes_self=True)
    )
    """The options of the core."""
    checks_host: bool = attrs.field(init=False)
    """Whether a Host that is not the gateway's is refused (RFC 9110, 7.4).

    That is so if the gateway knows its name, or has credentials.
    """

    @checks_host.default
    def _checks_host(self) -> bool:
        options = self.options
        anywhere = options.listen.host in {"0.0.0.0", "::"}  # noqa: S104 - compared with
        holds_keys = options.credentials is not CredentialsMode.PASSTHROUGH
        return options.public_url is not None or (holds_keys and not anywhere)

    def __attrs_post_init__(self) -> None:
        self.engine.check_settings(self.settings)
        check_flag(self.options.route)
        if problems := [*contradictions(self.options)]:
            raise SettingsError(*problems)

    def by_flag(self, word: RouteWord | None) -> Plan:
        """Return this plan with a value of the route's flag, or None without one."""
        return attrs.evolve(self, settings=self.settings.by_flag(word))


Given = tuple[Options, dict[str, Setting]]
"""Options, and where each was given."""


@attrs.frozen
class PlanSource:
    """The sources of a plan."""

    environ: Mapping[str, str]
    """Variables; they also name the mapping documents."""
    flags: Mapping[str, str | None] = attrs.field(factory=dict)
    """They override the variables."""
    config: Path | None = None
    """The file of options, which both override."""

    def read(self) -> Plan:
        """Read everything; raises SettingsError with all errors."""
        problems = list[str]()
        options = Options()
        found = dict[str, Setting]()
        with collected(problems):
            options, found = self.options()
        with collected(problems, found):
            engine = Engine(self.documents(), options.reads, options.writes)
            if not problems:
                return Plan(options, engine, found)
        raise SettingsError(*problems)

    def options(self) -> Given:
        """Read the options; raises SettingsError with all errors."""
        found, unknown = given(
            self.environ, self.flags, read_config(self.config), str(self.config)
        )
        return options_of(found, unknown), found

    def documents(self) -> tuple[Document, ...]:
        """Read the documents; raises DocumentError with all errors."""
        return load_documents(mapping_folders(self.environ))

    def files_of_documents(self) -> list[Path]:
        """Return the operator's documents, and the folder that they are found in."""
        if named := self.environ.get(MAPPINGS):
            folders = [Path(named)]
        else:
            folders = []
        # reading the folder raises the reason
        with contextlib.suppress(OSError):
            return [
                *folders,
                *(file for folder in folders for file in document_files(folder)),
            ]
        return folders


def read_config(path: Path | None) -> dict[str, object]:
    """Read a TOML file of options, whose names may have dashes.

    Raises SettingsError if it can't be read.
    """
    if path is None:
        return {}
    try:
        data = read_toml(path, SETTINGS_BYTES)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            why = error.strerror
        else:
            why = _toml_fault(path, error)
        raise SettingsError(f"{path}: {why}") from None
    return {key.replace("-", "_"): value for key, value in data.items()}


def _toml_fault(path: Path, error: ValueError) -> str:
    """Return the defect of a TOML file, with the line.

    Of a line that may have a secret, only the key is shown.
    """
    said, _, place = str(error).partition(" (at line ")
    number = place.partition(",")[0]
    if not number.isdigit():
        return str(error)
    line = path.read_text("utf-8").splitlines()[int(number) - 1].strip()
    key, _, value = (part.strip() for part in line.partition("="))
    if re.search("key|secret|token|password|nonce_store", key):
        return f"line {number}: {key} = …: {said}"
    is_word = re.fullmatch(r"[A-Za-z][^\s\"']*", value)
    if is_word:
        hint = f'; a text has quotes around it: {key} = "{value}"'
    else:
        hint = ""
    return f"line {number}: {line}: {said}{hint}"


class LivePlan:
    """The ``plan`` in use, which follows its files while the gateway runs.

    Options and documents each keep their last good version, so that a kill switch works
    whatever is wrong elsewhere. ``use`` is called with each new plan, and sets it.
    """

    def __init__(self, plan: Plan, source: PlanSource) -> None:
        self.plan = plan
        self.use: Callable[[Plan], object] = lambda _: None
        given: Given = plan.options, {**plan.given}
        config = partial(filter, None, [source.config])
        files = source.files_of_documents
        loaded = plan.engine.loaded
        options: Watched[Given] = Watched(
            "settings",
            config,
            source.options,
            lambda new: self._take_up(new, documents.value),
            value=given,
        )
        documents: Watched[tuple[Document, ...]] = Watched(
            "mapping documents",
            files,
            source.documents,
            lambda new: self._take_up(options.value, new),
            value=loaded,
        )
        self.watched = options, documents

    def _take_up(self, given: Given, documents: tuple[Document, ...]) -> None:
        """Use the new values, except options that need a restart.

        Raises SettingsError if they can't be used.
        """
        (options, found), old = given, self.plan.options
        try:
            engine = Plan(
                options, Engine(documents, options.reads, options.writes), found
            ).engine
            rows = []
            for row in TABLE:
                if not row.live and getattr(options, row.name) != getattr(
                    old, row.name
                ):
                    rows.append(row.name)
            kept = {name: getattr(old, name) for name in rows}
            self.use(Plan(attrs.evolve(options, **kept), engine, found, rows))
        except SettingsError as error:
            raise renamed(error, found) from None
        logging.getLogger("shim").setLevel(options.log_level.upper())
        if rows:
            log.warning("these changes need a restart: %s", ", ".join(rows))


def settings_of(
    found: Mapping[str, Setting], environ: Mapping[str, str]
) -> list[Setting]:
    """Return the settings of a gateway that is started so.

    A secret shows as ``(set)``.
    """
    settings = [
        found.get(row.name, Setting(row.name, row.default, "default")) for row in TABLE
    ]
    secrets = {row.name for row in TABLE if row.secret}
    folder = environ.get(MAPPINGS, "")
    shown = [
        attrs.evolve(one, value="(set)") if one.name in secrets and one.value else one
        for one in settings
    ]
    return [*shown, Setting("mappings", folder, MAPPINGS if folder else "default")]


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a problem for each variable that nothing reads.

    A kill switch with a mistyped name would have no effect.
    """
    names = sorted(
        name for name in environ if name.startswith(PREFIX) and name not in KNOWN
    )
    return [
        f"{name}: is not a setting{nearest(name, sorted(KNOWN), PREFIX)}"
        for name in names
    ]
