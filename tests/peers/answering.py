"""A server that replies to each request by a function, and stores the requests as received."""

import contextlib
from collections.abc import Callable, Iterable, Iterator

from tests.peers.raw import Arrivals, converse, raw_upstream
from tests.peers.raw import reply as whole

Answer = Callable[[bytes], "bytes | Iterable[bytes] | None"]


def reply(status: str, *lines: str, body: bytes = b"") -> bytes:
    """Write a reply with a Content-Length."""
    return whole(body, *lines, status=status)


@contextlib.contextmanager
def answering(answer: Answer) -> Iterator[Arrivals]:
    """Run a server that replies to each request with the result of ``answer``, as ``converse`` does."""

    def arrived(head: bytes, content: bytes) -> bytes | Iterable[bytes] | None:
        arrivals.requests.append(head + content)
        return answer(head + content)

    with raw_upstream(lambda peer: converse(peer, arrived)) as arrivals:
        yield arrivals
