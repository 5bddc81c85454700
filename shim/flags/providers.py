"""Asking OpenFeature, whose provider the embedding program has set or a factory makes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from shim.core.settings import FlagRoute, RouteWord
from shim.errors import SettingsError
from shim.extras import hint
from shim.flags.words import Evaluate

VARIABLE = "ATLAS_SHIM_OPENFEATURE_PROVIDER"
"""Names the factory of a provider, also for a program with the drop-in that can't be changed to set one."""

DOMAIN = "atlas-shim"
"""What a provider of our own is bound to, beside whatever the program around us uses."""


def provider_factory(text: str, name: str) -> Callable[[], Any]:
    """Return what ``package.module:factory`` names; ``file:PATH`` is the provider that reads a file.

    Raises SettingsError, named by ``name``, when there is no such thing.
    """
    module, colon, attribute = text.partition(":")
    if not colon or not module or not attribute:
        raise SettingsError(f"{name}: {text!r} is not of the form package.module:factory, or file:flags.toml")
    if module == "file":
        from shim.flags.file import file_provider  # noqa: PLC0415 - needs the extra

        return partial(file_provider, attribute)
    try:
        found = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:  # noqa: BLE001 - whatever a module of the operator's raises
        raise SettingsError(f"{name}: {text} can't be imported: {type(error).__name__}: {error}") from None
    return found if callable(found) else lambda: found


def check_flag(route: object) -> None:
    """Raise SettingsError where a flag says the route and OpenFeature is not installed."""
    if isinstance(route, FlagRoute) and find_spec("openfeature") is None:
        raise SettingsError(f"route: {hint('openfeature')}")


def connected(key: str, factory: Callable[[], Any] | None) -> Evaluate:
    """Return what asks OpenFeature for a flag; a provider of the ``factory`` is made and set first.

    Raises whatever a factory raises.
    """
    from openfeature import api  # noqa: PLC0415 - an extra
    from openfeature.evaluation_context import EvaluationContext  # noqa: PLC0415 - as above
    from openfeature.exception import ErrorCode  # noqa: PLC0415 - as above
    from openfeature.provider.no_op_provider import NoOpProvider  # noqa: PLC0415 - as above

    if factory is not None:
        # Versions before 0.9 have one way to set it, which waits.
        getattr(api, "set_provider_and_wait", api.set_provider)(factory(), DOMAIN)
    client = api.get_client(DOMAIN)

    def evaluate(project: str) -> str | None:
        if isinstance(client.provider, NoOpProvider):
            raise LookupError("no OpenFeature provider is set")  # noqa: TRY004 - no type of a caller's is wrong
        # A flag that is switched off gives the default that it was asked with.
        found = client.get_string_details(key, RouteWord.AUTO.value, EvaluationContext(project or None))
        if found.error_code is None:
            return found.value
        if found.error_code is ErrorCode.TARGETING_KEY_MISSING and not project:
            return None
        raise LookupError(f"{found.error_code}: {found.error_message or 'no more is said'}")

    return evaluate
