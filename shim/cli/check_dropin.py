"""The drop-in's part of ``atlas-shim check``: covered libraries, and known problems."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from packaging.requirements import Requirement

from shim._version import __version__
from shim.doors import switch
from shim.doors.environment import CHECKED
from shim.doors.served import SERVED, STATE
from shim.errors import DocumentError, SettingsError
from shim.extras import other_shim

# These requirements have the supported versions of libraries.
EXTRAS = (
    "requests",
    "httpx2",
    "aiohttp",
)


def look(environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """Switch the drop-in on, return the covered libraries, and restore its state.

    Adds reasons why calls are not covered to ``problems``.
    """
    before = STATE.active
    active = "not at all"
    covered = list[str]()
    if CHECKED in environ and not before:
        problems.append(
            "atlas-shim run has no effect: another sitecustomize comes first in PYTHONPATH and does not import the next"
        )
    installed: dict[str, str] = {}
    for name in SERVED:
        with suppress(PackageNotFoundError):
            installed[name] = version(name)
    try:
        switch.install()
        if before:
            active = "by atlas-shim run, or by the environment"
        else:
            active = "by this command"
    except (DocumentError, SettingsError) as error:
        problems += error.problems
    try:
        if STATE.active:
            covered = [
                name
                for name in (*installed, "urllib.request")
                if _is_covered(name, problems)
            ]
    finally:
        if not before:
            switch.uninstall()
    with suppress(PackageNotFoundError):
        problems += reasons(installed, requires("atlas-shim") or ())
    if sys.flags.ignore_environment or sys.flags.no_site:
        problems.append(
            "this Python was started with -I, -E or -S, so atlas-shim run has no effect on it"
        )
    problems += filter(None, [other_shim(["."])])
    versions = {
        "python": sys.version.split()[0],
        "atlas-shim": __version__,
        **installed,
    }
    return {"active": active, "versions": versions, "covered": covered}


def reasons(installed: Mapping[str, str], required: Iterable[str]) -> list[str]:
    """Return a problem for each installed version that ``required`` excludes.

    ``required`` is the package's requirements.
    """
    found = []
    for one in map(Requirement, required):
        marker = one.marker
        there = installed.get(one.name)
        is_meant = marker is None or any(
            marker.evaluate({"extra": extra}) for extra in EXTRAS
        )
        if there and is_meant and not one.specifier.contains(there, prereleases=True):
            found.append(
                f"{one.name} {there} was not tested: atlas-shim needs {one.name}{one.specifier}"
            )
    return found


def _is_covered(name: str, problems: list[str]) -> bool:
    """Return whether the drop-in's functions are in a library.

    A problem is the reason.
    """
    try:
        module = import_module(name)
    except Exception as error:  # noqa: BLE001 - a broken library is a finding
        problems.append(f"{name}: can't be imported: {error}")
        return False
    lost = []
    for kind, method in SERVED[name]:
        if not any(map(switch.is_ours, switch.chain(getattr(module, kind), method))):
            lost.append(f"{name}.{kind}.{method}: is not covered")
    problems += lost
    return not lost
