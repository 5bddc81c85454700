"""``docs/reference/commands.md``: every command with its options and exit codes, as click has them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from shim.cli import COMMANDS, main
from shim.cli.resources import ENDING
from shim.gateway.options import TABLE
from tests.reference.markdown import coded, page, paragraph, table
from tests.reference.settings import GROUPS as OPTIONS
from tests.reference.settings import REST as OTHER_OPTIONS

GROUPS = {
    "See it": ("demo", "fake-atlas"),
    "Run the gateway": ("serve", "check", "healthcheck", "status", "front"),
    "Serve a Python program": ("run", "doctor"),
    "Find who calls, and what to change": ("inventory", "scan", "explain", "diff"),
    "Read and order backups": ("snapshots", "restores", "instances", "shared-tier-snapshots", "shared-tier-restores"),
    "Old scripts of the Atlas CLI": ("atlas",),
}
"""What somebody wants to do, and the commands for it; new ones stand below ``REST`` until they get a place."""

REST = "More"

HEAD = """
# Commands

What each does, what it takes, and what its exit code means. `--help` (`-h`) after a command says the same; in
place of one `--version` says which version it is. Settings come from [variables](settings.md#for-every-way-in).
"""

CODES = """
## Exit codes

A command that has others says so below. What went wrong is on stderr, a line for each problem.

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | an error from Atlas, or a check that failed |
| 2 | bad usage, settings or mapping documents |
| 3 | the network: no connection, or no answer in time |
"""

SERVE = """
Each of [the gateway's options](settings.md#the-gateways-options) is a flag; the variable and the key of the file that
belong to it, the default and the meaning stand there:
"""

MORE = {
    "atlas": "How to put it in the place of `atlas`, what it speaks, and what differs: "
    "[scripts that call the Atlas CLI](../how-to/atlas-cli.md).",
    "serve": "Probes, log, TLS, draining and reloading: [operating the gateway](operating.md).",
    "status": "What it shows, and who may see it: [a page to look at](status.md).",
    "front": "Where such a proxy stands, and what for: [in front of the gateway](../how-to/fronts.md).",
    "scan": "Languages, formats, baselines, pipelines: [finding calls in sources](../how-to/scan.md).",
    "inventory": "What the verdict needs: [the way out](../how-to/way-out.md).",
}
"""Where more stands about a command."""

BACKUPS = """
They sign with [credentials](settings.md#credentials) of the environment, and ask [the Atlas](settings.md#which-atlas)
that it names. An argument GROUP is a project's id.
"""


def commands() -> str:
    """Return the page."""
    rest = [name for name in COMMANDS if not any(name in names for names in GROUPS.values())]
    groups = {**GROUPS, **({REST: rest} if rest else {})}
    parts = [HEAD, _overview(groups), CODES]
    for heading, names in groups.items():
        parts.append(f"## {heading}\n")
        if "snapshots" in names:
            parts.append(BACKUPS)
        for name in names:
            parts += _described((name,), command_of(name))
    return page(*parts)


def command_of(name: str) -> click.Command:
    """Return a command."""
    command = main.get_command(click.Context(main), name)
    assert command is not None, name
    return command


def _overview(groups: Mapping[str, Sequence[str]]) -> str:
    rows = [(f"[`{name}`](#atlas-shim-{name})", coded(COMMANDS[name])) for names in groups.values() for name in names]
    return table(("command", "what it does"), rows)


def _described(names: tuple[str, ...], command: click.Command) -> Iterator[str]:
    words = " ".join(names)
    yield f"{'##' + '#' * len(names)} `atlas-shim {words}`\n"
    if isinstance(command, click.Group):
        yield paragraph(coded(_text(command.help)))
        for name, one in command.commands.items():
            yield from _described((*names, name), one)
        return
    lead, *more = _paragraphs(command.help)
    yield lead
    usage = [
        piece.removeprefix("-- ") if piece == "--" else piece
        for piece in command.collect_usage_pieces(click.Context(command))
    ]
    yield f"    atlas-shim {' '.join([words, *usage])}\n"
    codes = [one for one in more if one.startswith("Exit codes")]
    yield from (one for one in more if one not in codes)
    if words in MORE:
        yield paragraph(MORE[words])
    yield from _options(words, command)
    yield from codes
    yield from _ending(command.epilog)


def _options(words: str, command: click.Command) -> Iterator[str]:
    shown = [one for one in command.params if isinstance(one, click.Option)]
    if words == "serve":
        flags = {row.name: row.flag for row in TABLE}
        shown = [one for one in shown if one.name not in flags]
        yield SERVE
        yield "\n".join(_flags(flags))
    if shown:
        yield table(("option", "default", "meaning"), [_option(one) for one in shown])


def _flags(flags: dict[str, str]) -> Iterator[str]:
    """Yield a line for each group of the gateway's options."""
    for heading, names in OPTIONS.items():
        yield f"* {heading}: " + ", ".join(f"`{flags.pop(name)}`" for name in names.split())
    if flags:
        yield f"* {OTHER_OPTIONS}: " + ", ".join(f"`{flag}`" for flag in flags.values())


def _option(one: click.Option) -> tuple[str, str, str]:
    *short, last = (*one.opts, *one.secondary_opts)
    value = "" if one.is_flag else f" {one.metavar or _value(one.type)}"
    called = ", ".join([*(f"`{name}`" for name in short), f"`{last}{value}`"])
    said, default = one.help or "", ""
    if found := re.search(r"(?:^| )Default: (.+)\.$| *\[default: (.+)\]$", said):
        said, default = said[: found.start()], found[1] or found[2]
    elif one.show_default and one.default is not None:
        default = ", ".join(one.default) if isinstance(one.default, list | tuple) else str(one.default)
    if re.search("[0-9]", default) or default in _words(one.type):
        default = f"`{default}`"
    if one.required:
        default = "required"
    return called, default, f"{coded(said)} {_limits(one.type)}".strip()


def _value(kind: click.ParamType[Any]) -> str:
    """Return what stands for a value."""
    if isinstance(kind, click.Choice):
        return "WORD"
    return "NUMBER" if isinstance(kind, click.types.FloatParamType | click.types.IntParamType) else kind.name.upper()


def _words(kind: click.ParamType[Any]) -> Sequence[str]:
    return tuple(kind.choices) if isinstance(kind, click.Choice) else ()


def _limits(kind: click.ParamType[Any]) -> str:
    """Return which values are taken."""
    if words := _words(kind):
        return "One of " + ", ".join(f"`{one}`" for one in words) + "."
    if isinstance(kind, click.IntRange | click.FloatRange) and kind.min is not None:
        low = f"Above {kind.min:g}" if kind.min_open else f"From {kind.min:g} on"
        return f"From {kind.min:g} to {kind.max:g}." if kind.max is not None else f"{low}."
    return ""


def _ending(epilog: str | None) -> Iterator[str]:
    """Yield what stands below the options, but what is said of credentials and exit codes again and again."""
    usual = tuple(_paragraphs(ENDING))
    yield from (one for one in _paragraphs(epilog) if one not in usual)


def _text(help_: str | None) -> str:
    return inspect.cleandoc(help_ or "")


def _paragraphs(help_: str | None) -> Iterator[str]:
    """Yield the paragraphs of a help text; those that click leaves as they are, and examples, as code."""
    for one in _text(help_).split("\n\n"):
        if one.startswith("\b\n"):
            yield _kept(one.removeprefix("\b\n"))
        elif one.startswith("Example: "):
            yield f"    {' '.join(one.removeprefix('Example: ').split())}\n"
        elif one:
            yield paragraph(coded(one))


def _kept(text: str) -> str:
    """Return lines that are kept: exit codes as a table, below what leads to them."""
    lead, *lines = text.splitlines()
    rows = [line.strip().split(maxsplit=1) for line in lines]
    if rows and all(code.isdecimal() for code, *_ in rows):
        return f"{lead}:\n\n" + table(("exit code", "meaning"), rows)
    return "\n".join(f"    {line}" for line in text.splitlines()) + "\n"
