"""A program as a user writes it around urllib3's types; it is not run."""

from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

import shim
from shim import urllib3
from shim.urllib3.poolmanager import PoolManager


def use(http: PoolManager, pool: urllib3.HTTPSConnectionPool) -> int:
    """Make calls by a manager, a pool and a function."""
    try:
        response = http.request("GET", "https://a", headers={"a": "b"}, retries=Retry(3), preload_content=False)
        record = shim.record(response)
        assert record is None or record.route
        urllib3.request("GET", "https://a", timeout=1.0).json()
        return pool.urlopen("GET", "/", body=b"", redirect=False).status
    except HTTPError:
        return len(urllib3.connection_from_url("https://a", maxsize=3).host)


def main() -> None:
    """Make managers and pools."""
    use(urllib3.PoolManager(3, headers={}, timeout=urllib3.Timeout(total=3)), urllib3.HTTPSConnectionPool("a", 443))
    use(urllib3.ProxyManager("http://a", 3), urllib3.HTTPSConnectionPool("a"))


def mistakes() -> None:
    """What urllib3's types refuse."""
    urllib3.Retry(nonsense=3)  # type: ignore[call-arg]
    urllib3.ProxyManager(3, 3)  # type: ignore[arg-type]
    urllib3.nonsense  # type: ignore[attr-defined]  # noqa: B018 - looking is the mistake
