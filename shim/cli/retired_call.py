"""The retired call, made as Atlas' documentation of the serverless API shows it: with curl.

Where curl is missing, the standard library makes the same call.
"""

from __future__ import annotations

import http.client
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
    """An answer: its status, reason phrase, and content."""

    status: int
    reason: str
    body: bytes


def has_curl() -> bool:
    """Return whether curl is on the PATH."""
    return shutil.which("curl") is not None


def command_for(url: str, token: str) -> str:
    """Return the command as the documentation shows it, with ``--include`` so that the status shows."""
    header = shlex.quote(f"Authorization: Bearer {token}")
    return f"curl --include --request GET \\\n  {shlex.quote(url)} \\\n  --header {header}"


def make(url: str, token: str) -> Got:
    """Make the call; raises Failure without an HTTP reply."""
    return _with_curl(url, token) if has_curl() else _with_library(url, token)


def _with_curl(url: str, token: str) -> Got:
    command = shlex.split(command_for(url, token).replace("\\\n", ""))
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)  # noqa: S603 - the demo's own URL
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
