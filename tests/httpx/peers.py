"""Peers on loopback that are no HTTP library: what arrives is kept byte for byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

Answer = Callable[[bytes], "bytes | Iterable[bytes] | None"]


def reply(status: str, *lines: str, body: bytes = b"") -> bytes:
    """Write a reply with a Content-Length."""
    fields = "".join(f"{line}\r\n" for line in (*lines, f"Content-Length: {len(body)}"))
    return f"HTTP/1.1 {status}\r\n{fields}\r\n".encode("latin-1") + body


class RawServer:
    """Answers each request with what ``answer`` returns for its bytes; None closes without an answer.

    Of an iterable each piece is sent by itself, and the connection is closed after the last one.
    """

    def __init__(self, answer: Answer) -> None:
        self.requests: list[bytes] = []
        self.gone = threading.Event()
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def url(self) -> str:
        """The origin of the server."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def targets(self) -> list[str]:
        """Return the request targets in order."""
        return [request.split(b" ")[1].decode("ascii") for request in self.requests]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while (request := _request(connection)) and self._reply(connection, request):
                    pass
            except OSError:
                pass
            self._open.discard(connection)
        self.gone.set()

    def _reply(self, connection: socket.socket, request: bytes) -> bool:
        self.requests.append(request)
        answer = self._answer(request)
        if isinstance(answer, bytes):
            connection.sendall(answer)
            return True
        for piece in answer or ():
            connection.sendall(piece)
        return False


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    fields = head.lower()
    length = 0
    if b"content-length:" in fields:
        length = int(fields.partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length or (b"transfer-encoding: chunked" in fields and not body.endswith(b"0\r\n\r\n")):
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body
