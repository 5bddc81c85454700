"""The sources below some paths: which ones, what they are written in, and reading them."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

SKIPPED = frozenset({
    "node_modules", "bower_components", "vendor", "target", "obj", "__pycache__", "site-packages", "dist-packages",
    "venv", "env", "build", "dist", "__pypackages__", "cdk.out",
})  # fmt: skip
"""Folders that hold what others wrote or what is made anew; folders with a leading dot are skipped as well."""
SHOWN = frozenset({".github", ".gitlab", ".circleci", ".buildkite"})
"""Those with a leading dot that hold what people write."""
_MADE = (".min.js", ".min.mjs", ".bundle.js", "-lock.json", ".lock.json", ".d.ts", ".map.json")
"""Ends of the names of files that are made of others."""
LANGUAGES = {
    ".py": "python", ".pyw": "python", ".pyi": "python", ".ipynb": "python",
    ".go": "go",
    ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript",
    ".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "tsx",
    ".java": "java", ".cs": "csharp",
    ".sh": "shell", ".bash": "shell", ".zsh": "shell", ".ksh": "shell", ".bats": "shell",
    ".tf": "terraform", ".tofu": "terraform", ".hcl": "terraform",
    ".yaml": "yaml", ".yml": "yaml", ".json": "json",
}  # fmt: skip
"""What a file is written in, by the end of its name."""
_PROGRAMS = {
    "python": "python", "sh": "shell", "bash": "shell", "dash": "shell", "zsh": "shell", "ksh": "shell",
    "node": "javascript",
}  # fmt: skip
_LONG_LINE = 5000
"""Bytes; JavaScript with a longer first line was not written by hand."""
_LARGEST = 32 * 1024 * 1024
_MAGIC = re.compile(r"^(\s*)[%!?].*|^\s*\S+\?+\s*$")


class UnreadableError(Exception):
    """A file can't be read as Python; ``line`` says where, 0 when that means nothing."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


@attrs.frozen
class SourceFile:
    """One file's program text; ``cells`` has for each line of a notebook's text the cell and the line in it."""

    file: str
    path: Path
    text: str
    cells: tuple[tuple[int, int], ...] | None = None


def source_files(paths: Iterable[Path], exclude: Iterable[str] = ()) -> Iterator[tuple[str, Path, str | None]]:
    """Yield each source once, as the name to show, the real path, and the language; None when that is unknown.

    A file that is named is taken whatever it is called; folders are walked in order, links to
    folders only while they lead somewhere new. ``exclude`` are glob patterns of names or paths.
    """
    seen: set[Path] = set()
    patterns = tuple(exclude)
    for path in paths:
        for found, language in _walk(path, set(), patterns) if path.is_dir() else [(path, language_of(path))]:
            real = found.resolve()
            if real not in seen:
                seen.add(real)
                yield found.as_posix(), real, language


def _walk(folder: Path, seen: set[Path], exclude: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    real = folder.resolve()
    if real in seen:
        return
    seen.add(real)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = folder / entry.name
        if any(path.match(pattern) for pattern in exclude):
            continue
        if entry.is_dir():
            hidden = entry.name.startswith(".") and entry.name not in SHOWN
            if entry.name not in SKIPPED and not hidden and not (path / "pyvenv.cfg").exists():
                yield from _walk(path, seen, exclude)
        elif entry.is_file() and not entry.name.endswith(_MADE):
            language = language_of(path)
            if language is not None:
                yield path, language


def language_of(path: Path) -> str | None:
    """Return what a file is written in: by the end of its name or, where it has none, by its first line."""
    if path.suffix:
        return LANGUAGES.get(path.suffix.lower())
    try:
        with path.open("rb") as file:
            head = file.read(80)
    except OSError:
        return None
    words = head.split(b"\n", 1)[0].decode("latin-1").replace("/", " ").split() if head.startswith(b"#!") else []
    return next((_PROGRAMS[name] for word in words if (name := word.rstrip("0123456789.")) in _PROGRAMS), None)


def read(file: str, path: Path, language: str = "python") -> SourceFile:
    """Return a file's program text; raises UnreadableError."""
    try:
        if not path.is_file():
            raise UnreadableError("is no file")
        if path.stat().st_size > _LARGEST:
            raise UnreadableError(f"is larger than {_LARGEST >> 20} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableError(error.strerror or type(error).__name__) from None
    if path.suffix == ".ipynb":
        return _notebook(file, path, content)
    return SourceFile(file, path, _decoded(content) if language == "python" else _text(content))


def _text(content: bytes) -> str:
    """Decode a source of a language whose sources are UTF-8, or UTF-16 with its mark."""
    wide = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    text = content.decode("utf-16" if wide else "utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_made(source: SourceFile, language: str) -> bool:
    """Tell whether a program was made by a program: JavaScript in one long line."""
    return language == "javascript" and len(source.text.partition("\n")[0]) > _LONG_LINE


def _decoded(content: bytes) -> str:
    """Decode a source as Python does (PEP 263)."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise UnreadableError(f"can't be decoded: {error}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _notebook(file: str, path: Path, content: bytes) -> SourceFile:
    """Return the code cells of a notebook, one after the other; lines that are not Python are left blank."""
    try:
        cells = json.loads(content)["cells"]
        codes = [
            (number, "".join(cell["source"])) for number, cell in enumerate(cells, 1) if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UnreadableError("is no notebook of format 4") from None
    lines: list[str] = []
    where: list[tuple[int, int]] = []
    for number, code in codes:
        if code.lstrip().startswith("%%"):
            continue  # a cell in another language, or under a magic that may change it
        for at, line in enumerate(code.split("\n"), 1):
            lines.append(_MAGIC.sub(r"\1pass", line))
            where.append((number, at))
    return SourceFile(file, path, "\n".join(lines), tuple(where))


def parse(source: SourceFile) -> ast.Module:
    """Return the syntax tree; raises UnreadableError."""
    try:
        with warnings.catch_warnings():
            # What Python thinks of an escape in somebody's source is not this scan's business.
            warnings.simplefilter("ignore")
            return ast.parse(source.text, filename=source.file)
    except SyntaxError as error:
        raise UnreadableError(f"syntax error: {error.msg}", error.lineno or 0) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"can't be parsed: {str(error) or type(error).__name__}") from None
