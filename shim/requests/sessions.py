"""requests' session with the rewrite in ``prepare_request``: before authentication, so that all of it still works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from requests import sessions as _sessions
from requests.sessions import SessionRedirectMixin, merge_hooks, merge_setting

from shim.doors.process import prepare
from shim.doors.signatures import like
from shim.requests import door

__all__ = ["Session", "SessionRedirectMixin", "merge_hooks", "merge_setting", "session"]


class Session(requests.Session):
    """requests.Session, whose calls to retired Atlas endpoints keep working.

    Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
    """

    def __init__(self) -> None:
        prepare()
        super().__init__()

    @like(requests.Session.prepare_request)
    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:  # noqa: D102 - like() gives it requests' documentation
        return door.prepare_request(self, super().prepare_request, request)

    @like(requests.Session.send)
    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: D102 - as above
        return door.send(self, super().send, request, **kwargs)


@like(_sessions.session)
def session() -> Session:  # noqa: D103 - as above
    return Session()


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What else the module has, so that reaching into it works as ever."""
        return getattr(_sessions, name)
