"""Command lines: HTTP clients' calls, and the removed commands of the Atlas CLI."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from shim.tools.scan import rules
from shim.tools.scan.rules import said

_SENDS = re.compile(
    r"-d.*|--data(-\w+)?(=.*)?|--json(=.*)?|-F.*|--form(=.*)?|--post-(data|file)(=.*)?|-T.*|\w[\w.-]*:?=[^=].*"
)
"""Options, and HTTPie's items, that set content to send."""
_METHOD = re.compile(r"(?:-X|--request=?|--method=?|-Method)(\w*)")
_MOST = 100  # command lines in a line
_LISTED = re.compile(r"[\"']\s*,\s*\[?\s*[\"']")  # the end of one quoted argument, and the start of the next
_NAMES = sorted(rules.words("commands", "http") | rules.words("commands", "atlas"))
_HEAD = re.compile(rf"(?<![\w.$%-])(?:{'|'.join(map(re.escape, _NAMES))})(?=[\s,])")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_WORD = re.compile(r"(?:[^\s\"'`;|&]|&(?![&\s])|\"(?:\\.|[^\"\\])*\"|'[^']*')+|[;|&]+|[\"'`]")


def commands_in(row: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the command lines in a line, wherever they start, each with the text before it.

    Quotes are removed, nothing is expanded; arguments given as a list are words, too.
    """
    row = _LISTED.sub(" ", row)
    quoted = list(_QUOTED.finditer(row))
    for head in islice(_HEAD.finditer(row), _MOST):
        around = next((one for one in quoted if one.start() < head.start() < one.end()), None)
        text = row[head.start() : around.end() - 1 if around is not None else None].replace('\\"', '"')
        words = list[str]()
        for word in _WORD.findall(text):
            if re.fullmatch(r"[;|&]+", word):
                break
            plain = _QUOTED.sub(lambda found: found[0][1:-1], word)
            words.append(re.sub(r"^[\"'(@\[]+|[\"'),\]}`]+$", "", plain))
        yield row[: head.start()], words


def http_words(words: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the method and the possible addresses of an HTTP client's command line, None for any other."""
    if not words or words[0].rpartition("/")[2].removesuffix(".exe") not in rules.words("commands", "http"):
        return None
    method, sends, addresses = None, False, []
    for at, word in enumerate(words[1:], 1):
        given = _METHOD.fullmatch(word)
        if given is not None:
            method = said((given[1] or "".join(words[at + 1 : at + 2])).upper()) or method
        elif word in rules.words("words", "methods") and at < 3:
            method = method or word
        elif word in {"-G", "--get"}:
            method = "GET"
        elif "://" not in word and _SENDS.fullmatch(word):
            sends = True
        addresses.append(word.removeprefix("--url="))
    return method or ("POST" if sends else "GET"), addresses


def atlas_words(words: Sequence[str]) -> list[str]:
    """Return the words of a command of the Atlas CLI without options, none for any other command."""
    words = " ".join(words).split()
    valued = rules.words("commands", "valued")
    rest = [word for before, word in pairwise(["", *words]) if not word.startswith("-") and before not in valued]
    if not rest or rest[0].rpartition("/")[2] not in rules.words("commands", "atlas"):
        return []
    return rest[1 + (rest[1:2] == ["atlas"]) :]
