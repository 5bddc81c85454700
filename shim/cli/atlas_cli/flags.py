"""Words read as pflag reads them, which the Atlas CLI used: ``--name value``, ``--name=value``, ``-o json``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import attrs

from shim.cli.atlas_cli.errors import CliError


@attrs.frozen
class Flag:
    """A flag: ``kind`` is string, int or bool, ``short`` its letter, ``use_instead`` the flag that replaced it."""

    name: str
    kind: str = "string"
    short: str = ""
    use_instead: str = ""


PROFILE = Flag("profile", short="P")
GLOBAL = (PROFILE, Flag("debug", "bool", short="D"), Flag("help", "bool", short="h"))
"""What every command has."""

Values = Mapping[str, str | int | bool]


def words_of(words: Sequence[str]) -> Iterator[int]:
    """Yield the positions of the words that are neither flags nor their values, before the flags are known.

    A flag that is not one of GLOBAL is taken to have a value, as cobra does when it looks for the command.
    """
    switches = {f"--{flag.name}" for flag in GLOBAL if flag.kind == "bool"}
    switches |= {f"-{flag.short}" for flag in GLOBAL if flag.kind == "bool"}
    skip = False
    for at, word in enumerate(words):
        if skip:
            skip = False
        elif word == "--":
            return
        elif word.startswith("-") and word != "-":
            skip = "=" not in word and word not in switches and (word.startswith("--") or len(word) == 2)
        elif word:
            yield at


def parse(words: Sequence[str], flags: Sequence[Flag]) -> tuple[dict[str, str | int | bool], list[str]]:
    """Return the given flags' values and the other words; raises CliError in pflag's words."""
    named = {flag.name: flag for flag in flags}
    lettered = {flag.short: flag for flag in flags if flag.short}
    values: dict[str, str | int | bool] = {}
    others: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return values, others + rest
        if word.startswith("--"):
            name, sign, text = word[2:].partition("=")
            if not name or name[0] in "-=":
                raise CliError(f"bad flag syntax: {word}")
            if name not in named:
                raise CliError(f"unknown flag: --{name}")
            _set(values, named[name], text if sign else None, rest, f"--{name}")
        elif word.startswith("-") and word != "-":
            _letters(word, lettered, values, rest)
        else:
            others.append(word)
    return values, others


def _letters(word: str, lettered: Mapping[str, Flag], values: dict[str, str | int | bool], rest: list[str]) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter not in lettered:
            raise CliError(f"unknown shorthand flag: {letter!r} in {word}")
        flag = lettered[letter]
        if flag.kind == "bool" and not letters.startswith("="):
            values[flag.name] = True
            continue
        given = letters.removeprefix("=") if letters else None
        _set(values, flag, given, rest, f"{letter!r} in {word}")
        return


def _set(values: dict[str, str | int | bool], flag: Flag, text: str | None, rest: list[str], said: str) -> None:
    if text is None and flag.kind == "bool":
        values[flag.name] = True
        return
    if text is None:
        if not rest:
            raise CliError(f"flag needs an argument: {said}")
        text = rest.pop(0)
    values[flag.name] = _value(flag, text)


def _value(flag: Flag, text: str) -> str | int | bool:
    shown = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
    if flag.kind == "bool":
        if text not in {"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"}:
            raise CliError(
                f'invalid argument "{text}" for "{shown}" flag: strconv.ParseBool: parsing "{text}": invalid syntax'
            )
        return text[0] in "1tT"
    if flag.kind == "int":
        if not re.fullmatch(r"[-+]?\d+", text):
            raise CliError(
                f'invalid argument "{text}" for "{shown}" flag: strconv.ParseInt: parsing "{text}": invalid syntax'
            )
        return int(text)
    return text
