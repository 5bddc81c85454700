"""urllib3's managers and pools, whose ``urlopen`` serves retired calls and follows redirects around them."""

from __future__ import annotations

from typing import Any

import urllib3

from shim.doors.surface import remade, stand_in

_pool = stand_in(urllib3.HTTPConnectionPool)
_manager = stand_in(urllib3.PoolManager)
_POOLS = {
    "HTTPConnectionPool": _pool,
    "HTTPSConnectionPool": stand_in(urllib3.HTTPSConnectionPool, _pool),
}
_MANAGERS = {
    "PoolManager": _manager,
    "ProxyManager": stand_in(urllib3.ProxyManager, _manager),
}
OURS: dict[str, dict[str, Any]] = {
    "connectionpool": _POOLS | remade(urllib3, ("connection_from_url",), **_POOLS),
    "poolmanager": _MANAGERS | remade(urllib3, ("proxy_from_url",), **_MANAGERS),
}
"""Module -> the names in it that are ours."""

REQUEST: dict[str, Any] = {}
"""The function by which urllib3 2 makes a call by a manager that all calls share; a module in urllib3 1.26."""
if "request" in urllib3.__all__:
    REQUEST = remade(urllib3, ("request",), _DEFAULT_POOL=_manager())
    REQUEST["request"].__module__ = "shim.urllib3"
