"""The operator's listener: probes that never ask upstream, metrics, what a gateway does, and the way out."""

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
from shim.gateway.credentials.modes import from_a_page
from shim.gateway.errors import Refusal, bad_request
from shim.gateway.http1.clients import Clients
from shim.gateway.http1.listener import Listener
from shim.gateway.http1.response import Request
from shim.gateway.http1.sockets import Bound
from shim.gateway.options import Address, Options
from shim.gateway.status import Json, page, policy, text

MOST = 64
"""Connections at a time; one more ends an idle connection, and a probe that asks at once is never idle."""

LIMITS = attrs.evolve(Options(), max_connections=MOST, client_timeout=5.0, keepalive_timeout=5.0)
"""What the operator's connections are held to."""

_TEXT, _JSON = "text/plain; charset=utf-8", "application/json"

_Made = Callable[[], Awaitable[str]]


class Admin:
    """Listens, and answers the operator on a plain loop in a thread of its own, where all it is given is called.

    ``/livez`` (the loop turns) and ``/readyz`` (calls are taken) answer anybody. The pages show what the gateway does
    and how it is set, by no name but an address or the listener's own: a web page whose own name was turned to this
    machine reads nothing (DNS rebinding). ``POST /quitquitquit`` calls ``end``, if there is one, once, for a
    caller that names the listener and is no web page.
    """

    def __init__(  # noqa: PLR0913 - one argument a page or probe
        self,
        bound: Bound,
        metrics: Callable[[], bytes],
        status: Callable[[], Awaitable[Json]],
        *,
        live: Callable[[], bool],
        ready: Callable[[], bool],
        end: Callable[[], None] | None,
        config: Callable[[], Mapping[str, object]],
    ) -> None:
        def of_status(show: Callable[[Json], str]) -> _Made:
            async def made() -> str:
                return show(await status())

            return made

        async def counted() -> str:
            return metrics().decode()

        async def settings() -> str:
            return _json(config())

        self._probes = {"/livez": (live, "stuck"), "/readyz": (ready, "draining")}
        self._pages: dict[str, tuple[str, _Made]] = {
            "/": ("text/html; charset=utf-8", of_status(page)),
            "/status.txt": (_TEXT, of_status(text)),
            "/status.json": (_JSON, of_status(_json)),
            "/config.json": (_JSON, settings),
            "/metrics": (CONTENT_TYPE_LATEST, counted),
        }
        self._ready = ready
        self._end = end
        self._ending = False
        self._bound = bound
        assert bound.address is not None, "it listens on an address"
        self.address: Address = bound.address
        self._authorities = authorities_of(bound.address)
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="admin", daemon=True)
        self.asked = float("-inf")
        """When ``/readyz`` was last asked, by the monotonic clock."""

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    async def stop(self) -> None:
        """Let answers in progress end, and close all."""
        if self._thread.ident is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by a defect, which was logged
                self._loop.call_soon_threadsafe(self._ended.set)
            await asyncio.to_thread(self._thread.join)
        self._bound.close()
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        listener = Listener(Clients(self, LIMITS), self._bound, reserve=True)
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
        path = request.head.target.partition("?")[0]
        hosts = [value.lower() for name, value in request.head.headers if name.lower() == "host"]
        if len(hosts) > 1:
            raise bad_request("A request has one Host.")
        host = hosts[0] if hosts else ""
        if path == "/quitquitquit":
            return self._quit(request, host)
        if request.head.method not in {"GET", "HEAD"}:
            raise _only("GET, HEAD")
        if path in self._probes:
            self.asked = time.monotonic() if path == "/readyz" else self.asked
            good, otherwise = self._probes[path]
            return _reply(200, "ok\n") if good() else _reply(503, f"{otherwise}\n")
        if path not in self._pages:
            raise _no_page()
        if host not in self._authorities and not _is_address(host):
            detail = "This page is shown by the address of the admin listener, or as localhost, and by no other name."
            raise Refusal(421, "SHIM_HOST_UNKNOWN", detail, close=True)
        kind, made = self._pages[path]
        return _reply(200, await made(), kind, _for_this_page_alone())

    def _quit(self, request: Request, host: str) -> Reply:
        if self._end is None:
            raise _no_page()
        if request.head.method != "POST":
            raise _only("POST")
        if from_a_page(request.head.headers) or host not in self._authorities:
            detail = "Only a program on this machine may end the gateway, by the address that it listens on."
            raise Refusal(403, "SHIM_FORBIDDEN", detail, close=True)
        # A second request must not cut what the first lets end.
        if self._ready() and not self._ending:
            self._ending = True
            self._end()
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


def _json(value: object) -> str:
    return f"{json.dumps(value, indent=2)}\n"


def _for_this_page_alone() -> Headers:
    """Return what keeps a page of somebody else's from showing or reading what is meant for the operator."""
    return (
        ("Content-Security-Policy", policy()),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
    )


def _reply(status: int, said: str, kind: str = _TEXT, more: Headers = ()) -> Reply:
    return Reply(status, (("Content-Type", kind), ("Cache-Control", "no-store"), *more), said.encode())
