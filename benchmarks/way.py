"""Count the steps of one retired call: ``python -m benchmarks.way``; ``--list`` shows each of them.

One list of snapshots passes the gateway, ``shim.httpx`` and ``shim.requests``, after
calls that have filled the caches. Upstream's body is new each time, so it is
translated, except in the first row. A step is a function of ``shim`` that is entered or
resumed. Helpers count; comprehensions and the checks of the timer don't. A folder is
one directly under ``shim``, or a module there.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

import attrs
import click
import httpx as plain

import shim
from benchmarks.bodies import GROUP, snapshots
from benchmarks.report import text
from shim import httpx, requests
from shim.errors import LegacyEndpointWarning
from shim.gateway.option_values import Address
from shim.gateway.options import Options
from shim.gateway.run import serve_in_thread

SHIM = Path(shim.__file__).parent
SEEN = f"/api/atlas/v2/groups/{GROUP}/serverless/seen/backup/snapshots"
TARGET = f"/api/atlas/v2/groups/{GROUP}/serverless/small/backup/snapshots"
FIELDS = {
    "Accept": "application/vnd.atlas.2023-01-01+json",
    "Authorization": "Bearer x",
}
WARM = 3
"""The number of calls before the counted one."""
SETTLED = 0.2
"""Seconds after which a gateway has finished its work after the response."""


@attrs.define
class Way:
    """The steps of one call, as (file, function), while ``counting``; made for ``sys.setprofile``."""

    steps: list[tuple[str, str]] = attrs.field(factory=list)
    counting: bool = False

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Note a function that is entered or resumed."""
        code = frame.f_code
        if (
            not self.counting
            or event != "call"
            or code.co_name
            in {"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>", "_look"}
        ):
            return
        if code.co_filename.startswith(str(SHIM)):
            self.steps.append(
                (Path(code.co_filename).relative_to(SHIM).as_posix(), code.co_qualname)
            )

    @property
    def files(self) -> list[str]:
        """The file of each step."""
        return [file for file, _ in self.steps]

    @property
    def rooms(self) -> list[str]:
        """The folder of each step."""
        return [room_of(Path(file)) for file in self.files]


def room_of(path: Path) -> str:
    """Return the folder of a path relative to ``shim``."""
    return path.parts[0].removesuffix(".py")


def changes(places: list[str]) -> int:
    """Count how often a place differs from the previous one."""
    return sum(one != other for one, other in itertools.pairwise(places))


class Upstream(BaseHTTPRequestHandler):
    """Responds to each GET with 8 snapshots, and with a new member unless the cluster is ``seen``."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and content leave together
    numbers = itertools.count()

    def do_GET(self) -> None:
        """Send the response."""
        number = 0 if "/seen/" in self.path else next(self.numbers)
        body = b'{"number":%d,' % number + snapshots("small")[1:]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def upstream() -> Iterator[str]:
    """Run an upstream in threads, and set its origin as the shim's upstream."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        os.environ.update(ATLAS_SHIM_UPSTREAM=origin, NO_PROXY="*")
        yield origin
        server.shutdown()


def count(call: Callable[[], object], way: Way, settled: float = 0.0) -> Way:
    """Repeat a call, and count the last one."""
    for _ in range(WARM):
        call()
    time.sleep(settled)
    way.counting = True
    call()
    time.sleep(settled)
    way.counting = False
    return way


def gateway(origin: str, target: str) -> Way:
    """Count in the gateway's thread; its caller is plain httpx."""
    way = Way()
    options = Options(listen=Address("127.0.0.1", 0), admin=None, upstream=origin)
    threading.setprofile(way)
    with serve_in_thread(options, environ={}) as served, plain.Client() as client:
        threading.setprofile(None)
        return count(
            lambda: client.get(served.url + target, headers=FIELDS).raise_for_status(),
            way,
            SETTLED,
        )


def dropin(client: httpx.Client | requests.Session, origin: str) -> Way:
    """Count in this thread, with a client of the shim's."""
    way = Way()
    with closing(client):
        sys.setprofile(way)
        try:
            return count(
                lambda: client.get(origin + TARGET, headers=FIELDS).raise_for_status(),
                way,
            )
        finally:
            sys.setprofile(None)


@click.command()
@click.option("--list", "listing", is_flag=True, help="List every step.")
def main(*, listing: bool) -> None:
    """Count the steps of one call through each entry point, and the lines of each folder."""
    warnings.simplefilter("ignore", LegacyEndpointWarning)
    with upstream() as origin:
        ways = {
            "gateway, seen": gateway(origin, SEEN),
            "gateway": gateway(origin, TARGET),
            "httpx": dropin(httpx.Client(), origin),
            "requests": dropin(requests.Session(), origin),
        }
    if listing:
        for name, way in ways.items():
            click.echo(f"{name}:")
            for file, function in way.steps:
                click.echo(f"  {file} {function}")
    figures = [
        (
            name,
            str(len(set(way.steps))),
            str(len(set(way.files))),
            str(changes(way.files)),
            str(changes(way.rooms)),
        )
        for name, way in ways.items()
    ]
    click.echo(
        text(
            figures,
            ("one call", "functions", "files", "changes of file", "changes of room"),
        )
    )
    lines: Counter[str] = Counter()
    for path in SHIM.rglob("*.py"):
        lines[room_of(path.relative_to(SHIM))] += len(
            path.read_text("utf-8").splitlines()
        )
    rooms = [(room, str(number)) for room, number in lines.most_common()]
    click.echo(
        "\n" + text([*rooms, ("together", str(lines.total()))], ("room", "lines"))
    )


if __name__ == "__main__":
    main()
