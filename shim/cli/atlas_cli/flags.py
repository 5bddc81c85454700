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

_BOOLS = dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True)
_BOOLS |= dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False)

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
        said = f"{letters[0]!r} in -{letters}"
        letter, letters = letters[0], letters[1:]
        if letter not in lettered:
            raise CliError(f"unknown shorthand flag: {said}")
        flag = lettered[letter]
        if flag.kind == "bool" and not letters.startswith("="):
            values[flag.name] = True
            continue
        given = letters.removeprefix("=") if letters else None
        _set(values, flag, given, rest, said)
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
    if flag.kind == "string":
        return text
    if flag.kind == "bool":
        if text in _BOOLS:
            return _BOOLS[text]
        why = "strconv.ParseBool: parsing {}: invalid syntax"
    else:
        try:
            number = _integer(text)
        except ValueError:
            why = "strconv.ParseInt: parsing {}: invalid syntax"
        else:
            if -(2**63) <= number < 2**63:
                return number
            why = "strconv.ParseInt: parsing {}: value out of range"
    shown = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
    raise CliError(f'invalid argument "{text}" for "{shown}" flag: ' + why.format(f'"{text}"'))


def _integer(text: str) -> int:
    """Read a number as Go's ``ParseInt`` does with base 0: ``010`` is octal."""
    return int(text, 8 if re.fullmatch(r"[-+]?0[0-7_]+", text) else 0)
