"""A literal replacement for ``import httpx``: ``from shim import httpx``.

Every public name of httpx is here; clients and top-level functions are ours, the rest is httpx's
own, identical objects. ``Transport`` and ``AsyncTransport`` are for programs that mount transports.

The way of a call is in ``shim.httpx_family``, which httpx2's door shares.
"""

import typing as _typing

import httpx as _httpx
from httpx import URL as URL
from httpx import USE_CLIENT_DEFAULT as USE_CLIENT_DEFAULT
from httpx import ASGITransport as ASGITransport
from httpx import AsyncBaseTransport as AsyncBaseTransport
from httpx import AsyncByteStream as AsyncByteStream
from httpx import AsyncHTTPTransport as AsyncHTTPTransport
from httpx import Auth as Auth
from httpx import BaseTransport as BaseTransport
from httpx import BasicAuth as BasicAuth
from httpx import ByteStream as ByteStream
from httpx import CloseError as CloseError
from httpx import ConnectError as ConnectError
from httpx import ConnectTimeout as ConnectTimeout
from httpx import CookieConflict as CookieConflict
from httpx import Cookies as Cookies
from httpx import DecodingError as DecodingError
from httpx import DigestAuth as DigestAuth
from httpx import Headers as Headers
from httpx import HTTPError as HTTPError
from httpx import HTTPStatusError as HTTPStatusError
from httpx import HTTPTransport as HTTPTransport
from httpx import InvalidURL as InvalidURL
from httpx import Limits as Limits
from httpx import LocalProtocolError as LocalProtocolError
from httpx import MockTransport as MockTransport
from httpx import NetRCAuth as NetRCAuth
from httpx import NetworkError as NetworkError
from httpx import PoolTimeout as PoolTimeout
from httpx import ProtocolError as ProtocolError
from httpx import Proxy as Proxy
from httpx import ProxyError as ProxyError
from httpx import QueryParams as QueryParams
from httpx import ReadError as ReadError
from httpx import ReadTimeout as ReadTimeout
from httpx import RemoteProtocolError as RemoteProtocolError
from httpx import Request as Request
from httpx import RequestError as RequestError
from httpx import RequestNotRead as RequestNotRead
from httpx import Response as Response
from httpx import ResponseNotRead as ResponseNotRead
from httpx import StreamClosed as StreamClosed
from httpx import StreamConsumed as StreamConsumed
from httpx import StreamError as StreamError
from httpx import SyncByteStream as SyncByteStream
from httpx import Timeout as Timeout
from httpx import TimeoutException as TimeoutException
from httpx import TooManyRedirects as TooManyRedirects
from httpx import TransportError as TransportError
from httpx import UnsupportedProtocol as UnsupportedProtocol
from httpx import WriteError as WriteError
from httpx import WriteTimeout as WriteTimeout
from httpx import WSGITransport as WSGITransport
from httpx import __description__ as __description__
from httpx import __title__ as __title__
from httpx import __version__ as __version__
from httpx import codes as codes
from httpx import create_ssl_context as create_ssl_context
from httpx import main as main

from shim.httpx._api import delete as delete
from shim.httpx._api import get as get
from shim.httpx._api import head as head
from shim.httpx._api import options as options
from shim.httpx._api import patch as patch
from shim.httpx._api import post as post
from shim.httpx._api import put as put
from shim.httpx._api import request as request
from shim.httpx._api import stream as stream
from shim.httpx._clients import AsyncClient as AsyncClient
from shim.httpx._clients import Client as Client
from shim.httpx._transports import AsyncTransport as AsyncTransport
from shim.httpx._transports import Transport as Transport

__all__ = ["AsyncTransport", "Transport"]
__all__ += _httpx.__all__
__all__.sort(key=lambda name: (name.casefold(), name))

if not _typing.TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What else httpx has, so that reaching into it works as ever."""
        return getattr(_httpx, name)
