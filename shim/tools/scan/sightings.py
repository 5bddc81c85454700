"""The paths and names to look for, and the uses that are found."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

import attrs

from shim.core.recognise import Engine
from shim.documents.model import Operation
from shim.tools.scan.commands import atlas_words, commands_in, http_words
from shim.tools.scan.names import Names
from shim.tools.scan.paths import Paths, by_method, shown
from shim.tools.scan.texts import Place

SCRIPT = re.compile(
    r"\s*(sudo\s+|env\s+|\w+=\S+\s+|set -\w+\s*\n\s*|#!.*\n\s*)*(\S*/)?"
    r"(curl|wget|https?|xhs?|atlas|mongocli)(\.exe)?\s+\S"
)
"""The start of a text that is a command line."""


@attrs.frozen
class Use:
    """One use of retired operations.

    ``kind`` is ``call`` (an HTTP call), ``path`` (a path whose call was not seen), ``sdk`` (a client's method),
    ``command`` (of the Atlas CLI), ``resource`` (of Terraform, CloudFormation, Pulumi, Kubernetes) or ``text`` (a line
    of a file that no grammar reads). There are several operations when the method is unknown. ``text`` is the path or
    the name.
    """

    place: Place
    kind: str
    operations: tuple[Operation, ...]
    method: str | None
    text: str


class Sought:
    """The paths and names of an engine's operations, except the ``silent`` ones."""

    def __init__(self, engine: Engine, silent: Collection[str] = ()) -> None:
        self.paths = Paths(engine, silent)
        self.names = Names(engine, silent)
        paths, names = self.paths.words, {*self.names.words, "atlas serverless", "mongocli"}
        self._names = _shortest(names)
        self._words = _shortest(paths | names)
        self._bytes = tuple(word.encode() for word in self._words)
        marks = "|".join(map(re.escape, sorted(paths)))
        self._segments = re.compile(rf"[/\"'`](?:{marks})(?![\w-])|(?<![\w-])(?:{marks})[/\"'`]")

    def concerns(self, text: str) -> bool:
        """Return whether a text has a word to look for."""
        folded = text.casefold()
        return any(word in folded for word in self._words)

    def concerns_bytes(self, content: bytes) -> bool:
        """Return whether bytes, in any encoding with ASCII's letters, have a word to look for."""
        folded = content.lower()
        return any(word in folded for word in self._bytes)

    def concerns_closely(self, text: str) -> bool:
        """Return whether a program has a path segment or name to look for, in a language that quotes strings."""
        folded = text.casefold()
        return self._segments.search(folded) is not None or any(word in folded for word in self._names)

    def called(
        self, place: Place, method: str | None, address: str, kind: str = "call", *, near: bool = False
    ) -> Use | None:
        """Return the use that a call to an address is, None for other addresses.

        With ``near`` the end of a path is enough, for programs that mention Atlas.
        """
        found = by_method(self.paths.find(address, near=near), method)
        return Use(place, kind, found, method, shown(address)) if found else None

    def command(self, place: Place, words: Sequence[str]) -> Use | None:
        """Return the use that a command line is, None for other commands."""
        method, addresses = http_words(words) or (None, [])
        for word in addresses:
            if found := self.called(place, method, word):
                return found
        named, said = atlas_words(words) or ("", "")
        operation = self.names.any(named)
        return None if operation is None else Use(place, "command", (operation,), operation.method, said)

    def script(self, place: Place, text: str) -> Iterator[Use]:
        """Yield the uses in command lines."""
        for row in text.replace("\\\n", " ").split("\n"):
            for _, words in commands_in(row):
                if (found := self.command(place, words)) is not None:
                    yield found


def _shortest(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words without those that contain another: a text without that one does not have them either."""
    return tuple(one for one in words if not any(other in one for other in words if other != one))
