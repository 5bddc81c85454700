"""Run ``atlas serverless …``: check a command in the CLI's order, and print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from shim.cli.atlas_cli import flags
from shim.cli.atlas_cli.commands import ALIASES, COMMANDS, DELIVERY_TYPES, CliCommand
from shim.cli.atlas_cli.flags import CliError
from shim.cli.atlas_cli.profile import load
from shim.cli.failures import plain
from shim.errors import LegacyEndpointWarning, SettingsError

CLOSED = 141
NOT_EXECUTABLE = 126
NOT_FOUND = 127
"""A shell's exit codes for a closed output pipe (128 + SIGPIPE), and for a command that
can't be run or is not found.
"""

MARK = "_ATLAS_SHIM_HANDED_TO"
"""The variable with the id of the process that became the Atlas CLI.

That process and its child must not come back here.
"""


@click.command(
    options_metavar="",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument(
    "words", nargs=-1, type=click.UNPROCESSED, metavar="serverless ... | WORD..."
)
def command(words: tuple[str, ...]) -> None:
    """Run the commands that the Atlas CLI removed.

    For old scripts: alias atlas='atlas-shim atlas'. Flags, output, profiles and
    variables are those of the Atlas CLI; "atlas-shim atlas serverless" lists the
    commands. Any other command goes to the "atlas" on the PATH, with the words as they
    are.

    Exit codes: serverless commands return 0 on success, 1 on any error, 141 if their
    output pipe was closed; others return the Atlas CLI's code, or 127 if it is not on
    the PATH.
    """
    sys.exit(run(words))


def run(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run a command of the Atlas CLI and return its exit code.

    For other commands it never returns.
    """
    places = list(flags.words_of(words))
    if places and words[places[0]] == "atlas":  # as in `mongocli atlas serverless …`
        words = [word for place, word in enumerate(words) if place != places[0]]
        places = list(flags.words_of(words))
    if not places or ALIASES.get(words[places[0]], words[places[0]]) != "serverless":
        return hand_over(words, environ)
    try:
        _write(_serverless(words, places, environ))
    except KeyboardInterrupt:
        return 1  # as the Atlas CLI does, without a message
    except (CliError, SettingsError) as error:
        sys.stderr.write(plain(f"Error: {error}\n"))
        return 1
    except BrokenPipeError:
        # Python would flush stdout again at exit, and fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    return 0


def _write(shown: str) -> None:
    if sys.stdout is None:  # `>&-`, which Go reports on the first write
        raise CliError("write /dev/stdout: bad file descriptor")
    sys.stdout.write(plain(shown) if sys.stdout.isatty() else shown)
    sys.stdout.flush()


def hand_over(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Become the real ``atlas``; return an exit code only if that fails."""
    # The parent's id counts, too: a wrapper may have started this process without
    # ``exec``.
    again = environ.get(MARK) in {str(os.getpid()), str(os.getppid())}
    if again:
        program = None
    else:
        program = next(_programs(environ), None)
    if program is None:
        sys.stderr.write(
            "atlas-shim: `atlas-shim atlas` hands every command but `atlas serverless …` to the Atlas CLI, which is "
            "not on the PATH\n"
        )
        return NOT_FOUND
    environment = {**environ, MARK: str(os.getpid())}
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        if os.name != "posix":
            return subprocess.run(  # noqa: S603 - the user's
                [program, *words], env=environment, check=False
            ).returncode
        return os.execve(program, ["atlas", *words], environment)  # noqa: S606 - as above
    except OSError as error:
        sys.stderr.write(f"atlas-shim: {program}: {error.strerror}\n")
        return NOT_EXECUTABLE


def _programs(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the executables named ``atlas`` on the PATH.

    A script that mentions atlas-shim is left out.
    """
    for place in environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(place or ".") / ("atlas.exe" if os.name == "nt" else "atlas")
        if path.is_file() and os.access(path, os.X_OK):
            try:
                with path.open("rb") as file:
                    start = file.read(4096)
            except OSError:
                start = b""
            if not (
                start.startswith(b"#!")
                and (b"atlas-shim" in start or b"-m shim" in start)
            ):
                yield str(path.absolute())


def find(
    words: Sequence[str], places: Sequence[int]
) -> tuple[CliCommand | None, list[str]]:
    """Return the command and its words, or None for a group or a request for help."""
    path = ["atlas"]
    for count, at in enumerate(places, 1):
        path.append(ALIASES.get(words[at], words[at]))
        for command in COMMANDS:
            if command.path == " ".join(path):
                taken = places[:count]
                every = enumerate(words)
                return command, [word for at, word in every if at not in taken]
        if not any(
            command.path.startswith(" ".join([*path, ""])) for command in COMMANDS
        ):
            there = ", ".join(
                command.path.removeprefix("atlas ") for command in COMMANDS
            )
            raise CliError(
                f'unknown command "{path[-1]}" for "{" ".join(path[:-1])}"; atlas-shim has: {there}'
            )
    return None, []


def _serverless(
    words: Sequence[str], places: Sequence[int], environ: Mapping[str, str]
) -> str:
    """Return the text that a command prints on success."""
    command, rest = find(words, places)
    if command is None:
        lines = "".join(f"  {command.usage}\n" for command in COMMANDS)
        return f"The commands that the Atlas CLI removed in version 1.52, run by atlas-shim.\n\nUsage:\n{lines}"
    given, others = flags.parse(rest, command.flags)
    if given.get("help"):
        return f"Usage:\n  {command.usage}\n\nFlags: {', '.join(f'--{flag.name}' for flag in command.flags)}\n"
    return _carried_out(command, given, others, environ)


def _carried_out(
    command: CliCommand,
    given: dict[str, flags.Value],
    others: list[str],
    environ: Mapping[str, str],
) -> str:
    orders = command.path.endswith("restores create")
    if orders and others and "deliveryType" not in given:
        # as in `atlas backups restores start automated`
        given["deliveryType"] = others.pop(0)
    for negated in (flag for flag in command.flags if flag.negates):
        pair = [
            flag.name for flag in command.flags if flag.argument == negated.argument
        ]
        if given.keys() >= set(pair):
            raise CliError(f"--{' and --'.join(pair)} can't both be set")
    if len(others) != bool(command.argument):
        if command.argument:
            said = f"requires 1 argument, received {len(others)}"
        else:
            said = "accepts no arguments"
        raise CliError(f'"{command.path}" {said}\n\nUsage:  {command.usage}')
    given.update(zip([command.argument], others, strict=False))
    profile = load(str(given.get("profile", "")), environ)
    credentials = profile.credentials()
    kind = str(given.get("deliveryType"))
    if orders and kind not in DELIVERY_TYPES:
        raise CliError(
            "delivery type invalid, choose 'automated', 'download' or 'pointInTime'"
        )
    project = str(given.get("projectId") or profile.get("project_id"))
    if not project:
        raise CliError('required flag(s) "projectId" not set')
    if not re.fullmatch("[0-9a-fA-F]{24}", project):
        raise CliError(f"the provided value '{project}' is not a valid ID")
    required = [*command.names]
    required += [flag.name for flag in command.required]
    required += DELIVERY_TYPES[kind] if orders else ()
    if missing := sorted(name for name in required if name not in given):
        raise CliError(f"""required flag(s) "{'", "'.join(missing)}" not set""")
    if (service := profile.get("service")) not in {"", "cloud"}:
        raise CliError(f"unsupported service: {service}")
    # Imported late, so that a wrong command fails fast.
    from shim.cli.atlas_cli.calls import carry_out  # noqa: PLC0415
    from shim.cli.atlas_cli.output import printer  # noqa: PLC0415

    output = str(given.get("output") or profile.get("output"))
    show = printer(command, output, str(given.get("instanceName", "")))
    if (
        command.asks
        and not given.get("force")
        and not _yes(command.asks.format(given[command.argument]))
    ):
        return "Serverless instance not deleted\n"
    with warnings.catch_warnings():
        # Users of `atlas serverless` know that it is retired, so no warning is needed.
        warnings.simplefilter("ignore", LegacyEndpointWarning)
        return show(carry_out(command, given, profile.base_url, credentials, project))


def _yes(question: str) -> bool:
    """Ask, and return whether the answer is yes.

    Raises CliError at the end of input (scripts use --force).
    """
    try:
        return click.confirm(f"? {question}", err=True)
    except (click.Abort, RuntimeError):  # the latter without a stdin
        raise CliError("EOF") from None
