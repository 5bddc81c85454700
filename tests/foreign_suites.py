"""The test suites of other people's libraries, with and without us: ``python -m tests.foreign_suites httpx``.

Each is taken from the library's own source distribution and run in an environment of
its own in a temporary folder: plainly, with ``shim.auto`` loaded before its first test,
and httpx's with the library's name leading to our door, too. All have to say the same.
What came of it, with versions and date, is written into its row of ``trust.md``; so are
our own tests with other people's ``clients``. It needs a package index, and minutes;
``.ci/run --suites`` runs all.
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

ROOT = Path(__file__).parents[1]
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
    """A library's suite: the release, what it needs, its tests (patterns), our extras, and the ways it is run in."""

    release: str
    needs: Sequence[str]
    tests: Sequence[str]
    extras: str = ""
    ways: Sequence[str] = ("plain", "auto")


PLUGINS = {"plain": (), "auto": ("-p", "shim.auto"), "replaced": ("-p", "replaced")}
"""What pytest loads first."""


SUITES = {
    name: Suite(**suite)
    for name, suite in tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text("utf-8")
    ).items()
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*SUITES, "clients"]))
def main(names: tuple[str, ...]) -> None:
    """Run the suites of NAMES, all without one; ends with 1 if tests fail in one way alone, which are printed."""
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
    """Run one suite in its ways, in a folder that may be filled; return whether they differ."""
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
    """Run our own tests with other people's clients; return whether one fails."""
    said = output(
        [sys.executable, "-m", "pytest", "-q", "--tb=no", *CLIENT_TESTS], ROOT, None
    )
    click.echo(f"clients: {said.splitlines()[-1]}")
    versions = [f"{each} {version(each)}" for each in CLIENTS]
    curl = output(["curl", "--version"], ROOT, None).split()[:2]
    note("clients", f"clients: {', '.join([*versions, ' '.join(curl)])}", said)
    return " failed" in said or " error" in said


def output(command: list[str], place: Path, environ: dict[str, str] | None) -> str:
    """Return what a command prints."""
    done = subprocess.run(
        command, cwd=place, env=environ, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr or "nothing"


def note(name: str, what: str, said: str) -> None:
    """Write a row of the table in ``trust.md`` anew: how many passed and failed, by which Python, and when."""
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
