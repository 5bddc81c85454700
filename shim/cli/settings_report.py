"""The settings in force, where each comes from, and every problem there is, without stopping at the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import attrs

from shim.cli import log
from shim.core.settings import parse_origin, parse_route, parse_sunsets
from shim.credentials import VARIABLES, ApiKey, ServiceAccount, read_credentials
from shim.errors import SettingsError

UNUSABLE = "(unusable)"
"""Shown in place of a value that could not be read: it may hold a password."""

MAPPINGS, WARNINGS = "ATLAS_SHIM_MAPPINGS", "ATLAS_SHIM_WARNINGS"


@attrs.frozen
class Option:
    """One setting that can be checked: its variable, its key in a file, how it is read, and its default."""

    variable: str
    key: str
    parse: Callable[[str, str], Any]
    default: str


@attrs.frozen
class Setting:
    """One setting in force; ``source`` is a variable, a file, or ``default``."""

    name: str
    value: str
    source: str


def options() -> tuple[Option, ...]:
    """Return the gateway's table of options, or what every door reads when the gateway is not installed."""
    try:
        from shim.gateway.options import TABLE  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        return (
            Option("ATLAS_SHIM_ROUTE", "route", lambda text, name: parse_route(text, name=name), "auto"),
            Option("ATLAS_SHIM_SUNSET", "sunset", lambda text, name: parse_sunsets(text, name=name), ""),
            Option("ATLAS_SHIM_UPSTREAM", "upstream", lambda text, name: parse_origin(text, name=name), ""),
        )
    return tuple(Option(row.variable, row.name, row.parse, row.default) for row in TABLE)


def read(
    environ: Mapping[str, str], file: Mapping[str, Any], file_name: str, problems: list[str]
) -> tuple[Setting, ...]:
    """Return the settings as the gateway would read them; what is wrong is added to ``problems``."""
    known = options()
    settings = []
    for option in known:
        if environ.get(option.variable):
            text, source, name = environ[option.variable], option.variable, option.variable
        elif option.key in file:
            text, source, name = str(file[option.key]), file_name, f"{file_name}: {option.key}"
        else:
            settings.append(Setting(option.key, option.default, "default"))
            continue
        try:
            option.parse(text.strip(), name)
        except SettingsError as error:
            problems.append(str(error))
            settings.append(Setting(option.key, UNUSABLE, source))
        else:
            settings.append(Setting(option.key, text, source))
    settings.append(Setting("mappings", environ.get(MAPPINGS, ""), MAPPINGS if environ.get(MAPPINGS) else "default"))
    problems.extend(f"{file_name}: {key}: no such option" for key in file if key not in {one.key for one in known})
    problems.extend(_mistyped(environ, {option.variable for option in known} | {MAPPINGS, WARNINGS, log.VARIABLE}))
    return tuple(settings)


def _mistyped(environ: Mapping[str, str], known: set[str]) -> list[str]:
    """Find variables that nobody reads: a mistyped kill switch would silently mean nothing."""
    problems = []
    for name in sorted(environ):
        if name.startswith("ATLAS_SHIM_") and name not in known:
            near = get_close_matches(name, known, n=1)
            problems.append(f"{name}: is no setting{f'; did you mean {near[0]}?' if near else ''}")
    return problems


def credentials(environ: Mapping[str, str], problems: list[str]) -> Setting:
    """Return the kind of credentials and the variables they come from, and never a value."""
    names = [name for variable in VARIABLES.values() for name in (variable, f"{variable}_FILE") if environ.get(name)]
    try:
        found = read_credentials(environ)
    except SettingsError as error:
        problems.append(str(error))
        return Setting("Atlas credentials", UNUSABLE, ", ".join(names))
    match found:
        case None:
            return Setting("Atlas credentials", "none", "default")
        case ApiKey():
            kind = "an API key"
        case ServiceAccount():
            kind = "a service account"
        case _:
            kind = "an access token"
    return Setting("Atlas credentials", kind, ", ".join(names))
