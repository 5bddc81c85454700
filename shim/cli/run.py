"""``atlas-shim run``: a Python program with the drop-in switched on, without a change to the program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from shim.cli.failures import Failure
from shim.doors.environment import CHECKED, as_mark, settings_in
from shim.doors.process import prepare
from shim.doors.switch import LAUNCH

NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""The exit codes that a shell has for a command that can't be run."""


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]...")
def command(*, program: tuple[str, ...]) -> None:
    """Run a Python program with the drop-in switched on.

    As in "atlas-shim run -- python app.py", "... python -m package", or a script that begins with
    "#!/usr/bin/env python". Pythons that the program starts have it too. The program replaces this
    process, so it gets the signals and sets the exit code. atlas-shim must be installed where the
    program's Python finds it.

    Exit codes: the program's; 2 for bad settings; 126 and 127 when the command can't be run or found.
    """
    prepare()
    if _isolated(program):
        click.echo("atlas-shim: this Python is told to ignore PYTHONPATH, so nothing is switched on", err=True)
    environment = environment_for(os.environ)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        _become(program, environment)
    except FileNotFoundError:
        raise Failure(f"{program[0]}: no such command", NOT_FOUND) from None
    except OSError as error:
        raise Failure(f"{program[0]}: {error.strerror}", NOT_EXECUTABLE) from None


def environment_for(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which a Python starts with the drop-in switched on, its settings being checked."""
    others = [entry for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if entry not in {"", LAUNCH}]
    return {**environ, "PYTHONPATH": os.pathsep.join([LAUNCH, *others]), CHECKED: as_mark(settings_in(environ))}


def _become(program: Sequence[str], environment: Mapping[str, str]) -> None:
    if os.name == "posix":
        os.execvpe(program[0], list(program), dict(environment))  # noqa: S606 - the user's own command
    done = subprocess.run(list(program), env=dict(environment), check=False)  # noqa: S603 - as above
    raise SystemExit(done.returncode)


def _isolated(program: Sequence[str]) -> bool:
    """Tell whether a command line starts Python with -I, -E or -S, which ignore PYTHONPATH or sitecustomize."""
    if not Path(program[0]).name.startswith("python"):
        return False
    for argument in program[1:]:
        if not argument.startswith("-") or argument in {"-", "--", "-c", "-m"}:
            return False
        if re.fullmatch(r"-[a-zA-Z]*[IES][a-zA-Z]*", argument) and argument[1] not in "WX":
            return True
    return False
