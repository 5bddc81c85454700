"""Programs as users write them, which the project's run of mypy holds to the types that their libraries have.

A slip that a type checker finds has a ``type: ignore``; mypy strict refuses those that nothing needs.
"""

# ruff: noqa: F401

import sys

import shim
from shim import (
    AsyncAtlasClient,
    AtlasClient,
    AtlasError,
    DocumentError,
    Dropped,
    Fidelity,
    FieldReport,
    LegacyEndpointWarning,
    Record,
    Sent,
    SettingsError,
    ShimError,
    __version__,
    aiohttp,
    httpx,
    httpx2,
    install,
    record,
    requests,
    set_warnings_handler,
    uninstall,
    urllib3,
    wrap,
)


def test_public_names_are_all_there():
    """A name that type checkers can't see would be missed above."""
    assert set(shim.__all__) <= set(vars(sys.modules[__name__]))
