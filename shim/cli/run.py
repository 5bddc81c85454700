"""``atlas-shim run``: runs any program, unchanged, with its retired calls translated."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import attrs
import click

from shim.cli.failures import SETTINGS, ExitError, plain
from shim.cli.output import config_option
from shim.credentials import ApiKey, read_credentials
from shim.doors.environment import CHECKED, LED, as_mark, settings_in
from shim.doors.process import prepare
from shim.doors.switch import LAUNCH
from shim.extras import hinted, other_shim
from shim.origins import DEFAULT_BASE_URL, UPSTREAM, read_base_url

if TYPE_CHECKING:
    from shim.run.helper import Helper

NOT_EXECUTABLE, NOT_FOUND = 126, 127  # a shell's exit codes for a command that can't be run

_is_python = re.compile(r"(python|pypy)[\d.]*").fullmatch


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    "--via",
    type=click.Choice(["auto", "python", "gateway"]),
    default="auto",
    help="Translate in Python, which must have atlas-shim, or in a gateway; auto prefers Python.",
)
@click.option("--show", is_flag=True, help="Print the program's variables, one a line, without running it.")
@click.option("--report", is_flag=True, help="Wait for the program, then print how many calls to Atlas were retired.")
@config_option
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]...")
def command(*, program: tuple[str, ...], via: str, show: bool, report: bool, config: Path | None) -> None:
    """Run any program with its retired calls translated.

    As in "atlas-shim run -- python app.py" or "atlas-shim run -- ./app". A gateway runs as long as the program and
    its children; only calls to Atlas go through it. The program replaces this process, so it gets the signals and
    sets the exit code. Set the gateway's options by variables (ATLAS_SHIM_ROUTE and so on) or --config.

    Exit codes: the program's; 2 for bad usage or settings; 126 if the command can't be run, 127 if it is not found.
    """
    if not program:
        raise click.UsageError("name the program: atlas-shim run -- COMMAND")
    beside = Path(sys.argv[0]).parent / program[0]
    if _is_python(program[0]) and beside.is_file():  # as in an environment that is not activated
        program = (str(beside), *program[1:])
    path = shutil.which(program[0]) or program[0]
    if not Path(path).exists():
        raise ExitError(f"{program[0]}: no such command", NOT_FOUND)
    python = _python_of(path)
    folders = {str(Path(word).parent) for word in program if word.endswith(".py")} or {"."}
    if python and (foreign := other_shim(folders)):
        click.echo(plain(f"atlas-shim: {foreign}"), err=True)
        via = "gateway" if via == "auto" else via
    why_not = "" if via == "gateway" or python is None else _why_not_in(python, program if python == path else ())
    helper: Helper | None = None
    if via == "python" or (via == "auto" and python and not why_not):
        prepare()
        if why_not:
            click.echo(plain(f"atlas-shim: {why_not}, so the drop-in is not switched on"), err=True)
        environment = environment_for(_led(config) if via == "auto" and os.environ.get(UPSTREAM) else os.environ)
    else:
        helper = _by_gateway(config)
        environment = dict(helper.environment)
    if show:
        for name in sorted(name for name in environment if environment[name] != os.environ.get(name)):
            click.echo(f"{name}={environment[name]}")
        return
    try:
        if report and helper is not None:
            _report(program, environment, helper)
        _become(program, environment)
    except OSError as error:
        raise ExitError(f"{program[0]}: {error.strerror}", NOT_EXECUTABLE) from None


def _python_of(path: str) -> str | None:
    """Return the Python that a command is, or that its first line names; None for any other command."""
    if _is_python(Path(path).name):
        return path
    try:
        with Path(path).open("rb") as file:
            first = file.readline(256)
    except OSError:
        return None
    words = first[2:].decode("utf-8", "replace").split() if first.startswith(b"#!") else []
    if words and Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-")]
    return shutil.which(words[0]) if words and Path(words[0]).name.startswith(("python", "pypy")) else None


def _why_not_in(python: str, program: Sequence[str]) -> str:
    """Return why the drop-in can't be switched on in a Python, empty if it can; ``program`` is its command line."""
    options = takewhile(lambda word: word.startswith("-") and word not in {"-", "--", "-c", "-m"}, program[1:])
    # These ignore PYTHONPATH or sitecustomize; the rest of a word after W and X is their value.
    if any(re.fullmatch(r"-(?![WX])[a-zA-Z]*[IES][a-zA-Z]*", word) for word in options):
        return "this Python ignores PYTHONPATH"
    # The program's own folder may have a package called shim.
    asked = [python, "-c", "import sys; sys.path.pop(0); import shim.doors.switch"]
    try:
        has_shim = subprocess.run(asked, capture_output=True, timeout=30, check=False).returncode == 0  # noqa: S603 - the user's own
    except (OSError, subprocess.TimeoutExpired):
        has_shim = False
    return "" if has_shim else f"atlas-shim is not installed for {python}"


def environment_for(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment that switches the drop-in on in a Python, with the mark of settings that were checked."""
    others = [entry for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if entry not in {"", LAUNCH}]
    return {**environ, "PYTHONPATH": os.pathsep.join([LAUNCH, *others]), CHECKED: as_mark(settings_in(environ))}


def _led(config: Path | None) -> Mapping[str, str]:
    """Return an environment in which what is no Python, and what the drop-in does not serve, is led to the upstream.

    Without the extra that this takes, the environment as it is: what can't be led is said.
    """
    try:
        return {**_by_gateway(config).environment, LED: "1"}
    except ModuleNotFoundError as error:
        said = f"atlas-shim: {UPSTREAM} holds for the program's Python alone, and not for what that starts: {error}"
        click.echo(plain(said), err=True)
        return os.environ


def _by_gateway(config: Path | None) -> Helper:
    if os.name != "posix":
        raise ExitError("run: on Windows it works only for Pythons that have atlas-shim (--via python)", SETTINGS)
    try:
        from shim.run.helper import start_helper  # noqa: PLC0415 - extras, which --help does not need
    except ModuleNotFoundError as error:
        raise hinted(error) from None
    from shim.gateway.plan import PlanSource  # noqa: PLC0415 - as above

    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        if os.environ.get(name, "").lower().startswith("socks"):
            raise ExitError(f"{name}: a run can't pass SOCKS on; name an HTTP proxy, or use --via python", SETTINGS)
    flags = {"listen": "127.0.0.1:0", "uds": "", "admin": "off", "access_log": "off", "log_level": "error"}
    if config is None and UPSTREAM not in os.environ:
        flags["upstream"] = read_base_url(os.environ)
    if config is None and "ATLAS_SHIM_CREDENTIALS" not in os.environ:
        has_key = isinstance(read_credentials(os.environ), ApiKey)
        flags |= {"credentials": "verify"} if has_key else {}  # The gateway accepts calls signed with this key.
    plan = PlanSource(dict(os.environ), flags, config).read()
    host = urlsplit(plan.options.upstream).hostname or ""
    if not host.endswith((".mongodb.com", ".mongodbgov.com")):
        host = DEFAULT_BASE_URL.partition("://")[2]
    options = attrs.evolve(plan.options, public_url=f"https://{host}")
    return start_helper(options, plan.engine, host, os.environ)


def _report(program: Sequence[str], environment: Mapping[str, str], helper: Helper) -> NoReturn:
    """Run the program as a child that gets our signals, print the counts, and exit with its code."""
    child = subprocess.Popen(program, env=environment, close_fds=False)  # noqa: S603 - the user's own
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda number, _: child.send_signal(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The terminal sends SIGINT to the child, too.
    code, counts = child.wait(), helper.counts()
    said = "no call to Atlas was seen: the program made none, or ignores proxies and all other variables"
    if counts["connections"]:
        said = f"{counts['calls']} calls to Atlas, {counts['retired']} of them retired"
    click.echo(f"atlas-shim: {said}", err=True)
    raise SystemExit(code if code >= 0 else 128 - code)


def _become(program: Sequence[str], environment: Mapping[str, str]) -> None:
    if os.name == "posix":
        os.execvpe(program[0], list(program), environment)  # noqa: S606 - the user's own command
    raise SystemExit(subprocess.run(program, env=environment, check=False).returncode)  # noqa: S603 - as above
