"""Finds the files below some paths, their languages, and their texts."""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs

from shim.tools.scan import rules

_LARGEST = 16 * 1024 * 1024
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # the start of a text in UTF-16


class UnreadError(Exception):
    """A file or folder was not read; ``is_odd`` is false for an expected reason (a picture, a link)."""

    def __init__(self, file: str, reason: str, *, is_odd: bool = True) -> None:
        super().__init__(reason)
        self.file, self.reason, self.is_odd = file, reason, is_odd


@attrs.define(eq=False)
class Source:
    """One file: its name in the report, its grammar ("" without one), its kind (mostly its extension), and its text."""

    file: str
    language: str
    ending: str
    text: str = ""


def source_files(paths: Sequence[Path], exclude: Iterable[str] = ()) -> Iterator[Source | UnreadError]:
    """Yield each file once, and skipped ones as errors; a file that PATH names is never skipped for its name.

    Folders are walked in order. Links in them are not followed: targets below the named paths are read anyway, and
    others were not asked for. ``exclude`` are glob patterns of names or paths.
    """
    roots = [path.resolve() for path in paths]
    patterns, seen = tuple(exclude), set[tuple[int, int]]()
    stack: list[tuple[Path, bool]] = [(path, True) for path in reversed(paths)]
    while stack:
        path, named = stack.pop()
        try:
            info = path.stat() if named else path.lstat()
            if stat.S_ISDIR(info.st_mode):
                is_vendored = path.name in rules.words("files", "skipped") or (path / "pyvenv.cfg").exists()
                is_hidden = path.name.startswith(".") and path.name not in rules.words("files", "shown")
                if not named and (is_vendored or is_hidden):
                    kind = "a folder of vendored or built files" if is_vendored else "a hidden folder"
                    yield UnreadError(path.as_posix(), f"{kind}; name it to scan it", is_odd=False)
                    continue
                inner = sorted(path.iterdir(), reverse=True)
                stack += [(one, False) for one in inner if not any(map(one.match, patterns))]
            elif stat.S_ISLNK(info.st_mode):
                real = Path(os.path.realpath(path))
                if not any(real.is_relative_to(root) for root in roots):
                    yield UnreadError(path.as_posix(), "a link that leads outside the named paths", is_odd=False)
            elif not stat.S_ISREG(info.st_mode):
                yield UnreadError(path.as_posix(), "no regular file", is_odd=named)
            elif (info.st_dev, info.st_ino) not in seen:
                seen.add((info.st_dev, info.st_ino))
                if not named and path.name.endswith(tuple(rules.words("files", "made"))):
                    yield UnreadError(path.as_posix(), "made by a program", is_odd=False)
                else:
                    yield _source(path)
        except (OSError, ValueError, RuntimeError) as error:
            yield UnreadError(path.as_posix(), reason(error))


def reason(error: Exception) -> str:
    """Return why a file could not be read."""
    return f"could not be read: {getattr(error, 'strerror', None) or f'{type(error).__name__}: {error}'}"[:200]


def _source(path: Path) -> Source:
    """Return a file's kind, by its name or, without an extension, by its first line."""
    name, languages = path.name.lower(), rules.inverted("languages")
    ending = path.suffix[1:].lower() if path.suffix and path.stem else name.lstrip(".")
    if ending not in languages:
        starts = rules.table("names").items()
        ending = next((kind for kind, some in starts if name.startswith(tuple(some))), ending)
    if ending == name:
        with path.open("rb") as file:
            line = file.readline(80).decode("latin-1")
        words, programs = re.findall(r"[a-z]+", line), rules.inverted("programs")
        ending = next((programs[one] for one in words[::-1] if line.startswith("#!") and one in programs), ending)
    return Source(path.as_posix(), languages.get(ending, ""), ending)


def read(file: str) -> str:
    """Return a file's text, in lines that end with a line feed; raises UnreadError or OSError."""
    with Path(file).open("rb") as opened:
        content = opened.read(8192)
        if b"\0" in content and not content.startswith(_WIDE):
            raise UnreadError(file, "binary", is_odd=False)
        content += opened.read(_LARGEST)
    if len(content) > _LARGEST:
        raise UnreadError(file, f"larger than {_LARGEST >> 20} MiB")
    try:
        text = content.decode("utf-16" if content.startswith(_WIDE) else "utf-8-sig")
    except ValueError:
        text = content.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
