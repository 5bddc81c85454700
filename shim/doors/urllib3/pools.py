"""urllib3's managers and pools, whose ``urlopen`` handles retired calls."""

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
"""Module -> its names that the shim replaces."""

REQUEST: dict[str, Any] = {}
"""urllib3 2's function that makes calls with a manager shared by all.

In urllib3 1.26 a module has this name.
"""
if "request" in urllib3.__all__:
    REQUEST = remade(urllib3, ("request",), _DEFAULT_POOL=_manager())
    REQUEST["request"].__module__ = "shim.urllib3"
