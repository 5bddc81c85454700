"""Every public name of the package, as a program imports it."""

# ruff: noqa: F401

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
