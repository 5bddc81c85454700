"""The settings in force for gateways and programs, and where each was given; collects all defects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from shim.cli.failures import collected
from shim.core.settings import Settings
from shim.credentials import AccessToken, ApiKey, ServiceAccount, read_credentials, used_variables
from shim.doors.environment import WARNINGS, read_word
from shim.flags.providers import check_flag, provider_factory
from shim.gateway.option_sources import Given, given
from shim.gateway.options import TABLE, Options
from shim.gateway.plan import read_config
from shim.gateway.settings_report import SECRET, Setting, mappings_in, unknown_variables
from shim.origins import DEFAULT_BASE_URL, read_base_url

UNUSABLE = "(unusable)"
"""Shown in place of a value that could not be read: it may hold a password."""

_KINDS = {
    type(None): "none",
    ApiKey: "an API key",
    ServiceAccount: "a service account",
    AccessToken: "an access token",
}


@attrs.frozen
class InForce:
    """The settings in force.

    ``given`` says where each was given; ``options`` has upstream's origin and certificates, else defaults.
    """

    shown: tuple[Setting, ...]
    settings: Settings
    given: Mapping[str, Given]
    options: Options


_OF_UPSTREAM = ("upstream", "upstream_ca", "upstream_cert", "upstream_key")


def settings_in_force(environ: Mapping[str, str], config: Path | None, problems: list[str]) -> InForce:
    """Return the settings, without secrets; adds each defect to ``problems`` and leaves that setting out."""
    file: Mapping[str, Any] = {}
    with collected(problems):
        file = read_config(config)
    found, unknown = given(TABLE, environ, {}, file, str(config))
    shown: list[Setting] = []
    values: dict[str, Any] = {}
    for row in TABLE:
        said = found.get(row.name)
        if said is None:
            shown.append(Setting(row.name, row.default, "default"))
            continue
        with collected(problems):
            values[row.name] = row.parse(said.text, said.name)
        text = SECRET if row.secret else said.text
        shown.append(Setting(row.name, text if row.name in values else UNUSABLE, said.source))
    problems += unknown
    with collected(problems):
        if provider := values.get("openfeature_provider"):
            provider_factory(provider, found["openfeature_provider"].name)
        check_flag(values.get("route"))
    with collected(problems):
        read_word(environ)
    problems += unknown_variables(environ)
    warnings = Setting("warnings", environ.get(WARNINGS) or "once", WARNINGS if environ.get(WARNINGS) else "default")
    shown += [mappings_in(environ), warnings, _credentials(environ, problems)]
    words = {"sunsets": values.get("sunset", {}), "writes": values.get("writes", frozenset())}
    settings = Settings(**words, hosts=values.get("hosts", {}))
    options = Options(upstream=DEFAULT_BASE_URL)
    with collected(problems):
        options = Options(**{"upstream": read_base_url(environ)} | {k: values[k] for k in _OF_UPSTREAM if k in values})
    return InForce(tuple(shown), settings, found, options)


def _credentials(environ: Mapping[str, str], problems: list[str]) -> Setting:
    """Return the kind of credentials and the names of their variables, never a value."""
    kind = UNUSABLE
    with collected(problems):
        kind = _KINDS[type(read_credentials(environ))]
    return Setting("Atlas credentials", kind, ", ".join(used_variables(environ)) or "default")
