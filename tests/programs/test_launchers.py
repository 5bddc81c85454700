"""Third-party launchers before and after ``atlas-shim run``, and programs that are packed into one file."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import types
import zipfile
from pathlib import Path

import pytest

import shim
from shim.doors import frozen, served
from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from tests.doors.calls import BEARER, SNAPSHOTS

RUN = [sys.executable, "-m", "shim", "run", "--"]
TRACED = [str(Path(sys.executable).with_name("opentelemetry-instrument"))]
LOOK = (
    "import requests; from shim.doors import switch;"
    "links = [link for name in ('get_adapter', 'send') for link in switch.chain(requests.Session, name)];"
    "print(switch.STATE.active, any(map(switch.is_ours, links)), len(links))"
)


@pytest.mark.parametrize(
    ("before", "seen"),
    [
        pytest.param((*RUN, *TRACED), "True True 4", id="inside"),
        pytest.param(
            (*TRACED, *RUN), "True True 4", id="outside", marks=pytest.mark.slow
        ),
        pytest.param(TRACED, "False False 3", id="alone", marks=pytest.mark.slow),
        pytest.param(RUN, "True True 3", id="ours alone", marks=pytest.mark.slow),
    ],
)
def test_opentelemetrys_launcher(before, seen):
    """Either may start the other, and both take effect.

    Without atlas-shim run, OpenTelemetry switches nothing on.
    """
    environ = os.environ | {"OTEL_TRACES_EXPORTER": "none"}
    command = [*before, sys.executable, "-c", LOOK]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=True, timeout=180
    )
    assert done.stdout.strip() == seen
    assert done.stderr == ""


@pytest.mark.slow
def test_wrong_settings_do_not_stop_a_traced_program():
    """The program starts, and one line says that it is not covered."""
    code = "import os, sys; os.environ['ATLAS_SHIM_ROUTE'] = 'flexx'; os.execv(sys.argv[1], sys.argv[1:])"
    command = [
        *RUN,
        sys.executable,
        "-c",
        code,
        *TRACED,
        sys.executable,
        "-c",
        "print('ran')",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=180
    )
    assert done.stdout == "ran\n"
    assert "atlas-shim: not switched on" in done.stderr


ROOT = Path(shim.__file__).parents[1]

MAIN = f"""
import sys, shim.auto, httpx, requests, urllib.request
url = sys.argv[1]
print([library.get(url, headers={BEARER!r}).status_code for library in (requests, httpx)], shim.__file__)
print(urllib.request.urlopen(urllib.request.Request(url, headers={BEARER!r})).status)
"""


def test_a_zipapp_is_served(tmp_path):
    """It has the shim and its documents inside, and requests and other libraries are installed."""
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", MAIN)
        for path in [*(ROOT / "shim").rglob("*.py"), *(ROOT / "shim").rglob("*.toml")]:
            archive.write(path, path.relative_to(ROOT))
        for path in (ROOT / "mappings").rglob("*.toml"):
            archive.write(path, Path("shim") / path.relative_to(ROOT))
    with FakeServer(FakeAtlas()) as atlas:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "app.pyz", f"{atlas.url}{SNAPSHOTS}"],
            cwd=tmp_path,
            env=os.environ | {"ATLAS_SHIM_UPSTREAM": atlas.url, "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stderr == ""
    assert done.stdout.split() == [
        "[200,",
        "200]",
        f"{tmp_path / 'app.pyz'}/shim/__init__.py",
        "200",
    ]


def test_pyinstaller_finds_the_hook():
    """It reads the package's entry point for that."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "entry-points"
    ]["pyinstaller40"]
    assert (
        importlib.metadata.EntryPoint("", points["hook-dirs"], "pyinstaller40").load()
        is frozen.hook_dirs
    )
    assert [
        path.name
        for folder in frozen.hook_dirs()
        for path in Path(folder).glob("hook-*.py")
    ] == ["hook-shim.py"]


def test_the_hook_includes_modules_that_are_imported_by_name(monkeypatch):
    """Those are the modules named in the switch and in the package's front.

    The gateway and other tools are left out.
    """
    hooks = types.ModuleType("PyInstaller.utils.hooks")
    vars(hooks).update(
        collect_data_files=lambda *_, **__: [],
        collect_submodules=lambda _, **options: options["filter"],
    )
    monkeypatch.setitem(sys.modules, "PyInstaller.utils.hooks", hooks)
    found: dict[str, object] = {}
    exec((Path(frozen.hook_dirs()[0]) / "hook-shim.py").read_text(), found)
    taken = found["hiddenimports"]
    assert callable(taken)
    named = {
        *re.findall(r"shim\.[\w.]+", Path(served.__file__).read_text()),
        *vars(shim)["_ROOMS"].values(),
    }
    assert all(map(taken, named))
    assert not any(
        map(taken, ("shim.gateway.server", "shim.tools.scan.rules", "shim.cli"))
    )
