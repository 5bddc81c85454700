"""The commands that serve: the gateway, the fake Atlas, and the demo."""

import os
import re
import signal
import socket

import pytest

from shim.cli import demo
from shim.cli.failures import ExitError
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_PUBLIC_KEY, DEMO_TOKEN
from shim.gateway.options import TABLE

FREE = ("--listen", "127.0.0.1:0", "--admin", "off")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_gateway_with_exit_code_0(
    start, wait_for, atlas, retired_call, number
):
    """It serves calls, and shuts down in order on a signal."""
    process = start("serve", *FREE, "--upstream", atlas.url)
    url = wait_for(process.stderr, r"accepts calls at (\S+)")[1]
    assert retired_call(url).status_code == 200
    os.kill(process.pid, number)
    assert process.wait(60) == 0


def test_every_option_is_a_flag_a_variable_and_a_file_key(run, tmp_path):
    """A wrong value is reported by the name that the user wrote, in all three."""
    bad = "?[:"  # no address, no URL, no word, no date, no number
    rows = [row for row in TABLE if row.metavar != "PATH"]  # it is one
    file = tmp_path / "shim.toml"
    shown = run("serve", "--help").output
    assert all(row.flag in shown for row in TABLE)
    file.write_text("".join(f'{row.name} = "{bad}"\n' for row in rows))
    said = [
        run("serve", *(word for row in rows for word in (row.flag, bad))).stderr,
        run("serve", env={row.variable: bad for row in rows}).stderr,
        run("serve", "--config", str(file)).stderr,
    ]
    for row in rows:
        assert [
            f"{name}: " in one
            for name, one in zip((row.flag, row.variable, row.name), said, strict=True)
        ] == [True] * 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("serve", "--route", "flx"),
            "--route: 'flx' is not one of auto, date, legacy, successor, flex, off",
        ),
        (("serve", "--sunset", "nothing=2026-01-01"), "'nothing' is not one of"),
        (("serve", "--config", "/nonexistent.toml"), "does not exist"),
        (("serve", "--listen", "127.0.0.1"), "--listen: '127.0.0.1' is not an address"),
        (("serve", "--nonsense"), "No such option"),
        (("serv", "--route", "off"), "No such command 'serv'; did you mean serve?"),
        (
            ("serve", "--listen", "no-such-host.invalid:0", "--admin", "off"),
            "can't listen",
        ),
        (("serve", "--log-level", "loud"), "'loud' is not one of"),
        (("fake-atlas", "--today", "tomorrow"), "not a date"),
        (("fake-atlas", "--listen", "nowhere"), "not an address"),
    ],
)
def test_bad_settings_are_one_line_and_exit_code_2(run, words, said):
    """The line describes the problem, without a traceback."""
    done = run(*words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.output


def test_a_port_in_use_is_one_line(run):
    """It has the address and its option."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("serve", "--listen", place, "--admin", "off")
    said = f"Error: --listen: can't listen at {place}: address already in use; give an address of this machine"
    assert done.exit_code == 2
    assert done.stderr.startswith(said) is True
    assert done.stderr.count("\n") == 1


def test_the_date_decides_whether_the_legacy_endpoint_works(
    start, wait_for, retired_call
):
    """Before the sunset it does; the output has what a call needs."""
    process = start("fake-atlas", "--listen", "127.0.0.1:0", "--today", "2026-01-21")
    assert (
        retired_call(wait_for(process.stdout, r"listens at (\S+)")[1]).status_code
        == 200
    )
    for known in (DEMO_GROUP, DEMO_CLUSTER, DEMO_TOKEN, DEMO_PUBLIC_KEY):
        wait_for(process.stdout, known)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0


def finished(process):
    out, err = process.communicate(timeout=180)
    return process.returncode, out, err


HOSTILE = {
    "ATLAS_SHIM_ROUTE": "off", "ATLAS_SHIM_MAPPINGS": "/nonexistent", "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": "",
    "MONGODB_ATLAS_PRIVATE_API_KEY": "half-a-pair",
}  # fmt: skip


def test_the_demo_shows_failure_and_success(start):
    """The call fails with 410 and succeeds through the gateway, whatever the environment.

    It is shown as typed.

    A pipe gets no color, and every line of prose fits 80 columns.
    """
    code, out, err = finished(start("demo", env=HOSTILE))
    assert code == 0
    assert err == ""
    assert "\x1b" not in out
    assert re.search(r"^   410 Gone  VERSION_GONE$", out, re.MULTILINE)
    assert re.search(r"^   200 OK  8 snapshots", out, re.MULTILINE)
    assert '"createdAt": "' in out
    pattern = r"curl --include --request GET\s+http://127\.0\.0\.1:\d+/api/atlas/v1\.0/groups/\w{24}/serverless/orders/backup/snapshots"
    assert len(set(re.findall(pattern, out.replace(" \\\n    ", "")))) == 2
    assert f"--header 'Authorization: Bearer {DEMO_TOKEN}'" in out
    prose = [
        line
        for line in out.splitlines()
        if "127.0.0.1" not in line and "api/atlas" not in line
    ]
    assert max(map(len, prose)) <= 80


def test_a_failing_demo_is_a_failure(run, monkeypatch):
    """If a reply is missing or unexpected, the demo does not claim success."""
    with pytest.raises(ExitError, match="the call failed"):
        demo.call("http://127.0.0.1:1/")
    monkeypatch.setattr(demo, "call", lambda url: (200, "OK", {}))
    done = run("demo")
    assert done.exit_code == 1
    assert "the answers are not the expected ones" in done.stderr
