"""The environment variables of the drop-in.

Light, because ``import shim.auto`` loads this module.
"""

from __future__ import annotations

from importlib import import_module

from shim.errors import SettingsError

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
if TYPE_CHECKING:
    from collections.abc import Mapping

INVENTORY = "ATLAS_SHIM_INVENTORY"
WARNINGS = "ATLAS_SHIM_WARNINGS"
VARIABLES = (
    "ATLAS_SHIM_MAPPINGS",
    "ATLAS_SHIM_READS",
    "ATLAS_SHIM_ROUTE",
    "ATLAS_SHIM_SUNSET",
    "ATLAS_SHIM_UPSTREAM",
    "ATLAS_SHIM_WRITES",
    INVENTORY,
    WARNINGS,
)
"""The shim's own variables. A change takes effect with the next call."""

NEED_DOCUMENTS = frozenset(
    {
        "ATLAS_SHIM_MAPPINGS",
        "ATLAS_SHIM_READS",
        "ATLAS_SHIM_SUNSET",
        "ATLAS_SHIM_WRITES",
    }
)
"""Variables that refer to mapping documents or to something in them."""

CHECKED = "_ATLAS_SHIM_CHECKED"
"""Set by ``atlas-shim run`` to the result of ``settings_in``: a child with the same
result need not check it.

Calls that the drop-in does not handle then go to that run's gateway.
"""

PROVIDER = "ATLAS_SHIM_OPENFEATURE_PROVIDER"
"""Another variable of the shim; it is read to evaluate a feature flag."""

WORDS = ("off", "once", "always", "error")
"""The valid values of ``ATLAS_SHIM_WARNINGS``."""


def settings_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the drop-in's own variables that are set."""
    return {name: environ[name] for name in VARIABLES if environ.get(name)}


def are_unknown(environ: Mapping[str, str]) -> bool:
    """Return whether unknown variables, such as misspelled ones, were not yet logged."""
    known = {*VARIABLES, PROVIDER}
    return CHECKED not in environ and any(
        name.startswith("ATLAS_SHIM_") and name not in known for name in environ
    )


def check(environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``settings_in``, without loading checks that no variable needs.

    Raises SettingsError and DocumentError, so that a typo is found here instead of in a
    call. Logs unknown variables.
    """
    settings = settings_in(environ)
    if environ.get(CHECKED) == as_mark(settings):
        unchecked = {}
    else:
        unchecked = settings
    # of a provider, which must exist
    is_flag = ":" in unchecked.get("ATLAS_SHIM_ROUTE", "")
    if unchecked.keys() & NEED_DOCUMENTS or is_flag or are_unknown(environ):
        import_module("shim.doors.process").prepare()
    elif unchecked or any(
        name.startswith(("MONGODB_ATLAS_", "MCLI_")) for name in environ
    ):
        read_word(environ)
        import_module("shim.core.settings").read_settings(environ)
        import_module("shim.origins").read_base_url(environ)
    return settings


def as_mark(settings: Mapping[str, str]) -> str:
    """Return the settings as the value of ``CHECKED``."""
    return "\n".join(f"{name}={value}" for name, value in settings.items())


def read_word(environ: Mapping[str, str]) -> str:
    """Return the value of ``ATLAS_SHIM_WARNINGS``, by default ``once``.

    Raises SettingsError on an invalid one.
    """
    word = (environ.get(WARNINGS) or "once").strip()
    if word not in WORDS:
        raise SettingsError(f"{WARNINGS}: {word!r} is not one of {', '.join(WORDS)}")
    return word
