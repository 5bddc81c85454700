"""Which library versions the drop-in was tested with, and known problems with what is installed."""

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
"""Distribution -> the first version and the last series that the tests have run with."""

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
"""Module -> distribution of HTTP libraries that the drop-in does not cover."""

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
"""Distributions that the drop-in covers, that interfere with it, or whose calls it never sees."""

GATEWAY = "send its calls through the gateway (atlas-shim serve), or make them with a covered library"


@attrs.frozen
class Uncovered:
    """A library whose calls the drop-in never sees.

    ``state`` is ``loaded`` in this process, ``installed`` and not loaded, or ``Python's own``;
    ``told``: whether its retired calls are logged as a warning.
    """

    library: str
    state: str
    told: bool


def uncovered(installed: Container[str], loaded: Container[str]) -> tuple[Uncovered, ...]:
    """Return the HTTP libraries that are not covered; ``installed`` has distributions, ``loaded`` modules."""
    found = [
        Uncovered(module, "loaded" if module in loaded else "installed", _is_told(module))
        for module, distribution in OTHERS.items()
        if module in loaded or distribution in installed
    ]
    return (*found, Uncovered(STANDARD, "Python's own", told=True))


def _is_told(module: str) -> bool:
    # httplib2 is built on http.client, treq on Twisted.
    return module in {"httplib2", "treq"} or any(
        name.partition(".")[0] == module.partition(".")[0] for name in UNSERVED
    )


def problems(installed: Mapping[str, Version], environ: Mapping[str, str]) -> list[str]:
    """Return reasons why calls are not covered; ``installed`` has versions by distribution."""
    found = []
    if environ.get("ATLAS_SHIM_ROUTE", "").strip() == "off":
        found.append("ATLAS_SHIM_ROUTE=off: the shim is switched off, retired calls fail")
    found += [problem for name in TESTED if name in installed for problem in _out_of_range(name, installed[name])]
    if "urllib3-future" in installed:
        found.append(
            "urllib3-future (niquests) overwrites urllib3, which requests uses; install them in separate environments"
        )
    if sys.flags.ignore_environment or sys.flags.no_site:
        found.append("this Python was started with -I, -E or -S, so atlas-shim run has no effect on it")
    return found


def _out_of_range(name: str, version: Version) -> list[str]:
    first, last = map(Version, TESTED[name])
    if version < first:
        return [f"{name} {version} is older than {first}, the first version that the shim was tested with: update it"]
    if version.release[: len(last.release)] > last.release:
        tried = f"{name} {version} is newer than {last}, the last that this atlas-shim was tested with"
        return [f"{tried}: update atlas-shim, or make a retired call to see that it is covered"]
    return []


def hints(installed: Container[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return advice on what is installed or set and may surprise, but breaks nothing."""
    found = []
    if mocks := [name for name in _MOCKS if name in installed]:
        seen = "tests see the calls that are sent, to the successor; mock those, or use the fixture atlas_shim_off"
        found.append(f"{', '.join(mocks)}: {seen}")
    if "requests-cache" in installed:
        found.append("requests-cache: translated answers are cached under the retired URL")
    if environ.get("ATLAS_SHIM_WARNINGS", "").strip() == "off":
        found.append("ATLAS_SHIM_WARNINGS=off: retired calls get no warning")
    found.append(
        "a program's own transports and adapters are called below the shim and see the successor's calls; "
        "mounting shim.httpx.Transport instead of using the clients costs HTTP Digest one trip a call"
    )
    return tuple(found)
