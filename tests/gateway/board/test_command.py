"""``atlas-shim status`` prints a gateway's pages in a terminal, and works as a probe."""

import json
import os
import socket

import pytest
from click.testing import CliRunner

from shim.cli import main, status
from shim.gateway.option_values import Address
from tests.gateway.life.conftest import OURS
from tests.peers.raw import PATIENCE, raw_upstream, reply, replying
from tests.peers.served import At, calling, gateway

ASKED = [(), ("-o", "json"), ("--probe", "live"), ("--probe", "ready")]


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs the command in this process, patiently, with no settings of the machine's."""
    monkeypatch.setattr(status, "_PATIENCE", PATIENCE)
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    return lambda *words, env=None: CliRunner().invoke(
        main, ["status", *words], env=env
    )


@pytest.fixture(scope="module")
def where():
    """Run a gateway, and return the address of its admin listener."""
    with gateway("http://127.0.0.1:1") as served:
        yield (served.admin_url or "").removeprefix("http://")


def test_it_prints_the_pages(run, where):
    """The text for people; with ``-o json`` the JSON for programs."""
    assert run("--admin", where).output.startswith("There was no retired call")
    found = json.loads(run("--admin", where, "-o", "json").output)
    assert found["format"] == 1
    assert found["mode"]["credentials"] == "passthrough"


@pytest.mark.parametrize("probe", ["live", "ready"])
def test_a_probe_has_its_answer_as_exit_code(run, where, probe):
    """And a word for whoever runs it by hand."""
    done = run("--admin", where, "--probe", probe)
    assert done.exit_code == 0
    assert done.output == "ok\n"


def test_flag_environment_and_file_name_the_gateway(run, where, tmp_path):
    """Each way of setting it finds it; other settings, broken ones too, are no business of a probe."""
    file = tmp_path / "shim.toml"
    file.write_text(f'admin = "{where}"\nroute = "nonsense"\n')
    assert run("--admin", where).exit_code == 0
    assert (
        run(env={"ATLAS_SHIM_ADMIN": where, "ATLAS_SHIM_ROUTE": "nonsense"}).exit_code
        == 0
    )
    assert run("--config", str(file)).exit_code == 0


@pytest.mark.parametrize(
    ("host", "called"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "localhost")]
)
def test_address_that_is_listened_on_is_called(run, host, called):
    """A listener on every address is called by loopback; a name is called as it is."""
    with gateway("http://127.0.0.1:1", admin=Address(host, 0)) as served:
        port = (served.admin_url or "").rpartition(":")[2]
        assert run("--admin", f"{host}:{port}").exit_code == 0
        assert run("--admin", f"{called}:{port}").exit_code == 0


@pytest.mark.parametrize("words", ASKED)
def test_nobody_there_is_a_no(run, words):
    """Exit code 1 and a line that names what was asked, and the ways out."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        where = f"127.0.0.1:{free.getsockname()[1]}"
    done = run("--admin", where, *words)
    assert done.exit_code == 1
    assert where in done.stderr
    assert done.stdout == ""
    assert (
        "start the gateway (atlas-shim serve), or give its address with --admin"
        in done.stderr
    )


@pytest.mark.parametrize("words", ASKED)
@pytest.mark.parametrize(
    "said",
    [b"220 smtp.test ready\r\n", b"HTTP/1.1 404 \x1b[2J\r\n\r\n", reply(b"<html>")],
)
def test_someone_else_there_is_a_no(run, words, said):
    """Exit code 1 and one line, whatever it is, that can't steer the terminal."""
    with raw_upstream(lambda peer: peer.send(said)) as other:
        done = run("--admin", other.origin.removeprefix("http://"), *words)
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert "\x1b" not in done.stderr


def test_what_a_gateway_says_can_not_steer_the_terminal(run):
    """Whoever took the port may say anything."""
    with replying(
        reply(b"one\n\x1b]0;x\x07\xff\n", "Content-Type: text/plain")
    ) as other:
        done = run("--admin", other.origin.removeprefix("http://"))
    assert done.exit_code == 0
    assert done.output == "one\n?]0;x?\N{REPLACEMENT CHARACTER}\n"


def silent(peer):
    peer.rest()


def test_who_never_answers_is_given_up(run, monkeypatch):
    """A probe comes back before whoever runs it loses patience."""
    monkeypatch.setattr(status, "_PATIENCE", 0.1)
    with raw_upstream(silent) as other:
        done = run("--admin", other.origin.removeprefix("http://"), "--probe", "ready")
    assert done.exit_code == 1
    assert "timed out" in done.stderr


@pytest.mark.parametrize(
    ("path", "content"), [("live", b"stuck\n"), ("ready", b"draining\n")]
)
def test_a_no_of_the_gateway_is_a_no(run, path, content):
    """With its reason."""
    with replying(
        reply(content, "Content-Type: text/plain", status="503 Service Unavailable")
    ) as other:
        done = run("--admin", other.origin.removeprefix("http://"), "--probe", path)
    assert done.exit_code == 1
    assert f"/{path}z: 503 {content.decode().strip()}" in done.stderr


@pytest.mark.parametrize("value", ["off", "127.0.0.1:0", "nonsense"])
def test_no_address_to_ask_is_a_mistake(run, value):
    """Exit code 2: the probe, not the gateway, is set wrong."""
    assert run("--admin", value).exit_code == 2


def test_proxies_do_not_stand_in_between(run, where):
    """A proxy of the environment is for upstream, and not asked about this machine."""
    with raw_upstream(lambda peer: None) as proxy, calling(At(proxy.origin)):
        assert (
            run(
                "--admin", where, env={"http_proxy": proxy.origin, "NO_PROXY": ""}
            ).exit_code
            == 0
        )
