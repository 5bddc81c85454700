"""The units, checked by systemd's own tools."""

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
    """Return a copy of the units that starts a program of this machine, with drop-ins in systemd's folders."""
    for file in FOLDER.glob("atlas-shim*"):
        (tmp_path / file.name).write_text(
            file.read_text().replace("/opt/atlas-shim/bin/atlas-shim", "/bin/true")
        )
    (tmp_path / "atlas-shim.service.d").mkdir()
    for name in ("credentials.conf", "verify.conf"):
        (tmp_path / "atlas-shim.service.d" / name).write_text(
            (FOLDER / name).read_text()
        )
    return tmp_path


def analyze(*words):
    done = subprocess.run(
        [program("systemd-analyze"), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_systemd_understands_every_line(units):
    """``systemd-analyze verify`` prints nothing."""
    for name in ("atlas-shim.service", "atlas-shim.socket"):
        assert analyze("verify", "--man=no", str(units / name)) == (0, "")


@pytest.mark.slow
def test_the_service_is_sandboxed(units):
    """``systemd-analyze security`` gives it an exposure below 1.5, of 10."""
    _, said = analyze(
        "security", "--offline=true", "--no-pager", str(units / "atlas-shim.service")
    )
    found = re.search(r"exposure level for atlas-shim\S*\.service: ([\d.]+)", said)
    assert found, said
    assert float(found[1]) < 1.5


def test_the_unit_matches_the_gateway():
    """It restarts except for wrong settings, allows enough time to stop, and names variables that exist."""
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # names have capital letters
    unit.read(FOLDER / "atlas-shim.service")
    service = unit["Service"]
    assert int(service["RestartPreventExitStatus"]) == SETTINGS
    assert float(service["TimeoutStopSec"]) > Options().drain + 10
    # systemd gives up after five starts in ten seconds; a service that crashes at once
    # must restart more slowly.
    assert 5 * float(service["RestartSec"]) > 10
    drop_ins = "".join(
        (FOLDER / name).read_text() for name in ("credentials.conf", "verify.conf")
    )
    named = set(re.findall(r"^Environment=(\w+)", drop_ins, re.MULTILINE))
    files = {f"{VARIABLES[key]}_FILE" for key in ("public_key", "private_key")}
    assert named <= {row.variable for row in TABLE} | files


def test_the_socket_has_the_gateways_default_address():
    """An operator may set another address. The gateway accepts no other socket."""
    socket = (FOLDER / "atlas-shim.socket").read_text()
    assert re.findall(r"^ListenStream=(.*)", socket, re.MULTILINE) == [
        Options().listen.authority
    ]
