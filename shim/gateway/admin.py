"""The operator's listener: probes that never ask upstream, metrics, and a status page.

    /livez, /readyz                 whether the event loop responds; whether it accepts calls
    /, /status.txt, /status.json    the gateway's status, for browsers, terminals and programs
    /metrics                        its counters

Probes answer everyone. Pages are served only if Host is an address or the listener's own
name, so that no web page can read them by pointing its name at this machine (DNS
rebinding).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import textwrap
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING

import attrs
from prometheus_client import CONTENT_TYPE_LATEST

from shim.core.messages import Headers, Reply
from shim.gateway.checks import authorities_of
from shim.gateway.errors import Refusal, bad_request
from shim.gateway.http1.clients import Clients
from shim.gateway.http1.listener import Bound, Listener
from shim.gateway.http1.response import Request
from shim.gateway.option_values import Address, is_address
from shim.gateway.options import Options
from shim.gateway.status import StatusObject
from shim.page import VERDICTS, hash_source, printable, templates
from shim.tools.inventory.verdict import spoken
from shim.tools.radar.radar import distance

if TYPE_CHECKING:
    from jinja2 import Environment

# The limit on connections. One more ends an idle connection; a probe that sends at once
# is never idle.
MAX_CONNECTIONS = 64
LIMITS = Options(
    max_connections=MAX_CONNECTIONS, client_timeout=5.0, keepalive_timeout=5.0
)
WIDTH = 80  # columns of the text page

_FILES = files("shim.gateway").joinpath("templates")
_STYLE = _FILES.joinpath("status.css").read_text("utf-8")
_SCRIPT = _FILES.joinpath("status.js").read_text("utf-8")

_POLICY = (
    f"default-src 'none'; style-src {hash_source(_STYLE)}; script-src {hash_source(_SCRIPT)}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_OF_PAGES = (  # pages of other origins may not embed or read it
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
)


@attrs.define(eq=False)
class Admin:
    """Answers the operator in a thread of its own.

    ``asked`` is when ``/readyz`` was last called (monotonic).
    """

    bound: Bound
    metrics: Callable[[], bytes]
    status: Callable[[], StatusObject]
    live: Callable[[], bool]
    ready: Callable[[], bool]
    asked: float = float("-inf")
    _loop: asyncio.AbstractEventLoop = attrs.field(factory=asyncio.new_event_loop)
    _ended: asyncio.Event = attrs.field(factory=asyncio.Event)
    _thread: threading.Thread = attrs.field(init=False)

    @property
    def address(self) -> Address:
        """The address of the listener."""
        return self.bound.address

    def __attrs_post_init__(self) -> None:
        run = partial(self._loop.run_until_complete, self._serve())
        self._thread = threading.Thread(target=run, name="admin", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Wait for answers in progress, then close all connections."""
        # an error ended it, which was logged
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended.set)
        await asyncio.to_thread(self._thread.join)
        self.bound.close()
        self._loop.close()

    async def _serve(self) -> None:
        listener = Listener(Clients(self, LIMITS), self.bound, lambda: None, reserve=4)
        await self._ended.wait()
        await listener.refuse()
        await listener.close()

    async def __call__(self, request: Request) -> None:
        """Answer one request from an operator's tool."""
        try:
            request.answer(self._reply(request))
        except Refusal as refusal:
            request.refuse(refusal)

    def _reply(self, request: Request) -> Reply:
        path = request.head.target.partition("?")[0]
        if len(request.head.hosts) > 1:
            raise bad_request("A request must have exactly one Host field.")
        if request.head.method not in {"GET", "HEAD"}:
            raise Refusal(
                405,
                "SHIM_METHOD_NOT_ALLOWED",
                None,
                "Only GET and HEAD are allowed.",
                headers=(("Allow", "GET, HEAD"),),
            )
        if path == "/livez":
            return _probed("stuck", is_well=self.live())
        if path == "/readyz":
            self.asked = time.monotonic()
            return _probed("draining", is_well=self.ready())
        self._check_host(request)
        if path == "/metrics":
            return _reply(200, self.metrics().decode(), CONTENT_TYPE_LATEST, _OF_PAGES)
        shown = _PAGES.get(path)
        if shown is None:
            raise Refusal(404, "SHIM_NOT_FOUND", None, "There is no such page.")
        render, content_type = shown
        return _reply(200, render(self.status()), content_type, _OF_PAGES)

    def _check_host(self, request: Request) -> None:
        """Raise Refusal if the requested name could belong to another site."""
        host = "".join(request.head.hosts).lower()
        if host.rpartition(":")[2].isdecimal():
            name = host.rpartition(":")[0]
        else:
            name = host
        is_number = name == "localhost" or is_address(
            name.removeprefix("[").removesuffix("]")
        )
        if host not in authorities_of(self.address) and not is_number:
            detail = "Open this page by the IP address of the admin listener, or as localhost; other names are refused."
            raise Refusal(421, "SHIM_HOST_UNKNOWN", None, detail, close=True)


def page(status: StatusObject) -> str:
    """Return the page as HTML.

    The first call loads jinja2.
    """
    return _templates().get_template("status.html.j2").render(status=printable(status))


def text(status: StatusObject) -> str:
    """Return the page as text.

    Sentences are in lines of 80 columns, and each table row in one line, for grep.
    """
    return (
        _templates().get_template("status.txt.j2").render(status=printable(status, "?"))
    )


@cache
def _templates() -> Environment:
    made = templates(
        _FILES,
        {
            "wrapped": partial(
                textwrap.fill,
                width=WIDTH,
                break_long_words=False,
                break_on_hyphens=False,
            )
        },
    )
    made.globals |= {"spoken": spoken, "distance": distance, "verdicts": VERDICTS}
    made.globals |= {"style": _STYLE, "script": _SCRIPT}
    return made


def _as_json(status: StatusObject) -> str:
    return f"{json.dumps(status, indent=2)}\n"


_PAGES: Mapping[str, tuple[Callable[[StatusObject], str], str]] = {
    "/": (page, "text/html; charset=utf-8"),
    "/status.txt": (text, "text/plain; charset=utf-8"),
    "/status.json": (_as_json, "application/json"),
}
"""The function that renders each page, and its media type, by path."""


def _probed(said: str, *, is_well: bool) -> Reply:
    """Answer a probe; ``said`` is why the gateway is unhealthy."""
    if is_well:
        return _reply(200, "ok\n")
    return _reply(503, f"{said}\n")


def _reply(
    status: int, said: str, kind: str = "text/plain; charset=utf-8", more: Headers = ()
) -> Reply:
    return Reply(
        status,
        (("Content-Type", kind), ("Cache-Control", "no-store"), *more),
        said.encode(),
    )
