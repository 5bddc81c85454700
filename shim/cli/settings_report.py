"""The settings in force and where each comes from; all that is wrong with them is collected."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import attrs

from shim import inventory
from shim.cli.failures import collected
from shim.credentials import AccessToken, ApiKey, ServiceAccount, read_credentials, used_variables
from shim.dropin import notice
from shim.gateway.option_values import text_of
from shim.gateway.options import TABLE

UNUSABLE = "(unusable)"
"""Shown in place of a value that could not be read: it may hold a password."""

MAPPINGS = "ATLAS_SHIM_MAPPINGS"

_KINDS = {
    type(None): "none",
    ApiKey: "an API key",
    ServiceAccount: "a service account",
    AccessToken: "an access token",
}


@attrs.frozen
class Setting:
    """One setting in force; ``source`` is a variable, a file, or ``default``."""

    name: str
    value: str
    source: str


def settings_in_force(
    environ: Mapping[str, str], file: Mapping[str, Any], file_name: str, problems: list[str]
) -> tuple[tuple[Setting, ...], Mapping[str, Any]]:
    """Return the settings as the gateway would read them, and by name the values of those that are set.

    What is wrong is added to ``problems``; such a setting has no value.
    """
    settings: list[Setting] = []
    values: dict[str, Any] = {}
    for row in TABLE:
        if environ.get(row.variable):
            text, source, name = environ[row.variable], row.variable, row.variable
        elif row.name in file:
            text, source, name = text_of(file[row.name]), file_name, f"{file_name}: {row.name}"
        else:
            settings.append(Setting(row.name, row.default, "default"))
            continue
        with collected(problems):
            values[row.name] = row.parse(text.strip(), name)
        shown = "(set)" if row.secret else text
        settings.append(Setting(row.name, shown if row.name in values else UNUSABLE, source))
    settings.append(Setting("mappings", environ.get(MAPPINGS, ""), MAPPINGS if environ.get(MAPPINGS) else "default"))
    known = {row.name for row in TABLE}
    problems.extend(f"{file_name}: {key}: no such option" for key in file if key not in known)
    return tuple(settings), values


def mistyped(environ: Mapping[str, str]) -> list[str]:
    """Return a problem for each variable that nothing reads: a mistyped kill switch would have no effect."""
    known = {row.variable for row in TABLE} | {MAPPINGS, notice.VARIABLE, inventory.VARIABLE}
    problems = []
    for name in sorted(environ):
        if name.startswith("ATLAS_SHIM_") and name not in known:
            near = get_close_matches(name, known, n=1)
            problems.append(f"{name}: is no setting{f'; did you mean {near[0]}?' if near else ''}")
    return problems


def credentials_in_force(environ: Mapping[str, str], problems: list[str]) -> Setting:
    """Return the kind of credentials and the variables they come from, and never a value."""
    kind = UNUSABLE
    with collected(problems):
        kind = _KINDS[type(read_credentials(environ))]
    return Setting("Atlas credentials", kind, ", ".join(used_variables(environ)) or "default")
