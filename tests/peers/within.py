"""TLS over any carrier of its bytes."""

import ssl
from collections.abc import Callable
from typing import Any


class Within:
    """A TLS server within a carrier of its bytes, a plain connection or another one with TLS.

    Raises SSLError after sending its alert if the handshake fails.
    """

    def __init__(self, carrier: Any, context: ssl.SSLContext) -> None:
        self._carrier = carrier
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._run(self.tls.do_handshake)

    def _run(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                pass
            finally:
                self._carrier.sendall(self._out.read())
            data = self._carrier.recv(65536)
            if not data:
                raise ConnectionResetError
            self._in.write(data)

    def recv(self, size: int) -> bytes:
        """Return the next bytes."""
        return bytes(self._run(lambda: self.tls.read(size)))

    def sendall(self, data: bytes) -> None:
        """Write bytes."""
        if data:
            self._run(lambda: self.tls.write(data))
