"""``atlas-shim status`` says in a terminal what the page says."""

import json

import pytest
from click.testing import CliRunner

from shim.cli import main
from tests.gateway.test_signing import PATH
from tests.gateway_life.conftest import OURS
from tests.peers.raw import raw_upstream, reply, replying
from tests.peers.served import ask, gateway, get


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs the command in this process, with no settings of the machine's."""
    import os

    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    return lambda *words, env=None: CliRunner().invoke(main, ["status", *words], env=env)


@pytest.fixture(scope="module")
def where():
    """Run a gateway that was called, and return the address of its admin listener."""
    with replying(reply(b'{"results":[]}')) as upstream, gateway(upstream.origin) as served:
        ask(served, get(PATH, "User-Agent: report/1"))
        ask(served, get("/x/../y"))
        yield (served.admin_url or "").removeprefix("http://")


def test_it_says_what_the_page_says(run, where):
    """The verdict first, then how it is set, calls, callers, fields and errors."""
    done = run("--admin", where)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Retired calls are still made")
    for said in ("listServerlessBackupSnapshots", "report/1 from 127.0.0.1", "SHIM_BAD_REQUEST", "storageSizeBytes"):
        assert said in done.output
    assert "What a code means: https://atlas-shim.github.io/atlas-shim/reference/errors/" in done.output


def test_it_says_what_atlas_announces(run):
    """The next sunsets in the gateway's own traffic, the first one first."""
    first, second = (reply(b"{}", f"Sunset: {day} 2027 00:00:00 GMT") for day in ("Thu, 1 Jul", "Mon, 1 Feb"))
    with replying(first, second) as upstream, gateway(upstream.origin) as served:
        for path in ("invites", "teams/orders"):
            ask(served, get(f"/api/atlas/v2/groups/0123456789abcdef01234567/{path}"))
        done = run("--admin", (served.admin_url or "").removeprefix("http://"))
    _, found, table = done.output.partition("The next sunsets in your traffic")
    assert found, done.output
    assert table.index("2027-02-01") < table.index("2027-07-01")
    assert ("GET /api/atlas/v2/groups/{}/teams/{}" in table, "orders" in table) == (True, False)


def test_it_finds_the_gateway_as_serve_does(run, where):
    """By the variable, too; other settings are no business of it."""
    assert run(env={"ATLAS_SHIM_ADMIN": where, "ATLAS_SHIM_ROUTE": "nonsense"}).exit_code == 0


def test_json_is_what_the_gateway_says(run, where):
    """For programs."""
    found = json.loads(run("--admin", where, "--output", "json").output)
    assert (found["format"], found["mode"]["credentials"]) == (1, "passthrough")


def test_watching_shows_it_until_ctrl_c(run, where, monkeypatch):
    """One line of JSON each time; Ctrl-C is how it ends, and no mistake."""
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("shim.cli.status.time.sleep", sleep)
    done = run("--admin", where, "--watch", "-o", "json")
    assert (done.exit_code, waits) == (0, [2.0, 2.0, 2.0])
    assert [json.loads(line)["format"] for line in done.output.splitlines()] == [1, 1, 1]
    waits.clear()
    assert run("--admin", "127.0.0.1:1", "--watch", "0.5").exit_code == 0
    assert waits == [0.5] * 3


@pytest.mark.parametrize("content", [b"{}", b"no JSON", b'{"format":7}', b"[]"])
def test_someone_else_there_is_a_no(run, content):
    """Exit code 1 and one line."""
    with replying(reply(content)) as other:
        done = run("--admin", other.origin.removeprefix("http://"))
    assert (done.exit_code, "Traceback" in done.output, isinstance(done.exception, SystemExit)) == (1, False, True)


def test_nobody_there_is_a_no(run):
    """With the address that was asked."""
    with raw_upstream(lambda peer: None) as other:
        where = other.origin.removeprefix("http://")
    done = run("--admin", where)
    assert (done.exit_code, where in done.output) == (1, True)
    assert "https://atlas-shim.github.io/atlas-shim/how-to/trouble/#connection-refused" in done.output


def test_what_a_gateway_says_can_not_steer_the_terminal(run, where):
    """Whoever took the port may say anything."""
    said = json.loads(run("--admin", where, "--output", "json").output)
    said["silence"]["sentence"] = said["mode"]["upstream"] = said["reload"]["good_since"] = "\x1b[2J"
    said["callers"][0]["agent"] = "\x1b]0;x\x07"
    with replying(reply(json.dumps(said).encode())) as other:
        done = run("--admin", other.origin.removeprefix("http://"))
    assert (done.exit_code, "\x1b" in done.output) == (0, False)
