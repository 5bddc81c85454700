"""The drop-in's part of ``atlas-shim check``: which functions it patches in this Python, and known problems."""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from packaging.version import Version

from shim._version import __version__
from shim.cli import output
from shim.cli.failures import collected, trouble
from shim.doors import switch
from shim.doors.served import SERVED, UNSERVED
from shim.extras import other_shim

TESTED = {
    "httpx": ("0.27", "0.28"),
    "httpx2": ("2.6", "2.16"),
    "requests": ("2.32.2", "2.34"),
    "urllib3": ("1.26.18", "2.8"),
    "aiohttp": ("3.11", "3.14"),
}
"""Distribution -> the first version and the last series that the tests have run with."""

OTHERS = (
    "niquests", "pycurl", "httplib2", "curl_cffi", "primp", "rnet", "treq", "twisted.web.client", "tornado.httpclient",
)  # fmt: skip
"""Modules of HTTP libraries that the drop-in does not cover; the first word is that of their distribution."""

OWN = "Python's own"
"""The state of http.client, which is not covered either and is always there."""

REPLACES_URLLIB3 = "urllib3-future"

GATEWAY = "send its calls through the gateway (atlas-shim serve), or make them with a covered library"


def look(environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """Switch the drop-in on, return what it covers as JSON has it, and leave it as it was.

    Reasons why calls are not covered are added to ``problems``: a loaded library that the shim does not cover is
    one, a library that is only installed is not.
    """
    loaded, before, active = frozenset(sys.modules), switch.installed(), "not at all"
    if switch.LAUNCH in environ.get("PYTHONPATH", "").split(os.pathsep) and not before:
        problems.append(
            "atlas-shim run has no effect: another sitecustomize comes first in PYTHONPATH and does not import the next"
        )
    installed: dict[str, str] = {}
    for name in (*TESTED, *map(_distribution, OTHERS), REPLACES_URLLIB3):
        with suppress(PackageNotFoundError):
            installed[name] = version(name)
    try:
        with collected(problems):
            switch.install()
            active = "by atlas-shim run, or by the environment" if before else "by this command"
        names = [name for name in SERVED if name in installed or name == "urllib.request"]
        patched = {function: ours for name in names for function, ours in _patched(name, problems)}
        if switch.installed():
            problems += [f"{function}: is not covered" for function, ours in patched.items() if not ours]
    finally:
        if not before:
            switch.uninstall()
    problems += reasons(installed)
    problems += filter(None, [other_shim(["."])])
    others = uncovered(installed, loaded)
    problems += [f"{one['library']} is loaded and not covered: {GATEWAY}" for one in others if one["state"] == "loaded"]
    versions = {"python": sys.version.split()[0], "atlas-shim": __version__, **installed}
    return {"active": active, "versions": versions, "patched": patched, "uncovered": others}


def uncovered(installed: Container[str], loaded: Container[str]) -> list[dict[str, Any]]:
    """Return the HTTP libraries that are not covered; ``installed`` has distributions, ``loaded`` modules.

    The state of each is ``loaded`` in this process, ``installed`` and not loaded, or ``Python's own``; if it is
    ``warned``, its retired calls get a warning.
    """
    warned = {"httplib2", "treq"}  # httplib2 is built on http.client, treq on Twisted.
    warned |= set(map(_distribution, UNSERVED))
    states = {
        module: "loaded" if module in loaded else "installed"
        for module in OTHERS
        if module in loaded or _distribution(module) in installed
    }
    states["http.client"] = OWN
    return [
        {"library": module, "state": state, "warned": state == OWN or _distribution(module) in warned}
        for module, state in states.items()
    ]


def _distribution(module: str) -> str:
    return module.partition(".")[0]


def reasons(installed: Mapping[str, str]) -> list[str]:
    """Return reasons why calls are not covered; ``installed`` has versions by distribution."""
    found = []
    for name in (name for name in TESTED if name in installed):
        first, last, there = map(Version, (*TESTED[name], installed[name]))
        if there < first:
            found.append(f"{name} {there} is older than {first}, the first version that was tested: update it")
        elif there.release[: len(last.release)] > last.release:
            way_out = "update atlas-shim, or make a retired call to see that it is covered"
            found.append(f"{name} {there} is newer than {last}, the last that was tested: {way_out}")
    if REPLACES_URLLIB3 in installed:
        apart = "install them in separate environments"
        found.append(f"{REPLACES_URLLIB3} (niquests) overwrites urllib3, which requests uses; {apart}")
    if sys.flags.ignore_environment or sys.flags.no_site:
        found.append("this Python was started with -I, -E or -S, so atlas-shim run has no effect on it")
    return found


def _patched(name: str, problems: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield each function of a library that the drop-in patches, and whether its wrapper is there."""
    try:
        module = import_module(name)
    except Exception as error:  # noqa: BLE001 - a broken library is a finding
        problems.append(f"{name}: can't be imported: {error}")
        return
    for kind, method in SERVED[name]:
        links = switch.chain(getattr(module, kind), method)
        yield f"{name}.{kind}.{method}", any(map(switch.is_ours, links))


def text(found: Mapping[str, Any]) -> None:
    """Write the findings as text."""
    output.heading("\nDrop-in")
    tried = {name: f" (tried with {first} to {last})" for name, (first, last) in TESTED.items()}
    output.facts((name, version + tried.get(name, "")) for name, version in found["versions"].items())
    output.heading(f"\nPatched (switched on {found['active']})")
    output.facts((function, "covered" if ours else "not covered") for function, ours in found["patched"].items())
    output.heading("\nNot covered")
    warned = "; its retired calls get a warning"
    output.facts((one["library"], f"{one['state']}{warned if one['warned'] else ''}") for one in found["uncovered"])
    output.paragraph(f"What to do: {GATEWAY}.")
    output.paragraph(f"When a call is not translated, see {trouble('nothing-happens')}")


def verdict(found: Mapping[str, Any]) -> str:
    """Return a sentence that names what was found good, and claims no more."""
    covered = ", ".join(dict.fromkeys(function.rsplit(".", 2)[0] for function in found["patched"]))
    others = [one["library"] for one in found["uncovered"] if one["state"] != OWN]
    well = f"Calls made with {covered} are covered."
    return f"{well} Installed, not covered: {', '.join(others)}." if others else well
