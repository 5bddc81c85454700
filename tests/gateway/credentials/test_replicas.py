"""Two gateways with the same keys behind a balancer, with and without a shared store."""

import contextlib
import re
import shutil
import socket
import subprocess
import sys
from itertools import cycle

import httpx
import pytest
import requests
from requests.auth import HTTPDigestAuth

from shim.errors import SettingsError
from shim.extras import hint
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, FakeAtlas
from shim.fake import server as fake_server
from shim.gateway.credentials.nonces import PREFIX, NonceStore
from shim.gateway.errors import Refusal
from shim.gateway.plan import read_options
from shim.gateway.server import Gateway
from tests.gateway.credentials.worlds import (
    FLEX,
    UNTOUCHED,
    Signature,
    World,
    line,
    nonce_of,
    signing,
)
from tests.peers.raw import raw_upstream, until
from tests.peers.served import calling, status_of, value_of

KEY = (DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
ACCEPT = {"Accept": FLEX}
SERVER = shutil.which("valkey-server") or shutil.which("redis-server")


@pytest.fixture
def store(tmp_path):
    """A store of its own, in memory."""
    if SERVER is None:
        pytest.skip("no valkey-server or redis-server")
    path = tmp_path / "store"
    words = [
        "--port",
        "0",
        "--unixsocket",
        str(path),
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(tmp_path),
    ]
    process = subprocess.Popen([SERVER, *words], stdout=subprocess.DEVNULL)
    try:
        until(lambda: _listens(path), "a store that listens")
        yield f"unix://{path}", process
    finally:
        process.kill()
        process.wait()


def _listens(path):
    """Whether a connection succeeds: the file is there as soon as the socket is bound, and that is too early."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


@contextlib.contextmanager
def balanced(nonce_store=None):
    """Run two gateways behind a balancer that asks them by turns; yield its URL, the statuses it saw, and the two."""
    fake = FakeAtlas()
    statuses = list[int]()

    def ask(peer):
        head = peer.take(b"\r\n\r\n")
        with calling(next(servers)) as server:
            server.send(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            reply = server.rest()
        statuses.append(status_of(reply))
        peer.send(reply)

    with raw_upstream(ask) as balancer, fake_server.FakeServer(fake) as upstream:
        options = {"public_url": balancer.origin, "nonce_store": nonce_store}
        with (
            signing("verify", upstream.url, **options) as one,
            signing("verify", upstream.url, **options) as other,
        ):
            servers = cycle((one, other))
            yield balancer.origin, statuses, World(one, fake), World(other, fake)


def test_sessions_alternate():
    """Sessions of httpx and requests are challenged once, whoever gave the nonce out and whoever takes it."""
    with balanced() as (url, statuses, *_):
        with httpx.Client(
            base_url=url, auth=httpx.DigestAuth(*KEY), headers=ACCEPT
        ) as client:
            assert {client.get(UNTOUCHED).status_code for _ in range(9)} == {200}
        with requests.Session() as session:
            session.auth = HTTPDigestAuth(*KEY)
            assert {
                session.get(url + UNTOUCHED, headers=ACCEPT).status_code
                for _ in range(9)
            } == {200}
        assert statuses == ([401] + [200] * 9) * 2


@pytest.mark.slow
def test_replay_with_a_store(store):
    """With a store a signature is good once at all of them together, and the refusal says that the nonce is stale."""
    with balanced(store[0]) as (*_, one, other):
        mine = line(Signature(nonce_of(one)).parts)
        assert status_of(one.ask(UNTOUCHED, mine, f"Accept: {FLEX}")[0]) == 200
        head, _ = other.ask(UNTOUCHED, mine)
        assert status_of(head) == 401
        assert (value_of(head, "WWW-Authenticate") or "").endswith("stale=true")
        assert one.targets == [UNTOUCHED] * 2  # upstream's own challenge, and the call


@pytest.mark.slow
def test_store_that_ends(store, caplog):
    """Without its store a gateway takes no signature: 503, soon to be tried again, and one line a second in the log."""
    url, process = store
    with balanced(url) as (*_, one, other):
        process.kill()
        process.wait()
        for seen in (one, one, one, other):
            head, content = seen.ask(
                UNTOUCHED, line(Signature(nonce_of(seen)).parts), f"Accept: {FLEX}"
            )
            assert status_of(head) == 503
            assert b"SHIM_NONCE_STORE_UNREACHABLE" in content
            assert value_of(head, "Retry-After") == "1"
        assert not one.targets
        # Of each gateway one a second.
        assert 2 <= caplog.text.count("nonce_store: does not answer") < 4


@pytest.mark.slow
async def test_store_forgets(store):
    """A use is kept under a name that tells nothing, and for a nonce's life and no longer."""
    from redis.asyncio import Redis

    uses = NonceStore(store[0])
    assert [await uses.take("n", 1, DEMO_PUBLIC_KEY) for _ in range(2)] == [True, False]
    assert await uses.take("n", 2, DEMO_PUBLIC_KEY)
    assert await uses.take("n", 1, "another")
    async with Redis.from_url(store[0]) as client:
        names = [name.decode() async for name in client.scan_iter()]
        assert len(names) == 3
        for name in names:
            assert name.startswith(PREFIX)
            assert DEMO_PUBLIC_KEY not in name
            assert 300_000 < await client.pttl(name) <= 310_000
    await uses.close()


async def test_store_that_is_away_is_not_asked_again_at_once():
    """For a second after a failure the answer is the same, without a question."""
    now = [0.0]
    uses = NonceStore("redis://127.0.0.1:1", clock=lambda: now[0])
    asked = []

    async def broken(*_, **__):
        asked.append(now[0])
        raise ConnectionError

    uses._client.set = broken
    for second in (0.0, 0.5, 0.9, 1.0, 1.5, 2.0):
        now[0] = second
        with pytest.raises(Refusal):
            await uses.take("n", 1, "a")
    assert asked == [0.0, 1.0, 2.0]
    await uses.close()


async def test_store_that_says_nothing(monkeypatch):
    """One that takes connections and never answers is given up in time."""
    monkeypatch.setattr("shim.gateway.credentials.nonces.PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uses = NonceStore(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(Refusal) as caught:
            await uses.take("n", 1, "a")
        assert caught.value.status == 503
        assert caught.value.code == "SHIM_NONCE_STORE_UNREACHABLE"
        await uses.close()


@pytest.mark.parametrize(
    "text",
    [
        "http://x",
        "canary",
        "redis:canary",
        "memcached://canary",
        "redis://:canary@host:port/0",
    ],
)
def test_url_of_another_kind(text):
    """What is not a URL of a store is refused at the start, and not repeated: a password may be in it."""
    environ = {
        "MONGODB_ATLAS_PUBLIC_API_KEY": KEY[0],
        "MONGODB_ATLAS_PRIVATE_API_KEY": KEY[1],
    }
    with pytest.raises(SettingsError, match=r"(?i)nonce_store") as caught:
        Gateway(
            read_options(
                {"ATLAS_SHIM_NONCE_STORE": text, "ATLAS_SHIM_CREDENTIALS": "verify"}
            ),
            environ=environ,
        )
    assert "canary" not in str(caught.value)


def test_package_that_is_missing(monkeypatch):
    """Without the redis package the error says what to install."""
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(SettingsError, match=re.escape(hint("redis"))):
        NonceStore("redis://localhost")


ODD = (b"*1\r\n*1\r\n+OK\r\n", b":1\r\n", b"$5\r\nhello\r\n", b"+ok\r\n", b"*0\r\n", b"?\r\n", b"*99999999999\r\n",
       b"*1\r\n" * 5000)  # fmt: skip


@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
async def test_store_that_gives_odd_answers(answer, caplog):
    """Whatever it says that is neither "taken" nor "used" lets nobody in, and is not a defect of the gateway's."""

    def serve(peer):
        while command := peer.some():
            peer.send(b"+OK\r\n" * command.count(b"CLIENT") or answer)
            peer.seen = b""

    with raw_upstream(serve) as server:
        uses = NonceStore(server.origin.replace("http:", "redis:"))
        with pytest.raises(Refusal) as caught:
            await uses.take("n", 1, "a")
        await uses.close()
    assert caught.value.status == 503
    assert caught.value.code == "SHIM_NONCE_STORE_UNREACHABLE"
    assert "Traceback" not in caplog.text
