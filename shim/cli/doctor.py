"""``atlas-shim doctor``: what the drop-in patches in a Python such as this one, and known problems with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import attrs
import click
from packaging.version import Version

from shim import patching, switch
from shim._version import __version__
from shim.cli import compatibility, output
from shim.cli.compatibility import Uncovered
from shim.cli.failures import collected, trouble
from shim.cli.options import output_option
from shim.cli.output import write_report
from shim.cli.settings_report import mistyped, settings_in_force
from shim.core.settings import read_settings
from shim.dropin.environment import WARNINGS
from shim.dropin.warnings_word import read_word

_SHOWN = ("route", "sunset", "upstream", "mappings")
"""The settings that the drop-in has in common with the gateway."""


@attrs.frozen
class Patched:
    """One function of a library; ``order`` names the modules that are called in its place, the outermost first."""

    function: str
    order: tuple[str, ...]
    covered: bool


@attrs.frozen
class DoctorReport:
    """All that was found out.

    ``problems`` keep calls from being covered, ``uncovered`` makes calls that never are, ``hints`` are good to know.
    """

    active: str
    versions: dict[str, str]
    settings: dict[str, str]
    patched: tuple[Patched, ...]
    uncovered: tuple[Uncovered, ...]
    problems: tuple[str, ...]
    hints: tuple[str, ...]


@click.command()
@output_option
def command(*, output: str) -> None:
    """Show what the drop-in patches in this Python, what it never sees, and known problems.

    Switches the drop-in on in this very process, as "import shim.auto" would, and shows the result.
    Run it as "atlas-shim run -- atlas-shim doctor", in the environment of your program, to see what
    your program gets; called in the program itself, as shim.cli.main(["doctor"]), it also knows
    what that has loaded. No secret is shown.

    Exit codes: 0 when what is covered works; 1 when there are problems, all of which are listed: a
    library that is loaded and not covered is one, one that is installed and not loaded is not.
    """
    report = _report(os.environ)
    write_report(attrs.asdict(report), report.problems, output, lambda: _text(report), _verdict(report))


def _report(environ: Mapping[str, str]) -> DoctorReport:
    found: list[str] = []
    loaded = frozenset(sys.modules)
    before, active = switch.installed(), "not at all"
    if switch.LAUNCH in environ.get("PYTHONPATH", "").split(os.pathsep) and not before:
        found.append("atlas-shim run was overtaken: another sitecustomize is first in PYTHONPATH and does not chain")
    settings = _settings(environ, found)
    versions = {"python": sys.version.split()[0], "atlas-shim": __version__, **_versions()}
    with collected(found):
        switch.install()
        active = "by atlas-shim run, or by the environment" if before else "by this command"
    patched = tuple(
        one
        for name, patches in ({**switch.PATCHES, **switch.STANDARD}).items()
        if (name in versions or name in switch.STANDARD) and _loads(name, found)
        for one in _patched(name, patches)
    )
    found.extend(f"{one.function}: is not covered" for one in patched if switch.installed() and not one.covered)
    installed = {name: Version(text) for name, text in versions.items() if name != "python"}
    found += compatibility.problems(installed, environ)
    uncovered = compatibility.uncovered(installed, loaded, switch.PATCHES)
    found += [f"{one.library} is loaded and not covered: {one.advice}" for one in uncovered if one.state == "loaded"]
    hints = compatibility.hints(installed, environ)
    return DoctorReport(active, versions, settings, patched, uncovered, tuple(dict.fromkeys(found)), hints)


def _settings(environ: Mapping[str, str], found: list[str]) -> dict[str, str]:
    # What is wrong with the options of the gateway alone is for `atlas-shim check` to say.
    listed, _ = settings_in_force(environ, {}, "", [])
    for read in (read_word, read_settings):
        with collected(found):
            read(environ)
    found += mistyped(environ)
    settings = {one.name: f"{one.value or '-'} ({one.source})" for one in listed if one.name in _SHOWN}
    word = environ.get(WARNINGS)
    return {**settings, "warnings": f"{word or 'once'} ({WARNINGS if word else 'default'})"}


def _versions() -> dict[str, str]:
    found = {}
    for name in compatibility.LOOKED_AT:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _loads(name: str, found: list[str]) -> bool:
    try:
        import_module(name)
    except Exception as error:  # noqa: BLE001 - a broken library is a finding
        found.append(f"{name}: can't be imported: {error}")
        return False
    return True


def _patched(name: str, patches: Iterable[tuple[str, str]]) -> Iterator[Patched]:
    module = import_module(name)
    for kind, method in patches:
        links = tuple(patching.chain(getattr(module, kind), method))
        yield Patched(f"{name}.{kind}.{method}", tuple(map(_who, links)), any(map(patching.is_ours, links)))


def _who(link: Any) -> str:
    """Name the module that a wrapper or function comes from, whatever name it was given."""
    if patching.is_ours(link):
        return "atlas-shim"
    function = getattr(link, "_self_wrapper", link)
    if isinstance(function, partial):
        function = function.func
    defined_in = getattr(function, "__globals__", {}).get("__name__")  # functools.wraps copies __module__
    return str(defined_in or getattr(function, "__module__", type(link).__name__))


def _text(report: DoctorReport) -> None:
    output.heading("Versions")
    output.facts((name, _with_range(name, version)) for name, version in report.versions.items())
    output.heading("\nSettings")
    output.facts(report.settings.items())
    output.heading(f"\nPatched (switched on {report.active}); the first of a row is called first")
    output.facts((one.function, " > ".join(one.order)) for one in report.patched)
    output.heading("\nNot covered")
    told = "; retired calls are told by a warning"
    output.facts((one.library, f"{_STATES[one.state]}{told if one.told else ''}") for one in report.uncovered)
    output.paragraph(f"What to do: {compatibility.GATEWAY}.")
    output.paragraph(f"When a call is not translated, see {trouble('nothing-happens')}")
    if report.hints:
        output.heading("\nGood to know")
        output.bullets(report.hints)


_STATES = {"loaded": "loaded", "installed": "installed, not covered", "standard": "Python's own, never covered"}


def _with_range(name: str, version: str) -> str:
    first, last = compatibility.TESTED.get(name, ("", ""))
    return f"{version} (tried with {first} to {last})" if first else version


def _verdict(report: DoctorReport) -> str:
    """Say what is well, and never that all is."""
    covered = ", ".join(dict.fromkeys(one.function.rsplit(".", 2)[0] for one in report.patched))
    others = [one.library for one in report.uncovered if one.state != "standard"]
    well = f"Calls made with {covered} are covered."
    return f"{well} Installed, not covered: {', '.join(others)}." if others else well
