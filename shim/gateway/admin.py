"""The operator's pages: probes that never ask upstream, metrics, what a gateway does, and the way out."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping

import attrs
from prometheus_client import CONTENT_TYPE_LATEST

from shim.core.messages import Headers, Reply, field
from shim.gateway.board.html import page
from shim.gateway.board.status import Status
from shim.gateway.board.text import text
from shim.gateway.credentials.modes import from_a_page
from shim.gateway.errors import Refusal
from shim.gateway.http1.request import Request
from shim.page import POLICY

_PLAIN = "text/plain; charset=utf-8"

_NO_PAGE = Refusal(404, "SHIM_NOT_FOUND", "There is no such page.")

_FOR_THIS_PAGE_ALONE: Headers = (
    ("Content-Security-Policy", f"{POLICY}; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
)
"""What keeps a page of somebody else's from showing or reading what is meant for the operator."""


class Admin:
    """Answers the operator: probes, metrics, and pages with what a gateway does and how it is set.

    ``/livez`` (the loop turns), ``/readyz`` (calls are taken) and ``/metrics`` answer anybody. What the gateway does
    is at ``/`` for browsers, ``/status.txt`` for terminals and ``/status.json`` for programs, and the settings in force
    are at ``/config.json``: these by no name but an address, so that no page of somebody else's can have a name of its
    own lead here and read them (DNS rebinding).

    It may be in another thread than the calls, so what it is given must bear that. ``POST /quitquitquit`` calls
    ``end``, if there is one, once, for a caller who names one of the ``authorities`` as Host and is no web page.
    """

    def __init__(  # noqa: PLR0913 - one argument a page or probe
        self,
        metrics: Callable[[], bytes],
        status: Callable[[], Awaitable[Status]],
        *,
        live: Callable[[], bool],
        ready: Callable[[], bool],
        end: Callable[[], None] | None,
        config: Callable[[], Mapping[str, object]],
    ) -> None:
        self._metrics = metrics
        self._status = status
        self._live = live
        self._ready = ready
        self._end = end
        self._config = config
        self._ending = False
        self.authorities: frozenset[str] = frozenset()

    async def __call__(self, request: Request) -> None:
        """Answer one request of the operator's tools."""
        try:
            request.answer(await self._reply(request))
        except Refusal as refusal:
            request.refuse(refusal)

    async def _reply(self, request: Request) -> Reply:
        path = request.target.partition("?")[0]
        if path == "/quitquitquit":
            return self._quit(request)
        if request.method not in {"GET", "HEAD"}:
            raise _only("GET, HEAD")
        match path:
            case "/livez":
                return _text(200, "ok\n") if self._live() else _text(503, "stuck\n")
            case "/readyz":
                return _text(200, "ok\n") if self._ready() else _text(503, "draining\n")
            case "/metrics":
                return _text(200, self._metrics().decode(), CONTENT_TYPE_LATEST)
            case "/" | "/status.txt" | "/status.json" | "/config.json":
                self._check_host(request)
                return await self._page(path)
        raise attrs.evolve(_NO_PAGE)

    async def _page(self, path: str) -> Reply:
        if path == "/config.json":
            kind, said = "application/json", _json(self._config())
        elif path == "/status.json":
            kind, said = "application/json", _json(attrs.asdict(await self._status()))
        elif path == "/status.txt":
            kind, said = _PLAIN, text(await self._status())
        else:
            kind, said = "text/html; charset=utf-8", page(await self._status())
        return _text(200, said, kind, _FOR_THIS_PAGE_ALONE)

    def _quit(self, request: Request) -> Reply:
        if self._end is None:
            raise attrs.evolve(_NO_PAGE)
        if request.method != "POST":
            raise _only("POST")
        host = field(request.headers, "Host") or ""
        if from_a_page(request.headers) or host.lower() not in self.authorities:
            detail = "Only a program on this machine may end the gateway, by the address that it listens on."
            raise Refusal(403, "SHIM_FORBIDDEN", detail, close=True)
        # The second of two must not cut what the first one lets end.
        if self._ready() and not self._ending:
            self._ending = True
            self._end()
        return _text(200, "draining\n")

    def _check_host(self, request: Request) -> None:
        """Raise Refusal unless Host is the listener's, ``localhost``, or an address: no other name led here."""
        host = (field(request.headers, "Host") or "").lower()
        if host not in self.authorities and not _is_address(host):
            detail = "This page is shown by the address of the admin listener, or as localhost, and by no other name."
            raise Refusal(421, "SHIM_HOST_UNKNOWN", detail, close=True)


def _only(methods: str) -> Refusal:
    return Refusal(405, "SHIM_METHOD_NOT_ALLOWED", f"Only {methods}.", headers=(("Allow", methods),))


def _is_address(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return name == "localhost"
    return True


def _json(value: object) -> str:
    return f"{json.dumps(value, indent=2)}\n"


def _text(status: int, said: str, kind: str = _PLAIN, more: Headers = ()) -> Reply:
    return Reply(status, (("Content-Type", kind), ("Cache-Control", "no-store"), *more), said.encode())
