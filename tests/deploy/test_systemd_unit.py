"""The units as systemd's own tools see them."""

import re
import subprocess
from configparser import ConfigParser

import pytest

from shim.cli.failures import SETTINGS
from shim.credentials import VARIABLES
from shim.gateway.options import TABLE, Options
from tests.deploy.conftest import DEPLOY, program

FOLDER = DEPLOY / "systemd"


@pytest.fixture
def units(tmp_path):
    """Return a copy of the units that starts a program which is here, with the drop-in where systemd looks for it."""
    for file in FOLDER.glob("atlas-shim*"):
        (tmp_path / file.name).write_text(file.read_text().replace("/opt/atlas-shim/bin/atlas-shim", "/bin/true"))
    (tmp_path / "atlas-shim.service.d").mkdir()
    (tmp_path / "atlas-shim.service.d" / "credentials.conf").write_text((FOLDER / "credentials.conf").read_text())
    return tmp_path


def analyse(*words):
    done = subprocess.run([program("systemd-analyze"), *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_systemd_understands_every_line(units):
    """``systemd-analyze verify`` says nothing at all."""
    assert analyse("verify", "--man=no", str(units / "atlas-shim.service")) == (0, "")


@pytest.mark.slow
def test_the_service_can_do_little(units):
    """``systemd-analyze security`` gives it an exposure below 1.5, of 10."""
    _, said = analyse("security", "--offline=true", "--no-pager", str(units / "atlas-shim.service"))
    found = re.search(r"exposure level for atlas-shim\S*\.service: ([\d.]+)", said)
    assert found, said
    assert float(found[1]) < 1.5


def test_the_unit_agrees_with_the_gateway():
    """It is started again unless its settings are bad, has time for its end, and names variables that there are."""
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # names have capital letters
    unit.read(FOLDER / "atlas-shim.service")
    service = unit["Service"]
    assert int(service["RestartPreventExitStatus"]) == SETTINGS
    assert float(service["TimeoutStopSec"]) > Options().drain + 10
    # systemd gives up after five starts in ten seconds: one that crashes must stay below.
    assert 5 * float(service["RestartSec"]) > 10
    named = set(re.findall(r"^Environment=(\w+)", (FOLDER / "credentials.conf").read_text(), re.MULTILINE))
    files = {f"{VARIABLES[key]}_FILE" for key in ("public_key", "private_key")}
    assert named <= {row.variable for row in TABLE} | files
