"""TLS between an end and its transport, with OpenSSL's own client, without sockets."""

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
    """An end that takes down what arrives."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(asyncio.get_running_loop(), memoryview(bytearray(READ)))
        self.tls = Tls(self, context, server_side=True)
        self.taken: list[bytes] = []
        self.errors: list[BaseException | None] = []
        self.is_made = self.has_ended = False

    def made(self) -> None:
        """Take the beginning."""
        self.is_made = True

    def take(self, data: bytes) -> None:
        """Take what arrived."""
        self.taken.append(data)

    def ended(self) -> None:
        """Take the end."""
        self.has_ended = True

    def lost(self, error: BaseException | None) -> None:
        """Take the loss."""
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
        """Have all bytes arrive, as far as they may."""
        self.incoming.write(self.wire.take(1 << 24))
        data = self.outgoing.read()
        while data and (moved := self.wire.deliver(data)):
            data = data[moved:]
        self.left = data

    def shake_hands(self) -> None:
        """Shake hands."""
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


async def test_what_is_sent_arrives_in_both_directions(both):
    """Whatever its length, and however it is cut into records."""
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


async def test_no_more_is_read_of_a_caller_than_is_kept_of_each(both):
    """OpenSSL's buffers grow to what arrives at once, and stay so large."""
    end, _ = both
    assert len(end.get_buffer(-1)) == CALLER_READ_SIZE


async def test_very_small_records_are_taken_a_part_a_turn(both):
    """Nothing more is read meanwhile, and in the end all of them have arrived."""
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


async def test_an_end_that_holds_gets_nothing(both):
    """What has arrived already waits as ciphertext until it goes on."""
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
async def test_only_tls_own_word_is_the_end_of_content(both, is_said):
    """An end of the mere connection may be anybody's doing."""
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


async def test_an_end_that_closes_says_so(both):
    """The other side hears of it by TLS, behind all that was sent."""
    end, client = both
    end.write(b"last")
    end.end()
    client.move()
    assert client.tls.read(100) == b"last"
    assert client.tls.read(100) == b""
    assert not end.is_open


async def test_what_has_ended_holds_no_memory_of_openssl(both):
    """It is freed at once, and not by a garbage collection some time."""
    end, _ = both
    end.abort()
    await asyncio.sleep(0)
    assert end.tls is None
    assert end.errors == [None]


async def test_broken_records_end_the_connection_with_an_alert(both):
    """Both sides hear why."""
    end, client = both
    client.wire.deliver(b"\x17\x03\x03\x00\x18" + b"x" * 24)
    client.move()
    for _ in range(4):
        await asyncio.sleep(0)
    assert isinstance(end.errors[0], ssl.SSLError)
    with pytest.raises(ssl.SSLError, match="ALERT"):
        client.tls.read(100)


async def test_an_end_that_ends_takes_nothing_more(both):
    """Records behind the one by which it ended the connection are dropped, though they have arrived."""
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
