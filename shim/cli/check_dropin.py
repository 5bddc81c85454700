"""The drop-in's part of ``atlas-shim check``: which functions it patches in this Python, and known problems."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import attrs
from packaging.version import Version

from shim._version import __version__
from shim.cli import compatibility, output
from shim.cli.compatibility import Uncovered
from shim.cli.failures import collected, trouble
from shim.doors import placing, switch
from shim.doors.served import SERVED
from shim.extras import other_shim

OURS = "atlas-shim"
"""The name that the table shows for the shim's own wrappers."""


@attrs.frozen
class DropIn:
    """What the drop-in does in this process, with problems and advice.

    ``patched`` has for each patched function the modules of its wrappers, the outermost first.
    """

    active: str
    versions: dict[str, str]
    patched: dict[str, tuple[str, ...]]
    uncovered: tuple[Uncovered, ...]
    hints: tuple[str, ...]


def look(environ: Mapping[str, str], problems: list[str]) -> DropIn:
    """Switch the drop-in on, see what it covers, and leave it as it was.

    Reasons why calls are not covered are added to ``problems``: a loaded library that the shim does not cover is
    one, a library that is only installed is not.
    """
    loaded, before, active = frozenset(sys.modules), switch.installed(), "not at all"
    if switch.LAUNCH in environ.get("PYTHONPATH", "").split(os.pathsep) and not before:
        problems.append(
            "atlas-shim run has no effect: another sitecustomize comes first in PYTHONPATH and does not import the next"
        )
    versions = {"python": sys.version.split()[0], "atlas-shim": __version__, **dict(_versions())}
    try:
        with collected(problems):
            switch.install()
            active = "by atlas-shim run, or by the environment" if before else "by this command"
        patched = {
            function: order
            for name, patches in SERVED.items()
            if (name in versions or name == "urllib.request") and _loads(name, problems)
            for function, order in _patched(name, patches)
        }
        if switch.installed():
            problems += [f"{function}: is not covered" for function, order in patched.items() if OURS not in order]
    finally:
        if not before:
            switch.uninstall()
    installed = {name: Version(text) for name, text in versions.items() if name != "python"}
    problems += compatibility.problems(installed, environ)
    problems += filter(None, [other_shim(["."])])
    uncovered = compatibility.uncovered(installed, loaded)
    for one in uncovered:
        if one.state == "loaded":
            problems.append(f"{one.library} is loaded and not covered: {compatibility.GATEWAY}")
    return DropIn(active, versions, patched, uncovered, compatibility.hints(installed, environ))


def _versions() -> Iterator[tuple[str, str]]:
    for name in compatibility.LOOKED_AT:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _loads(name: str, problems: list[str]) -> bool:
    try:
        import_module(name)
    except Exception as error:  # noqa: BLE001 - a broken library is a finding
        problems.append(f"{name}: can't be imported: {error}")
        return False
    return True


def _patched(name: str, patches: Iterable[tuple[str, str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    module = import_module(name)
    for kind, method in patches:
        links = tuple(placing.chain(getattr(module, kind), method))
        order = tuple(OURS if placing.is_ours(link) else _who(link) for link in links)
        yield f"{name}.{kind}.{method}", order


def _who(link: Any) -> str:
    """Return the module that a wrapper or function comes from."""
    function = getattr(link, "_self_wrapper", link)
    if isinstance(function, partial):
        function = function.func
    defined_in = getattr(function, "__globals__", {}).get("__name__")  # functools.wraps copies __module__
    return str(defined_in or getattr(function, "__module__", type(link).__name__))


def text(found: DropIn) -> None:
    """Write the findings as text."""
    output.heading("\nDrop-in")
    output.facts((name, _with_range(name, version)) for name, version in found.versions.items())
    output.heading(f"\nPatched (switched on {found.active}); the first module of a row is called first")
    output.facts((function, " > ".join(order)) for function, order in found.patched.items())
    output.heading("\nNot covered")
    warned = "; its retired calls get a warning"
    output.facts((one.library, f"{one.state}{warned if one.told else ''}") for one in found.uncovered)
    output.paragraph(f"What to do: {compatibility.GATEWAY}.")
    output.paragraph(f"When a call is not translated, see {trouble('nothing-happens')}")
    output.heading("\nGood to know")
    output.bullets(found.hints)


def _with_range(name: str, version: str) -> str:
    first, last = compatibility.TESTED.get(name, ("", ""))
    return f"{version} (tried with {first} to {last})" if first else version


def verdict(found: DropIn) -> str:
    """Return a sentence that names what was found good, and claims no more."""
    covered = ", ".join(dict.fromkeys(function.rsplit(".", 2)[0] for function in found.patched))
    others = [one.library for one in found.uncovered if one.state != "Python's own"]
    well = f"Calls made with {covered} are covered."
    return f"{well} Installed, not covered: {', '.join(others)}." if others else well
