"""Run other projects' test suites with and without the shim: ``python -m tests.suites.run httpx``.

Each file of this folder describes one suite; add a file to add a suite. A suite comes
from the project's own source distribution, and runs in an environment of its own in a
temporary folder: plainly, with ``shim.auto`` loaded before its first test, and for
httpx also with the library's name pointing to the drop-in. All runs must have the same
result. The results, with versions and date, are written into the suite's row of
``trust.md``, as are those of the project's own tests with third-party ``clients``. It
needs a package index, and takes minutes; ``.ci/run --suites`` runs all.
"""

import datetime as dt
import platform
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import attrs
import click

ROOT = Path(__file__).parents[2]
TRUST = ROOT / "docs" / "explanation" / "trust.md"
CLIENTS = (
    "httpx",
    "requests",
    "aiohttp",
    "urllib3",
    "openapi-python-client",
    "pyatlassdk",
    "authlib",
)
CLIENT_TESTS = (
    "tests/gateway/credentials/test_clients.py",
    "tests/family/test_generated_client.py",
    "tests/programs",
)


@attrs.frozen
class Suite:
    """A project's suite, as its file describes it."""

    release: str
    """The requirement of the released project."""
    needs: Sequence[str]
    """What its tests require.

    A version is pinned as in the project's own list if its tests fail with a newer one,
    also without the shim.
    """
    tests: Sequence[str]
    """Arguments of pytest; patterns are relative to the source distribution."""
    extras: str = ""
    """The shim's own extras to install."""
    ways: Sequence[str] = ("plain", "auto")


PLUGINS = {"plain": (), "auto": ("-p", "shim.auto"), "replaced": ("-p", "replaced")}
"""The plugin that pytest loads first."""


SUITES = {
    path.stem: Suite(**tomllib.loads(path.read_text("utf-8")))
    for path in sorted(Path(__file__).parent.glob("*.toml"))
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*SUITES, "clients"]))
def main(names: tuple[str, ...]) -> None:
    """Run the suites of NAMES, by default all; ends with 1 and prints the tests that fail in one way only."""
    differ = False
    for name in names or (*SUITES, "clients"):
        with tempfile.TemporaryDirectory() as folder:
            differ |= (
                clients()
                if name == "clients"
                else run(name, SUITES[name], Path(folder))
            )
    sys.exit(differ)


def run(name: str, suite: Suite, folder: Path) -> bool:
    """Run one suite in all its ways in a folder, which may contain files; return whether the results differ."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run(
        [
            *pip,
            "download",
            "--no-deps",
            "--no-binary",
            name,
            "-d",
            folder,
            suite.release,
        ],
        check=True,
    )
    if suite.extras:
        ours = f"{ROOT}[{suite.extras}]"
    else:
        ours = str(ROOT)
    subprocess.run([*pip, "install", ours, *suite.needs], check=True)
    (source,) = folder.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", source, "-C", folder], check=True)
    (folder / "replaced.py").write_text(
        f"import sys\nfrom shim import {name}\nsys.modules[{name!r}] = {name}\n"
    )
    place = folder / source.name.removesuffix(".tar.gz")
    tests = [
        found
        for word in suite.tests
        for found in sorted(map(str, place.glob(word))) or [word]
    ]
    plain: set[str] = set()
    differ = False
    for way in suite.ways:
        words = [
            "-m",
            "pytest",
            "-q",
            "--tb=no",
            "-rfE",
            "-p",
            "no:cacheprovider",
            *PLUGINS[way],
            *tests,
        ]
        said = output(
            [python, *words],
            place,
            {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "HOME": str(folder)},
        )
        click.echo(f"{name} {way}: {said.splitlines()[-1]}")
        failed = set(re.findall(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE))
        plain = failed if way == "plain" else plain
        for test in sorted(failed ^ plain):
            click.echo(
                f"  {'here alone' if test in failed else 'plainly alone'}: {test}"
            )
        differ |= failed != plain
        if way == "plain":
            note(name, suite.release.replace("==", " "), said)
    return differ


def clients() -> bool:
    """Run the project's own tests with third-party clients; return whether one fails."""
    said = output(
        [sys.executable, "-m", "pytest", "-q", "--tb=no", *CLIENT_TESTS], ROOT, None
    )
    click.echo(f"clients: {said.splitlines()[-1]}")
    versions = [f"{each} {version(each)}" for each in CLIENTS]
    curl = output(["curl", "--version"], ROOT, None).split()[:2]
    note("clients", f"clients: {', '.join([*versions, ' '.join(curl)])}", said)
    return " failed" in said or " error" in said


def output(command: list[str], place: Path, environ: dict[str, str] | None) -> str:
    """Return a command's output."""
    done = subprocess.run(
        command, cwd=place, env=environ, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr or "nothing"


def note(name: str, what: str, said: str) -> None:
    """Replace a row of the table in ``trust.md``: the numbers of passed and failed tests, the Python, the date."""
    passed, failed = (
        sum(map(int, re.findall(rf"(\d+) (?:{word})", said.splitlines()[-1])))
        for word in ("passed", "failed|error")
    )
    python = f"{platform.python_implementation()} {platform.python_version()}"
    day = dt.datetime.now(dt.UTC).date()
    row = f"| {what} | {passed:,} | {failed:,} | {python} | {day} |"
    lines = TRUST.read_text("utf-8").splitlines()
    old = next(
        (at for at, line in enumerate(lines) if re.match(rf"\| {name}[ :]", line)), None
    )
    if old is None:
        lines.insert(lines.index("|---|---|---|---|---|") + 1, row)
    else:
        lines[old] = row
    TRUST.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
