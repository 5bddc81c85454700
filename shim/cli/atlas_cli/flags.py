"""Reads flags as pflag, the Atlas CLI's library, does: ``--name value``, ``--name=value``, ``-o json``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import attrs


class CliError(Exception):
    """A command of the Atlas CLI fails, with exit code 1; its text follows ``Error: `` on stderr."""


@attrs.frozen
class Flag:
    """A flag."""

    name: str
    kind: str = "string"
    """``string``, ``int``, ``bool`` or ``stringToString``."""
    argument: str = ""
    """The typed client's name for its value; empty if calls do not get it."""
    short: str = ""
    """Its letter."""
    negates: bool = False
    """Whether calls get the opposite."""


_SWITCHES = {"--debug", "-D", "--help", "-h"}

_BOOLS = dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True)
_BOOLS |= dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False)

Value = str | int | bool | dict[str, str]
FlagValues = Mapping[str, Value]


def words_of(words: Sequence[str]) -> Iterator[int]:
    """Yield the positions of words that are neither flags nor values, before the command's flags are known.

    As in cobra's search for the command, every flag is assumed to have a value, but the switches of every command.
    """
    rest = iter(enumerate(words))
    for at, word in rest:
        if word == "--":
            return
        if word == "-" or not word.startswith("-"):
            if word:
                yield at
        elif "=" not in word and word not in _SWITCHES and (word.startswith("--") or len(word) == 2):
            next(rest, None)


def parse(words: Sequence[str], flags: Sequence[Flag]) -> tuple[dict[str, Value], list[str]]:
    """Return the given flags' values and the other words; raises CliError in pflag's words."""
    known = {f"--{flag.name}": flag for flag in flags} | {f"-{flag.short}": flag for flag in flags if flag.short}
    values: dict[str, Value] = {}
    others: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return values, others + rest
        if word == "-" or not word.startswith("-"):
            others.append(word)
            continue
        text: str | None
        if word.startswith("--"):
            name, sign, text = word.partition("=")
            said, text = name, text if sign else None
            if name[2:3] in {"", "-"}:
                raise CliError(f"bad flag syntax: {word}")
        else:
            name, said, text = word[:2], f"{word[1]!r} in {word}", word[2:].removeprefix("=") or None
        flag = known.get(name)
        if flag is None:
            raise CliError(f"unknown flag: {name}" if said == name else f"unknown shorthand flag: {said}")
        if flag.kind == "bool" and said != name and text and word[2] != "=":
            rest.insert(0, f"-{text}")  # The letters after a switch are separate flags.
            text = None
        if text is None and flag.kind != "bool":
            if not rest:
                raise CliError(f"flag needs an argument: {said}")
            text = rest.pop(0)
        value = True if text is None else _value(flag, text)
        before = values.get(flag.name)
        values[flag.name] = before | value if isinstance(before, dict) and isinstance(value, dict) else value
    return values, others


def _value(flag: Flag, text: str) -> Value:
    shown = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
    why = f'strconv.Parse{flag.kind.capitalize()}: parsing "{text}": invalid syntax'
    try:
        if flag.kind == "stringToString":
            why = next((f"{pair} must be formatted as key=value" for pair in text.split(",") if "=" not in pair), "")
            return dict(pair.split("=", 1) for pair in text.split(","))
        if flag.kind != "int":
            return _BOOLS[text] if flag.kind == "bool" else text
        # As Go's ParseInt does with base 0: 010 is octal.
        number = int(text, 8 if re.fullmatch(r"[-+]?0[0-7_]+", text) else 0)
        if -(2**63) <= number < 2**63:
            return number
        why = why.replace("invalid syntax", "value out of range")
    except (KeyError, ValueError):
        pass
    raise CliError(f'invalid argument "{text}" for "{shown}" flag: {why}')
