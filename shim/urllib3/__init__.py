"""Replace ``import urllib3`` literally: ``from shim import urllib3``.

Works with urllib3 1.26 and 2. Every public name of urllib3 is here, and its modules can
be imported by name. Managers, pools and the functions that create them come from
atlas-shim, and so do pools that a manager creates. All other names are urllib3's own,
identical objects. The record of a retired call is in ``response.shim``, an attribute
that no other response has. Each request that is sent for a call has the caller's
``Retry``; its timeouts apply to all of them together.
"""

import typing as _typing
from functools import partial as _partial

from shim.extras import require as _require

_require("urllib3")

import urllib3 as _urllib3
from urllib3 import *  # noqa: F403 - each version has its own names

__all__ = list(_urllib3.__all__)

if _typing.TYPE_CHECKING:
    from urllib3 import connection as connection
    from urllib3 import connectionpool as connectionpool
    from urllib3 import exceptions as exceptions
    from urllib3 import fields as fields
    from urllib3 import filepost as filepost
    from urllib3 import poolmanager as poolmanager
    from urllib3 import response as response
    from urllib3 import util as util
    from urllib3._version import __version__ as __version__
else:
    from shim.doors.surface import alias as _alias
    from shim.doors.urllib3 import pools as _pools

    globals().update(
        _alias("urllib3", _pools.OURS, "urllib3.contrib.socks"), **_pools.REQUEST
    )
    # its other names, so that access to its internals still works
    __getattr__ = _partial(getattr, _urllib3)
