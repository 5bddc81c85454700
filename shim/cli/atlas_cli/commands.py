"""The table in ``commands.toml``: commands, arguments, flags, calls and output."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import attrs

from shim.cli.atlas_cli.flags import Flag

_TABLE = tomllib.loads(
    files("shim.cli.atlas_cli").joinpath("commands.toml").read_text("utf-8")
)


def _flags(names: Sequence[str]) -> tuple[Flag, ...]:
    return tuple(Flag(name, **_TABLE["flag"].get(name, {})) for name in names)


@attrs.frozen(kw_only=True)
class CliCommand:
    """One command of the Atlas CLI."""

    path: str
    """Its full name."""
    method: str = "GET"
    call: str
    """A method of the typed client."""
    place: str = ""
    """The old endpoint's path below ``/serverless``.

    Names in braces are required flags, or the argument.
    """
    argument: str = ""
    """The name of the command's only argument."""
    required: tuple[Flag, ...] = attrs.field(default=(), converter=_flags)
    """The flags that are required in addition to those in ``place``."""
    optional: tuple[Flag, ...] = attrs.field(converter=_flags)
    """The optional flags."""
    asks: str = ""
    """A question that the user must first answer with yes."""
    answer: Mapping[str, str] | str
    """How a reply is printed: a table (heading to member), or a sentence."""
    ends: Mapping[str, Sequence[Any]] = {}
    """For a watch: member to the values that end it, empty for any value.

    It is empty for other commands.
    """

    @property
    def names(self) -> list[str]:
        """The names in ``place``, in the order of ``call``'s arguments."""
        return re.findall(r"\{(\w+)\}", self.place)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """All flags: the required ones, the optional ones, and those of every command."""
        own = _flags([name for name in self.names if name != self.argument])
        return (*own, *self.required, *self.optional, *_flags(_TABLE["global"]))

    @property
    def usage(self) -> str:
        """The command's usage line, as in the CLI's errors."""
        return self.path + (f" <{self.argument}>" if self.argument else "") + " [flags]"

    def has_ended(self, reply: Mapping[str, Any]) -> bool:
        """Return whether the watch is over, from the JSON of a reply."""
        if not self.ends:
            return True
        for name, words in self.ends.items():
            value = reply.get(name)
            is_last = value in words if words else bool(value)
            if is_last:
                return True
        return False


COMMANDS = tuple(CliCommand(**one) for one in _TABLE["command"])

DELIVERY_TYPES: Mapping[str, Sequence[str]] = _TABLE["delivery"]
"""Delivery type of a restore to the flags that it requires in addition to those of the
path.
"""

ALIASES: Mapping[str, str] = _TABLE["alias"]
"""Alternative spelling of a word to the one in ``path``."""
