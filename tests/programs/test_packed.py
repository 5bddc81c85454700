"""Programs that are packed into one file: their documents are found, and what is loaded by name is there."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import types
import zipfile
from pathlib import Path

import shim
from shim.doors import frozen, served
from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from tests.doors.calls import BEARER, SNAPSHOTS

ROOT = Path(shim.__file__).parents[1]

MAIN = f"""
import sys, shim.auto, httpx, requests, urllib.request
url = sys.argv[1]
print([library.get(url, headers={BEARER!r}).status_code for library in (requests, httpx)], shim.__file__)
print(urllib.request.urlopen(urllib.request.Request(url, headers={BEARER!r})).status)
"""


def test_a_zipapp_is_served(tmp_path):
    """With the shim and its documents in it; requests and the like are found where they are."""
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
    assert done.stdout.split() == ["[200,", "200]", f"{tmp_path / 'app.pyz'}/shim/__init__.py", "200"]


def test_pyinstaller_finds_the_hook():
    """By the entry point that it looks for."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pyinstaller40"]
    assert importlib.metadata.EntryPoint("", points["hook-dirs"], "pyinstaller40").load() is frozen.hook_dirs
    assert [path.name for folder in frozen.hook_dirs() for path in Path(folder).glob("hook-*.py")] == ["hook-shim.py"]


def test_the_hook_takes_along_whatever_is_imported_by_name(monkeypatch):
    """The rooms that the switch and the package's front name; the gateway and other tools stay behind."""
    hooks = types.ModuleType("PyInstaller.utils.hooks")
    vars(hooks).update(
        collect_data_files=lambda *_, **__: [], collect_submodules=lambda _, **options: options["filter"]
    )
    monkeypatch.setitem(sys.modules, "PyInstaller.utils.hooks", hooks)
    found: dict[str, object] = {}
    exec((Path(frozen.hook_dirs()[0]) / "hook-shim.py").read_text(), found)
    taken = found["hiddenimports"]
    assert callable(taken)
    named = {*re.findall(r"shim\.[\w.]+", Path(served.__file__).read_text()), *vars(shim)["_ROOMS"].values()}
    assert all(map(taken, named))
    assert not any(map(taken, ("shim.gateway.server", "shim.tools.scan.rules", "shim.cli")))
