"""The rewrite below a session: an adapter around the one that a program mounted, or mounted itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter

from shim.doors.driver import drive
from shim.doors.exchange import steps
from shim.doors.process import concerns, prepare
from shim.doors.requests.door import RequestsDoor, retired_prepared

# in the order of an adapter's ``send``
_OPTIONS = (
    "stream",
    "timeout",
    "verify",
    "cert",
    "proxies",
)


class Adapter(BaseAdapter):
    """An adapter that rewrites calls to retired Atlas endpoints and sends by another one.

    ``session.mount("https://cloud.mongodb.com/", Adapter())``. ``inner`` is
    requests.adapters.HTTPAdapter() unless given; ``auth``, as sessions take it, signs
    retired calls here and nothing else. Everything else that ``inner`` has can be
    reached through this one. The record is in ``response.shim``, as with Session.
    Raises SettingsError and DocumentError as Session does.
    """

    def __init__(self, inner: BaseAdapter | None = None, *, auth: Any = None) -> None:
        prepare()
        super().__init__()
        self.inner = HTTPAdapter() if inner is None else inner
        self.auth = auth

    def __getattr__(self, name: str) -> Any:
        # as while it is being unpickled
        if name.startswith("__") or "inner" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.inner, name)

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send one request; a retired call is an exchange."""
        retired = retired_prepared(request)
        if retired is None:
            return self.inner.send(request, *args, **kwargs)
        options = {
            "timeout": None,
            **dict(zip(_OPTIONS, args, strict=False)),
            **kwargs,
            "stream": True,
        }
        response: Response = drive(
            steps(RequestsDoor(retired, request, self.inner.send, options, self.auth))
        )
        # Where an authentication sends the caller's request again.
        response.connection = self  # type: ignore[assignment]  # requests' types know its own adapter only
        return response

    def close(self) -> None:
        """Close the inner adapter."""
        self.inner.close()


def get_adapter(
    _: requests.Session, own: Callable[[str], BaseAdapter], url: str
) -> BaseAdapter:
    """Return a session's ``own`` adapter for a URL, or an adapter around it if the URL may be of a retired call."""
    adapter = own(url)
    if isinstance(adapter, Adapter) or not concerns(url):
        return adapter
    ours = Adapter.__new__(Adapter)  # the settings were good when the session was made
    ours.inner = adapter
    ours.auth = None
    return ours
