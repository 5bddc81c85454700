"""Which extra brings a library that is not there, so that every door says it in the same words."""

from __future__ import annotations

EXTRAS = {
    "aiohttp": "gateway",
    "httptools": "gateway",
    "httpx2": "httpx2",
    "multidict": "gateway",
    "openfeature": "openfeature",
    "orjson": "gateway",
    "prometheus_client": "gateway",
    "requests": "requests",
    "rich": "cli",
    "wrapt": "auto",
}
"""Top-level module -> the extra that installs it."""


def hint(module: str) -> str:
    """Return a sentence on a missing module of ``EXTRAS``: what to install."""
    return f"{module} is missing; install it with: pip install 'atlas-shim[{EXTRAS[module]}]'"


def hinted(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """Return an error that says which extra to install; the same error where no extra brings the module."""
    name = error.name
    return ModuleNotFoundError(hint(name), name=name) if name in EXTRAS else error
