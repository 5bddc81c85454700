from aiohttp import *  # noqa: F403 - aiohttp's own names, as the installed version has them
from aiohttp import __version__ as __version__

from shim.aiohttp import client as client
from shim.aiohttp import client_exceptions as client_exceptions
from shim.aiohttp import client_reqrep as client_reqrep
from shim.aiohttp import connector as connector
from shim.aiohttp import cookiejar as cookiejar
from shim.aiohttp import helpers as helpers
from shim.aiohttp import http as http
from shim.aiohttp import http_exceptions as http_exceptions
from shim.aiohttp import payload as payload
from shim.aiohttp import streams as streams
from shim.aiohttp import tracing as tracing
from shim.aiohttp import typedefs as typedefs
from shim.aiohttp._session import ClientSession as ClientSession
from shim.aiohttp._session import request as request
