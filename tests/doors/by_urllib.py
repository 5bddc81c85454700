"""urllib.request, by its openers."""

import contextlib
import http.client
from collections.abc import Iterator
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import (
    BaseHandler,
    HTTPCookieProcessor,
    HTTPDigestAuthHandler,
    HTTPPasswordMgr,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

import shim
from tests.doors.calls import basic
from tests.doors.door import Client, Door, Got


class _Client(Client):
    def __init__(self, native: OpenerDirector, timeout: float, *, checks: bool) -> None:
        self.native = native
        self.timeout = timeout
        self.checks = checks

    def opened(self, request: Request) -> Any:
        try:
            return self.native.open(request, timeout=self.timeout)
        except HTTPError as error:
            if self.checks:
                raise
            return error

    def ask(
        self, url: str, method: str = "GET", headers: Any = None, **body: Any
    ) -> Got:
        """Open a request; unless the client checks statuses, an error that the opener raises is a reply."""
        with self.opened(
            Request(url, headers=headers or {}, method=method, **body)
        ) as response:
            fields = list(response.headers.items())
            shown = [response.geturl()]
            return Got(
                response.status,
                response.reason,
                fields,
                response.read(),
                shown,
                shim.record(response),
            )

    def begin(self, url: str, size: int) -> bytes:
        """Read this many bytes."""
        with self.opened(Request(url)) as response:
            return bytes(response.read(size))


class _Key(HTTPPasswordMgr):
    """One key for everything."""

    def __init__(self, key: tuple[str, str]) -> None:
        super().__init__()
        self._key = key

    def find_user_password(self, realm: str, authuri: str) -> tuple[str, str]:
        """Return it."""
        return self._key


class Urllib(Door):
    """The opener, which is covered if the process is."""

    refused = URLError
    loops = None
    late = (TimeoutError, URLError)
    broken = (http.client.IncompleteRead, http.client.RemoteDisconnected)
    trips = (2, 2, 2)
    is_own_class = False
    keeps_connections = False
    timeouts = 0
    content = "data"
    takes = ("bytes", "file", "pieces")
    decodes = False
    signs_by_url = False

    @contextlib.contextmanager
    def open(self, *, own: bool = False, **options: Any) -> Iterator[Client]:
        """Build an opener, and cover the process unless the opener is to be the library's own."""
        if not own:
            shim.install()
        proxy = options.get("proxy")
        key = options.get("key")
        user = options.get("user")
        handlers: list[BaseHandler] = [
            ProxyHandler({"http": proxy} if proxy else {}),
            HTTPCookieProcessor(CookieJar()),
        ]
        if key:
            handlers.append(HTTPDigestAuthHandler(_Key(key)))
        native = build_opener(*handlers)
        if user:
            native.addheaders += basic(user).items()
        try:
            yield _Client(
                native,
                options.get("timeout", 30.0),
                checks=options.get("checks", False),
            )
        finally:
            if not own:
                shim.uninstall()
