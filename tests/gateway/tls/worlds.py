"""Certificate files that are replaced, and callers that inspect them."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509

from tests.peers.raw import Peer
from tests.peers.served import Served, calling, get, status_of

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def pems(mine: trustme.LeafCert) -> tuple[bytes, bytes]:
    """Return a certificate chain and its key."""
    return b"".join(
        blob.bytes() for blob in mine.cert_chain_pems
    ), mine.private_key_pem.bytes()


def serial_of(mine: trustme.LeafCert) -> int:
    """Return a certificate's serial number."""
    return x509.load_pem_x509_certificate(mine.cert_chain_pems[0].bytes()).serial_number


class Mount:
    """A folder like a Secret that Kubernetes mounts.

    Files are links through ``..data``, which is switched to a new folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def path(self, name: str) -> str:
        """Return the path of a file."""
        return str(self._folder / name)

    def turn(self, **files: bytes) -> None:
        """Replace all files at once; ``crt`` becomes ``tls.crt``."""
        self._count += 1
        fresh = self._folder / f"..{self._count}"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / f"tls.{name}").write_bytes(content)
            with contextlib.suppress(FileExistsError):
                Path(self.path(f"tls.{name}")).symlink_to(f"..data/tls.{name}")
        (self._folder / "..next").symlink_to(fresh)
        (self._folder / "..next").rename(self._folder / "..data")

    def turn_to(self, mine: trustme.LeafCert) -> None:
        """Replace certificate and key."""
        crt, key = pems(mine)
        self.turn(crt=crt, key=key)

    @property
    def options(self) -> dict[str, Any]:
        """The listener's options for these files."""
        return {"tls_cert": self.path("tls.crt"), "tls_key": self.path("tls.key")}


class Caller:
    """A caller that trusts an authority, and may have its own certificate.

    ``options`` are those of a gateway with a certificate from that authority, if there
    is one.
    """

    def __init__(
        self, authority: trustme.CA, mine: trustme.LeafCert | None = None
    ) -> None:
        self.options: dict[str, Any] = {}
        self.context = ssl.create_default_context()
        authority.configure_trust(self.context)
        if mine is not None:
            mine.configure_cert(self.context)

    def wrapped(self, peer: Peer) -> Peer:
        """Complete a handshake over a connection; the returned connection replaces it."""
        return Peer(self.context.wrap_socket(peer.socket, server_hostname="127.0.0.1"))

    @contextlib.contextmanager
    def calling(self, served: Served, source: str = "") -> Iterator[Peer]:
        """Complete a handshake, and keep the connection for a block."""
        with calling(served, source) as plain:
            peer = self.wrapped(plain)
            try:
                yield peer
            finally:
                peer.close()

    def ask(self, served: Served, source: str = "") -> int:
        """Make one call on a new connection, and return the response's status."""
        with self.calling(served, source) as peer:
            return ask(peer)

    def sees(self, served: Served) -> int:
        """Return the serial number of the gateway's certificate."""
        with self.calling(served) as peer:
            return number_of(peer)


def ask(peer: Peer) -> int:
    """Make one call, and return the response's status."""
    peer.send(get("/x"))
    return status_of(peer.message()[0])


def number_of(peer: Peer) -> int:
    """Return the serial number of the peer's certificate."""
    assert isinstance(peer.socket, ssl.SSLSocket)
    shown = peer.socket.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


def certified(folder: Path) -> Caller:
    """Return a caller of a gateway whose certificate for loopback is in a folder."""
    authority = trustme.CA()
    mount = Mount(folder)
    mount.turn_to(authority.issue_cert("localhost", "127.0.0.1"))
    caller = Caller(authority)
    caller.options = mount.options
    return caller


@contextlib.contextmanager
def crowd_of(caller: Caller, served: Served, size: int = 3) -> Iterator[list[object]]:
    """Let callers call on new connections all the time; yield their results, including errors."""
    got: list[object] = []
    ending = threading.Event()

    def call() -> None:
        while not ending.is_set():
            try:
                got.append(caller.ask(served))
            except (OSError, AssertionError) as error:
                got.append(error)

    threads = [threading.Thread(target=call, daemon=True) for _ in range(size)]
    for thread in threads:
        thread.start()
    try:
        yield got
    finally:
        ending.set()
        for thread in threads:
            thread.join()
