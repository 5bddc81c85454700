"""Ask OpenFeature or a file for the value of a flag.

The OpenFeature provider is set by the program or made by a factory. A file looks so:

    [atlas-route]
    value = "legacy"  # for all other projects
    share = { flex = 10 }  # percent of all projects, always the same ones
    projects = { "5f2b9c0d1e3a4b5c6d7e8f90" = "flex" }  # decided before the share
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from shim.core.settings import RouteWord
from shim.documents.load import SETTINGS_BYTES, read_toml
from shim.errors import SettingsError
from shim.extras import hint
from shim.flags.values import Evaluate, FlagError

PROVIDER = "ATLAS_SHIM_OPENFEATURE_PROVIDER"
"""The variable with the factory of a provider, for programs that don't set one."""

DOMAIN = "atlas-shim"
"""The OpenFeature domain of a provider that the shim sets.

It does not affect the provider that the program itself uses.
"""


def provider_factory(environ: Mapping[str, str]) -> Callable[[], Any] | Path | None:
    """Return the factory, or the path of the flag file, that an environment sets.

    The variable is ``package.module:factory`` or ``file:PATH``. Returns None if it is
    empty. Raises SettingsError if the factory can't be imported.
    """
    if not (text := environ.get(PROVIDER, "")):
        return None
    module, _, attribute = text.partition(":")
    if not module or not attribute:
        raise SettingsError(
            f"{PROVIDER}: {text!r} is not of the form package.module:factory, or file:flags.toml"
        )
    if module == "file":
        return Path(attribute)
    try:
        found = resolve_name(text)
    except Exception as error:  # noqa: BLE001 - whatever a module of the operator's raises
        raise SettingsError(
            f"{PROVIDER}: {text} can't be imported: {type(error).__name__}: {error}"
        ) from None
    return found if callable(found) else lambda: found


def check_flag(route: str) -> None:
    """Raise SettingsError if a flag sets the route and OpenFeature is not installed."""
    if not isinstance(route, RouteWord) and find_spec("openfeature") is None:
        raise SettingsError(f"route: {hint('openfeature')}")


def connected(key: str, factory: Callable[[], Any] | Path | None) -> Evaluate:
    """Return a function that evaluates a flag.

    If there is a ``factory``, its provider is made and set first. Raises the factory's
    own errors.
    """
    if isinstance(factory, Path):
        return partial(_in_file, factory, key)
    from openfeature import api  # noqa: PLC0415 - an extra
    from openfeature.evaluation_context import EvaluationContext  # noqa: PLC0415 - as above
    from openfeature.exception import ErrorCode  # noqa: PLC0415 - as above
    from openfeature.provider.no_op_provider import NoOpProvider  # noqa: PLC0415 - as above

    if factory is not None:
        # Before version 0.9 there is only this function, which waits.
        getattr(api, "set_provider_and_wait", api.set_provider)(factory(), DOMAIN)
    client = api.get_client(DOMAIN)

    def evaluate(project: str) -> str | None:
        if isinstance(client.provider, NoOpProvider):
            raise LookupError("no OpenFeature provider is set")  # noqa: TRY004 - no type of a caller's is wrong
        # A flag that is switched off returns the default from its request.
        found = client.get_string_details(
            key, RouteWord.AUTO.value, EvaluationContext(project or None)
        )
        if found.error_code is None:
            return found.value
        if found.error_code is ErrorCode.TARGETING_KEY_MISSING and not project:
            return None
        raise LookupError(f"{found.error_code}: {found.error_message or 'no details'}")

    return evaluate


FileFlag = tuple[Any, dict[str, float], dict[str, Any]]
"""A flag in a file: its value, share and projects."""


def _in_file(path: Path, key: str, project: str) -> object:
    """Return the value of a flag in a file for a project. Raises FlagError with the defect."""
    try:
        found = path.stat()
        flags = _flags(
            path,
            (
                found.st_dev,
                found.st_ino,
                found.st_size,
                found.st_mtime_ns,
                found.st_ctime_ns,
            ),
        )
    except (OSError, ValueError) as error:
        raise FlagError(
            f"{path}: {getattr(error, 'strerror', None) or error}"
        ) from None
    if key not in flags:
        raise FlagError(f"{path}: {key}: there is no such flag")
    value, share, projects = flags[key]
    if project in projects:
        return projects[project]
    # While a share only grows, a project never leaves it.
    place = (
        int.from_bytes(sha256(f"{key} {project}".encode()).digest()[:6], "big")
        / 2**48
        * 100
    )
    for shared, percent in share.items() if project else ():
        if place < percent:
            return shared
        place -= percent
    return value


@lru_cache(maxsize=1)
def _flags(path: Path, stamp: tuple[int, ...]) -> dict[str, FileFlag]:  # noqa: ARG001 - read once for each
    """Return all flags of a file as it is now. Raises OSError and ValueError."""
    return {
        name: _flag(name, given)
        for name, given in read_toml(path, SETTINGS_BYTES).items()
    }


def _flag(key: str, given: Any) -> FileFlag:
    """Return one flag. Raises ValueError with its name if it is invalid."""
    table = given
    if isinstance(given, str):
        table = {"value": given}
    if (
        not isinstance(table, dict)
        or table.keys() - {"value", "share", "projects"}
        or "value" not in table
    ):
        raise ValueError(
            f"{key}: a flag needs a value, and may have share and projects"
        )
    share = table.get("share", {})
    projects = table.get("projects", {})
    if not isinstance(share, dict) or not isinstance(projects, dict):
        raise ValueError(f"{key}: share and projects are tables, as in {{ flex = 10 }}")  # noqa: TRY004 - see above
    if not _are_shares([*share.values()]):
        raise ValueError(f"{key}: shares are percentages, and at most 100 in total")
    return table["value"], share, projects


def _are_shares(parts: list[Any]) -> bool:
    for part in parts:
        if type(part) not in {int, float} or part < 0:
            return False
    return float(sum(parts)) <= 100
