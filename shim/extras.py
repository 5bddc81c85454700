"""Advise after a failed import: which extra to install, or which module to remove."""

from __future__ import annotations

import os
from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
if TYPE_CHECKING:
    from collections.abc import Iterable

_OURS = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - every Python under run pays for imports here

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
    "redis": "redis",
    "requests": "requests",
    "urllib3": "requests",
}
"""Top-level module -> the extra that installs it."""


def hint(module: str) -> str:
    """Return a sentence about a missing module of ``EXTRAS``: the package to install."""
    return f"{module} is missing; install it with: {_install(EXTRAS[module])}"


def _install(extra: str) -> str:
    """Return the command that installs an extra, as the shim was installed.

    It names the folder of this package (PEP 610), else a clone.
    """
    import json  # noqa: PLC0415 - as above
    import shlex  # noqa: PLC0415
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415

    try:
        source = urlsplit(
            json.loads(
                distribution("atlas-shim").read_text("direct_url.json") or "{}"
            ).get("url", "")
        )
    except PackageNotFoundError:
        source = urlsplit("")
    folder = unquote(source.path)
    if source.scheme == "file" and os.path.isdir(folder):  # noqa: PTH112 - as above
        return f"pip install {shlex.quote(f'{folder}[{extra}]')}"
    return (
        f"pip install 'CLONE[{extra}]' (CLONE is the folder of a clone of atlas-shim)"
    )


def hinted(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """Return an error with the extra to install, or the same error."""
    if error.name in EXTRAS:
        return ModuleNotFoundError(hint(error.name), name=error.name)
    return error


def require(door: str) -> None:
    """Import the library that a module of the shim replaces.

    Raises ModuleNotFoundError with the package to install.
    """
    try:
        import_module(door)
    except ModuleNotFoundError as error:
        raise hinted(error) from None


def other_shim(folders: Iterable[str]) -> str:
    """Return a sentence about another project's module ``shim``, or ''.

    Another copy of atlas-shim, such as a clone, does not count.
    """
    for folder in folders:
        if os.path.isfile(os.path.join(folder, "shim", "doors", "served.py")):  # noqa: PTH113, PTH118 - as above
            continue
        for path in (
            os.path.join(folder, "shim.py"),  # noqa: PTH118 - as above
            os.path.join(folder, "shim", "__init__.py"),  # noqa: PTH118 - as above
        ):
            if os.path.isfile(path) and os.path.dirname(os.path.abspath(path)) != _OURS:  # noqa: PTH100, PTH113, PTH120 - as above
                return (
                    f"{path} has the same name as atlas-shim's package, and a program can import only one of them: "
                    "use a gateway for its calls (atlas-shim run, or atlas-shim serve)"
                )
    return ""
