"""``atlas-shim run``: runs any program, unchanged, with its retired calls translated."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import click

from shim.cli.failures import SETTINGS, ExitError
from shim.cli.output import FORMS, config_option
from shim.credentials import ApiKey, read_credentials
from shim.doors.environment import CHECKED, as_mark, check, settings_in
from shim.extras import hinted, other_shim
from shim.origins import DEFAULT_BASE_URL, UPSTREAM, read_base_url
from shim.run.init import stay

NOT_EXECUTABLE = 126  # a shell's exit codes for a command that can't be run
NOT_FOUND = 127

_FILES = 64
"""Open files that a run needs, including some for the program's connections."""


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.option(
    "--report",
    is_flag=True,
    help="When the program exits, print how many calls were translated or refused.",
)
@click.option(
    "-o",
    "--output",
    type=FORMS,
    default="table",
    help="Print the report for people, or JSON for programs.",
)
@config_option
@click.argument(
    "program", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]..."
)
def command(
    *, program: tuple[str, ...], report: bool, output: str, config: Path | None
) -> None:
    """Run any program with its retired calls translated.

    Examples: "atlas-shim run -- python app.py", "atlas-shim run -- ./app". A gateway
    runs as long as the program and its child processes, and only their calls to Atlas
    go through it. COMMAND replaces this process: it receives signals directly, and its
    exit code is returned. As process 1 of a container, this process stays the program's
    parent, reaps orphans and forwards signals. If calls can't be translated, a line on
    standard error explains why. Set the gateway's options with variables
    (ATLAS_SHIM_ROUTE and so on) or --config. If the program signs with an API key, set
    the same key (MONGODB_ATLAS_PUBLIC_API_KEY, MONGODB_ATLAS_PRIVATE_API_KEY).

    Exit codes: the program's; 2 for bad usage or settings; 126 if the command can't be
    run, 127 if it is not found.
    """
    if not program:
        raise click.UsageError("name the program: atlas-shim run -- COMMAND")
    if shutil.which(program[0]) is None and not Path(program[0]).exists():
        raise ExitError(f"{program[0]}: no such command", NOT_FOUND)
    check(os.environ)
    running = stay() if os.getpid() == 1 else -1
    environ = dict(os.environ)
    try:
        environment = _start(
            config, program, environ, report=output if report else "", running=running
        )
    except OSError as error:
        raise ExitError(f"run: {error.strerror or error}", SETTINGS) from None
    try:
        os.execvpe(program[0], list(program), environment)  # noqa: S606 - the user's own command
    except OSError as error:
        # a script without #!, which shells, env and nohup pass to sh
        if error.errno == errno.ENOEXEC:
            path = shutil.which(program[0]) or program[0]
            os.execve("/bin/sh", ["sh", path, *program[1:]], environment)  # noqa: S606
        raise ExitError(f"{program[0]}: {error.strerror}", NOT_EXECUTABLE) from None


def _start(
    config: Path | None,
    program: Sequence[str],
    environ: Mapping[str, str],
    *,
    report: str,
    running: int,
) -> dict[str, str]:
    if os.name != "posix":
        raise ExitError(
            "atlas-shim run requires Linux or macOS. In a Python program, use 'import shim.auto' instead",
            SETTINGS,
        )
    import resource  # noqa: PLC0415 - which Windows has not

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < _FILES:
        raise ExitError(
            f"run: {most} open files are allowed here, and a run needs {_FILES}: ulimit -n 256",
            SETTINGS,
        )
    try:
        from shim.run.helper import Helper  # noqa: PLC0415 - extras, which --help does not need
        from shim.run.variables import MARK, Run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise hinted(error) from None
    from shim.gateway.plan import PlanSource  # noqa: PLC0415 - as above

    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        if environ.get(name, "").lower().startswith("socks"):
            raise ExitError(
                f"{name}: atlas-shim run does not support SOCKS proxies; set an HTTP proxy",
                SETTINGS,
            )
    called = read_base_url({**environ, UPSTREAM: ""})
    flags = {"listen": "127.0.0.1:0", "admin": "off", "log_level": "error"}
    if config is None and not environ.get(UPSTREAM):
        flags["upstream"] = called
    if config is None and not environ.get("ATLAS_SHIM_CREDENTIALS"):
        has_key = isinstance(read_credentials(environ), ApiKey)
        # The gateway accepts calls signed with this key.
        if has_key:
            flags |= {"credentials": "verify"}
    plan = PlanSource(dict(environ), flags, config).read()
    host = urlsplit(called).hostname or ""
    if not host.endswith((".mongodb.com", ".mongodbgov.com")):
        host = urlsplit(DEFAULT_BASE_URL).hostname or ""
    options = attrs.evolve(plan.options, public_url=f"https://{host}")
    folders = {str(Path(word).parent) for word in program if word.endswith(".py")} or {
        "."
    }
    # The drop-in can't read that file, and a program with its own shim can import one
    # alone.
    drop_in = config is None and not other_shim(folders)
    guarded = not {"--permission", "--experimental-permission"}.isdisjoint(program)
    run = Run(host, (f"https://{host}", plan.options.upstream), drop_in, guarded)
    # inside another run, the other one may see calls
    if MARK in environ:
        unseen = ""
    else:
        unseen = why_unseen(program, environ)
    environment = Helper(
        options, plan.engine, run, program, environ, unseen, report, running
    ).start()
    if drop_in:
        return {**environment, CHECKED: as_mark(settings_in(environment))}
    return environment


def why_unseen(program: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return why the program's calls can't arrive, from its command line; mostly ''.

    ``unseen.toml`` has the patterns.
    """
    known = tomllib.loads(files("shim.cli").joinpath("unseen.toml").read_text("utf-8"))
    lines = [
        f"JAVA_TOOL_OPTIONS {environ.get('JAVA_TOOL_OPTIONS', '')}",
        f"{shlex.join(program)} ",
        *(word for word in program if " " in word),
    ]
    for path in (Path(shutil.which(word) or word) for word in program[:2]):
        with suppress(OSError):
            if zipfile.is_zipfile(path):
                lines.append(f"archive {path.name}")
            with path.open("rb") as file:
                if file.read(2) == b"#!":
                    first = file.readline(256).decode("utf-8", "replace")
                else:
                    first = ""
                lines += [
                    first,
                    file.read(65536).decode("utf-8", "replace")
                    if re.search(r"\b\w*sh\b", first)
                    else "",
                ]
    for cause in known["cause"]:
        pattern = cause.get("pattern") or f"{known['before']}{cause['command']}"
        if match := re.search(pattern, "\n".join(lines), re.MULTILINE):
            return str(cause["said"].format(found=match[1], **known))
    return ""
