"""The steps of docs/how-to/fronts.md, as they stand there."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.front.proxies import printed, program
from tests.peers.ports import free_port

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "fronts.md").read_text("utf-8")
FIRST, STEPS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def test_the_first_commands_print_what_they_say():
    """A configuration each."""
    for line in FIRST.splitlines():
        command, _, file = line.partition(" > ")
        _, _, _, proxy, *words = command.split()
        assert file.startswith(proxy)
        assert f"--for {proxy}" in printed(proxy, *words)


@pytest.mark.skipif(os.geteuid() != 0, reason="nginx, as Debian builds it, writes below /var/lib")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_steps_lead_where_they_say(tmp_path):
    """One answer through the gateway, with links to the proxy, and one that never saw it."""
    nginx = Path(program("nginx")).parent
    steps = f"trap 'kill $(jobs -p); wait' EXIT\n{STEPS}"
    for port in ("8482", "8480", "8481", "8400"):
        steps = steps.replace(f":{port}", f":{free_port()}")
    front = re.search(r"api=http://([^/]+)", steps)
    path = os.pathsep.join((str(Path(sys.executable).parent), str(nginx), os.environ["PATH"]))
    with subprocess.Popen(
        ["bash", "-c", steps],
        cwd=tmp_path,
        env={"PATH": path, "NO_PROXY": "*", "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, errors = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    _, *replies = said.split("HTTP/1.1 200 ")
    assert len(replies) == 2, (said, errors)
    retired, straight = replies
    assert front is not None
    assert "atlas-shim" in re.findall(r"(?im)^via: (.*)$", retired)[0]
    assert f"http://{front[1]}/api/atlas/v2/groups/" in retired
    assert "via:" not in straight.lower()
    assert '"results"' in straight
