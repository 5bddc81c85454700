"""requests' session with the rewrite in ``prepare_request``: before authentication, so that all of it still works."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import requests
from requests import sessions as _sessions

from shim.dropin.runtime import prepare
from shim.dropin.signatures import like
from shim.requests import _send

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


if not TYPE_CHECKING:
    _replaced: dict[str, object] = {}

    class _Sessions(ModuleType):
        """The module, in which what is not ours is read, set and put back where requests itself looks."""

        def __getattr__(self, name: str) -> object:
            return getattr(_sessions, name)

        def __setattr__(self, name: str, value: object) -> None:
            if name in {"Session", "session"} or name.startswith("__"):
                super().__setattr__(name, value)
                return
            if hasattr(_sessions, name):
                _replaced.setdefault(name, getattr(_sessions, name))
            setattr(_sessions, name, value)

        def __delattr__(self, name: str) -> None:
            # Whoever replaced a name for a while takes it away from a module that did not hold it.
            if name in _replaced:
                setattr(_sessions, name, _replaced.pop(name))
            else:
                delattr(_sessions, name)

    sys.modules[__name__].__class__ = _Sessions
