"""The operator's listener: probes that never ask upstream, metrics, what a gateway does, and the way out.

/livez, /readyz                     the calls' loop turns; calls are taken: for anybody
/, /status.txt, /status.json        what the gateway does
/config.json, /metrics              how it is set; its counts
POST /quitquitquit                  its end, if a program on this machine may ask for that
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping

import attrs
from prometheus_client import CONTENT_TYPE_LATEST

from shim.core.messages import Headers, Reply
from shim.gateway.checks import authorities_of
from shim.gateway.credentials.gates import from_a_page
from shim.gateway.errors import Refusal, bad_request
from shim.gateway.http1.clients import Clients
from shim.gateway.http1.listener import Bound, Listener
from shim.gateway.http1.response import Request
from shim.gateway.options import Address, Options
from shim.gateway.status import Json, page, policy, text

MOST = 64
"""Connections at a time; one more ends an idle connection, and a probe that asks at once is never idle."""

LIMITS = attrs.evolve(Options(), max_connections=MOST, client_timeout=5.0, keepalive_timeout=5.0)
"""What the operator's connections are held to."""

_TEXT, _JSON = "text/plain; charset=utf-8", "application/json"


@attrs.define(eq=False)
class Admin:
    """Answers the operator on a plain loop in a thread of its own, where all it is given is called.

    The pages are shown by no name but an address or the listener's own: a web page whose own name was turned to this
    machine reads nothing (DNS rebinding). ``end`` is called once, for a caller that names the listener and is no web
    page. ``asked`` is when ``/readyz`` was last asked, by the monotonic clock.
    """

    bound: Bound
    metrics: Callable[[], bytes]
    status: Callable[[], Awaitable[Json]]
    config: Callable[[], Mapping[str, object]]
    live: Callable[[], bool]
    ready: Callable[[], bool]
    end: Callable[[], object] | None
    asked: float = float("-inf")
    _ending: bool = False
    _loop: asyncio.AbstractEventLoop = attrs.field(factory=asyncio.new_event_loop)
    _ended: asyncio.Event = attrs.field(factory=asyncio.Event)
    _thread: threading.Thread | None = None

    @property
    def address(self) -> Address:
        """Where it listens."""
        assert self.bound.address is not None, "it listens on an address"
        return self.bound.address

    def start(self) -> None:
        """Answer from now on."""
        run = self._loop.run_until_complete
        self._thread = threading.Thread(target=lambda: run(self._serve()), name="admin", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Let answers in progress end, and close all."""
        if self._thread is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by a defect, which was logged
                self._loop.call_soon_threadsafe(self._ended.set)
            await asyncio.to_thread(self._thread.join)
        self.bound.close()
        self._loop.close()

    async def _serve(self) -> None:
        listener = Listener(Clients(self, LIMITS), self.bound, reserve=4)
        await self._ended.wait()
        await listener.refuse()
        await listener.close()

    async def __call__(self, request: Request) -> None:
        """Answer one request of the operator's tools."""
        try:
            request.answer(await self._reply(request))
        except Refusal as refusal:
            request.refuse(refusal)

    async def _reply(self, request: Request) -> Reply:
        method, path = request.head.method, request.head.target.partition("?")[0]
        hosts = [value.lower() for name, value in request.head.headers if name.lower() == "host"]
        if len(hosts) > 1:
            raise bad_request("A request has one Host.")
        host = hosts[0] if hosts else ""
        is_own = host in authorities_of(self.address)
        if path == "/quitquitquit":
            return self._quit(request, is_own=is_own)
        if method not in {"GET", "HEAD"}:
            raise _only("GET, HEAD")
        match path:
            case "/livez":
                return _reply(200, "ok\n") if self.live() else _reply(503, "stuck\n")
            case "/readyz":
                self.asked = time.monotonic()
                return _reply(200, "ok\n") if self.ready() else _reply(503, "draining\n")
        if not is_own and not _is_address(host):
            detail = "This page is shown by the address of the admin listener, or as localhost, and by no other name."
            raise Refusal(421, "SHIM_HOST_UNKNOWN", detail, close=True)
        match path:
            case "/":
                return _page(page(await self.status()), "text/html; charset=utf-8")
            case "/status.txt":
                return _page(text(await self.status()), _TEXT)
            case "/status.json":
                return _page(f"{json.dumps(await self.status(), indent=2)}\n", _JSON)
            case "/config.json":
                return _page(f"{json.dumps(self.config(), indent=2)}\n", _JSON)
            case "/metrics":
                return _page(self.metrics().decode(), CONTENT_TYPE_LATEST)
        raise _no_page()

    def _quit(self, request: Request, *, is_own: bool) -> Reply:
        if self.end is None:
            raise _no_page()
        if request.head.method != "POST":
            raise _only("POST")
        if from_a_page(request.head.headers) or not is_own:
            detail = "Only a program on this machine may end the gateway, by the address that it listens on."
            raise Refusal(403, "SHIM_FORBIDDEN", detail, close=True)
        # A second request must not cut what the first lets end.
        if self.ready() and not self._ending:
            self._ending = True
            self.end()
        return _reply(200, "draining\n")


def _no_page() -> Refusal:
    return Refusal(404, "SHIM_NOT_FOUND", "There is no such page.")


def _only(methods: str) -> Refusal:
    return Refusal(405, "SHIM_METHOD_NOT_ALLOWED", f"Only {methods}.", headers=(("Allow", methods),))


def _is_address(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return name == "localhost"
    return True


def _page(said: str, kind: str) -> Reply:
    """Return a page, with what keeps a page of somebody else's from showing or reading it."""
    more = (
        ("Content-Security-Policy", policy()),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
    )
    return _reply(200, said, kind, more)


def _reply(status: int, said: str, kind: str = _TEXT, more: Headers = ()) -> Reply:
    return Reply(status, (("Content-Type", kind), ("Cache-Control", "no-store"), *more), said.encode())
