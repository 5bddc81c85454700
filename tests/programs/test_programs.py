"""Unmodified programs work after the sunsets as before.

They print the same and send as many calls.

The expected results are those of the same program without the shim, on the day before
instance reads went blank. After the sunsets the same Atlas requires a version in
Accept, and answers 410 on every legacy path.
"""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shim.fake import (
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
    FakeAtlas,
)
from shim.fake.server import FakeServer
from tests.fake.asking import LenientAtlas

SCRIPTS = Path(__file__).parent / "scripts"
BEFORE = date(2026, 1, 14)
AFTER = date(2027, 2, 1)
SUNSETS = ("snapshots", "restore_jobs", "instances")
RUN = ["-m", "shim", "run", "--", sys.executable]

NAMES = ("tutorial", "session", "openapi", "opener")
DAILY = {("session", "run"), ("openapi", "import"), ("opener", "auto")}
"""One program for each entry point and each library, of those that start quickly."""

CASES = [
    pytest.param(name, way, marks=[] if (name, way) in DAILY else pytest.mark.slow)
    for name in NAMES
    for way in ("auto", "run", "import")
    if (name, way)
    != ("opener", "import")  # the standard library has no drop-in to import
]

OVERRIDE = """
format = 1
overrides = "instances"
[resource.instance."providerSettings.effectiveInstanceSizeName".flex]
absent = true
why = "The SDK's enumeration of sizes has no FLEX, which Atlas itself answers."
"""


def with_changed_import(source):
    """Return a source that imports httpx, requests and urllib3 from the shim."""
    source = re.sub(
        r"^import (httpx|requests|urllib3)$",
        r"from shim import \1",
        source,
        flags=re.MULTILINE,
    )
    return re.sub(
        r"^from (httpx|requests|urllib3)(\.\w+)? import",
        r"from shim.\1\2 import",
        source,
        flags=re.MULTILINE,
    )


def play(server, path, *before, **more):
    """Run a program against a server; return its output and the methods of the calls that arrived."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().endswith("_PROXY")
    }
    environ |= {
        "ATLAS": server.url,
        "GROUP": DEMO_GROUP,
        "CLUSTER": DEMO_CLUSTER,
        "TOKEN": DEMO_TOKEN,
    }
    environ |= {
        "PUBLIC_KEY": DEMO_PUBLIC_KEY,
        "PRIVATE_KEY": DEMO_PRIVATE_KEY,
        "PYTHONPATH": str(SCRIPTS),
    } | more
    command = [sys.executable, *before, str(path)]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=False, timeout=180
    )
    if done.returncode:
        raise ProgramError(done.stderr)
    return (
        done.stdout.replace(server.url, ""),
        [arrival.method for arrival in server.fake.arrivals],
        done.stderr,
    )


class ProgramError(Exception):
    """A program ended with a traceback."""


_untouched: dict[str, Any] = {}


@pytest.fixture
def untouched():
    """Return a program's results before the sunset, without the shim."""

    def look(name):
        if name not in _untouched:
            with FakeServer(LenientAtlas(today=BEFORE)) as server:
                _untouched[name] = play(server, SCRIPTS / f"{name}.py")
        return _untouched[name]

    return look


def after(name, way, tmp_path, **more):
    """Run a program after the sunsets in one of the ways; return the result of ``play``."""
    path = SCRIPTS / f"{name}.py"
    source = path.read_text()
    if way != "run":
        path = tmp_path / path.name
        path.write_text(
            f"import shim.auto\n{source}"
            if way == "auto"
            else with_changed_import(source)
        )
    more["ATLAS_SHIM_SUNSET"] = ",".join(f"{sunset}=2020-01-01" for sunset in SUNSETS)
    with FakeServer(FakeAtlas(today=AFTER)) as server:
        more["ATLAS_SHIM_UPSTREAM"] = server.url
        found = play(server, path, *(RUN if way == "run" else []), **more)
        assert not [
            arrival.target
            for arrival in server.fake.arrivals
            if "/serverless" in arrival.target
        ]
    return found


@pytest.mark.parametrize(("name", "way"), CASES)
def test_a_program_works_as_before(untouched, tmp_path, name, way):
    """The output and the number of calls are the same by each entry point; no call is retired."""
    printed, calls, said = after(name, way, tmp_path)
    words, as_before, _ = untouched(name)
    assert printed == words
    assert sorted(calls) == sorted(as_before)
    assert "LegacyEndpointWarning" in said


@pytest.mark.slow
@pytest.mark.parametrize("way", ["auto", "run"])
def test_an_sdk_reads_instances(tmp_path, way):
    """It sends three requests, one for Digest's challenge.

    An operator's rule omits a word that the SDK doesn't know.
    """
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "sdk.toml").write_text(OVERRIDE)
    printed, calls, said = after(
        "sdk", way, tmp_path, ATLAS_SHIM_MAPPINGS=str(tmp_path / "mappings")
    )
    lines = printed.splitlines()
    assert lines[0] == f"1 [{DEMO_CLUSTER!r}]"
    assert lines[1].startswith(f"{DEMO_CLUSTER} IDLE ")
    assert lines[2].startswith("SERVERLESS ")
    assert len(calls) == 3
    # the warning names no line of the SDK's
    assert (
        f"{SCRIPTS.name}{os.sep}sdk.py:" in said or f"{tmp_path}{os.sep}sdk.py:" in said
    )


@pytest.mark.slow
def test_the_sdk_refuses_the_provider_flex_with_and_without_the_shim(
    untouched, tmp_path
):
    """Its enumeration lacks FLEX, so it could not read such an instance before the sunset either."""
    for look in (lambda: untouched("sdk"), lambda: after("sdk", "run", tmp_path)):
        with pytest.raises(
            ProgramError, match=r"effectiveInstanceSizeName.*\n.*input_value='FLEX'"
        ):
            look()


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, "sdk"])
def test_without_the_shim_a_program_fails(name):
    """This proves that the tests above can fail."""
    with (
        FakeServer(LenientAtlas(today=AFTER)) as server,
        pytest.raises(ProgramError, match=r"410|KeyError: 'results'"),
    ):
        play(server, SCRIPTS / f"{name}.py")
