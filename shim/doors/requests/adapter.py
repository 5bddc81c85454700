"""Handle calls below a session, in an adapter around the mounted one."""

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
    """An adapter that handles retired calls, and sends through another adapter.

    ``session.mount("https://cloud.mongodb.com/", Adapter())``. ``inner`` is
    requests.adapters.HTTPAdapter() by default. ``auth``, with the values that sessions
    accept, signs retired calls here and nothing else. All other attributes come from
    ``inner``. The record is in ``response.shim``, as with Session. Raises SettingsError
    and DocumentError as Session does.
    """

    def __init__(self, inner: BaseAdapter | None = None, *, auth: Any = None) -> None:
        prepare()
        super().__init__()
        self.inner = HTTPAdapter() if inner is None else inner
        self.auth = auth

    def __getattr__(self, name: str) -> Any:
        # true while it is being unpickled
        if name.startswith("__") or "inner" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.inner, name)

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send one request; a retired call becomes an exchange."""
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
        # An authentication may send the caller's request again.
        response.connection = self  # type: ignore[assignment]  # requests' types know its own adapter only
        return response

    def close(self) -> None:
        """Close the inner adapter."""
        self.inner.close()


def get_adapter(
    _: requests.Session, own: Callable[[str], BaseAdapter], url: str
) -> BaseAdapter:
    """Return a session's ``own`` adapter for a URL, or one around it.

    There is one around it if the URL may belong to a retired call.
    """
    adapter = own(url)
    if isinstance(adapter, Adapter) or not concerns(url):
        return adapter
    ours = Adapter.__new__(
        Adapter
    )  # the settings were valid when the session was created
    ours.inner = adapter
    ours.auth = None
    return ours
