"""What the drop-in covers and was tried with, and known problems with other libraries, from installed versions."""

from __future__ import annotations

import sys
from collections.abc import Container, Mapping

import attrs
from packaging.version import Version

from shim.doors.served import UNSERVED

TESTED = {
    "httpx": ("0.27", "0.28"),
    "httpx2": ("2.6", "2.16"),
    "requests": ("2.32.2", "2.34"),
    "urllib3": ("1.26.18", "2.8"),
    "aiohttp": ("3.11", "3.14"),
}
"""Distribution -> the first version and the last series that the suite has run with."""

OTHERS = {
    "niquests": "niquests",
    "pycurl": "pycurl",
    "httplib2": "httplib2",
    "curl_cffi": "curl_cffi",
    "primp": "primp",
    "rnet": "rnet",
    "treq": "treq",
    "twisted.web.client": "twisted",
    "tornado.httpclient": "tornado",
}
"""Module -> distribution, of what also speaks HTTP and is never covered."""

STANDARD = "http.client"
"""The same in the standard library, which is always there."""

_MOCKS = ("respx", "responses", "pytest-httpx", "requests-mock", "vcrpy")

_INTERFERING = (
    "urllib3-future",
    "requests-cache",
    "opentelemetry-instrumentation-httpx",
    "opentelemetry-instrumentation-requests",
    "ddtrace",
)

LOOKED_AT = (*TESTED, *OTHERS.values(), *_MOCKS, *_INTERFERING)
"""Distributions that the drop-in works with, or that are known to interfere with it or to go past it."""

GATEWAY = "lead its calls through the gateway (atlas-shim serve), or make them with a covered library"


@attrs.frozen
class Uncovered:
    """A library whose calls the drop-in never sees.

    ``state`` is ``loaded`` in this process, ``installed`` and not loaded, or ``Python's own``;
    ``told`` says that the program is warned of its retired calls.
    """

    library: str
    state: str
    told: bool


def uncovered(installed: Container[str], loaded: Container[str]) -> tuple[Uncovered, ...]:
    """Return what speaks HTTP and is not covered; ``installed`` has distributions, ``loaded`` modules."""
    found = [
        Uncovered(module, "loaded" if module in loaded else "installed", _is_told(module))
        for module, distribution in OTHERS.items()
        if module in loaded or distribution in installed
    ]
    return (*found, Uncovered(STANDARD, "Python's own", told=True))


def _is_told(module: str) -> bool:
    # httplib2 stands on http.client, treq on Twisted.
    return module in {"httplib2", "treq"} or any(
        name.partition(".")[0] == module.partition(".")[0] for name in UNSERVED
    )


def problems(installed: Mapping[str, Version], environ: Mapping[str, str]) -> list[str]:
    """Return what keeps calls from being covered; ``installed`` has versions by distribution."""
    found = []
    if environ.get("ATLAS_SHIM_ROUTE", "").strip() == "off":
        found.append("ATLAS_SHIM_ROUTE=off: the shim is switched off, retired calls fail")
    found += [problem for name in TESTED if name in installed for problem in _out_of_range(name, installed[name])]
    if "urllib3-future" in installed:
        found.append("urllib3-future (niquests) overwrites urllib3, on which requests stands; keep them apart")
    if sys.flags.ignore_environment or sys.flags.no_site:
        found.append("this Python was started with -I, -E or -S: it takes no notice of atlas-shim run")
    return found


def _out_of_range(name: str, version: Version) -> list[str]:
    first, last = map(Version, TESTED[name])
    if version < first:
        return [f"{name} {version} is older than {first}, the first that the shim was tried with: update it"]
    if version.release[: len(last.release)] > last.release:
        tried = f"{name} {version} is newer than {last}, the last that this atlas-shim was tried with"
        return [f"{tried}: update atlas-shim, or see with a retired call that it is covered"]
    return []


def hints(installed: Container[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is good to know and breaks nothing by itself."""
    found = []
    if mocks := [name for name in _MOCKS if name in installed]:
        seen = "a test sees the calls that are sent, the successors'; mock those, or use the fixture atlas_shim_off"
        found.append(f"{', '.join(mocks)}: {seen}")
    if "requests-cache" in installed:
        found.append("requests-cache: answers are kept by the retired URL, whichever side they came from")
    if environ.get("ATLAS_SHIM_WARNINGS", "").strip() == "off":
        found.append("ATLAS_SHIM_WARNINGS=off: nobody is told that retired calls are made")
    found.append(
        "a program's own transports and adapters stay below the shim and see the successor's calls; "
        "mounting shim.httpx.Transport instead of using the clients costs HTTP Digest one trip a call"
    )
    return tuple(found)
