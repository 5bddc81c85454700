"""The gateway's three credentials modes in one run: what verifying and signing leave of passthrough's rate.

Upstream challenges what is not signed. For ``verify`` the callers' signatures are made beforehand, one for
each request, since a signature is good once.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import tempfile
from collections.abc import Iterator
from hashlib import md5
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.bodies import legacy_path
from benchmarks.candidates import gateway
from benchmarks.load import pinned, rate
from benchmarks.processes import upstream

KEY = {"MONGODB_ATLAS_PUBLIC_API_KEY": "benchkey", "MONGODB_ATLAS_PRIVATE_API_KEY": "bench-secret"}
MODES = ("passthrough", "own", "verify")
CONNECTIONS = 16
MOST = 30_000
"""Signatures made for each second of load; more requests than that a second would run out of them."""

SCRIPT = """
local lines = {}
for line in io.lines("FILE") do lines[#lines + 1] = line end
local index = 0
request = function()
    index = index % #lines + 1
    return wrk.format("GET", nil, {Authorization = lines[index]})
end
"""


def measure(seconds: int) -> list[tuple[str, str]]:
    """Return (what, figure) rows: each mode's requests/s, and its ratio to passthrough's."""
    rates = {}
    with upstream(0, challenges=True) as server, tempfile.TemporaryDirectory() as folder:
        for mode in MODES:
            with gateway(server.port, "--credentials", mode, environ=KEY) as process:
                for duration in (2, seconds):
                    with _lines(mode, process.port, duration, Path(folder)) as file:
                        rates[mode] = _load(process.port, file, duration, Path(folder))
    rows = [(f"gateway, {mode}: requests/s, failed", f"{rates[mode][0]:.0f}, {rates[mode][1]}") for mode in MODES]
    return rows + [(f"{mode} / passthrough", f"{rates[mode][0] / rates[MODES[0]][0]:.2f}") for mode in MODES[1:]]


def _load(port: int, lines: Path, seconds: int, folder: Path) -> tuple[float, int]:
    script = folder / "load.lua"
    script.write_text(SCRIPT.replace("FILE", str(lines)))
    url = f"http://127.0.0.1:{port}{legacy_path('small')}"
    command = [*pinned(), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return rate(text), int(failed[1]) if failed else 0


@contextlib.contextmanager
def _lines(mode: str, port: int, seconds: int, folder: Path) -> Iterator[Path]:
    """Write the Authorization fields of a run's requests, one a line."""
    file = folder / "lines"
    made = _signatures(port, MOST * seconds) if mode == "verify" else ["Bearer bench"]
    file.write_text("".join(f"{line}\n" for line in made))
    yield file


def _signatures(port: int, count: int) -> list[str]:
    """Return so many Digest signatures over one nonce of the gateway's (RFC 7616, 3.4)."""
    path = legacy_path("small")
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    said = reply.getheader("WWW-Authenticate") or ""
    nonce = re.search(r'nonce="([^"]+)"', said)
    if nonce is None:
        raise RuntimeError(f"the gateway does not challenge: {reply.status} {said}")
    user, secret = KEY.values()
    one = _md5(f"{user}:MMS Public API:{secret}")
    two = _md5(f"GET:{path}")
    lines = []
    for number in range(1, count + 1):
        answer = _md5(f"{one}:{nonce[1]}:{number:08x}:c:auth:{two}")
        lines.append(
            f'Digest username="{user}", realm="MMS Public API", nonce="{nonce[1]}", uri="{path}", algorithm=MD5, '
            f'response="{answer}", qop=auth, nc={number:08x}, cnonce="c"'
        )
    return lines


def _md5(text: str) -> str:
    return md5(text.encode()).hexdigest()  # noqa: S324 - the algorithm that Atlas challenges with
