"""urllib3's managers of pools, whose ``urlopen`` serves retired calls and follows redirects around them."""

from __future__ import annotations

from typing import Any

import urllib3
from urllib3 import poolmanager as _poolmanager

from shim.doors.modules import stand_in
from shim.doors.process import prepare
from shim.doors.signatures import like
from shim.doors.urllib3 import send as _send
from shim.urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class PoolManager(urllib3.PoolManager):
    """urllib3.PoolManager, whose calls to retired Atlas endpoints keep working.

    Raises SettingsError when an ``ATLAS_SHIM_…`` variable means nothing.
    """

    @like(urllib3.PoolManager.__init__)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        prepare()
        super().__init__(*args, **kwargs)
        self.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}

    @like(urllib3.PoolManager.urlopen)
    def urlopen(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # as urllib3 has it  # noqa: D102 - like() gives it urllib3's documentation
        return _send.urlopen(self, super().urlopen, method, url, *args, **kwargs)


class ProxyManager(PoolManager, urllib3.ProxyManager):
    """urllib3.ProxyManager, whose calls to retired Atlas endpoints keep working; as above."""

    @like(urllib3.ProxyManager.__init__)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


@like(urllib3.proxy_from_url)
def proxy_from_url(url: Any, **kw: Any) -> Any:  # noqa: D103 - as above
    return ProxyManager(proxy_url=url, **kw)


stand_in(__name__, _poolmanager, {"PoolManager", "ProxyManager", "proxy_from_url"})
