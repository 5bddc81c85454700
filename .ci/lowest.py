"""Print what a run at the lowest declared versions needs, from pyproject.toml's own bounds.

``constraints`` prints a constraints file, each dependency at its lower bound; ``tools``
the names of the tests' tools that can be installed beside these; ``python`` which
Python this is, such as 3.14t or pypy3.11.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import import_module
from pathlib import Path

RUNTIME = ("requests", "aiohttp", "gateway", "cli", "openfeature", "redis")
"""The extras that programs install; those of tests and benchmarks promise nothing about old versions."""

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
"""Tools that ask for newer versions of our dependencies than we do, or are not asked for here."""


def main(what: str) -> None:
    """Print constraints, names of tools, or this Python's; raises SystemExit for a dependency without a lower bound."""
    if what == "python":
        import_module("ensurepip")  # a Python that makes no environments is none
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
        raise SystemExit(f"pyproject.toml: {requirement!r} says no lower bound")
    return f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    main(sys.argv[1])
