"""requests' session with the rewrite in ``prepare_request``: before authentication, so that all of it still works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from requests import sessions as _sessions

from shim.doors.modules import stand_in
from shim.doors.process import prepare
from shim.doors.requests import send as _send
from shim.doors.signatures import like

# ruff: noqa: PLC0414 - a redundant alias is how a name is exported again (PEP 484)

if TYPE_CHECKING:
    from requests.sessions import SessionRedirectMixin as SessionRedirectMixin
    from requests.sessions import merge_hooks as merge_hooks
    from requests.sessions import merge_setting as merge_setting


class Session(requests.Session):
    """requests.Session, whose calls to retired Atlas endpoints keep working.

    Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
    """

    def __init__(self) -> None:
        prepare()
        super().__init__()

    @like(requests.Session.prepare_request)
    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:  # noqa: D102 - like() gives it requests' documentation
        return _send.prepare_request(self, super().prepare_request, request)

    @like(requests.Session.send)
    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: D102 - as above
        return _send.send(self, super().send, request, **kwargs)


@like(_sessions.session)
def session() -> Session:  # noqa: D103 - as above
    return Session()


stand_in(__name__, _sessions, {"Session", "session"})
