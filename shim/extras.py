"""Which extra brings a library that is not there, so that every door says it in the same words."""

from __future__ import annotations

EXTRAS = {
    "aiohttp": "aiohttp",
    "ast_grep_py": "scan",
    "cryptography": "run",
    "httptools": "gateway",
    "httpx2": "httpx2",
    "jinja2": "gateway",
    "jsonpath": "cli",
    "openfeature": "openfeature",
    "orjson": "gateway",
    "prometheus_client": "gateway",
    "requests": "requests",
}
"""Top-level module -> the extra that installs it."""


DOORS = {"aiohttp": "aiohttp", "httpx2": "httpx2", "requests": "requests", "urllib3": "requests"}
"""The library of a literal replacement -> the extra that installs it for that."""


def hint(module: str, extra: str = "") -> str:
    """Return a sentence on a missing module of ``EXTRAS``: what to install."""
    return f"{module} is missing; install it with: pip install 'atlas-shim[{extra or EXTRAS[module]}]'"


def hinted(error: ModuleNotFoundError, door: str = "") -> ModuleNotFoundError:
    """Return an error that says which extra to install; the same error where no extra brings the module.

    ``door`` is the literal replacement that was imported, if it was one.
    """
    name = error.name
    if name is not None and name == door and door in DOORS:
        return ModuleNotFoundError(hint(name, DOORS[door]), name=name)
    return ModuleNotFoundError(hint(name), name=name) if name in EXTRAS else error
