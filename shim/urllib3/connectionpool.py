"""urllib3's pools of connections to one host, whose ``urlopen`` serves retired calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import urllib3
from urllib3 import connectionpool as _connectionpool
from urllib3.util import parse_url

from shim.doors.modules import stand_in
from shim.doors.process import prepare
from shim.doors.signatures import like
from shim.doors.urllib3 import send as _send

if TYPE_CHECKING:
    from urllib3.connectionpool import ConnectionPool as ConnectionPool  # noqa: PLC0414 - exported again (PEP 484)


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
        return _send.urlopen(self, super().urlopen, method, url, *args, **kwargs)


class HTTPSConnectionPool(HTTPConnectionPool, urllib3.HTTPSConnectionPool):
    """urllib3.HTTPSConnectionPool, whose calls to retired Atlas endpoints keep working; as above."""

    @like(urllib3.HTTPSConnectionPool.__init__)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


@like(urllib3.connection_from_url)
def connection_from_url(url: Any, **kw: Any) -> Any:  # noqa: D103 - like() gives it urllib3's documentation
    where = parse_url(url)
    kind = HTTPSConnectionPool if where.scheme == "https" else HTTPConnectionPool
    port = urllib3.connection_from_url(url).port  # whose reading of port 0 depends on its version
    return kind(where.host, port=port, **kw)  # type: ignore[arg-type]  # urllib3 says itself that a host is missing


stand_in(__name__, _connectionpool, {"HTTPConnectionPool", "HTTPSConnectionPool", "connection_from_url"})
