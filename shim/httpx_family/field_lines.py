"""Field lines in the core's terms and back in httpx's, without making again what the last call of a client had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shim.core.commands import Send
from shim.core.content_coding import acceptable
from shim.core.messages import Headers
from shim.dropin.digest import is_stale
from shim.httpx_family.library import Library

if TYPE_CHECKING:
    import httpx


def header_lines(headers: httpx.Headers) -> Headers:
    """Return field lines as text, one character for one byte, so that they can be turned back exactly."""
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw])


class FieldLines:
    """The field lines of one client's last retired call, and what was made of them: the next one mostly has the same.

    It belongs to the client, as the credentials do that may be among them.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._seen: tuple[list[tuple[bytes, bytes]], Headers] | None = None
        self._made: tuple[tuple[object, ...], httpx.Headers, bool, int] | None = None

    def of(self, headers: httpx.Headers) -> Headers:
        """Return a request's field lines in the core's terms."""
        seen, raw = self._seen, headers.raw
        if seen is None or seen[0] != raw:
            self._seen = seen = (raw, header_lines(headers))
        return seen[1]

    def to_send(self, send: Send, *, same_body: bool) -> tuple[httpx.Headers, bool, int]:
        """Return the field lines of a request to send, whether a Digest signature was left out, and how many they are.

        That is -1 where credentials are among them. A signature is left out where it is one over another target, and
        fields about the body where the body is another.
        """
        call, made = send.call, self._made
        facts = (call.headers, call.target, send.rewritten, send.may_read, same_body)
        if made is None or made[0] != facts:
            self._made = made = (facts, *_made_of(self._library, send, same_body=same_body))
        return made[1], made[2], made[3]


def _made_of(library: Library, send: Send, *, same_body: bool) -> tuple[httpx.Headers, bool, int]:
    stripped = signed = False
    lines: list[tuple[bytes, bytes]] = []
    for name, value in send.call.headers:
        kind = name.lower()
        if not same_body and kind in {"content-length", "transfer-encoding"}:
            continue
        if send.rewritten and kind == "authorization" and is_stale(value, send.call.target):
            stripped = True
            continue
        signed = signed or kind == "authorization"
        kept = acceptable(value) if kind == "accept-encoding" and send.may_read else value
        lines.append((name.encode("latin-1"), kept.encode("latin-1")))
    return library.module.Headers(lines), stripped, -1 if signed else len(lines)
