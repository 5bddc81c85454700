"""A manager or pool of somebody else's making becomes one of the shim's as well."""

from __future__ import annotations

from typing import Any

import urllib3

from shim.doors.classes import become
from shim.doors.process import prepare
from shim.urllib3.connectionpool import HTTPConnectionPool
from shim.urllib3.poolmanager import PoolManager


def wrap(pool: Any) -> None:
    """Let a manager or pool serve retired calls; raises SettingsError as PoolManager does."""
    prepare()
    become(pool, PoolManager if isinstance(pool, urllib3.PoolManager) else HTTPConnectionPool)
