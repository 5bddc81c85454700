"""``atlas-shim doctor``: what the drop-in patches in a Python such as this one, and what gets in its way."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import attrs
import click
from packaging.version import Version

from shim import switch
from shim._version import __version__
from shim.cli import compatibility as ailments
from shim.cli import output, settings_report
from shim.cli.failures import NO
from shim.cli.run import LAUNCH
from shim.core.settings import read_settings
from shim.dropin.notice import VARIABLE, read_word
from shim.dropin.runtime import prepare
from shim.errors import DocumentError, SettingsError

_SHOWN = ("route", "sunset", "upstream", "mappings")
"""The settings that the drop-in has in common with the gateway."""


@attrs.frozen
class Patched:
    """One function of a library: ``order`` lists who stands in its place, the outermost first."""

    function: str
    order: tuple[str, ...]
    covered: bool


@attrs.frozen
class Report:
    """All that was found out; ``problems`` keep calls from being covered, ``hints`` are good to know."""

    active: str
    versions: dict[str, str]
    settings: dict[str, str]
    patched: tuple[Patched, ...]
    problems: tuple[str, ...]
    hints: tuple[str, ...]


@click.command()
@output.output_option
def command(*, output: str) -> None:
    """Show what the drop-in patches here, and what is known to get in its way.

    Switches the drop-in on in this very process, as "import shim.auto" would, and looks at what
    comes of it. Run it as "atlas-shim run -- atlas-shim doctor", in the environment of your program,
    to see what your program gets. No secret is shown.

    Exit codes: 0 when all is well; 1 when there are problems, all of which are listed.
    """
    report = _report(os.environ)
    if output == "json":
        _json(report)
    else:
        _text(report)
    if report.problems:
        raise SystemExit(NO)


def _report(environ: Mapping[str, str]) -> Report:
    problems: list[str] = []
    active = "by atlas-shim run, or by the environment" if switch.installed() else "by this command"
    if str(LAUNCH) in environ.get("PYTHONPATH", "").split(os.pathsep) and not switch.installed():
        problems.append("atlas-shim run was overtaken: another sitecustomize is first in PYTHONPATH and does not chain")
    settings = _settings(environ, problems)
    versions = {"python": sys.version.split()[0], "atlas-shim": __version__, **_versions()}
    try:
        prepare()
        switch.install()
    except (SettingsError, DocumentError) as error:
        problems.append(str(error))
        active = "not at all"
    patched = tuple(_patched(name) for name in switch.PATCHES if name in versions and _loads(name, problems))
    flat = tuple(one for each in patched for one in each)
    problems.extend(f"{one.function}: is not covered" for one in flat if switch.installed() and not one.covered)
    installed = {name: Version(text) for name, text in versions.items() if name != "python"}
    problems.extend(ailments.problems(installed, environ))
    return Report(active, versions, settings, flat, tuple(dict.fromkeys(problems)), ailments.hints(installed, environ))


def _settings(environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    found: list[str] = []
    listed = settings_report.read(environ, {}, "", found)
    settings = {one.name: f"{one.value or '-'} ({one.source})" for one in listed if one.name in _SHOWN}
    word = environ.get(VARIABLE)
    for check in (read_word, read_settings):
        try:
            check(environ)
        except SettingsError as error:
            problems.append(str(error))
    settings["warnings"] = f"{word or 'once'} ({VARIABLE if word else 'default'})"
    # What is wrong with the gateway's own options is for `atlas-shim check` to say; a name nobody knows is not.
    problems.extend(text for text in found if ": is no setting" in text)
    return settings


def _versions() -> dict[str, str]:
    found = {}
    for name in ailments.LOOKED_AT:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _loads(name: str, problems: list[str]) -> bool:
    try:
        import_module(name)
    except Exception as error:  # noqa: BLE001 - a broken library is a finding
        problems.append(f"{name}: can't be imported: {error}")
        return False
    return True


def _patched(name: str) -> tuple[Patched, ...]:
    module = import_module(name)
    described = []
    for kind, method in switch.PATCHES[name]:
        links = tuple(switch.chain(getattr(module, kind), method))
        covered = any(map(switch.is_ours, links))
        described.append(Patched(f"{name}.{kind}.{method}", tuple(map(_who, links)), covered))
    return tuple(described)


def _who(link: Any) -> str:
    """Name the module that a wrapper or function comes from, whatever name it was given."""
    if switch.is_ours(link):
        return "atlas-shim"
    function = getattr(link, "_self_wrapper", link)
    if isinstance(function, partial):
        function = function.func
    defined_in = getattr(function, "__globals__", {}).get("__name__")  # functools.wraps copies __module__
    return str(defined_in or getattr(function, "__module__", type(link).__name__))


def _json(report: Report) -> None:
    output.write_json({"ok": not report.problems, **attrs.asdict(report)})


def _text(report: Report) -> None:
    output.heading("Versions")
    output.facts(report.versions.items())
    output.heading("\nSettings")
    output.facts(report.settings.items())
    output.heading(f"\nPatched (switched on {report.active}); the first of a row is called first")
    output.facts((one.function, " > ".join(one.order)) for one in report.patched)
    if report.hints:
        output.heading("\nGood to know")
        for hint in report.hints:
            output.paragraph(hint, "    ", "  - ")
    click.echo()
    if report.problems:
        click.secho(f"Problems: {len(report.problems)}", fg="red", bold=True)
        for problem in report.problems:
            output.paragraph(problem, "    ", "  - ")
    else:
        click.secho("All is well.", fg="green", bold=True)
