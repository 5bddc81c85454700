"""The test suites of the libraries we stand in for, with and without us: ``python -m tests.foreign_suites httpx``.

Each is taken from the library's own source distribution and run in an environment of its own in a temporary folder:
plainly, with ``shim.auto`` loaded before its first test, and httpx's with the library's name leading to our door, too.
All have to say the same. It needs a package index, and a suite takes minutes; no test runs it.
"""

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import attrs
import click

ROOT = Path(__file__).parents[1]


@attrs.frozen
class Suite:
    """A library's suite: the release, what it needs, its tests (patterns), our extras, and the ways it is run in."""

    release: str
    needs: tuple[str, ...]
    tests: tuple[str, ...]
    extras: str = ""
    ways: tuple[str, ...] = ("plain", "auto")


PLUGINS = {"plain": (), "auto": ("-p", "shim.auto"), "replaced": ("-p", "replaced")}
"""What pytest is told to load first."""


SUITES = {
    "httpx": Suite(
        "httpx==0.28.1",
        (
            "httpx[brotli,cli,http2,socks,zstd]==0.28.1",
            *("chardet==5.2.0", "click==8.1.8", "pytest==8.3.4", "trio==0.27.0", "trustme==1.1.0", "uvicorn==0.32.1"),
        ),
        ("tests",),
        ways=("plain", "auto", "replaced"),
    ),
    "requests": Suite(
        "requests==2.34.2",
        ("requests[socks]==2.34.2", "httpbin~=0.10.0", "pytest", "pytest-httpbin==2.1.0", "pytest-mock", "trustme"),
        ("tests", "--override-ini=addopts="),
        "requests",
    ),
    "urllib3": Suite(
        "urllib3==2.8.0",
        (
            *("urllib3[socks]==2.8.0", "anyio[trio]", "cryptography", "h2", "httpx", "hypercorn", "idna", "pyopenssl"),
            *("pytest", "pytest-socket", "pytest-timeout", "quart", "quart-trio", "trustme"),
        ),
        ("test", "--timeout=120", "-k", "not http2_probe_blocked"),  # which may wait for ever, plainly too
        "requests",
    ),
    "aiohttp": Suite(
        "aiohttp==3.14.5",
        (
            *("aiohttp[speedups]==3.14.5", "blockbuster", "freezegun", "isal", "proxy.py>=2.4.4rc5", "pytest"),
            *("pytest-cov", "pytest-mock", "pytest-timeout", "pytest-xdist", "pytest_codspeed", "python-on-whales"),
            *("trustme", "zlib_ng"),
        ),
        ("tests/test_client_*.py", "--override-ini=addopts=", "--override-ini=filterwarnings=default"),
        "aiohttp",
    ),
}
"""Pins are those of the suites' own lists where a newer version fails without us too."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SUITES)))
def main(names: tuple[str, ...]) -> None:
    """Run the suites of NAMES, all without one; print each last line, and tests that fail in one way alone."""
    for name in names or SUITES:
        with tempfile.TemporaryDirectory() as folder:
            run(name, SUITES[name], Path(folder))


def run(name: str, suite: Suite, folder: Path) -> None:
    """Run one suite in its ways, in a folder that may be filled."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "download", "--no-deps", "--no-binary", ":all:", "-d", folder, suite.release], check=True)
    ours = f"{ROOT}[{suite.extras}]" if suite.extras else str(ROOT)
    subprocess.run([*pip, "install", ours, *suite.needs], check=True)
    (source,) = folder.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", source, "-C", folder], check=True)
    (folder / "replaced.py").write_text(f"import sys\nfrom shim import {name}\nsys.modules[{name!r}] = {name}\n")
    place = folder / source.name.removesuffix(".tar.gz")
    tests = [found for word in suite.tests for found in sorted(map(str, place.glob(word))) or [word]]
    plain: set[str] = set()
    for way in suite.ways:
        done = subprocess.run(
            [python, "-m", "pytest", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider", *PLUGINS[way], *tests],
            cwd=place,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "HOME": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        click.echo(f"{name} {way}: {(done.stdout.splitlines() or [done.stderr])[-1]}")
        failed = set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE))
        plain = failed if way == "plain" else plain
        for test in sorted(failed ^ plain):
            click.echo(f"  {'here alone' if test in failed else 'plainly alone'}: {test}")


if __name__ == "__main__":
    sys.exit(main())
