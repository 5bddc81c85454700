"""Go from a wheel to a translated call in an empty folder, as a new user would.

Uses the Python that runs this file:

    python3.13 .ci/try_wheel.py dist/atlas_shim-0.1.0-py3-none-any.whl

It creates a venv, installs the wheel with the gateway's dependencies from the package
index, starts a fake Atlas and the gateway, makes the retired call without and with the
gateway, and runs the README's commands. The reported version must be the wheel's.
Raises SystemExit with the output if a result is wrong.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

CALL = (
    "/api/atlas/v2/groups/6510aa1b2c3d4e5f60718293/serverless/orders/backup/snapshots"
)

FIELDS = {
    "Authorization": "Bearer demo-access-token",
    "Accept": "application/vnd.atlas.2023-01-01+json",
}


LONGEST_START = 60.0
"""Seconds until a server must have printed its address."""

URL = f"https://cloud.mongodb.com{CALL}"

SHOWN = {
    "demo": "8 snapshots, newest first",
    "check --connect": "reached and signed in",
    f"prove {CALL}": "Each field is as its document describes.",
    "calendar --within 0": "2027-07-01",
    f"explain GET {CALL}": "Sent to flex,",
    "explain SHIM_NO_SUCCESSOR": "410",
    f"run -- curl -sS --oauth2-bearer demo-access-token {URL}": '"totalCount":8',
}
"""Commands of the README with their output; none calls the real Atlas."""


def run(command: Sequence[str], folder: str, environ: dict[str, str]) -> str:
    """Run a command to its end, and return its output.

    Raises SystemExit if it fails.
    """
    print("$", *command, flush=True)
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(
            f"it ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def start(
    stack: ExitStack, command: Sequence[str], folder: str, environ: dict[str, str]
) -> str:
    """Start a command that serves until the stack ends, and return its address.

    Raises SystemExit if it prints none within a minute.
    """
    print("$", *command, "&", flush=True)
    process = stack.enter_context(
        subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
    )
    stack.callback(process.terminate)
    # without it, a command that never prints its address would be waited for forever
    killer = threading.Timer(LONGEST_START, process.kill)
    killer.start()
    output = ""
    for line in process.stdout or ():
        output += line
        if found := re.search(
            r"(?:listens|accepts calls) at (http://127\.0\.0\.1:\d+)", output
        ):
            killer.cancel()
            return found[1]
    raise SystemExit(f"it ended with {process.wait()}:\n{output}")


def call(origin: str) -> tuple[int, dict[str, object]]:
    """Make the retired call, and return the status and content of the response."""
    print(
        "$ curl",
        *(f"-H '{name}: {value}'" for name, value in FIELDS.items()),
        f"{origin}{CALL}",
        flush=True,
    )
    request = urllib.request.Request(f"{origin}{CALL}", headers=FIELDS)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def main(wheel: Path, extras: str = "run") -> None:
    """Run all steps; raises SystemExit at the first wrong result."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(
            ("ATLAS_SHIM_", "MONGODB_ATLAS_", "COV_", "COVERAGE_", "PYTHON")
        )
    }
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        shim = ".venv/bin/atlas-shim"
        run([sys.executable, "-m", "venv", ".venv"], folder, environ)
        pip = [".venv/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, f"{wheel.resolve()}[{extras}]"], folder, environ)
        version = run([shim, "--version"], folder, environ).split()[-1]
        if version != wheel.name.split("-")[1]:
            raise SystemExit(f"{wheel.name} reports the version {version}")
        atlas = start(
            stack, [shim, "fake-atlas", "--listen", "127.0.0.1:0"], folder, environ
        )
        serve = [
            shim,
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "off",
            "--upstream",
            atlas,
        ]
        gateway = start(stack, serve, folder, environ)
        status, content = call(atlas)
        if (status, content.get("errorCode")) != (410, "VERSION_GONE"):
            raise SystemExit(f"without the gateway: {status} {content}")
        status, content = call(gateway)
        results = content.get("results")
        if not isinstance(results, list) or {
            one["serverlessInstanceName"] for one in results
        } != {"orders"}:
            raise SystemExit(f"with the gateway: {status} {content}")
        token = FIELDS["Authorization"].removeprefix("Bearer ")
        trial = {
            **environ,
            "ATLAS_SHIM_UPSTREAM": atlas,
            "MONGODB_ATLAS_ACCESS_TOKEN": token,
        }
        for command, shown in SHOWN.items():
            if "curl" in command and shutil.which("curl") is None:
                continue
            said = run([shim, *command.split()], folder, trial)
            if shown not in " ".join(said.split()):
                raise SystemExit(f"it does not show {shown}:\n{said}")
    python = "{}.{}".format(*sys.version_info)
    print(
        f"{wheel.name} on Python {python}: 410 without the gateway, {len(results)} snapshots with it"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
