"""A run serves only its own user: attempts of other users, and systems that don't report a peer's user."""

import os
import shutil
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from shim.errors import SettingsError
from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from shim.run import folders, peers
from shim.run.certificates import make_certificate
from tests.peers.raw import until
from tests.run.conftest import PLAIN, Runs
from tests.run.grid import BARE, CODE, HTTP_CLIENT, NODE, PATH, URL, URLLIB

SHOWN = " ".join(f"'{word}'" for word in CODE)
TRIES = f"""
import os, socket, ssl, sys
port = int(sys.argv[1])
def ask(content=b"", tls=False):
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        if tls:
            connection = ssl._create_unverified_context().wrap_socket(connection, server_hostname="cloud.mongodb.com")
        connection.sendall(content)
        return connection.recv(99)
for tls, content in (
    (True, b"GET {PATH} HTTP/1.1\\r\\nHost: cloud.mongodb.com\\r\\n\\r\\n"),
    (False, b"CONNECT cloud.mongodb.com:443 HTTP/1.1\\r\\n\\r\\n"),
    (False, b"CONNECT other.example:443 HTTP/1.1\\r\\nProxy-Authorization: Basic cnVuOg==\\r\\n\\r\\n"),
    (False, b"GET {URL} HTTP/1.1\\r\\nHost: cloud.mongodb.com\\r\\n\\r\\n"),
    (False, b"GET http://other.example/ HTTP/1.1\\r\\nHost: other.example\\r\\n\\r\\n"),
):
    try:
        answer = ask(content, tls)
    except OSError:
        answer = b""
    if answer and b" 407 " not in answer:
        print("served", content, answer)
for path in sys.argv[2:]:
    try:
        print("read", open(path, "rb").read())
    except OSError:
        pass
"""
NOBODY = ("setpriv", "--reuid", "65534", "--clear-groups")


@pytest.fixture
def as_nobody():
    """Skip the test if this process can't become another user."""
    if (
        os.getuid()
        or shutil.which("setpriv") is None
        or not Path("/usr/bin/python3").exists()
    ):
        pytest.skip("only root can be somebody else, by setpriv")


def test_another_user_is_not_served(runs, as_nobody):
    """TLS, a base URL, a hook and the proxy with any login are all refused, and the environment is unreadable."""
    tried = (*NOBODY, "env", "-i", "/usr/bin/python3", "-c", TRIES)
    script = f"""{" ".join(f"'{word}'" for word in tried[:-1])} "$0" ${{HTTPS_PROXY##*:}} /proc/$$/environ; {SHOWN}"""
    done = runs("sh", "-c", script, TRIES, options=["--report"])
    assert done.stdout == "200"
    assert "5 connections of other users were refused" in done.stderr


def test_a_descendant_without_privileges_is_served(runs, as_nobody):
    """It has the run's mark in its environment, which other users can't read. Several are tested at once."""
    script = f"for n in 1 2 3 4; do {' '.join(NOBODY)} {SHOWN} & done; wait"
    done = runs("sh", "-c", script, TMPDIR="")
    assert done.stdout == "200" * 4
    assert done.stderr == ""


SHOW_FOLDER = ("sh", "-c", "echo ${PYTHONPATH%%/atlas-shim-run-*}")


@pytest.mark.parametrize(
    ("mode", "is_used"), [(0o700, True), (0o1777, True), (0o777, False), (0o770, False)]
)
def test_a_folder_that_others_can_write_is_not_used(runs, mode, is_used):
    """Another user could replace the run's sitecustomize, which each Python loads."""
    place = runs.folder / "place"
    place.mkdir()
    place.chmod(mode)
    done = runs(*SHOW_FOLDER, TMPDIR=str(place))
    assert (done.stdout.strip() == str(place)) == is_used
    assert done.stderr == ""
    until(lambda: not any(place.iterdir()), "nothing is left")
    place.rmdir()


@pytest.mark.parametrize("above", [False, True])
def test_a_folder_of_another_user_is_not_used(runs, as_nobody, above):
    """Neither is one below it: a folder's owner may replace its contents, whatever the mode."""
    place = runs.folder / "place"
    inner = place / "inner"
    inner.mkdir(parents=True)
    os.chown(place if above else inner, 65534, 65534)
    assert not runs(*SHOW_FOLDER, TMPDIR=str(inner)).stdout.startswith(str(place))
    shutil.rmtree(place)


def test_without_a_folder_the_run_does_not_start(monkeypatch, tmp_path):
    """The error has the variable to set; an unsafe folder is never the fallback."""
    monkeypatch.setattr(folders, "_is_safe", lambda _: False)
    with pytest.raises(
        SettingsError,
        match=r"TMPDIR: found no safe folder among .*/tmp, /var/tmp, /dev/shm: ",
    ):
        folders.place_of({"TMPDIR": str(tmp_path)})


def test_a_private_tmp_works(runs):
    """The run's files are where such programs can see them."""
    if shutil.which("bwrap") is None or os.getuid():
        pytest.skip("this machine has no bwrap")
    done = runs(
        "bwrap",
        "--bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
        *CODE,
        TMPDIR="",
    )
    assert done.stdout == "200"
    assert done.stderr == ""


OWN_AMONG_MANY = """
import os, socket
port = int(os.environ["HTTPS_PROXY"].rpartition(":")[2])
def ask(source=0):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.bind(("127.0.0.1", source))
    connection.connect(("127.0.0.1", port))
    connection.sendall(b"CONNECT 127.0.0.1:1 HTTP/1.1\\r\\n\\r\\n")
    return connection, b" 502 " in connection.recv(99)
rows = [socket.create_server(("127.0.0.2", 0)) for _ in range(200)]
served = [ask() for _ in range(300)]
print(sum(good for _, good in served))
"""


def test_no_connection_of_the_owner_is_refused(shared):
    """Other open or TIME_WAIT connections don't matter: the kernel is asked for the exact pair of addresses."""
    done = shared(BARE, "-c", OWN_AMONG_MANY)
    assert done.stdout == "300\n"
    assert done.stderr == ""


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has files without a name"
)
def test_the_key_is_in_no_named_file(monkeypatch):
    """That holds even at the moment of loading."""
    monkeypatch.delattr("tempfile.NamedTemporaryFile")
    assert (
        b"PRIVATE KEY"
        not in make_certificate("cloud.mongodb.com", "cloud.mongodb.com")[0]
    )


UNTOLD = (
    "import sys, shim.run.helper as h; h.kernel_tells = lambda _: False;"
    " from shim.cli import main; main(sys.argv[1:])"
)


@pytest.fixture(scope="module")
def untold(tmp_path_factory):
    """Start a program in a shared run on a kernel that doesn't report a peer's user, as on macOS."""
    with FakeServer(FakeAtlas()) as server:
        environ = PLAIN | {
            "ATLAS_SHIM_UPSTREAM": server.url,
            "MONGODB_ATLAS_BASE_URL": "https://cloud.mongodb.com",
        }
        runs = Runs(environ, tmp_path_factory.mktemp("folders"))
        with runs.shared(sys.executable, "-c", UNTOLD, "run", "--") as start:
            yield start


@pytest.mark.parametrize(
    "program",
    [CODE, (BARE, "-c", f"{URLLIB}; {HTTP_CLIENT}"), ("node", "-e", NODE)],
    ids=["curl", "python", "node"],
)
def test_a_secret_replaces_the_kernel_s_report(untold, program):
    """It is in the proxy's login and in the host name that hooks use."""
    if shutil.which(program[0]) is None:
        pytest.skip(f"this machine has no {program[0]}")
    done = untold(*program)
    assert set(done.stdout.split()) == {"200"}
    assert done.stderr == ""


def test_without_the_secret_no_process_is_served(untold):
    """That includes processes of the same user. No base URL points to the port, since it couldn't carry the secret."""
    script = 'env -i "$1" -c "$0" ${HTTPS_PROXY##*:}; echo $MONGODB_ATLAS_BASE_URL'
    assert (
        untold("sh", "-c", script, TRIES, BARE).stdout == "https://cloud.mongodb.com\n"
    )


def test_only_the_secret_opens_the_proxy(untold):
    """A similar login gets the same reply as a missing one."""
    script = f"https_proxy=$(echo $HTTPS_PROXY | sed s/run:./run:x/) curl -s {URL} -w '%{{http_connect}}'"
    assert untold("sh", "-c", script).stdout == "407"


def test_connections_of_another_user_are_checked_together(monkeypatch):
    """For root, one look at all processes finds their owner; the result is cached for a while."""
    looks = []
    now = [100.0]
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(peers, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(peers, "is_descendant", lambda *_: looks.append(now[0]))
    with socket.socket() as listening:
        keeper = peers.Doorkeeper(listening, b"", secret=False)
        for now[0] in (100.0, 100.0, 101.0):
            assert not keeper._is_own(peers.PeerSocket(12345, 1))
    assert looks == [100.0, 101.0]
