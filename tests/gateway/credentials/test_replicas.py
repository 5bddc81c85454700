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
    """An in-memory store for the test."""
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
    """Return whether a connection succeeds.

    The file alone is not enough, because it exists as soon as the socket is bound.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


@contextlib.contextmanager
def balanced(nonce_store=None):
    """Run two gateways behind a balancer that alternates; yield its URL, the statuses, and the two gateways."""
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


def test_sessions_may_alternate_between_replicas():
    """Sessions of httpx and requests are challenged only once."""
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
def test_a_store_prevents_replays(store):
    """A signature is accepted once by all replicas together; then the nonce is stale."""
    with balanced(store[0]) as (*_, one, other):
        mine = line(Signature(nonce_of(one)).parts)
        assert status_of(one.ask(UNTOUCHED, mine, f"Accept: {FLEX}")[0]) == 200
        head, _ = other.ask(UNTOUCHED, mine)
        assert status_of(head) == 401
        assert (value_of(head, "WWW-Authenticate") or "").endswith("stale=true")
        assert one.targets == [UNTOUCHED] * 2  # upstream's own challenge, and the call


@pytest.mark.slow
def test_without_its_store_a_gateway_refuses_signatures(store, caplog):
    """Calls get 503 with Retry-After, and the log has one line a second."""
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
        # One from each gateway each second.
        assert 2 <= caplog.text.count("nonce_store: no reply") < 4


@pytest.mark.slow
async def test_the_store_forgets_uses(store):
    """Keys in the store reveal nothing, and expire with the nonce."""
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


async def test_a_failed_store_is_not_asked_again_at_once():
    """For a second after a failure, calls get the same response without a request to the store."""
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


async def test_a_silent_store_times_out(monkeypatch):
    """A store that accepts connections and never answers."""
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
def test_a_url_of_another_kind_is_refused(text):
    """The error at the start does not repeat it, because it may contain a password."""
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


def test_a_missing_package_is_explained(monkeypatch):
    """Without the redis package the error includes what to install."""
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(SettingsError, match=re.escape(hint("redis"))):
        NonceStore("redis://localhost")


ODD = (b"*1\r\n*1\r\n+OK\r\n", b":1\r\n", b"$5\r\nhello\r\n", b"+ok\r\n", b"*0\r\n", b"?\r\n", b"*99999999999\r\n",
       b"*1\r\n" * 5000)  # fmt: skip


@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
async def test_odd_answers_of_the_store_refuse_the_call(answer, caplog):
    """Any answer other than "taken" and "used" is treated as a failure."""

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
