"""Listening sockets from a service manager: systemd's own tool, and restarts under load."""

import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from tests.gateway.life.conftest import clean_environ
from tests.gateway.life.load import Load, slow
from tests.peers.raw import PATIENCE, raw_upstream, reply, replying, until
from tests.peers.served import At, ask, get, status_of

STARTED = ("sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh")
"""The last step of a manager: the variables name the process that becomes the gateway."""


@pytest.fixture
def kept():
    """Return a listening socket that outlives gateways."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as made:
        yield made


def words_of(kept, upstream):
    return (
        "--listen",
        f"127.0.0.1:{kept.getsockname()[1]}",
        "--admin",
        "off",
        "--upstream",
        upstream,
    )


@pytest.fixture
def start(serve):
    """Return a function that starts a gateway with a socket as descriptor 3."""

    def start(kept, *words):
        return serve(
            *words,
            before=STARTED,
            pass_fds=(3,),
            preexec_fn=lambda: os.dup2(kept.fileno(), 3),
        )

    return start


def test_a_restart_under_load_refuses_no_call(start, kept):
    """Each call on a persistent or new connection gets its response, before, between and after two gateways."""
    with raw_upstream(slow) as upstream:
        words = words_of(kept, upstream.origin)
        running = start(kept, *words)
        load = Load(running.calls(), kept=8, new=4)
        for _ in range(2):
            before = load.answered
            until(lambda: load.answered > before + 100, "the load is on")  # noqa: B023 - it is called at once
            assert running.end() == 0
            running = start(kept, *words)
        before = load.answered
        until(lambda: load.answered > before + 100, "the load is on again")
        load.end()
        assert load.lost == []
        assert load.untaken == 0
        assert running.end() == 0


@pytest.mark.skipif(
    shutil.which("systemd-socket-activate") is None,
    reason="systemd's tools are not installed",
)
def test_systemd_passes_its_socket(port):
    """The first connection starts the gateway, which accepts it."""
    with replying(reply(b"hi")) as upstream:
        at = f"127.0.0.1:{port}"
        words = [
            sys.executable,
            "-m",
            "shim",
            "serve",
            "--listen",
            at,
            "--admin",
            "off",
            "--upstream",
            upstream.origin,
        ]
        passed = [f"--setenv={name}" for name in ("PYTHONPATH", "NO_PROXY", "PATH")]
        command = ["systemd-socket-activate", f"--listen={at}", *passed, *words]
        with subprocess.Popen(
            command, env=clean_environ(), stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            lines = process.stderr
            until(lambda: "Listening on" in lines.readline(), "systemd listens")
            head, content = ask(At(f"http://{at}"), get("/x"))
            assert status_of(head) == 200
            assert content == b"hi"
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    "listen",
    ["127.0.0.1:1", "127.0.0.2:0", "no.such.invalid:0"],
    ids=["another port", "another host", "no host"],
)
def test_a_socket_at_another_address_is_refused(start, kept, listen):
    """Checks depend on the address in the settings; the error names both."""
    running = start(kept, "--listen", listen, "--admin", "off")
    assert running.logged(
        r"listen: the service manager's socket listens at 127\.0\.0\.1:\d+, and this setting is \S+:\d;"
    )
    assert running.process.wait(PATIENCE) == 2


def test_a_socket_that_does_not_listen_is_refused(start):
    """Such as one of ListenDatagram, or one that is not TCP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        running = start(other, "--admin", "off")
        assert running.logged("LISTEN_FDS: descriptor 3 ")
        assert running.process.wait(PATIENCE) == 2


def test_sockets_of_another_process_are_ignored(serve, kept):
    """A socket-activated program may start a gateway; the variables then name its parent."""
    running = serve(
        env={"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"},
        program=("-m", "shim", "serve"),
    )
    assert running.calls().url != f"http://127.0.0.1:{kept.getsockname()[1]}"
