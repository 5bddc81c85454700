"""A session of somebody else's making becomes one of the shim's as well."""

from __future__ import annotations

import requests

from shim.doors.classes import become
from shim.doors.process import prepare
from shim.requests.sessions import Session


def wrap(session: requests.Session) -> None:
    """Let a session serve retired calls; raises SettingsError as Session does."""
    prepare()
    become(session, Session)
