"""urllib3's managers and pools, whose ``urlopen`` serves retired calls and follows redirects around them."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import urllib3
from urllib3.util import parse_url

from shim.doors.process import prepare
from shim.doors.surface import become, like
from shim.doors.urllib3.retries import urlopen


class HTTPConnectionPool(urllib3.HTTPConnectionPool):
    """urllib3.HTTPConnectionPool, whose calls to retired Atlas endpoints keep working.

    Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
    """

    @like(urllib3.HTTPConnectionPool.__init__)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        prepare()
        super().__init__(*args, **kwargs)

    @like(urllib3.HTTPConnectionPool.urlopen)
    def urlopen(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # as urllib3 has it  # noqa: D102 - like() gives it urllib3's documentation
        return urlopen(self, super().urlopen, method, url, *args, **kwargs)


class HTTPSConnectionPool(HTTPConnectionPool, urllib3.HTTPSConnectionPool):
    """urllib3.HTTPSConnectionPool, whose calls to retired Atlas endpoints keep working; as above."""

    @like(urllib3.HTTPSConnectionPool.__init__)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class PoolManager(urllib3.PoolManager):
    """urllib3.PoolManager, whose calls to retired Atlas endpoints keep working; as above."""

    @like(urllib3.PoolManager.__init__)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        prepare()
        super().__init__(*args, **kwargs)
        self.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}

    @like(urllib3.PoolManager.urlopen)
    def urlopen(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # as urllib3 has it  # noqa: D102 - like() gives it urllib3's documentation
        return urlopen(self, super().urlopen, method, url, *args, **kwargs)


class ProxyManager(PoolManager, urllib3.ProxyManager):
    """urllib3.ProxyManager, whose calls to retired Atlas endpoints keep working; as above."""

    @like(urllib3.ProxyManager.__init__)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


@like(urllib3.connection_from_url)
def connection_from_url(url: Any, **kw: Any) -> Any:  # noqa: D103 - like() gives it urllib3's documentation
    where = parse_url(url)
    kind = HTTPSConnectionPool if where.scheme == "https" else HTTPConnectionPool
    port = urllib3.connection_from_url(url).port  # whose reading of port 0 depends on its version
    return kind(where.host, port=port, **kw)  # type: ignore[arg-type]  # urllib3 says itself that a host is missing


@like(urllib3.proxy_from_url)
def proxy_from_url(url: Any, **kw: Any) -> Any:  # noqa: D103 - as above
    return ProxyManager(proxy_url=url, **kw)


@cache
def _default_pool() -> PoolManager:
    return PoolManager()


def request(method: Any, url: Any, **kwargs: Any) -> Any:
    """Make a call by a manager that all calls share, as urllib3 2 does."""
    given = inspect.signature(urllib3.request).bind(method, url, **kwargs)
    given.apply_defaults()  # which are not those of PoolManager.request
    return _default_pool().request(*given.args, **given.kwargs)


def wrap(pool: Any) -> None:
    """Let a manager or pool of somebody else's making serve retired calls; raises SettingsError as PoolManager does."""
    prepare()
    become(pool, PoolManager if isinstance(pool, urllib3.PoolManager) else HTTPConnectionPool)


OURS: dict[str, dict[str, Any]] = {
    "connectionpool": {each.__name__: each for each in (HTTPConnectionPool, HTTPSConnectionPool, connection_from_url)},
    "poolmanager": {each.__name__: each for each in (PoolManager, ProxyManager, proxy_from_url)},
}
"""Module -> the names in it that are ours."""

for _module, _names in OURS.items():
    for _each in _names.values():
        _each.__module__ = f"shim.urllib3.{_module}"
if callable(urllib3.request):  # a module in urllib3 1.26
    like(urllib3.request)(request)
    request.__module__ = "shim.urllib3"
