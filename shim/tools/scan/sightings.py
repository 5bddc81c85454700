"""The paths and names to look for, and the uses that are found."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

import attrs

from shim.core.recognise import Engine
from shim.documents.model import Operation
from shim.tools.scan.commands import atlas_words, commands_in, http_words
from shim.tools.scan.names import Names
from shim.tools.scan.paths import Paths, by_method, shown
from shim.tools.scan.texts import Place, Text


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
        every = {*paths, *names}
        # A text without "serverless" has no longer word that contains it either.
        self._words = tuple(one for one in every if not any(other in one for other in every if other != one))
        self._bytes = tuple(one.encode() for one in self._words)
        self._names = tuple(one for one in names if not any(other in one for other in names if other != one))
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
        self, place: Place, method: str | None, address: Text | str, kind: str = "call", *, near: bool = False
    ) -> Use | None:
        """Return the use that a call to an address is, None for other addresses.

        With ``near`` the end of a path is enough, for programs that mention Atlas.
        """
        said = address if isinstance(address, str) else address.s
        found = by_method(self.paths.find(said, near=near), method)
        return Use(place, kind, found, method, shown(said)) if found else None

    def command(self, place: Place, words: Sequence[str], kind: str = "command") -> Use | None:
        """Return the use that a command line is, None for other commands."""
        http = http_words(words)
        for word in http[1] if http is not None else ():
            if http is not None and (found := self.called(place, http[0], word, "call" if kind == "command" else kind)):
                return found
        atlas = atlas_words(words)
        operation = self.names.any(atlas[0]) if atlas is not None else None
        if atlas is None or operation is None:
            return None
        return Use(place, kind, (operation,), operation.method, atlas[1])

    def script(self, place: Place, text: str) -> Iterable[Use]:
        """Yield the uses in command lines."""
        for words in commands_in(text):
            if (found := self.command(place, words)) is not None:
                yield found


def place_of(file: str, text: str, start: int, end: int) -> Place:
    """Return the place of a part of a text, given in characters."""
    end = min(end, len(text))
    line, last = text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1
    return Place(file, line, start - text.rfind("\n", 0, start), last, end - text.rfind("\n", 0, end))


SCRIPT = re.compile(
    r"\s*(sudo\s+|env\s+|\w+=\S+\s+|set -\w+\s*\n\s*|#!.*\n\s*)*(\S*/)?"
    r"(curl|wget|https?|xhs?|atlas|mongocli)(\.exe)?\s+\S"
)
"""The start of a text that is a command line."""
