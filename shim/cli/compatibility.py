"""Known problems of the drop-in with other libraries, by their installed versions and the settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from packaging.version import Version

LOOKED_AT = (
    "httpx",
    "httpx2",
    "requests",
    "urllib3",
    "wrapt",
    "niquests",
    "urllib3-future",
    "respx",
    "responses",
    "requests-cache",
    "opentelemetry-instrumentation-httpx",
    "opentelemetry-instrumentation-requests",
    "ddtrace",
)
"""Distributions that the drop-in works with, or that are known to interfere with it."""

_OLDEST = {"httpx": Version("0.27"), "httpx2": Version("2.6"), "requests": Version("2.32")}

_MOCKED = "a test sees the calls that are sent, the successors'; mock those, not the retired ones"

_HINTS = {
    "niquests": "niquests is installed: calls made with it are not covered",
    "respx": f"respx: {_MOCKED}",
    "responses": f"responses: {_MOCKED}",
    "requests-cache": "requests-cache: answers are kept by the retired URL, whichever side they came from",
}


def problems(installed: Mapping[str, Version], environ: Mapping[str, str]) -> list[str]:
    """Return what keeps calls from being covered; ``installed`` has versions by distribution."""
    found = []
    if environ.get("ATLAS_SHIM_ROUTE", "").strip() == "off":
        found.append("ATLAS_SHIM_ROUTE=off: the shim is switched off, retired calls fail")
    if not _OLDEST.keys() & installed.keys():
        found.append("neither httpx nor requests is installed here: is this the program's Python?")
    found += [
        f"{name} {installed[name]} is older than {oldest}, with which the shim is tried"
        for name, oldest in _OLDEST.items()
        if name in installed and installed[name] < oldest
    ]
    if installed.get("httpx", Version("0")) >= Version("1.dev0"):
        found.append("httpx 1 has other clients than 0.28: its calls are not covered")
    if "urllib3-future" in installed:
        found.append("urllib3-future (niquests) overwrites urllib3, on which requests stands; keep them apart")
    if sys.flags.ignore_environment or sys.flags.no_site:
        found.append("this Python was started with -I, -E or -S: it takes no notice of atlas-shim run")
    return found


def hints(installed: Mapping[str, Version], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is good to know and breaks nothing by itself."""
    found = [hint for name, hint in _HINTS.items() if name in installed]
    if environ.get("ATLAS_SHIM_WARNINGS", "").strip() == "off":
        found.append("ATLAS_SHIM_WARNINGS=off: nobody is told that retired calls are made")
    found.append(
        "a program's own transports and adapters stay below the shim and see the successor's calls; "
        "mounting shim.httpx.Transport instead of using the clients costs HTTP Digest one trip a call"
    )
    return tuple(found)
