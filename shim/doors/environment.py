"""The environment variables that a program with the drop-in obeys; light, since ``import shim.auto`` loads this."""

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
"""The shim's own. A change of any counts with the next call."""

NEED_DOCUMENTS = frozenset(
    {
        "ATLAS_SHIM_MAPPINGS",
        "ATLAS_SHIM_READS",
        "ATLAS_SHIM_SUNSET",
        "ATLAS_SHIM_WRITES",
    }
)
"""Those that name something in the documents, or the documents themselves."""

CHECKED = "_ATLAS_SHIM_CHECKED"
"""Set by ``atlas-shim run`` to what ``settings_in`` returned there: a child that finds the same need not check it.

What the drop-in does not serve is then led to that run's gateway."""

PROVIDER = "ATLAS_SHIM_OPENFEATURE_PROVIDER"
"""Also the shim's own; it is read to evaluate a feature flag."""

WORDS = ("off", "once", "always", "error")
"""The words of ``ATLAS_SHIM_WARNINGS``."""


def settings_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the drop-in's own variables, as far as they are set."""
    return {name: environ[name] for name in VARIABLES if environ.get(name)}


def are_unknown(environ: Mapping[str, str]) -> bool:
    """Return whether there are unknown variables, such as misspelled ones, without a warning so far."""
    known = {*VARIABLES, PROVIDER}
    return CHECKED not in environ and any(
        name.startswith("ATLAS_SHIM_") and name not in known for name in environ
    )


def check(environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``settings_in``, and load no more than their check needs: nothing where none is set.

    Raises SettingsError and DocumentError, so that a typo is found here and not in a
    call; logs unknown variables.
    """
    settings = settings_in(environ)
    if environ.get(CHECKED) == as_mark(settings):
        unchecked = {}
    else:
        unchecked = settings
    # of a provider, which has to be there
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
    """Return settings as the value of ``CHECKED``."""
    return "\n".join(f"{name}={value}" for name, value in settings.items())


def read_word(environ: Mapping[str, str]) -> str:
    """Return the word of ``ATLAS_SHIM_WARNINGS``, ``once`` by default; raises SettingsError on any other."""
    word = (environ.get(WARNINGS) or "once").strip()
    if word not in WORDS:
        raise SettingsError(f"{WARNINGS}: {word!r} is not one of {', '.join(WORDS)}")
    return word
