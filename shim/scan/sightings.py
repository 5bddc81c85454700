"""What readers see of retired operations, and which of it is told.

A reader, one for each language, follows its programs' texts and says here which calls they are given to
(``call``), where paths stand otherwise (``path``), and where a client library's method is named (``name``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

import attrs

from shim.core.recognise import Engine
from shim.documents.model import Operation
from shim.scan.commands import atlas_words, commands_in, http_words
from shim.scan.names import Names
from shim.scan.paths import Paths, by_method, shown
from shim.scan.texts import Place, Text

_COMMAND = re.compile(r"\b(curl|wget|https?|xhs?|atlas|mongocli)(\.exe)?\s")


@attrs.frozen
class Use:
    """One use of retired operations.

    ``kind`` is ``call`` (an HTTP call), ``path`` (a path whose call was not seen), ``sdk``, ``import``, ``command``
    (of the Atlas CLI) or ``resource`` (of Terraform, CloudFormation). There are several operations when the method is
    unknown. ``text`` is the path or the name.
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
    """What was seen of an engine's operations, but for those that are ``silent``."""

    def __init__(self, engine: Engine, silent: Collection[str] = ()) -> None:
        self._paths = Paths(engine, silent)
        self.names = Names(engine, silent)
        self._close = (*self.names.words, "atlas serverless", "mongocli")
        marks = "|".join(map(re.escape, self._paths.words))
        self._segments = re.compile(rf"[/\"'`](?:{marks})(?![\w-])|(?<![\w-])(?:{marks})[/\"'`]")
        words = {*self._paths.words, *self.names.words}
        # A text without "serverless" has no longer word with it either.
        self._words = tuple(one for one in words if not any(other in one for other in words if other != one))
        self.hits: list[Hit] = []
        self._mentions: dict[frozenset[Place], tuple[Place, str | None, Text]] = {}
        self._hints: dict[frozenset[Place], str] = {}
        self._named: dict[Place, Use] = {}

    def concerns(self, source: str) -> bool:
        """Tell whether a program text has any word of what is looked for."""
        folded = source.casefold()
        return any(word in folded for word in self._words)

    def concerns_closely(self, source: str) -> bool:
        """Tell whether a program of a language with quotes has a path's segment or a name that is looked for."""
        folded = source.casefold()
        return self._segments.search(folded) is not None or any(word in folded for word in self._close)

    def operation_named(self, name: str) -> Operation | None:
        """Return the operation that a Python client library's method stands for, variants included."""
        return self.names.python(name)

    def call(self, place: Place, method: str | None, addresses: Iterable[Text]) -> list[Hit]:
        """Return the calls of retired operations that a call at one of some addresses is."""
        found = []
        for address in addresses:
            operations = by_method(self._paths.find(address.s), method)
            if operations:
                found.append(Hit((place,), _ids(operations), operations, method, address))
        return found

    def path(self, place: Place, text: Text) -> None:
        """Note a text that stands somewhere, if it is a retired path or has command lines that call one."""
        if self._paths.find(text.s):
            known = self._mentions.get(text.atoms)
            if known is None or (known[1] is None and text.s.startswith(known[2].s)):
                self._mentions[text.atoms] = place, None, text
        elif text.s.startswith("MongoDB::Atlas::"):
            self.resource(place, "type", text.s)
        elif _is_script(text.s.strip()):
            for words in commands_in(text.s):
                self.command(place, words, text.atoms)

    def command(self, place: Place, words: Sequence[str], atoms: Iterable[Place] = ()) -> bool:
        """Note the words of a command line, if it calls a retired operation; tell whether it does."""
        atoms = frozenset(atoms) or frozenset({place})
        called, atlas = http_words(words), atlas_words(words)
        for word in called[1] if called is not None else ():
            if called is not None and by_method(self._paths.find(word), called[0]):
                self._mentions.setdefault(atoms, (place, called[0], Text(word, atoms)))
                return True
        operation = self.names.any(atlas[0]) if atlas is not None else None
        if atlas is not None and operation is not None:
            self.name(place, atlas[1], operation, "command")
        return operation is not None

    def hint(self, path: Text, method: str) -> None:
        """Note the method that stands beside a path."""
        self._hints.setdefault(path.atoms, method)

    def name(self, place: Place, name: str, operation: Operation, kind: str = "sdk") -> None:
        """Note a client library's method."""
        self._named.setdefault(place, Use(place, kind, (operation,), operation.method, name))

    def resource(self, place: Place, kind: str, name: str) -> None:
        """Note a declared resource, if its provider calls retired operations for it.

        ``kind`` is ``resource`` or ``data`` (Terraform), ``type`` (CloudFormation), ``wrapped`` (Pulumi, CDKTF).
        """
        operations = self.names.wrapped(name) if kind == "wrapped" else self.names.resource(kind, name)
        if operations:
            self._named.setdefault(place, Use(place, "resource", operations, None, name))

    def uses(self) -> list[Use]:
        """Return what is to be told, ordered by place."""
        found = [Use(hit.chain[0], "call", hit.operations, hit.method, shown(hit.path.s)) for hit in settled(self.hits)]
        found += [*self._uncalled(), *self._named.values()]
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


def _is_script(text: str) -> bool:
    """Tell whether a text may be command lines; several lines are when the first is one, or names what runs them."""
    return text.startswith("#!") or (_COMMAND.match if "\n" in text else _COMMAND.search)(text) is not None


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
