"""A literal replacement for ``import urllib3``: ``from shim import urllib3``, for urllib3 1.26 and 2.

Every public name of urllib3 is here, and its modules can be imported by name. Pools, managers and what makes them are
ours, the rest is urllib3's own, identical objects; import these from urllib3 where a type checker reads along
(``from urllib3.util.retry import Retry``). The record of a retired call is in ``response.shim``, an attribute that no
other response has.

The caller's ``Retry`` sees the statuses that the caller sees, and its timeouts are for all that is sent for one
call (``shim.doors.patience``).

The way of a call: ``poolmanager`` or ``connectionpool`` > ``_send`` > ``_recognition`` (is it a retired one)
> ``_exchange`` (what is sent and what comes of it) with ``_rewriting``, ``_timeouts`` and ``_streams`` (content).
"""

import sys as _sys
import typing as _typing

from shim.extras import hinted as _hinted

try:
    import urllib3 as _urllib3
except ModuleNotFoundError as _error:
    raise _hinted(_error, "urllib3") from None

import urllib3.contrib as _contrib  # noqa: F401 - so that the loop below finds it
from urllib3 import HTTPResponse as HTTPResponse
from urllib3 import Retry as Retry
from urllib3 import Timeout as Timeout
from urllib3 import __author__ as __author__
from urllib3 import __license__ as __license__
from urllib3 import add_stderr_logger as add_stderr_logger
from urllib3 import connection as connection
from urllib3 import disable_warnings as disable_warnings
from urllib3 import encode_multipart_formdata as encode_multipart_formdata
from urllib3 import exceptions as exceptions
from urllib3 import fields as fields
from urllib3 import filepost as filepost
from urllib3 import make_headers as make_headers
from urllib3 import response as response
from urllib3 import util as util
from urllib3._version import __version__ as __version__

from shim.urllib3 import connectionpool as connectionpool
from shim.urllib3 import poolmanager as poolmanager
from shim.urllib3.connectionpool import HTTPConnectionPool as HTTPConnectionPool
from shim.urllib3.connectionpool import HTTPSConnectionPool as HTTPSConnectionPool
from shim.urllib3.connectionpool import connection_from_url as connection_from_url
from shim.urllib3.poolmanager import PoolManager as PoolManager
from shim.urllib3.poolmanager import ProxyManager as ProxyManager
from shim.urllib3.poolmanager import proxy_from_url as proxy_from_url

if _typing.TYPE_CHECKING:  # urllib3 1.26 lacks the first two at this place
    from urllib3 import BaseHTTPResponse as BaseHTTPResponse
    from urllib3 import HTTPHeaderDict as HTTPHeaderDict

if _typing.TYPE_CHECKING or not isinstance(_urllib3.request, type(_sys)):  # a module in urllib3 1.26
    from shim.doors.urllib3.request import request as request

# Whoever imports one of urllib3's modules by name gets the very module, but for the two that hold what is ours. One
# that nothing has loaded yet, such as contrib.socks, is loaded a second time below this name; it stands on what is
# ours.
for _name, _module in tuple(_sys.modules.items()):
    if _name.startswith("urllib3.") and _name not in {"urllib3.connectionpool", "urllib3.poolmanager"}:
        _sys.modules[f"shim.{_name}"] = _module

# What a star import brings.
__all__ = list(_urllib3.__all__)

if not _typing.TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What else urllib3 has, so that reaching into it works as ever."""
        return getattr(_urllib3, name)
