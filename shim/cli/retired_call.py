"""The retired call, made as Atlas' documentation of the serverless API shows it: with curl.

Where curl is missing, the standard library makes the same call.
"""

from __future__ import annotations

import http.client
import os
import shlex
import shutil
import subprocess
from urllib.parse import urlsplit

import attrs

from shim.cli.failures import NO, Failure

TIMEOUT = 30
"""Seconds, for a call that stays on this machine."""


@attrs.frozen
class Got:
    """What came back: the status line's number and words, and the content."""

    status: int
    reason: str
    body: bytes


def has_curl() -> bool:
    """Tell whether curl is on the PATH."""
    return shutil.which("curl") is not None


def command_for(url: str, token: str) -> list[str]:
    """Return the command as the documentation shows it, with ``--include`` so that the status shows."""
    return ["curl", "--include", "--request", "GET", url, "--header", f"Authorization: Bearer {token}"]


def shown(command: list[str]) -> str:
    """Return a command as one would type it, an option a line."""
    words = [word if word.startswith("--") or word.isalnum() else shlex.quote(word) for word in command]
    return f"{words[0]} {words[1]} {words[2]} {words[3]} \\\n  {words[4]} \\\n  {words[5]} {words[6]}"


def make(url: str, token: str) -> Got:
    """Make the call; raises Failure when there is no HTTP reply."""
    return _with_curl(command_for(url, token)) if has_curl() else _with_library(url, token)


def _with_curl(command: list[str]) -> Got:
    # The demo never leaves loopback, whatever proxy this machine uses for other calls.
    environ = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    done = subprocess.run(  # noqa: S603 - a fixed program; the URL is the demo's own
        command, capture_output=True, timeout=TIMEOUT, check=False, env=environ
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    words = head.partition(b"\r\n")[0].decode("latin-1").split(" ", 2)
    if done.returncode != 0 or len(words) < 2:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Failure(f"curl failed with exit code {done.returncode}: {said}", NO)
    return Got(int(words[1]), words[2] if len(words) > 2 else "", body)


def _with_library(url: str, token: str) -> Got:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("GET", parts.path, headers={"Authorization": f"Bearer {token}", "Accept": "*/*"})
        response = connection.getresponse()
        return Got(response.status, response.reason, response.read())
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"the call failed: {error}", NO) from error
    finally:
        connection.close()
