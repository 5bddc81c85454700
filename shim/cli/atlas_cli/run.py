"""``atlas serverless …``: finds the command, checks it in the CLI's order, runs it, and prints the result."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Mapping, Sequence

from shim.cli.atlas_cli import flags
from shim.cli.atlas_cli.commands import ALIASES, COMMANDS, DELIVERY_TYPES, Command
from shim.cli.atlas_cli.errors import CliError
from shim.cli.atlas_cli.handover import hand_over
from shim.cli.atlas_cli.profile import Profile, load
from shim.errors import LegacyEndpointWarning, SettingsError

CLOSED = 141
"""A shell's exit code for a Go program that wrote into a closed pipe, as in ``| head -1`` (128 + SIGPIPE)."""


def run(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run a command of the Atlas CLI and return its exit code; for other commands this never returns."""
    places = list(flags.words_of(words))
    if places and words[places[0]] == "atlas":  # as in `mongocli atlas serverless …`
        words = [word for place, word in enumerate(words) if place != places[0]]
        places = list(flags.words_of(words))
    if not places or ALIASES.get(words[places[0]], words[places[0]]) != "serverless":
        return hand_over(words, environ)
    if sys.stdout is None:  # The caller closed stdout (`>&-`); Go reports that on the first write.
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    try:
        code = _serverless(words, places, environ)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 1  # as the Atlas CLI does, without a message
    except OSError as error:
        # Python would flush stdout again at exit, and fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return CLOSED
        sys.stderr.write(f"Error: write /dev/stdout: {(error.strerror or str(error)).lower()}\n")
        return 1
    return code


def _serverless(words: Sequence[str], places: Sequence[int], environ: Mapping[str, str]) -> int:
    try:
        command, rest = find(words, places)
        given, others = flags.parse(rest, command.flags) if command else ({}, [])
        if command is None or given.get("help"):
            sys.stdout.write(_help(command) if command else _overview())
        else:
            _carry_out(command, given, others, environ)
    except (CliError, SettingsError) as error:
        sys.stdout.flush()
        sys.stderr.write(f"Error: {error}\n")
        return 1
    return 0


def find(words: Sequence[str], places: Sequence[int]) -> tuple[Command | None, list[str]]:
    """Return the command and its words; None if they name a group or ask for help."""
    path = ["atlas"]
    for count, at in enumerate(places, 1):
        path.append(ALIASES.get(words[at], words[at]))
        for command in COMMANDS:
            if command.path == " ".join(path):
                return command, [word for place, word in enumerate(words) if place not in places[:count]]
        if not any(command.path.startswith(" ".join([*path, ""])) for command in COMMANDS):
            raise CliError(_unknown(path))
    return None, []


def _unknown(path: Sequence[str]) -> str:
    *group, word = path
    said = f'unknown command "{word}" for "{" ".join(group)}"'
    return f"{said}; atlas-shim has: {', '.join(command.path.removeprefix('atlas ') for command in COMMANDS)}"


def _overview() -> str:
    lines = "".join(f"  {command.usage}\n" for command in COMMANDS)
    return f"The commands that the Atlas CLI removed in version 1.52, run by atlas-shim.\n\nUsage:\n{lines}"


def _help(command: Command) -> str:
    text = f"Usage:\n  {command.usage}\n\nFlags:\n"
    for flag in command.flags:
        short, required = f"-{flag.short}, " * bool(flag.short), " (required)" * (flag.name in command.needed)
        text += f"  {short:4}--{flag.name} {flag.kind}{required}\n"
    return text


def _carry_out(command: Command, given: dict[str, flags.Value], others: list[str], environ: Mapping[str, str]) -> None:
    orders = command.path.endswith("restores create")
    if orders and others and "deliveryType" not in given:
        given["deliveryType"] = others.pop(0)  # as in `atlas backups restores start automated`
    for flag in command.flags:
        if flag.use_instead and flag.name in given:
            sys.stderr.write(f"Flag --{flag.name} has been deprecated, please use --{flag.use_instead} instead\n")
            given.setdefault(flag.use_instead, given.pop(flag.name))
    _contradicts(command, given)
    if len(others) != bool(command.argument):
        said = f"requires 1 argument, received {len(others)}" if command.argument else "accepts no arguments"
        raise CliError(f'"{command.path}" {said}\n\nUsage:  {command.usage}')
    given.update(zip([command.argument], others, strict=False))
    profile = load(str(given.get("profile", "")), environ)
    credentials = profile.credentials()
    required = command.needed
    if orders:
        kind = str(given.get("deliveryType"))
        if kind not in DELIVERY_TYPES:
            raise CliError("delivery type invalid, choose 'automated', 'download' or 'pointInTime'")
        required += DELIVERY_TYPES[kind]
    project = _project(given, profile)
    if missing := sorted(name for name in required if name not in given):
        raise CliError(f"""required flag(s) "{'", "'.join(missing)}" not set""")
    if (service := profile.get("service")) not in {"", "cloud"}:
        raise CliError(f"unsupported service: {service}")
    # Imported late, so that a wrong command fails fast.
    from shim.cli.atlas_cli.calls import carry_out  # noqa: PLC0415
    from shim.cli.atlas_cli.output import printer  # noqa: PLC0415

    output = str(given.get("output") or profile.get("output"))
    show = printer(command, output, str(given.get("instanceName", "")))
    with warnings.catch_warnings():
        # Users of `atlas serverless` know that it is retired, so no warning is needed.
        warnings.simplefilter("ignore", LegacyEndpointWarning)
        if command.asks and not given.get("force") and not _yes(command.asks.format(given[command.argument])):
            sys.stdout.write("Serverless instance not deleted\n")
            return
        sys.stdout.write(show(carry_out(command, given, profile.base_url, credentials, project)))


def _project(given: flags.Values, profile: Profile) -> str:
    """Return the project's id; raises CliError if it is missing or invalid."""
    project = str(given.get("projectId") or profile.get("project_id"))
    if not project:
        raise CliError('required flag(s) "projectId" not set')
    if not re.fullmatch("[0-9a-fA-F]{24}", project):
        raise CliError(f"the provided value '{project}' is not a valid ID")
    return project


def _contradicts(command: Command, given: flags.Values) -> None:
    """Raise CliError, in cobra's words, if a flag and its opposite are given."""
    for one in (flag for flag in command.flags if flag.negates):
        pair = [flag.name for flag in command.flags if flag.argument == one.argument]
        if given.keys() >= set(pair):
            raise CliError(
                f"if any flags in the group [{' '.join(pair)}] are set none of the others can be; "
                f"[{' '.join(sorted(pair))}] were all set"
            )


def _yes(question: str) -> bool:
    """Ask, and return whether the answer is yes; raises CliError at the end of input (scripts use --force)."""
    sys.stderr.write(f"? {question} (y/N) ")
    sys.stderr.flush()
    answer = sys.stdin.readline() if sys.stdin is not None else ""
    if not answer:
        raise CliError("EOF")
    return answer.strip().lower() in {"y", "yes"}
