"""urllib3's managers and pools, whose ``urlopen`` serves retired calls and follows redirects around them."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import urllib3

from shim.doors.process import prepare
from shim.doors.surface import checked, like, remade
from shim.doors.urllib3.door import urlopen


@checked
class HTTPConnectionPool(urllib3.HTTPConnectionPool):
    """urllib3.HTTPConnectionPool, whose calls to retired Atlas endpoints keep working.

    Raises SettingsError if an ``ATLAS_SHIM_…`` variable is invalid.
    """

    @like(urllib3.HTTPConnectionPool.urlopen)
    def urlopen(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # as urllib3 has it  # noqa: D102 - like() gives it urllib3's documentation
        return urlopen(self, super().urlopen, method, url, *args, **kwargs)


@checked
class HTTPSConnectionPool(HTTPConnectionPool, urllib3.HTTPSConnectionPool):
    """urllib3.HTTPSConnectionPool, whose calls to retired Atlas endpoints keep working; as above."""


class _Pool(HTTPConnectionPool):
    """A manager makes it in the middle of a call, where no settings are checked."""

    __init__ = urllib3.HTTPConnectionPool.__init__


class _SecurePool(HTTPSConnectionPool):
    __init__ = urllib3.HTTPSConnectionPool.__init__


class PoolManager(urllib3.PoolManager):
    """urllib3.PoolManager, whose calls to retired Atlas endpoints keep working; as above."""

    @like(urllib3.PoolManager.__init__)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        prepare()
        super().__init__(*args, **kwargs)
        self.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    @like(urllib3.PoolManager.urlopen)
    def urlopen(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # as urllib3 has it  # noqa: D102 - like() gives it urllib3's documentation
        return urlopen(self, super().urlopen, method, url, *args, **kwargs)


@checked
class ProxyManager(PoolManager, urllib3.ProxyManager):
    """urllib3.ProxyManager, whose calls to retired Atlas endpoints keep working; as above."""


@cache
def _default_pool() -> PoolManager:
    return PoolManager()


def request(method: Any, url: Any, **kwargs: Any) -> Any:
    """Make a call by a manager that all calls share, as urllib3 2 does."""
    given = inspect.signature(urllib3.request).bind(method, url, **kwargs)
    given.apply_defaults()  # which are not those of PoolManager.request
    return _default_pool().request(*given.args, **given.kwargs)


_POOLS = {each.__name__: each for each in (HTTPConnectionPool, HTTPSConnectionPool)}
_MANAGERS = {each.__name__: each for each in (PoolManager, ProxyManager)}
OURS: dict[str, dict[str, Any]] = {
    "connectionpool": _POOLS | remade(urllib3, ("connection_from_url",), **_POOLS),
    "poolmanager": _MANAGERS | remade(urllib3, ("proxy_from_url",), **_MANAGERS),
}
"""Module -> the names in it that are ours."""

if callable(urllib3.request):  # a module in urllib3 1.26
    like(urllib3.request)(request)
    request.__module__ = "shim.urllib3"
