"""The drop-in's part of ``atlas-shim check``: which functions it patches in this Python, and known problems."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from packaging.requirements import Requirement

from shim._version import __version__
from shim.cli import output
from shim.doors import switch
from shim.doors.environment import CHECKED
from shim.doors.served import SERVED, STATE
from shim.errors import DocumentError, SettingsError
from shim.extras import other_shim

EXTRAS = ("requests", "httpx2", "aiohttp")  # their requirements say which versions of libraries are covered

OTHERS = (
    "niquests", "pycurl", "httplib2", "curl_cffi", "primp", "rnet", "treq", "twisted.web.client", "tornado.httpclient",
)  # fmt: skip
"""Modules of HTTP libraries that the drop-in does not cover; the first word is that of their distribution."""

OWN = "Python's own"  # the state of http.client, which is not covered either and is always there

GATEWAY = "send its calls through the gateway (atlas-shim serve), or make them with a covered library"


def look(environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """Switch the drop-in on, return what it covers as JSON has it, and leave it as it was.

    Adds reasons why calls are not covered to ``problems``. A library that is loaded and not covered is a reason; a
    library that is only installed is not.
    """
    loaded, before, active = frozenset(sys.modules), STATE.active, "not at all"
    if CHECKED in environ and not before:
        problems.append(
            "atlas-shim run has no effect: another sitecustomize comes first in PYTHONPATH and does not import the next"
        )
    installed: dict[str, str] = {}
    for name in (*SERVED, *(module.partition(".")[0] for module in OTHERS)):
        with suppress(PackageNotFoundError):
            installed[name] = version(name)
    try:
        switch.install()
        active = "by atlas-shim run, or by the environment" if before else "by this command"
    except (DocumentError, SettingsError) as error:
        problems += error.problems
    try:
        names = [name for name in SERVED if name in installed or name == "urllib.request"]
        patched = {function: ours for name in names for function, ours in _patched(name, problems)}
        if STATE.active:
            problems += [f"{function}: is not covered" for function, ours in patched.items() if not ours]
    finally:
        if not before:
            switch.uninstall()
    with suppress(PackageNotFoundError):
        problems += reasons(installed, requires("atlas-shim") or ())
    if sys.flags.ignore_environment or sys.flags.no_site:
        problems.append("this Python was started with -I, -E or -S, so atlas-shim run has no effect on it")
    problems += filter(None, [other_shim(["."])])
    others = uncovered(installed, loaded)
    problems += [f"{name} is loaded and not covered: {GATEWAY}" for name, state in others.items() if state == "loaded"]
    versions = {"python": sys.version.split()[0], "atlas-shim": __version__, **installed}
    return {"active": active, "versions": versions, "patched": patched, "uncovered": others}


def uncovered(installed: Container[str], loaded: Container[str]) -> dict[str, str]:
    """Return the HTTP libraries that are not covered, each with its state; ``installed`` has distributions.

    The state is ``loaded`` in this process, ``installed`` and not loaded, or ``Python's own``.
    """
    states = {
        module: "loaded" if module in loaded else "installed"
        for module in OTHERS
        if module in loaded or module.partition(".")[0] in installed
    }
    return {**states, "http.client": OWN}


def reasons(installed: Mapping[str, str], required: Iterable[str]) -> list[str]:
    """Return a problem for each installed version that ``required``, the package's requirements, leaves out."""
    found = []
    for one in map(Requirement, required):
        marker, there = one.marker, installed.get(one.name)
        is_meant = marker is None or any(marker.evaluate({"extra": extra}) for extra in EXTRAS)
        if there and is_meant and not one.specifier.contains(there, prereleases=True):
            found.append(f"{one.name} {there} was not tested: atlas-shim needs {one.name}{one.specifier}")
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
    output.heading(f"\nDrop-in (switched on {found['active']})")
    output.facts(found["versions"].items())
    output.facts((function, "covered" if ours else "not covered") for function, ours in found["patched"].items())
    output.heading("\nNot covered")
    output.facts(found["uncovered"].items())
    output.paragraph(f"What to do: {GATEWAY}.")
    output.paragraph("When a call is not translated: atlas-shim explain METHOD URL says why.")


def verdict(found: Mapping[str, Any]) -> str:
    """Return a sentence that names the covered libraries."""
    covered = dict.fromkeys(function.rsplit(".", 2)[0] for function in found["patched"])
    return f"Calls made with {', '.join(covered)} are covered."
