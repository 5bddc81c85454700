"""What an option is, where it may be given, and which of its sources counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

import attrs

from shim.errors import SettingsError

T = TypeVar("T")


@attrs.frozen
class Reader(Generic[T]):
    """What a type of options is called in the help, and what reads it: of a text, and the option's name for errors."""

    metavar: str
    read: Callable[[str, str], T]

    def unless(self, nothing: str) -> Reader[T | None]:
        """Return the same for an option that may be None, which is written as ``nothing``."""
        return Reader(self.metavar, lambda text, name: None if text == nothing else self.read(text, name))


@attrs.frozen
class Row(Generic[T]):
    """What there is to say about one option.

    ``default`` is written as a caller would write it; ``bare`` is what the flag means without a value, None when
    it needs one; ``live`` options can change while the gateway runs; a ``secret`` value is shown to nobody.
    ``group`` is the heading that it stands under, ``name`` that of the attribute.
    """

    group: str
    reader: Reader[T]
    help: str
    default: str = ""
    bare: str | None = None
    live: bool = False
    secret: bool = False
    name: str = ""

    @property
    def flag(self) -> str:
        """The flag, as in ``--public-url``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, as in ``ATLAS_SHIM_PUBLIC_URL``."""
        return "ATLAS_SHIM_" + self.name.upper()

    @property
    def metavar(self) -> str:
        """What stands for the value in the help."""
        return self.reader.metavar

    def parse(self, text: str, name: str) -> T:
        """Read a value; raises SettingsError that calls the option by this name."""
        return self.reader.read(text, name)


@attrs.frozen
class Given:
    """The text of one option, its ``source`` (a flag, a variable or a file), and its ``name`` in an error."""

    text: str
    source: str
    name: str


def given(
    rows: Iterable[Row[Any]],
    environ: Mapping[str, str],
    flags: Mapping[str, str | None],
    file: Mapping[str, object],
    file_name: str = "",
) -> tuple[dict[str, Given], list[str]]:
    """Return what is given by the names of the rows, and a problem for each key of the file that is no option.

    ``flags`` and ``file`` are keyed by row name; None and a missing key say nothing, and an empty variable counts as
    unset.
    """
    rows, found = tuple(rows), {}
    prefix = f"{file_name}: " if file_name else ""
    for row in rows:
        if (text := flags.get(row.name)) is not None:
            found[row.name] = Given(text.strip(), row.flag, row.flag)
        elif text := environ.get(row.variable):
            found[row.name] = Given(text.strip(), row.variable, row.variable)
        elif row.name in file:
            found[row.name] = Given(_text(file[row.name]).strip(), file_name, f"{prefix}{row.name}")
    known = [row.name for row in rows]
    return found, [f"{prefix}{key}: no such option{nearest(key, known)}" for key in file if key not in known]


def _text(value: object) -> str:
    """Return a value of a TOML file as it would be written in a variable."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(map(_text, value))
    if isinstance(value, dict):
        return ",".join(f"{key}={_text(one)}" for key, one in value.items())
    return str(value)


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return a question that names what may have been meant, empty if nothing is near but for the prefix."""
    near = get_close_matches(name.removeprefix(prefix), [one.removeprefix(prefix) for one in known], n=1, cutoff=0.7)
    return f"; did you mean {prefix}{near[0]}?" if near else ""


def renamed(error: SettingsError, rows: Iterable[Row[Any]], found: Mapping[str, Given]) -> SettingsError:
    """Return an error that calls each option as it was given: what is wrong with several together is found later."""
    names = {name: found[row.name].name for row in rows if row.name in found for name in (row.name, row.variable)}
    said = []
    for problem in error.problems:
        head, colon, rest = problem.partition(":")
        said.append(f"{names.get(head, head)}{colon}{rest}")
    return SettingsError(*said)
