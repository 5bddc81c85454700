"""The settings that the gateway would have, and where each comes from; all that is wrong with them is collected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shim.cli.failures import collected
from shim.credentials import AccessToken, ApiKey, ServiceAccount, read_credentials, used_variables
from shim.gateway.option_sources import given
from shim.gateway.options import TABLE
from shim.gateway.settings_report import SECRET, Setting, mappings_in
from shim.gateway.settings_report import unknown_variables as mistyped

__all__ = ["Setting", "credentials_in_force", "mistyped", "settings_in_force"]

UNUSABLE = "(unusable)"
"""Shown in place of a value that could not be read: it may hold a password."""

_KINDS = {
    type(None): "none",
    ApiKey: "an API key",
    ServiceAccount: "a service account",
    AccessToken: "an access token",
}


def settings_in_force(
    environ: Mapping[str, str], file: Mapping[str, Any], file_name: str, problems: list[str]
) -> tuple[tuple[Setting, ...], Mapping[str, Any]]:
    """Return the settings as the gateway would read them, and by name the values of those that are set.

    What is wrong is added to ``problems``; such a setting has no value.
    """
    found, unknown = given(TABLE, environ, {}, file, file_name)
    settings: list[Setting] = []
    values: dict[str, Any] = {}
    for row in TABLE:
        said = found.get(row.name)
        if said is None:
            settings.append(Setting(row.name, row.default, "default"))
            continue
        with collected(problems):
            values[row.name] = row.parse(said.text, said.name)
        text = SECRET if row.secret else said.text
        settings.append(Setting(row.name, text if row.name in values else UNUSABLE, said.source))
    problems.extend(unknown)
    return (*settings, mappings_in(environ)), values


def credentials_in_force(environ: Mapping[str, str], problems: list[str]) -> Setting:
    """Return the kind of credentials and the variables they come from, and never a value."""
    kind = UNUSABLE
    with collected(problems):
        kind = _KINDS[type(read_credentials(environ))]
    return Setting("Atlas credentials", kind, ", ".join(used_variables(environ)) or "default")
