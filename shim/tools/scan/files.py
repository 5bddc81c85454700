"""Find the files below some paths, their languages, and their texts."""

from __future__ import annotations

import codecs
import errno
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
    """A file or folder is left out for an expected reason, such as a picture or a link."""


@attrs.define(eq=False)
class Source:
    """A file, or one that is left out."""

    file: str
    """Its name in the report."""
    language: str = ""
    """Its grammar, empty without one."""
    ending: str = ""
    """Its kind, in most cases its extension."""
    problem: Exception | None = None
    """Why it can't be read, or is left out."""
    text: str = ""


def source_files(
    paths: Sequence[Path], exclude: Iterable[str] = ()
) -> Iterator[Source]:
    """Yield each file once, and those that are left out.

    A file that PATH names is never left out because of its name. Folders are walked in
    order. Links in them are not followed: targets below the named paths are read
    anyway, and others were not requested. ``exclude`` are glob patterns of names or
    paths.
    """
    roots = [path.resolve() for path in paths]
    patterns = tuple(exclude)
    seen = set[tuple[int, int]]()
    stack: list[tuple[Path, bool]] = [(path, True) for path in reversed(paths)]
    while stack:
        path, named = stack.pop()
        try:
            info = path.stat() if named else path.lstat()
            if why := _left_out(path, info.st_mode, roots, named=named):
                problem = OSError(errno.EINVAL, why) if named else UnreadError(why)
                yield Source(path.as_posix(), problem=problem)
            elif stat.S_ISDIR(info.st_mode):
                inner = sorted(path.iterdir(), reverse=True)
                for one in inner:
                    if not any(map(one.match, patterns)):
                        stack.append((one, False))
            elif (
                not stat.S_ISLNK(info.st_mode)
                and (info.st_dev, info.st_ino) not in seen
            ):
                seen.add((info.st_dev, info.st_ino))
                yield _source(path)
        except (OSError, ValueError, RuntimeError) as error:
            yield Source(path.as_posix(), problem=error)


def _left_out(path: Path, mode: int, roots: Iterable[Path], *, named: bool) -> str:
    """Return why a path is not read, in words, or '' if it is read.

    The name of a ``named`` path is not a reason.
    """
    if stat.S_ISLNK(mode):
        real = Path(os.path.realpath(path))
        if any(map(real.is_relative_to, roots)):
            return ""
        return "a link to a place outside the named paths"
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return "not a regular file"
    if named:
        return ""
    if stat.S_ISREG(mode):
        if path.name.endswith(tuple(rules.words("files", "made"))):
            return "generated"
        return ""
    if path.name in rules.words("files", "skipped") or (path / "pyvenv.cfg").exists():
        return "a folder of vendored or built files; name it to scan it"
    is_hidden = path.name.startswith(".") and path.name not in rules.words(
        "files", "shown"
    )
    if is_hidden:
        return "a hidden folder; name it to scan it"
    return ""


def reason(error: Exception) -> str:
    """Return why a file could not be read."""
    why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    return f"could not be read: {why}"[:200]


def _source(path: Path) -> Source:
    """Return a file's kind, by its name or, without an extension, by its first line."""
    name = path.name.lower()
    languages = rules.inverted("languages")
    if path.suffix and path.stem:
        ending = path.suffix[1:].lower()
    else:
        ending = name.lstrip(".")
    if ending not in languages:
        starts = rules.table("names").items()
        kinds = (kind for kind, some in starts if name.startswith(tuple(some)))
        ending = next(kinds, ending)
    if ending == name:
        with path.open("rb") as file:
            line = file.readline(80).decode("latin-1")
        words = re.findall(r"[a-z]+", line)
        programs = rules.inverted("programs")
        named_programs = [one for one in words if one in programs]
        if line.startswith("#!") and named_programs:
            ending = programs[named_programs[-1]]
    return Source(path.as_posix(), languages.get(ending, ""), ending)


def read(file: str) -> str:
    """Return a file's text, in lines that end with a line feed.

    Raises UnreadError or OSError.
    """
    with Path(file).open("rb") as opened:
        content = opened.read(8192)
        if b"\0" in content and not content.startswith(_WIDE):
            raise UnreadError("binary")
        content += opened.read(_LARGEST)
    if len(content) > _LARGEST:
        raise OSError(errno.EFBIG, f"larger than {_LARGEST >> 20} MiB")
    try:
        text = content.decode("utf-16" if content.startswith(_WIDE) else "utf-8-sig")
    except ValueError:
        text = content.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
