"""The grammar of each language, and a program's syntax tree."""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import attrs

from shim.scan.files import UnreadableError

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

GRAMMARS = {
    "go": ("tree_sitter_go", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "java": ("tree_sitter_java", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
    "shell": ("tree_sitter_bash", "language"),
    "terraform": ("tree_sitter_hcl", "language"),
    "yaml": ("tree_sitter_yaml", "language"),
    "json": ("tree_sitter_json", "language"),
}
"""Each language's package and the function in it that gives the grammar."""
HINT = "is not read without the grammars: pip install 'atlas-shim[scan]'"
LARGEST = 8 * 1024 * 1024
"""Bytes; what people write by hand is far smaller, and a tree takes some fifty times as much memory."""

_VARIABLE = re.compile(rb"(?<=[/.:?&=_-])\$([A-Za-z_]\w*|\d)")


class NoGrammarError(Exception):
    """The extra ``scan`` is not installed."""


@attrs.frozen(eq=False)
class Tree:
    """A program and its syntax tree.

    ``line`` and ``column`` are where it begins in its file, from 0; ``inserted`` are the offsets of bytes of the
    content that are not in the file.
    """

    file: str
    language: str
    content: bytes
    root: Node
    line: int = 0
    column: int = 0
    inserted: tuple[int, ...] = ()
    ascii: bool = False

    @property
    def broken_line(self) -> int:
        """The first line that can't be parsed, 0 when there is none."""
        node = self.root
        while node.has_error:
            inner = next((one for one in node.children if one.has_error or one.is_error or one.is_missing), None)
            if inner is None:
                break
            node = inner
            if node.is_error or node.is_missing:
                break
        return node.start_point.row + 1 if self.root.has_error else 0


@lru_cache
def _parser(language: str) -> Parser:
    module, function = GRAMMARS[language]
    try:
        from tree_sitter import Language, Parser  # noqa: PLC0415 - an extra that is loaded when a file needs it

        return Parser(Language(getattr(importlib.import_module(module), function)()))
    except ImportError:
        raise NoGrammarError(HINT) from None


def tree_of(file: str, language: str, text: str, line: int = 0, column: int = 0) -> Tree:
    """Return the tree of a program; what can't be parsed is a node of its own in it.

    Raises NoGrammarError without the extra, UnreadableError when the program is too large.
    """
    content = text.encode("utf-8", "replace")
    if len(content) > LARGEST:
        raise UnreadableError(f"is larger than {LARGEST >> 20} MiB")
    inserted: tuple[int, ...] = ()
    if language == "shell":
        content, inserted = _braced(content)
    return Tree(
        file, language, content, _parser(language).parse(content).root_node, line, column, inserted, content.isascii()
    )


def _braced(content: bytes) -> tuple[bytes, tuple[int, ...]]:
    """Write the variables within a word with braces: the grammar ends a word at the second one without.

    This is https://github.com/tree-sitter/tree-sitter-bash/issues/315.
    """
    parts: list[bytes] = []
    inserted: list[int] = []
    done = length = 0
    for found in _VARIABLE.finditer(content):
        parts += [content[done : found.start()], b"${", found[1], b"}"]
        length += found.start() - done + 1
        inserted += [length, length + 1 + len(found[1])]
        length += 2 + len(found[1])
        done = found.end()
    return b"".join([*parts, content[done:]]), tuple(inserted)
