"""Find the addresses of Atlas's API that the files of a package share.

One file may have the base, and another the rest of a path. ``Packages`` reads each file
once before the scan, without parsing it. The names of a file reach the files of its own
folder, and files close to it that import it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from shim.tools.scan.files import Source, UnreadError, read
from shim.tools.scan.paths import HOLE, with_holes
from shim.tools.scan.sought import newest_version

_BASE = re.compile(
    r"""
    (?P<address>
      (?: https?://[^\s"'`/]+ )?      # https://cloud.mongodb.com, ${HOST}
      /?api/atlas/v(?:1\.0|1\.5|2)
      (?: /[^\s"'`)}\]]* | (?:\{[^{}]*\}) )*
    )
    """,
    re.VERBOSE,
)
"""An address of the API in a line, as in ``BASE = os.getenv("BASE",
"https://cloud.mongodb.com/api/atlas/v2")``.
"""
_NAME = re.compile(
    r"""
    ^ [^"'`=:(]*?
    ["']? ([A-Za-z_]\w*) ["']?
    (?: \s* : \s* [\w.<>\[\]]+ (?=\s*=) )?    # a type, as in ``base: str = ``
    \s* (?: :?= | : | => ) (?!=)
    """,
    re.VERBOSE,
)
"""The name that a line sets, as in ``export BASE=…``, ``const base = …`` or ``"base":
…``.
"""
_FUNCTION = re.compile(r"\b(?:def|func|function|fun|fn)\s+(?:\([^)]*\)\s*)?(\w+)")
"""The start of a function, as in ``def get_clusters(`` and ``func (c *client)
Clusters(``.
"""
_MENTIONS = re.compile(r"atlas|mongodb", re.IGNORECASE)
_IMPORT = re.compile(
    r"""
      ^\W*(?:import|from|require|include|use|using|source|const|let|var|"|_)\b.*$
    | ^\s*"[^"]+"$     # in Go
    | ^\s*\.\s.*$      # in a shell
    """,
    re.MULTILINE | re.VERBOSE,
)
"""A line that may import."""
# How many folders up the common folder of two files of a package may be.
_NEAR = 2
_MAX_BASES = 8  # the limit on addresses that one file shares


@attrs.frozen
class SharedAddresses:
    """The addresses of Atlas's API from other files."""

    constants: Mapping[str, str] = attrs.field(factory=dict)
    """Addresses by the names of the constants that have them."""
    bases: Sequence[str] = ()
    """Addresses that a path may follow, without a trailing slash."""
    newest: str | None = None
    """The newest version that these files name."""
    functions: frozenset[str] = frozenset()
    """The functions that they define, which no generated module has."""


NO_ADDRESSES = SharedAddresses()


@attrs.frozen
class _Member:
    """A file with addresses: its path, and its shared names."""

    path: Path
    shared: SharedAddresses


class Packages:
    """The files of a tree that have addresses of Atlas's API."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._members = [
            member for source in sources if (member := _member(source)) is not None
        ]

    def of(self, file: str, text: str) -> SharedAddresses:
        """Return the addresses that the files of a package share with this one.

        They include its own.
        """
        if not self._members:
            return NO_ADDRESSES
        path = Path(file).resolve()
        speaks = _MENTIONS.search(text) is not None
        near = [one for one in self._members if _is_near(one.path, path)]
        if near:
            imports = "\n".join(_IMPORT.findall(text))
        else:
            imports = ""
        some = [
            one.shared for one in near if _is_of(one.path, path, imports, speaks=speaks)
        ]
        constants = list[tuple[str, str]]()
        for one in some:
            constants.extend(one.constants.items())
        known = {}
        for name, address in constants:
            if _is_one(name, address, constants):
                known[name] = address
        bases = dict[str, None]()
        functions = set[str]()
        for one in some:
            bases.update(dict.fromkeys(one.bases))
            functions.update(one.functions)
        newest = max((one.newest for one in some if one.newest), default=None)
        return SharedAddresses(known, tuple(bases), newest, frozenset(functions))


def completions(base: str, text: str) -> Iterator[str]:
    """Yield the addresses that a text adds to a base.

    The id of a collection may be between them.
    """
    yield f"{base}/{text.lstrip('/')}"
    if base.endswith(("/groups", "/orgs")):
        yield f"{base}/{HOLE}/{text.lstrip('/')}"


def _member(source: Source) -> _Member | None:
    if source.problem is not None:
        return None
    try:
        text = read(source.file)
    except (OSError, UnreadError):
        return None  # the scan itself reports it
    if "api/atlas/v" in text:
        found = list(_addresses(text))
    else:
        found = []
    if not found:
        return None
    bases = dict.fromkeys(address for _, address in found)
    constants = {name: address for name, address in found if name}
    functions = frozenset(_FUNCTION.findall(text))
    shared = SharedAddresses(
        constants, [*bases][:_MAX_BASES], newest_version(text), functions
    )
    return _Member(Path(source.file).resolve(), shared)


def _addresses(text: str) -> Iterator[tuple[str, str]]:
    """Yield the addresses in a text, each with the name that its line sets, or ''."""
    for line in text.split("\n"):
        for found in _BASE.finditer(line) if len(line) < 2000 else ():
            name = _NAME.match(line)
            yield (
                name[1] if name is not None else "",
                with_holes(found["address"]).rstrip("/"),
            )


def _is_near(one: Path, other: Path) -> bool:
    """Return whether a folder close above both files has them."""
    near = {*one.parents[: _NEAR + 1]}
    return not near.isdisjoint(other.parents[: _NEAR + 1])


def _is_of(one: Path, other: Path, imports: str, *, speaks: bool) -> bool:
    """Return whether a nearby file is of another one's package.

    It is if it is imported, or if it is next to one that mentions Atlas.
    """
    if one == other or (speaks and one.parent == other.parent):
        return True
    if speaks:
        names = [one.stem, one.parent.name]
    else:
        names = [one.stem]
    any_name = "|".join(map(re.escape, names))
    return re.search(rf"\b(?:{any_name})\b", imports) is not None


def _is_one(name: str, address: str, constants: Iterable[tuple[str, str]]) -> bool:
    """Return whether a name has no other address in these files."""
    return all(other == address for same, other in constants if same == name)
