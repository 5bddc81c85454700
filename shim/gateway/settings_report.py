"""The settings in force and where each comes from, for the operator; no secret is shown."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from shim._version import __version__
from shim.credentials import used_variables
from shim.gateway.option_values import Given, nearest
from shim.gateway.options import TABLE, CredentialsMode, Options
from shim.gateway.plan import Plan, shown
from shim.tools import inventory

PREFIX = "ATLAS_SHIM_"
MAPPINGS = "ATLAS_SHIM_MAPPINGS"

KNOWN = frozenset({MAPPINGS, "ATLAS_SHIM_WARNINGS", inventory.VARIABLE, *(row.variable for row in TABLE)})
"""Every variable that some part of the shim reads."""

SECRET = "(set)"  # noqa: S105 - shown in place of one


@attrs.frozen
class Setting:
    """One setting in force; ``source`` is a flag, a variable, a file, ``program``, or ``default``."""

    name: str
    value: str
    source: str


def settings_of(options: Options, given: Mapping[str, Given], environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return a gateway's settings; a value that a program around it has set is shown in words."""
    settings = []
    for row in TABLE:
        value, said = getattr(options, row.name), given.get(row.name)
        if said is not None:
            text, source = said.text, said.source
        elif value == row.reader.read(row.default, row.name):
            text, source = row.default, "default"
        else:
            text, source = shown(value), "program"
        settings.append(Setting(row.name, SECRET if row.secret and value else text, source))
    folder = environ.get(MAPPINGS, "")
    settings.append(Setting("mappings", folder, MAPPINGS if folder else "default"))
    if options.credentials is CredentialsMode.OWN:
        settings.append(Setting("atlas_credentials", SECRET, ", ".join(used_variables(environ))))
    return tuple(settings)


def report(plan: Plan, environ: Mapping[str, str], flag: Mapping[str, object]) -> dict[str, object]:
    """Return the content of ``/config.json``; ``flag`` is what the route's feature flag says."""
    return {
        "version": __version__,
        "settings": [attrs.asdict(one) for one in settings_of(plan.options, plan.given, environ)],
        "documents": sorted(document.name for document in plan.engine.documents),
        "route_flag": flag or None,
        "unknown_variables": unknown_variables(environ),
    }


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a problem for each variable that nothing reads: a mistyped kill switch would have no effect."""
    names = sorted(name for name in environ if name.startswith(PREFIX) and name not in KNOWN)
    return [f"{name}: is no setting{nearest(name, sorted(KNOWN), PREFIX)}" for name in names]
