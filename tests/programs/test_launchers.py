"""Other people's launchers before and after ``atlas-shim run``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = [sys.executable, "-m", "shim", "run", "--"]
TRACED = [str(Path(sys.executable).with_name("opentelemetry-instrument"))]
LOOK = (
    "import requests; from shim.doors import switch;"
    "links = [link for name in ('get_adapter', 'send') for link in switch.chain(requests.Session, name)];"
    "print(switch.installed(), any(map(switch.is_ours, links)), len(links))"
)


@pytest.mark.parametrize(
    ("before", "seen"),
    [
        pytest.param((*RUN, *TRACED), "True True 4", id="inside"),
        pytest.param((*TRACED, *RUN), "True True 4", id="outside", marks=pytest.mark.slow),
        pytest.param(TRACED, "False False 3", id="alone", marks=pytest.mark.slow),
        pytest.param(RUN, "True True 3", id="ours alone", marks=pytest.mark.slow),
    ],
)
def test_opentelemetrys_launcher(before, seen):
    """Either may start the other and both are active; without atlas-shim run, OpenTelemetry switches nothing on."""
    environ = os.environ | {"OTEL_TRACES_EXPORTER": "none"}
    command = [*before, sys.executable, "-c", LOOK]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == (seen, "")


@pytest.mark.slow
def test_wrong_settings_do_not_keep_a_traced_program_from_running():
    """The program starts, and one line says that it is not covered."""
    code = "import os, sys; os.environ['ATLAS_SHIM_ROUTE'] = 'flexx'; os.execv(sys.argv[1], sys.argv[1:])"
    command = [*RUN, sys.executable, "-c", code, *TRACED, sys.executable, "-c", "print('ran')"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "ran\n"
    assert "atlas-shim: not switched on" in done.stderr
