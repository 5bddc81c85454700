"""Print the requirements of a run at the lowest declared versions, from pyproject.toml.

``constraints`` prints a constraints file with each dependency at its lower bound.
``tools`` prints the names of the test tools that can be installed with these.
``python`` prints the kind of this Python, such as 3.14t or pypy3.11.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import import_module
from pathlib import Path

RUNTIME = ("requests", "aiohttp", "gateway", "cli", "openfeature", "redis")
"""The extras that programs install; those of tests and benchmarks support no old versions."""

NEWER = {
    "authlib",
    "anysqlite",
    "hatchling",
    "hishel",
    "httpx2",
    "openapi-python-client",
    "pyatlassdk",
}
NEWER |= {"hatch-vcs", "zizmor"}
NEWER |= {
    "pytest-httpx",
    "requests-mock",
    "requests-oauthlib",
    "requests-toolbelt",
    "responses",
    "ruff",
}
NEWER |= {"vcrpy", "atlas-shim"}
"""Tools that need newer versions of our dependencies than we do, or are not used here."""


def main(what: str) -> None:
    """Print constraints, names of tools, or the kind of this Python.

    Raises SystemExit for a dependency without a lower bound.
    """
    if what == "python":
        import_module("ensurepip")  # fails on a Python that can't create environments
        kind = "" if sys.implementation.name == "cpython" else sys.implementation.name
        threads = "" if getattr(sys, "_is_gil_enabled", lambda: True)() else "t"
        sys.stdout.write(f"{kind}{'.'.join(map(str, sys.version_info[:2]))}{threads}\n")
        return
    project = tomllib.loads(
        (Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8")
    )["project"]
    extras = project["optional-dependencies"]
    if what == "tools":
        names = (re.split(r"[\[<>=!~; ]", line)[0] for line in extras["test"])
        lines = [name for name in names if name not in NEWER]
    else:
        lines = [
            pin(line)
            for line in (
                *project["dependencies"],
                *(line for name in RUNTIME for line in extras[name]),
            )
        ]
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def pin(requirement: str) -> str:
    """Return a requirement's lower bound as a constraint."""
    found = re.fullmatch(
        r"([\w.-]+)>=([\w.]+)(,<[\w.]+)?", requirement.partition(";")[0].strip()
    )
    if found is None:
        raise SystemExit(f"pyproject.toml: {requirement!r} has no lower bound")
    return f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    main(sys.argv[1])
