"""``atlas serverless …``: finding the command, checking it in the CLI's order, carrying it out, and printing."""

from __future__ import annotations

import os
import re
import sys
import time
import warnings
from collections.abc import Mapping, Sequence

from shim.cli.atlas_cli import flags
from shim.cli.atlas_cli.commands import COMMANDS, REMOVED, Command, spelled
from shim.cli.atlas_cli.errors import CliError
from shim.cli.atlas_cli.handover import hand_over
from shim.cli.atlas_cli.profile import load
from shim.errors import LegacyEndpointWarning, SettingsError

DELIVERY_TYPES: Mapping[str, tuple[str, ...]] = {
    "automated": ("targetProjectId", "snapshotId", "targetClusterName"),
    "pointInTime": ("targetProjectId", "targetClusterName"),
    "download": ("snapshotId",),
}
"""Delivery type -> the flags that it requires."""


CLOSED = 141
"""What a shell sees of a Go program that wrote into a closed pipe, as before ``| head -1`` (128 + SIGPIPE)."""


def run(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Carry out a command of the Atlas CLI and return its exit code; other commands never return."""
    places = list(flags.words_of(words))
    if not places or spelled(words[places[0]]) != "serverless":
        return hand_over(words, environ)
    if sys.stdout is None:  # the caller closed it (`>&-`), which Go tells when something is written
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    try:
        code = _serverless(words, places, environ)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 1  # the Atlas CLI's, without a word
    except OSError as error:
        # Python writes what is left once more when it ends; there is nobody to write to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return CLOSED
        sys.stderr.write(f"Error: write /dev/stdout: {(error.strerror or str(error)).lower()}\n")
        return 1
    return code


def _serverless(words: Sequence[str], places: Sequence[int], environ: Mapping[str, str]) -> int:
    try:
        command, rest = find(words, places)
        if command is None:
            sys.stdout.write(_overview())
            return 0
        values, others = flags.parse(rest, command.all_flags)
        if values.get("help"):
            sys.stdout.write(_help(command))
            return 0
        _carry_out(command, values, others, environ)
    except (CliError, SettingsError) as error:
        sys.stdout.flush()
        sys.stderr.write(f"Error: {error}\n")
        return 1
    return 0


def find(words: Sequence[str], places: Sequence[int]) -> tuple[Command | None, list[str]]:
    """Return the command and its words; None when the words name a group, or ask what there is."""
    path, used = ["atlas"], []
    for at in places:
        path.append(spelled(words[at]))
        used.append(at)
        found = next((one for one in COMMANDS if one.path == " ".join(path)), None)
        if found is not None:
            return found, [word for place, word in enumerate(words) if place not in used]
        if not any(one.path.startswith(" ".join(path) + " ") for one in COMMANDS):
            raise CliError(_unknown(path))
    return None, []


def _unknown(path: Sequence[str]) -> str:
    said = f'unknown command "{path[-1]}" for "{" ".join(path[:-1])}"'
    if len(path) == 3 and path[-1] in REMOVED:
        return (
            f"{said}: serverless instances can't be made, changed or deleted any more; "
            f"atlas-shim speaks what reads them and their backups. Use: atlas clusters {path[-1]}"
        )
    return f"{said}; atlas-shim speaks: {', '.join(one.path.removeprefix('atlas ') for one in COMMANDS)}"


def _overview() -> str:
    lines = "".join(f"  {command.usage}\n" for command in COMMANDS)
    return f"The commands that the Atlas CLI removed with version 1.52, spoken by atlas-shim.\n\nUsage:\n{lines}"


def _help(command: Command) -> str:
    lines = [f"  {f'-{flag.short}, ' if flag.short else '    '}--{flag.name} {flag.kind}" for flag in command.all_flags]
    required = f"\nRequired: {', '.join(f'--{name}' for name in command.required)}\n" if command.required else ""
    return f"Usage:\n  {command.usage}\n\nFlags:\n" + "\n".join(lines) + f"\n{required}"


def _carry_out(command: Command, values: flags.Values, others: list[str], environ: Mapping[str, str]) -> None:
    given = dict(values)
    if command.operation == "create_job" and others and "deliveryType" not in given:
        given["deliveryType"] = others.pop(0)  # as in `atlas backups restores start automated`
    for flag in command.flags:
        if flag.use_instead and flag.name in given:
            sys.stderr.write(f"Flag --{flag.name} has been deprecated, please use --{flag.use_instead} instead\n")
            given.setdefault(flag.use_instead, given.pop(flag.name))
    _check_arguments(command, others)
    profile = load(str(given.get("profile", "")), environ)
    credentials = profile.credentials()
    required = list(command.required)
    if command.operation == "create_job":
        kind = str(given.get("deliveryType", ""))
        if kind not in DELIVERY_TYPES:
            raise CliError("delivery type invalid, choose 'automated', 'download' or 'pointInTime'")
        required += DELIVERY_TYPES[kind]
    project = str(given.get("projectId") or profile.project_id)
    _check_project(project)
    if missing := sorted(name for name in required if name not in given):
        raise CliError(f"""required flag(s) "{'", "'.join(missing)}" not set""")
    profile.check_service()
    output = str(given.get("output") or profile.output)
    from shim.cli.atlas_cli.calls import Calls  # noqa: PLC0415 - a command that is wrong loads no HTTP library

    with warnings.catch_warnings():
        # Who writes `atlas serverless` knows: there is nobody to warn.
        warnings.simplefilter("ignore", LegacyEndpointWarning)
        with Calls(profile.base_url, credentials, project) as calls:
            calls.carry_out(command, given, others, output, sleep=time.sleep)


def _check_arguments(command: Command, others: Sequence[str]) -> None:
    if command.argument and len(others) != 1:
        said = f"requires 1 argument, received {len(others)}"
    elif not command.argument and others:
        said = "accepts no arguments"
    else:
        return
    raise CliError(f'"{command.path}" {said}\n\nUsage:  {command.usage}')


def _check_project(project: str) -> None:
    if not project:
        raise CliError('required flag(s) "projectId" not set')
    if not re.fullmatch("[0-9a-fA-F]{24}", project):
        raise CliError(f"the provided value '{project}' is not a valid ID")
