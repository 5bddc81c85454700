"""TLS between an endpoint and its transport, with OpenSSL as the client, without sockets."""

import asyncio
import contextlib
import itertools
import ssl
from typing import Any

import pytest
import trustme

from shim.gateway.http1 import secure
from shim.gateway.http1.secure import CALLER_READ_SIZE, Tls
from shim.gateway.http1.wire import READ
from shim.gateway.http1.wire import Wire as End
from tests.gateway.http1.wires import Wire


class Taking(End):
    """An endpoint that records what arrives."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(asyncio.get_running_loop(), memoryview(bytearray(READ)))
        self.tls = Tls(self, context, server_side=True)
        self.taken: list[bytes] = []
        self.errors: list[BaseException | None] = []
        self.is_made = self.has_ended = False

    def made(self) -> None:
        """Record the connection."""
        self.is_made = True

    def take(self, data: bytes) -> None:
        """Record data."""
        self.taken.append(data)

    def ended(self) -> None:
        """Record the end of data."""
        self.has_ended = True

    def lost(self, error: BaseException | None) -> None:
        """Record the loss of the connection."""
        self.errors.append(error)


class Client:
    """The other side: OpenSSL between buffers."""

    def __init__(self, context: ssl.SSLContext, wire: Wire) -> None:
        self.wire = wire
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(
            self.incoming, self.outgoing, server_hostname="a.test"
        )

    def move(self) -> None:
        """Deliver all bytes that can be delivered."""
        self.incoming.write(self.wire.take(1 << 24))
        data = self.outgoing.read()
        while data and (moved := self.wire.deliver(data)):
            data = data[moved:]
        self.left = data

    def shake_hands(self) -> None:
        """Complete the handshake."""
        for _ in range(4):
            with contextlib.suppress(ssl.SSLWantReadError):
                self.tls.do_handshake()
            self.move()


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    mine = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs = ssl.create_default_context()
    authority.issue_cert("a.test").configure_cert(mine)
    authority.configure_trust(theirs)
    return mine, theirs


@pytest.fixture
async def both(contexts):
    end: Any = Taking(contexts[0])
    client = Client(contexts[1], Wire(end))
    client.shake_hands()
    await end.tls.ready
    return end, client


async def test_data_arrives_in_both_directions(both):
    """Its length and its division into records make no difference."""
    end, client = both
    sent = bytes(range(256)) * 400
    for start in range(0, len(sent), 10_000):
        client.tls.write(sent[start : start + 10_000])
    client.move()
    end.write(sent)
    client.move()
    got = b""
    while len(got) < len(sent):
        got += client.tls.read(65536)
    for _ in range(4):
        await asyncio.sleep(0)
    assert b"".join(end.taken) == sent
    assert got == sent


async def test_reads_are_no_larger_than_the_kept_buffer(both):
    """OpenSSL's buffers grow to the size of a read, and never shrink."""
    end, _ = both
    assert len(end.get_buffer(-1)) == CALLER_READ_SIZE


async def test_tiny_records_are_read_in_turns(both):
    """Reading pauses meanwhile, and in the end all records have arrived."""
    end, client = both
    for _ in range(5 * secure.AT_ONCE // 2):
        client.tls.write(b"a")
    client.move()
    counts = [len(end.taken)]
    while counts[-1] < 5 * secure.AT_ONCE // 2:
        assert client.wire.is_paused
        await asyncio.sleep(0)
        counts.append(len(end.taken))
        if client.left:
            client.left = client.left[client.wire.deliver(client.left) :]
    assert counts[0] == secure.AT_ONCE
    assert (
        max(after - before for before, after in itertools.pairwise(counts))
        <= secure.AT_ONCE
    )


async def test_a_paused_endpoint_gets_no_data(both):
    """Received data waits as ciphertext until reading resumes."""
    end, client = both
    end.hold()
    client.tls.write(b"later")
    data = client.outgoing.read()
    client.wire.is_paused = False
    client.wire.deliver(data)
    await asyncio.sleep(0)
    assert end.taken == []
    end.go_on()
    await asyncio.sleep(0)
    assert end.taken == [b"later"]


@pytest.mark.parametrize("is_said", [True, False])
async def test_only_close_notify_ends_content(both, is_said):
    """Anyone on the network can close the TCP connection."""
    end, client = both
    if is_said:
        with pytest.raises(ssl.SSLWantReadError):
            client.tls.unwrap()
        client.move()
    else:
        client.wire.eof()
    client.move()
    for _ in range(4):
        await asyncio.sleep(0)
    assert end.has_ended == is_said
    assert end.errors == [None]


async def test_closing_sends_close_notify(both):
    """It arrives after all data."""
    end, client = both
    end.write(b"last")
    end.end()
    client.move()
    assert client.tls.read(100) == b"last"
    assert client.tls.read(100) == b""
    assert not end.is_open


async def test_a_closed_connection_frees_openssls_memory(both):
    """At once, without waiting for the garbage collector."""
    end, _ = both
    end.abort()
    await asyncio.sleep(0)
    assert end.tls is None
    assert end.errors == [None]


async def test_an_invalid_record_ends_the_connection_with_an_alert(both):
    """Both sides get the reason."""
    end, client = both
    client.wire.deliver(b"\x17\x03\x03\x00\x18" + b"x" * 24)
    client.move()
    for _ in range(4):
        await asyncio.sleep(0)
    assert isinstance(end.errors[0], ssl.SSLError)
    with pytest.raises(ssl.SSLError, match="ALERT"):
        client.tls.read(100)


async def test_a_closed_endpoint_reads_no_more(both):
    """Records after its end are dropped, even if they have arrived."""
    end, client = both

    def take(data: bytes) -> None:
        end.taken.append(data)
        end.abort()

    end.take = take
    client.tls.write(b"a")
    client.tls.write(b"b")
    client.move()
    await asyncio.sleep(0)
    assert end.taken == [b"a"]
