"""``# atlas-shim: ignore`` comments, ``//`` and ``/*`` in other languages than Python."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable

import attrs

from shim.documents.model import Operation
from shim.scan.texts import Place

_PRAGMA = re.compile(r"#\s*atlas-shim:\s*ignore(-file)?\b\s*(?:\[([^\]]*)\])?")
_COMMENT = re.compile(r"(\S?.*?)(?:#|//|/\*)" + _PRAGMA.pattern.removeprefix("#"))


@attrs.frozen
class Pragma:
    """One comment: its line, the operations it names (all when empty), and whether it speaks for the file."""

    line: int
    names: frozenset[str]
    whole_file: bool

    def covers(self, operation: Operation) -> bool:
        """Tell whether findings of an operation are meant."""
        return not self.names or bool(self.names & {operation.id, *operation.aliases, *operation.sdk})


def pragmas(text: str) -> tuple[Pragma, ...]:
    """Return the ignore comments of a program; texts that look like one are none."""
    if "atlas-shim:" not in text:
        return ()
    found: list[Pragma] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            match = _PRAGMA.search(token.string) if token.type == tokenize.COMMENT else None
            if match is not None:
                found.append(Pragma(token.start[0], _names(match[2]), match[1] is not None))
    except (tokenize.TokenError, SyntaxError):
        pass  # what came before counts
    return tuple(found)


def line_pragmas(text: str) -> tuple[Pragma, ...]:
    """Return the ignore comments of a program in another language; one on a line of its own is about the next line."""
    found = []
    for number, line in enumerate(text.split("\n") if "atlas-shim:" in text else (), 1):
        match = _COMMENT.search(line)
        if match is not None:
            found.append(Pragma(number + (not match[1].strip()), _names(match[3]), match[2] is not None))
    return tuple(found)


def _names(said: str | None) -> frozenset[str]:
    return frozenset(filter(None, (name.strip() for name in (said or "").split(","))))


def spoken_for(place: Place, operation: Operation, found: Iterable[Pragma], tree: ast.Module | None) -> Pragma | None:
    """Return the comment that says to ignore a finding.

    It stands on a line of the found expression or, in Python, on the first or last line of its statement.
    """
    fitting = [pragma for pragma in found if pragma.covers(operation)]
    if not fitting:
        return None
    spans = [_span(node) for node in ast.walk(tree or ast.Module([], [])) if isinstance(node, ast.stmt)]
    around = [(last - first, first, last) for first, last in spans if first <= place.line <= last]
    lines = {*range(place.line, place.end_line + 1), *min(around, default=(0, 0, 0))[1:]}
    return next((pragma for pragma in fitting if pragma.whole_file or pragma.line in lines), None)


def _span(node: ast.stmt) -> tuple[int, int]:
    """Return the first and last line of a statement; of a compound one, of its header."""
    first, last = node.lineno, node.end_lineno or node.lineno
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if body:
        start = body[0].lineno if isinstance(body[0], ast.stmt) else body[0].pattern.lineno
        last = max(first, start - 1)
    return first, last
