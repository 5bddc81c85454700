"""Command lines: HTTP clients' calls, and the removed commands of the Atlas CLI."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shim.tools.scan import rules
from shim.tools.scan.methods import said

_SENDS = re.compile(
    r"-d.*|--data(-\w+)?(=.*)?|--json(=.*)?|-F.*|--form(=.*)?|--post-(data|file)(=.*)?|-T.*|\w[\w.-]*:?=[^=].*"
)
"""Options, and HTTPie's items, that set content to send."""
_METHOD = re.compile(r"(?:-X|--request=?|--method=?|-Method)(\w*)")


def http_words(words: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the method and the possible addresses of an HTTP client's command line, None for any other."""
    if not words or words[0].rpartition("/")[2].removesuffix(".exe") not in rules.words("commands", "http"):
        return None
    method, sends, addresses = None, False, []
    for at, word in enumerate(words[1:], 1):
        given = _METHOD.fullmatch(word)
        if given is not None:
            method = said(given[1] or (words[at + 1] if at + 1 < len(words) else "")) or method
        elif word in rules.words("words", "methods") and at < 3:
            method = method or word
        elif word in {"-G", "--get"}:
            method = "GET"
        elif word in {"-I", "--head"}:
            method = "HEAD"
        elif "://" not in word and _SENDS.fullmatch(word):
            sends = True
        addresses.append(word.removeprefix("--url="))
    return method or ("POST" if sends else "GET"), addresses


def atlas_words(words: Sequence[str]) -> tuple[str, str] | None:
    """Return the operation that a command of the Atlas CLI calls and the command, None for any other command.

    ``atlas api`` takes an operation's own name, which the caller looks up.
    """
    rest = list(_plain(words))
    if rest[:1] and rest[0].rpartition("/")[2] in rules.words("commands", "atlas"):
        rest = rest[1:]
        rest = rest[1:] if rest[:1] == ["atlas"] else rest
        if rest[:1] == ["api"] and len(rest) > 2:
            return rest[2], " ".join(["atlas", *rest[:3]])
        if rest[:1] and rest[0] in {"serverless", "sl"}:
            known = [
                "serverless",
                *(rules.table("commands", "verbs").get(word, word.removesuffix("s")) for word in rest[1:4]),
            ]
            for end in (4, 2):
                operation = rules.table("commands", "removed").get(" ".join(known[:end]))
                if operation is not None:
                    return operation, " ".join(["atlas", *rest[:end]])
    return None


def _plain(words: Sequence[str]) -> Iterator[str]:
    """Yield the words that are not options; a word after an option may be its value."""
    at = 0
    while at < len(words):
        word = words[at]
        if not word.startswith("-"):
            yield word
        elif "=" not in word and at + 1 < len(words) and word in {"-P", "--profile", "-o", "--output", "--projectId"}:
            at += 1
        at += 1


def commands_in(text: str) -> Iterator[list[str]]:
    """Yield the command lines in a text that a program passes to a shell; quotes are removed, nothing is expanded."""
    for line in re.split(r"[\n;|]|&&", text.replace("\\\n", " ")):
        words = [word.strip("'\"`$()") for word in line.split()]
        while words and (words[0] in {"sudo", "exec", "time", "env", "command"} or re.fullmatch(r"\w+=\S*", words[0])):
            words = words[1:]
        if words:
            yield words
