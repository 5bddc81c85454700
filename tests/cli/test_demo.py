"""The demo, as a process: what a new user sees first."""

import os
import re
import signal

import pytest

from shim.cli import demo
from shim.cli.failures import Failure
from shim.fake import DEMO_GROUP, DEMO_TOKEN

ANSI = "\x1b"


def finished(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


HOSTILE = {
    "ATLAS_SHIM_ROUTE": "off",
    "ATLAS_SHIM_MAPPINGS": "/nonexistent",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "NO_PROXY": "",
    "no_proxy": "",
    "MONGODB_ATLAS_PRIVATE_API_KEY": "half-a-pair",
}


def test_the_story_is_told(start):
    """The call fails with 410 and succeeds through the gateway, whatever the environment; it is shown as one types it.

    No colour goes into a pipe, and every line of prose fits 80 columns.
    """
    code, out, err = finished(start("demo", env=HOSTILE))
    assert (code, err, ANSI in out) == (0, "", False)
    assert re.search(r"^   410 Gone  VERSION_GONE$", out, re.MULTILINE)
    assert re.search(r"^   200 OK  8 snapshots", out, re.MULTILINE)
    assert '"createdAt": "' in out
    pattern = r"curl --include --request GET\s+http://127\.0\.0\.1:\d+/api/atlas/v1\.0/groups/\w{24}/serverless/orders/backup/snapshots"
    assert len(set(re.findall(pattern, out.replace(" \\\n    ", "")))) == 2
    assert f"--header 'Authorization: Bearer {DEMO_TOKEN}'" in out
    prose = [line for line in out.splitlines() if "127.0.0.1" not in line and "api/atlas" not in line]
    assert max(map(len, prose)) <= 80


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_keeps_both_running_until_a_signal(start, wait_for, retired_call, number):
    """With --serve both answer, the reply's own record agrees with the story, and a signal ends it with 0."""
    process = start("demo", "--serve")
    lines = []
    for line in iter(process.stdout.readline, ""):
        lines.append(line)
        if "keep running" in line:
            break
    url = wait_for(process.stdout, r"gateway\s+(http://\S+)")[1]
    assert wait_for(process.stdout, r"group\s+(\w+)")[1] == DEMO_GROUP
    reply = retired_call(url)
    assert len(reply.json()["results"]) == 8
    said = reply.headers["Atlas-Shim"]
    story = "".join(lines)
    for level in ("derived", "constant", "absent"):
        part = story.partition(f"   {level}: ")[2].partition("\n\n")[0]
        names = re.findall(r"^     (\w+)  ", part, re.MULTILINE)
        inner = " ".join(f'"{name}"' for name in names)
        assert names
        assert f"{level}=({inner})" in said
    os.kill(process.pid, number)
    assert process.wait(timeout=30) == 0


def test_another_end_of_the_story_is_a_failure(run, monkeypatch):
    """When an answer is missing or not the one expected, the demo does not claim success."""
    with pytest.raises(Failure, match="the call failed"):
        demo.call("http://127.0.0.1:1/")
    monkeypatch.setattr(demo, "call", lambda url: (200, "OK", {}))
    done = run("demo")
    assert done.exit_code == 1
    assert "the answers are not the expected ones" in done.stderr
