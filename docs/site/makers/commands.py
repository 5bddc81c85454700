"""Write the page of commands: every command with its options and exit codes, from click."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from typing import Any

import click
from makers.markdown import coded, page, paragraph, table

from shim.cli import COMMANDS, main
from shim.gateway.options import TABLE

HEAD = """
# Commands

This page lists each command with its options and exit codes. `atlas-shim COMMAND --help` (`-h`) prints the same text,
and `atlas-shim --version` the version. Settings come from [variables](settings.md#for-every-entry-point).

To complete commands and options in bash, run `eval "$(_ATLAS_SHIM_COMPLETE=bash_source atlas-shim)"`. For other shells
use `zsh_source` or `fish_source`.
"""

CODES = """
## Exit codes

Commands with other exit codes list them below. Errors are on stderr, one line for each problem.

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | an error from Atlas, or a check that failed |
| 2 | bad usage, settings or mapping documents |
| 3 | the network: no connection, or no answer in time |
"""

MORE = {
    "atlas": "Installation as `atlas`, and differences: "
    "[scripts that call the Atlas CLI](../how-to/atlas-cli.md).",
    "serve": "Each of [the gateway's options](settings.md#the-gateways-options) is a flag. Probes, log, TLS, draining "
    "and reloading: [operating the gateway](operating.md).",
    "status": "Contents and access: [the status page](metrics.md#the-status-page).",
    "front": "When to use such a proxy: [in front of the gateway](../how-to/many-callers.md).",
    "scan": "Languages, formats, pipelines: [finding calls in sources](../how-to/scan.md).",
    "inventory": "Requirements of the verdict: [removing the shim](../how-to/way-out.md).",
}
"""The page with more about a command."""


def commands() -> str:
    """Return the page."""
    rows = [
        (f"[`{name}`](#atlas-shim-{name})", coded(said))
        for name, said in COMMANDS.items()
    ]
    parts = [HEAD, table(("command", "what it does"), rows), CODES]
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None, name
        parts += _described((name,), command)
    return page(*parts)


def _described(names: tuple[str, ...], command: click.Command) -> Iterator[str]:
    words = " ".join(names)
    yield f"{'#' + '#' * len(names)} `atlas-shim {words}`\n"
    lead, *more = _paragraphs(command.help)
    yield lead
    if isinstance(command, click.Group):
        yield from more
        for name, inner in command.commands.items():
            yield from _described((*names, name), inner)
        return
    # A command remembers the names under which its help was first requested.
    usage = command.collect_usage_pieces(
        click.Context(command, help_option_names=["-h", "--help"])
    )
    yield f"    atlas-shim {' '.join([words, *usage])}\n"
    codes = [text for text in more if text.startswith("Exit codes")]
    yield from (text for text in more if text not in codes)
    if words in MORE:
        yield paragraph(MORE[words])
    yield from _options(words, command)
    yield from codes
    yield from _paragraphs(command.epilog)


def _options(words: str, command: click.Command) -> Iterator[str]:
    """Yield the table of a command's options.

    The gateway's options are on the page of settings.
    """
    elsewhere = {row.name for row in TABLE} if words == "serve" else set()
    options = [
        one
        for one in command.params
        if isinstance(one, click.Option) and one.name not in elsewhere
    ]
    if options:
        yield table(("option", "default", "meaning"), map(_option, options))


def _option(option: click.Option) -> tuple[str, str, str]:
    *short, last = (*option.opts, *option.secondary_opts)
    value = "" if option.is_flag else f" {option.metavar or _value(option.type)}"
    called = ", ".join([*(f"`{name}`" for name in short), f"`{last}{value}`"])
    said, default = option.help or "", ""
    if found := re.search(r"(?:^| )Default: (.+)\.$| *\[default: (.+)\]$", said):
        said, default = said[: found.start()], found[1] or found[2]
    elif option.show_default and option.default is not None:
        default = (
            ", ".join(option.default)
            if isinstance(option.default, list | tuple)
            else str(option.default)
        )
    if re.search("[0-9]", default) or default in _words(option.type):
        default = f"`{default}`"
    if option.required:
        default = "required"
    return called, default, f"{coded(said)} {_limits(option.type)}".strip()


def _value(kind: click.ParamType[Any]) -> str:
    """Return the placeholder of a value."""
    if isinstance(kind, click.Choice):
        return "WORD"
    return (
        "NUMBER"
        if isinstance(kind, click.types.FloatParamType | click.types.IntParamType)
        else kind.name.upper()
    )


def _words(kind: click.ParamType[Any]) -> Sequence[str]:
    return tuple(kind.choices) if isinstance(kind, click.Choice) else ()


def _limits(kind: click.ParamType[Any]) -> str:
    """Return the accepted values."""
    if words := _words(kind):
        return "One of " + ", ".join(f"`{word}`" for word in words) + "."
    if isinstance(kind, click.IntRange | click.FloatRange) and kind.min is not None:
        low = f"Above {kind.min:g}" if kind.min_open else f"From {kind.min:g} on"
        return (
            f"From {kind.min:g} to {kind.max:g}." if kind.max is not None else f"{low}."
        )
    return ""


def _paragraphs(text: str | None) -> Iterator[str]:
    """Yield the paragraphs of a help text.

    Examples, and paragraphs that click does not wrap, become code.
    """
    for part in inspect.cleandoc(text or "").split("\n\n"):
        if part.startswith("\b\n"):
            yield _kept(part.removeprefix("\b\n"))
        elif part.startswith("Example: "):
            yield f"    {' '.join(part.removeprefix('Example: ').split())}\n"
        elif part:
            yield paragraph(coded(part))


def _kept(text: str) -> str:
    """Return lines that keep their breaks.

    A list of exit codes becomes a table after its first line.
    """
    lead, *lines = text.splitlines()
    rows = [line.strip().split(maxsplit=1) for line in lines]
    if rows and all(code.isdecimal() for code, *_ in rows):
        return f"{lead}:\n\n" + table(("exit code", "meaning"), rows)
    return "\n".join(f"    {line}" for line in text.splitlines()) + "\n"
