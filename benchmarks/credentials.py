"""The gateway's three credentials modes in one run: what verifying and signing leave of passthrough's rate.

Upstream challenges what is not signed. For ``verify`` the callers' signatures are made beforehand, one for
each request, since a signature is good once; wrk keeps what differs between them, 32 characters each. The same script
makes the requests of all modes.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from hashlib import md5
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.bodies import legacy_path
from benchmarks.candidates import gateway
from benchmarks.load import WARM_UP, Measured, run
from benchmarks.processes import Running, upstream

_USER, _SECRET = "benchkey", "bench-secret"
KEY = {"MONGODB_ATLAS_PUBLIC_API_KEY": _USER, "MONGODB_ATLAS_PRIVATE_API_KEY": _SECRET}
MODES = ("passthrough", "own", "verify")
CONNECTIONS = 16
MOST = 30_000
"""Signatures made for each second of load; more requests than that a second would run out of them."""

SCRIPT = """
local responses = {}
for line in io.lines("FILE") do responses[#responses + 1] = line end
local index = 0
request = function()
    index = index % #responses + 1
    return wrk.format("GET", nil, {Authorization = string.format('FIELD', responses[index], index)})
end
"""
DIGEST = (
    'Digest username="{user}", realm="MMS Public API", nonce="{nonce}", uri="{path}", algorithm=MD5, '
    'response="%s", qop=auth, nc=%08x, cnonce="c"'
)


def measure(seconds: int) -> list[tuple[str, str]]:
    """Return (what, figure) rows: each mode's requests/s and processor time, and its ratio to passthrough's rate."""
    found: dict[str, Measured] = {}
    with upstream(0, "challenge") as server, tempfile.TemporaryDirectory() as folder:
        for mode in MODES:
            with gateway(server.port, "--credentials", mode, environ=KEY) as process:
                for duration in (WARM_UP, seconds):
                    script = _script(mode, process, duration, Path(folder))
                    path = legacy_path("small")
                    found[mode] = run(process, path, CONNECTIONS, duration, "-s", str(script))
    base = found[MODES[0]].rate
    return [
        (
            f"gateway, {mode}: requests/s, x passthrough, cpu µs/req, failed",
            f"{one.rate:.0f}, {one.rate / base:.2f}, {one.cpu:.0f}, {one.failures}",
        )
        for mode, one in found.items()
    ]


def _script(mode: str, process: Running, seconds: int, folder: Path) -> Path:
    """Write what wrk runs, and the responses that it needs for so many seconds."""
    field, responses = "Bearer bench", iter([""])
    if mode == "verify":
        nonce = _nonce(process.port)
        field = DIGEST.format(user=_USER, nonce=nonce, path=legacy_path("small"))
        responses = _responses(nonce, MOST * seconds)
    file, script = folder / "responses", folder / "load.lua"
    with file.open("w") as lines:
        lines.writelines(f"{one}\n" for one in responses)
    script.write_text(SCRIPT.replace("FILE", str(file)).replace("FIELD", field))
    return script


def _nonce(port: int) -> str:
    """Return a nonce of the gateway's; raises RuntimeError when it gives none."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", legacy_path("small"))
    reply = connection.getresponse()
    reply.read()
    connection.close()
    said = reply.getheader("WWW-Authenticate") or ""
    nonce = re.search(r'nonce="([^"]+)"', said)
    if nonce is None:
        raise RuntimeError(f"the gateway does not challenge: {reply.status} {said}")
    return nonce[1]


def _responses(nonce: str, count: int) -> Iterator[str]:
    """Yield the responses that sign so many requests over one nonce (RFC 7616, 3.4)."""
    one = _md5(f"{_USER}:MMS Public API:{_SECRET}")
    two = _md5(f"GET:{legacy_path('small')}")
    for number in range(1, count + 1):
        yield _md5(f"{one}:{nonce}:{number:08x}:c:auth:{two}")


def _md5(text: str) -> str:
    return md5(text.encode()).hexdigest()  # noqa: S324 - the algorithm that Atlas challenges with
