"""Parse flags as the Atlas CLI's library pflag does, such as ``--name=value``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import attrs


class CliError(Exception):
    """A command of the Atlas CLI fails, with exit code 1.

    Its text follows ``Error: `` on stderr.
    """


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
    """Yield the positions of words that are neither flags nor values.

    The command's flags are not known yet. As in cobra's search for the command, every
    flag except the switches of every command is assumed to have a value.
    """
    rest = iter(enumerate(words))
    for at, word in rest:
        if word == "--":
            return
        if word == "-" or not word.startswith("-"):
            if word:
                yield at
        elif (
            "=" not in word
            and word not in _SWITCHES
            and (word.startswith("--") or len(word) == 2)
        ):
            next(rest, None)


def parse(
    words: Sequence[str], flags: Sequence[Flag]
) -> tuple[dict[str, Value], list[str]]:
    """Return the given flags' values and the other words.

    Raises CliError with the name of a wrong flag.
    """
    known = {f"--{flag.name}": flag for flag in flags}
    known |= {f"-{flag.short}": flag for flag in flags if flag.short}
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
        is_long = word.startswith("--")
        if is_long:
            name, sign, text = word.partition("=")
        else:
            name = word[:2]
            sign = word[2:3]
            text = word[2:].removeprefix("=")
        flag = known.get(name)
        if flag is None:
            raise CliError(f"unknown flag: {name}")
        if flag.kind == "bool" and sign not in {"", "="}:
            rest.insert(0, f"-{text}")  # The letters after a switch are separate flags.
        if flag.kind == "bool" and sign != "=":
            text = "true"
        elif not sign:
            if not rest:
                raise CliError(f"flag needs an argument: {name}")
            text = rest.pop(0)
        value = _value(flag, text)
        before = values.get(flag.name)
        if isinstance(before, dict) and isinstance(value, dict):
            values[flag.name] = before | value
        else:
            values[flag.name] = value
    return values, others


def _value(flag: Flag, text: str) -> Value:
    try:
        match flag.kind:
            case "bool":
                return _BOOLS[text]
            case "stringToString":
                return dict(pair.split("=", 1) for pair in text.split(","))
            # As Go's ParseInt does with base 0: 010 is octal, and the limit is 64 bits.
            case "int":
                number = int(text, 8 if re.fullmatch(r"[-+]?0[0-7_]+", text) else 0)
                number.to_bytes(8, signed=True)
                return number
    except (KeyError, ValueError, OverflowError):
        raise CliError(f'invalid argument "{text}" for --{flag.name}') from None
    return text
