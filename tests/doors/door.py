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
    """A caller's reply.

    ``fields`` are as received, ``content`` is as the library returns it. ``shown`` are
    the URLs of the response and of each redirect before it, None if a library has none.
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
    """A client, session, manager or opener; ``native`` is the library's own object, or one built from it."""

    native: Any

    @abc.abstractmethod
    def ask(
        self, url: str, method: str = "GET", headers: Any = None, **body: Any
    ) -> Got:
        """Call, and read the whole reply; ``body`` is one of the entry point's forms."""

    @abc.abstractmethod
    def begin(self, url: str, size: int) -> bytes:
        """Call, read this many bytes of the content, and discard the rest."""

    def many(self, urls: Sequence[str], headers: Any) -> list[Got]:
        """Make all calls at once."""
        with ThreadPoolExecutor(len(urls)) as pool:
            return list(pool.map(lambda url: self.ask(url, headers=headers), urls))


def noting(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, wait: Callable[..., Any]
) -> list[Any]:
    """Make a library's method record how long each of its requests may wait for a reply; return these seconds."""
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
    """A library: how to open its clients, and its exceptions for faults.

    ``refused``: no one listens; ``broken``: the connection ends too early; ``late``: a
    timeout; ``loops``: too many redirects. ``trips`` are the requests of three signed
    calls in a row, empty if the library can't sign with Digest.
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
    # The number of timeouts that a number of seconds sets, which together cover all
    # requests; 0: none
    timeouts = 1
    decodes = True
    signs_by_url = True  # user and password in a URL are credentials

    @abc.abstractmethod
    def open(
        self, *, own: bool = False, **options: Any
    ) -> AbstractContextManager[Client]:
        """Open a client of the shim's, or the library's ``own``.

        Options: ``key`` signs with Digest, ``user`` with Basic; ``timeout`` in seconds;
        ``proxy``; with ``checks`` the client raises for error statuses; with ``wire``
        content stays in its coding; without ``follows`` a redirect is the reply, if the
        library has a switch for that.
        """

    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """Record how long each request may wait for its reply, in seconds, for requests sent from now on."""
        raise NotImplementedError

    def forms(self, text: bytes) -> dict[str, Callable[[], dict[str, Any]]]:
        """Return makers of the same JSON body, in each form that the library accepts."""
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
