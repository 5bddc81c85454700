# What type checkers and editors read in place of __init__.py, which loads each name when it is first used.
# Jedi completes names with an alias only, and does not look into __all__.

from shim import aiohttp as aiohttp
from shim import httpx as httpx
from shim import httpx2 as httpx2
from shim import requests as requests
from shim import urllib3 as urllib3
from shim._record import record as record
from shim._version import __version__ as __version__
from shim._wrap import wrap as wrap
from shim.atlas import AsyncAtlasClient as AsyncAtlasClient
from shim.atlas import AtlasClient as AtlasClient
from shim.core.messages import Dropped as Dropped
from shim.core.messages import FieldReport as FieldReport
from shim.core.messages import Record as Record
from shim.core.messages import Sent as Sent
from shim.documents.vocabulary import Fidelity as Fidelity
from shim.doors.notice import set_warnings_handler as set_warnings_handler
from shim.doors.switch import install as install
from shim.doors.switch import uninstall as uninstall
from shim.errors import AtlasError as AtlasError
from shim.errors import DocumentError as DocumentError
from shim.errors import LegacyEndpointWarning as LegacyEndpointWarning
from shim.errors import SettingsError as SettingsError
from shim.errors import ShimError as ShimError

__all__ = [
    "AsyncAtlasClient", "AtlasClient", "AtlasError", "DocumentError", "Dropped", "Fidelity", "FieldReport",
    "LegacyEndpointWarning", "Record", "Sent", "SettingsError", "ShimError", "__version__", "aiohttp", "httpx",
    "httpx2", "install", "record", "requests", "set_warnings_handler", "uninstall", "urllib3", "wrap",
]  # fmt: skip
