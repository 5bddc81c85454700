"""A literal replacement for ``import requests``: ``from shim import requests``.

Every public name of requests is here, and its modules can be imported by name. Session, ``session`` and the top-level
functions are ours, the rest is requests' own, identical objects; import these from requests where a type checker reads
along (``from requests.auth import HTTPDigestAuth``). ``Adapter`` is for programs that mount adapters.
The record of a retired call is in ``response.shim``, an attribute that no other response has.

Sessions prepare a retired call for what will be sent, so HTTP Digest costs no trip more than
before. A request that was prepared without a session of ours is signed anew when it is sent.

The way of a call: ``sessions`` > ``_send`` (prepare, then send) > ``_recognition`` (is it a retired one)
> ``_exchange`` (what is sent and what comes of it) with ``_rewriting`` and ``_signing`` (requests) and
``_streams`` (content).
"""

import sys as _sys
import typing as _typing

from shim.extras import hinted as _hinted

try:
    import requests as _requests
except ModuleNotFoundError as _error:
    raise _hinted(_error, "requests") from None

from requests import ConnectionError as ConnectionError  # noqa: A004 - requests' own name
from requests import ConnectTimeout as ConnectTimeout
from requests import HTTPError as HTTPError
from requests import JSONDecodeError as JSONDecodeError
from requests import PreparedRequest as PreparedRequest
from requests import ReadTimeout as ReadTimeout
from requests import Request as Request
from requests import RequestException as RequestException
from requests import Response as Response
from requests import Timeout as Timeout
from requests import TooManyRedirects as TooManyRedirects
from requests import URLRequired as URLRequired
from requests import adapters as adapters
from requests import auth as auth
from requests import certs as certs
from requests import codes as codes
from requests import compat as compat
from requests import cookies as cookies
from requests import exceptions as exceptions
from requests import hooks as hooks
from requests import models as models
from requests import packages as packages
from requests import status_codes as status_codes
from requests import structures as structures
from requests import utils as utils
from requests.__version__ import __author__ as __author__
from requests.__version__ import __author_email__ as __author_email__
from requests.__version__ import __build__ as __build__
from requests.__version__ import __cake__ as __cake__
from requests.__version__ import __copyright__ as __copyright__
from requests.__version__ import __description__ as __description__
from requests.__version__ import __license__ as __license__
from requests.__version__ import __title__ as __title__
from requests.__version__ import __url__ as __url__
from requests.__version__ import __version__ as __version__
from requests.exceptions import FileModeWarning as FileModeWarning

from shim.doors.requests.adapter import Adapter as Adapter
from shim.requests import api as api
from shim.requests import sessions as sessions
from shim.requests.api import delete as delete
from shim.requests.api import get as get
from shim.requests.api import head as head
from shim.requests.api import options as options
from shim.requests.api import patch as patch
from shim.requests.api import post as post
from shim.requests.api import put as put
from shim.requests.api import request as request
from shim.requests.sessions import Session as Session
from shim.requests.sessions import session as session

# Whoever imports one of requests' modules by name gets the very module, but for the two that hold what is ours;
# ``help`` is a file, since nothing loads it before it is asked for.
for _name, _module in tuple(_sys.modules.items()):
    if _name.startswith("requests.") and _name not in {"requests.api", "requests.sessions"}:
        _sys.modules[f"shim.{_name}"] = _module

# What a star import brings; requests before 2.34 has no list of it.
__all__ = list(getattr(_requests, "__all__", [name for name in vars(_requests) if not name.startswith("_")]))

if not _typing.TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What else requests has, so that reaching into it works as ever."""
        return getattr(_requests, name)
