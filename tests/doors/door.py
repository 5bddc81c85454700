"""The interface to one library, so that a test can run for all of them."""

import abc
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import aiohttp
import attrs
import pytest

import shim

Faults = type[BaseException] | tuple[type[BaseException], ...]


@attrs.frozen
class Got:
    """What a caller got: ``fields`` as they came, ``content`` as the library hands it out, ``shown`` URLs.

    ``shown`` are those of the response and of each redirect before it, None where a
    library knows none.
    """

    status: int
    reason: str
    fields: Sequence[tuple[str, str]]
    content: bytes
    shown: Sequence[str | None]
    record: shim.Record | None

    def field(self, name: str) -> list[str]:
        """Return the values of a field."""
        return [value for key, value in self.fields if key.lower() == name.lower()]


class Client(abc.ABC):
    """A client, session, manager or opener; ``native`` is the library's own object, or one that is made of it."""

    native: Any

    @abc.abstractmethod
    def ask(
        self, url: str, method: str = "GET", headers: Any = None, **body: Any
    ) -> Got:
        """Call, and read all of the reply; ``body`` is one of the door's forms."""

    @abc.abstractmethod
    def begin(self, url: str, size: int) -> bytes:
        """Call, read so many bytes of the content, and leave the rest."""

    def many(self, urls: Sequence[str], headers: Any) -> list[Got]:
        """Call all at once."""
        with ThreadPoolExecutor(len(urls)) as pool:
            return list(pool.map(lambda url: self.ask(url, headers=headers), urls))


def noting(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, wait: Callable[..., Any]
) -> list[Any]:
    """Have a library's method note how long each of its requests may wait for a reply; returns these seconds."""
    noted: list[Any] = []
    original = getattr(owner, method)

    def note(*args: Any, **options: Any) -> Any:
        noted.append(wait(*args, **options))
        return original(*args, **options)

    monkeypatch.setattr(owner, method, note)
    return noted


ALL_FORMS = ("json", "text", "bytes", "file", "pieces")


async def in_pieces(text: bytes) -> AsyncIterator[bytes]:
    """Yield a body that can be read once."""
    yield text[:9]
    yield text[9:]


class Door(abc.ABC):
    """A library: how its clients are opened, and the names that it has for faults.

    ``refused`` nobody listens, ``broken`` the connection ends too early, ``late`` a
    timeout is over, ``loops`` too many redirects. ``trips`` are those of three signed
    calls in a row, none where the library can't sign with Digest.
    """

    refused: Faults
    broken: Faults
    late: Faults
    loops: Faults | None
    trips: Sequence[int] = (2, 1, 1)
    is_awaited = False
    content = "content"  # the argument that takes a body
    takes: Sequence[str] = ALL_FORMS
    is_own_class = True  # the shim has clients of its own for it
    keeps_cookies = True
    keeps_connections = True
    # of how many a number of seconds stands for, which together are for all that is
    # sent; 0: for nothing
    timeouts = 1
    decodes = True
    signs_by_url = True  # user and password in a URL are credentials

    @abc.abstractmethod
    def open(
        self, *, own: bool = False, **options: Any
    ) -> AbstractContextManager[Client]:
        """Open a client of the shim's, or the library's ``own``.

        Options: ``key`` signs with Digest, ``user`` with Basic; ``timeout`` in seconds;
        ``proxy``; with ``checks`` the client raises for the statuses of errors; with
        ``wire`` content is handed out as it came, its coding not undone; without
        ``follows`` a redirect is the reply, where the library has a switch for that.
        """

    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """Return how long each request may wait for its reply, in seconds, as they are sent from now on."""
        raise NotImplementedError

    def forms(self, text: bytes) -> dict[str, Callable[[], dict[str, Any]]]:
        """Return what makes the same JSON body, in each form that the library takes."""
        made: dict[str, Callable[[], Any]] = {
            "text": text.decode,
            "bytes": lambda: text,
            "file": lambda: io.BytesIO(text),
            "pieces": lambda: (
                in_pieces(text) if self.is_awaited else iter([text[:9], text[9:]])
            ),
            "payload": lambda: aiohttp.JsonPayload(json.loads(text)),
        }
        forms = {
            name: lambda name=name: {self.content: made[name]()}
            for name in self.takes
            if name in made
        }
        return forms | (
            {"json": lambda: {"json": json.loads(text)}} if "json" in self.takes else {}
        )
