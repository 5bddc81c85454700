"""Under a service manager: what it is told (sd_notify(3)), and the sockets that it hands over (sd_listen_fds(3)).

The manager here is a datagram socket that writes down what comes, and systemd's own ``systemd-socket-activate``.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import sys

import pytest

from shim.errors import SettingsError
from shim.gateway import run
from shim.gateway.run import inherited
from tests.gateway_life.test_drain import Load, slow
from tests.peers.raw import PATIENCE, raw_upstream, reply, replying
from tests.peers.served import At, ask, get, status_of


@pytest.fixture
def hears(tmp_path):
    """Yield a manager's socket: its path, and a function that returns the next datagram's lines."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)

        def hear() -> list[str]:
            lines = manager.recv(65536).decode("ascii").split("\n")
            assert all("=" in line for line in lines)
            return lines

        yield str(tmp_path / "notify"), hear


LAUNCHER = """
import os, sys
for place, number in enumerate(map(int, sys.argv[1].split(",")), 3):
    os.dup2(number, place)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture
def handed(serve):
    """Return a function that starts a gateway with descriptors as systemd hands them over."""

    def handed(names, *given, words=(), env=None):
        numbers = [one.fileno() for one in given]
        listens = {"LISTEN_FDS": str(len(given)), **({} if names is None else {"LISTEN_FDNAMES": names})}
        launcher = (sys.executable, "-c", LAUNCHER, ",".join(map(str, numbers)))
        return serve(*words, before=launcher, pass_fds=numbers, env={**listens, **(env or {})})

    return handed


def aside(one):
    """Return the socket at a number that is out of the way of those that it is handed over at."""
    with one:
        return socket.socket(fileno=fcntl.fcntl(one.fileno(), fcntl.F_DUPFD_CLOEXEC, 20))


@pytest.fixture
def listening():
    """Return a function that makes listening sockets, which stay open until the end."""
    with contextlib.ExitStack() as made:

        def listening(where="127.0.0.1", family=socket.AF_INET):
            address = where if family == socket.AF_UNIX else (where, 0)
            one = socket.socket(family)
            one.bind(address)
            one.listen()
            return made.enter_context(aside(one))

        yield listening


def _url(one):
    return At(f"http://127.0.0.1:{one.getsockname()[1]}")


def test_a_life_as_its_manager_hears_it(serve, hears):
    """Ready once calls are taken, then stopping."""
    path, hear = hears
    words = ("--admin", "off", "--upstream", "http://127.0.0.1:1", "--drain", "90")
    running = serve(*words, env={"NOTIFY_SOCKET": path})
    ready, status = hear()
    assert (ready, status) == ("READY=1", f"STATUS=takes calls at {running.calls().url} for http://127.0.0.1:1")
    running.process.terminate()
    stopping, _, patience = hear()
    assert (stopping, patience) == ("STOPPING=1", "EXTEND_TIMEOUT_USEC=105000000")
    assert running.process.wait(PATIENCE) == 0


def test_the_watchdog_hears_from_it_again_and_again(serve, hears):
    """Each time a half of its patience has passed."""
    path, hear = hears
    serve("--admin", "off", env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "100000"})
    heard = [hear() for _ in range(6)]
    assert heard.count(["WATCHDOG=1"]) >= 5


def test_a_watchdog_that_waits_for_another_process(serve, hears):
    """A child that inherits the variables keeps still."""
    path, hear = hears
    serve("--admin", "off", env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"})
    assert hear()[0] == "READY=1"


def test_a_manager_at_an_abstract_name(monkeypatch):
    """Systemd writes its first byte, which is zero, as an at sign."""
    name = f"atlas-shim-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        run._notify("READY=1", "STATUS=here")
        assert manager.recv(100) == b"READY=1\nSTATUS=here"


def test_a_manager_that_is_gone_is_logged(caplog, monkeypatch):
    """Nobody's calls fail for it."""
    monkeypatch.setenv("NOTIFY_SOCKET", "/no/such/socket")
    run._notify("READY=1")
    assert "can't tell the service manager READY=1: No such file" in caplog.text


def test_a_restart_under_load_loses_nothing(handed, listening):
    """Calls come by the sockets; those taken have their answers, and who comes between two gateways waits for his."""
    calls = listening()
    with raw_upstream(slow) as upstream:
        words = ("--upstream", upstream.origin, "--admin", "off")
        first = handed("calls", calls, words=words)
        assert first.calls() == _url(calls)
        load = Load(_url(calls), kept=8, new=8)
        load.goes_on()
        assert first.end() == 0
        second = handed(None, calls, words=words)
        load.goes_on()
        load.stop()
        assert second.end() == 0
    assert (load.lost, load.untaken) == ([], 0)


def test_a_unix_socket_that_is_handed_over(handed, listening, tmp_path):
    """Its file is its manager's, and stays."""
    path = tmp_path / "calls"
    calls = listening(str(path), socket.AF_UNIX)
    running = handed("calls", calls, words=("--admin", "off", "--credentials", "passthrough"))
    assert running.logged(r"takes calls at (\S+)")[1] == str(path)
    assert running.end() == 0
    assert path.exists()


def test_sockets_of_another_process_are_not_ours():
    """The variables may be inherited, the descriptors are not."""
    assert inherited({"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "calls"}) == (None, {})


def test_what_is_handed_over_counts_for_the_credentials_too(handed, listening):
    """The gateway's own keys are for this machine, whoever listens."""
    keys = {"MONGODB_ATLAS_PUBLIC_API_KEY": "public", "MONGODB_ATLAS_PRIVATE_API_KEY": "private"}
    words = ("--credentials", "own", "--admin", "off")
    running = handed("calls:calls", listening(), listening("0.0.0.0"), words=words, env=keys)
    assert running.process.wait(PATIENCE) == 2
    assert running.logged(r"listen: 0\.0\.0\.0:\d+ can be reached from other machines")


def test_sockets_for_something_else_are_told():
    """They end the start, with what to change."""
    mine = {"LISTEN_PID": str(os.getpid())}
    with pytest.raises(SettingsError, match=r"LISTEN_FDNAMES: 'admin' is not 'calls'; set FileDescriptorName="):
        inherited({**mine, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "admin"})
    assert inherited({**mine, "LISTEN_FDS": "many"}) == (None, {})


def test_descriptors_that_do_not_listen_are_told(handed):
    """As for ListenDatagram=."""
    with aside(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as datagrams:
        running = handed("calls", datagrams)
        assert running.process.wait(PATIENCE) == 2
        assert running.logged(r"LISTEN_FDS: descriptor 3 is not a listening socket; use ListenStream=")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="systemd-socket-activate is not installed")
def test_systemds_own_activation(serve, port):
    """The first call starts the gateway, and is answered."""
    where = f"127.0.0.1:{port}"
    with replying(reply(b"hi")) as upstream:
        words = ("--upstream", upstream.origin, "--admin", "off")
        activate = ("systemd-socket-activate", "--listen", where, "--fdname", "calls")
        running = serve(*words, before=(*activate, "-E", "PYTHONPATH", "-E", "NO_PROXY"))
        running.logged(r"Listening on ")
        assert status_of(ask(At(f"http://{where}"), get("/"))[0]) == 200
        assert running.calls() == At(f"http://{where}")
