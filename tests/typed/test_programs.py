"""Programs as users write them, checked by the project's run of mypy.

A mistake that a type checker finds has a ``type: ignore``; mypy strict refuses an
unused one.
"""

import re
from pathlib import Path

import shim

NAMES = [
    shim.AsyncAtlasClient, shim.AtlasClient, shim.AtlasError, shim.DocumentError, shim.Dropped, shim.Fidelity,
    shim.FieldReport, shim.LegacyEndpointWarning, shim.Record, shim.Sent, shim.SettingsError, shim.ShimError,
    shim.__version__, shim.aiohttp, shim.httpx, shim.httpx2, shim.install, shim.record, shim.requests,
    shim.set_warnings_handler, shim.uninstall, shim.urllib3, shim.wrap,
]  # fmt: skip


def test_every_public_name_is_listed():
    """Type checkers read the list in this file, so they can see each name."""
    assert set(shim.__all__) == set(
        re.findall(r"shim\.(\w+)[,]", Path(__file__).read_text("utf-8"))
    )
