"""What readers see of retired operations, and which of it is told.

A reader, one for each language, follows its programs' texts and says here which calls they are given to
(``call``), where paths stand otherwise (``path``), and where a client library's method is named (``name``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from shim.core.recognise import Engine
from shim.documents.model import Operation
from shim.scan.methods import METHODS
from shim.scan.paths import Paths, by_method, shown
from shim.scan.texts import Place, Text

_COMMAND = re.compile(r"\s*(curl|wget|http|https|xh|xhs)\s")
_ENDINGS = ("", "_with_http_info", "_without_preload_content", "_serialize", "_async")
"""What generators put behind a method's name for its variants."""


@attrs.frozen
class Use:
    """One use of retired operations.

    ``kind`` is ``call`` (an HTTP call), ``path`` (a path whose call was not seen), ``sdk`` or ``import``. There are
    several operations when the method is unknown. ``text`` is the path or the name.
    """

    place: Place
    kind: str
    operations: tuple[Operation, ...]
    method: str | None
    text: str


@attrs.frozen
class Hit:
    """An HTTP call of a retired path.

    ``chain`` are the places of the calls that lead to it, the outermost first, itself last.
    """

    chain: tuple[Place, ...]
    ids: tuple[str, ...]
    operations: tuple[Operation, ...] = attrs.field(eq=False)
    method: str | None
    path: Text


class Sightings:
    """What was seen of an engine's operations."""

    def __init__(self, engine: Engine) -> None:
        self._paths = Paths(engine)
        self._sdk = {name: operation for operation in engine.operations for name in operation.sdk}
        self._words = (*self._paths.words, *(name.casefold() for name in self._sdk))
        self.hits: list[Hit] = []
        self._mentions: dict[frozenset[Place], tuple[Place, str | None, Text]] = {}
        self._hints: dict[frozenset[Place], str] = {}
        self._names: dict[Place, Use] = {}

    def concerns(self, source: str) -> bool:
        """Tell whether a program text has any word of what is looked for."""
        folded = source.casefold()
        return any(word in folded for word in self._words)

    def operation_named(self, name: str) -> Operation | None:
        """Return the operation that a client library's method stands for, variants included."""
        found = (self._sdk.get(name.removesuffix(ending)) for ending in _ENDINGS if name.endswith(ending))
        return next(filter(None, found), None)

    def call(self, place: Place, method: str | None, addresses: Iterable[Text]) -> list[Hit]:
        """Return the calls of retired operations that a call at one of some addresses is."""
        found = []
        for address in addresses:
            operations = by_method(self._paths.find(address.s), method)
            if operations:
                found.append(Hit((place,), _ids(operations), operations, method, address))
        return found

    def path(self, place: Place, text: Text) -> None:
        """Note a text that stands somewhere, if it is a retired path or a command line that calls one."""
        if self._paths.find(text.s):
            self._mentions.setdefault(text.atoms, (place, None, text))
        elif _COMMAND.match(text.s):
            words = [word.strip("'\"") for word in text.s.split()]
            method = next((word for word in words if word in METHODS), None)
            for word in words:
                if by_method(self._paths.find(word), method):
                    self._mentions.setdefault(text.atoms, (place, method, Text(word, text.atoms)))

    def hint(self, path: Text, method: str) -> None:
        """Note the method that stands beside a path."""
        self._hints.setdefault(path.atoms, method)

    def name(self, place: Place, name: str, operation: Operation, kind: str = "sdk") -> None:
        """Note a client library's method."""
        self._names.setdefault(place, Use(place, kind, (operation,), operation.method, name))

    def uses(self) -> list[Use]:
        """Return what is to be told, ordered by place."""
        found = [Use(hit.chain[0], "call", hit.operations, hit.method, shown(hit.path.s)) for hit in settled(self.hits)]
        found += [*self._uncalled(), *self._names.values()]
        return sorted(
            found, key=lambda use: (use.place.file, use.place.line, use.place.column, use.operations[0].path.text)
        )

    def _uncalled(self) -> Iterator[Use]:
        """Yield the paths that went into no call and into no longer path."""
        called = {hit.path.atoms for hit in self.hits}
        for atoms, (place, said, text) in self._mentions.items():
            if any(atoms <= other for other in called) or any(atoms < other for other in self._mentions):
                continue
            method = said or self._hints.get(atoms)
            fitting = by_method(self._paths.find(text.s), method)
            if not fitting:
                method, fitting = None, by_method(self._paths.find(text.s), None)
            yield Use(place, "path", fitting, method, shown(text.s))


def settled(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits at the innermost call that already knows the whole path, each once."""
    unique = list({(hit.chain, hit.ids): hit for hit in hits}.values())
    named: dict[tuple[Place, ...], set[str]] = {}
    for hit in unique:
        named.setdefault(hit.chain, set()).update(hit.ids)
    kept: dict[tuple[Place, tuple[str, ...]], Hit] = {}
    for hit in unique:
        inner = (hit.chain[at:] for at in range(1, len(hit.chain)))
        if not any(named.get(chain, set()).intersection(hit.ids) for chain in inner):
            kept.setdefault((hit.chain[0], hit.ids), hit)
    return list(kept.values())


def _ids(operations: Iterable[Operation]) -> tuple[str, ...]:
    return tuple(operation.id for operation in operations)
