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
    """Return a function that runs the command in this process.

    It has a long timeout, and none of the machine's settings.
    """
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


def test_status_prints_the_pages(run, where):
    """It prints text by default, and JSON with ``-o json``."""
    assert run("--admin", where).output.startswith("There was no retired call")
    found = json.loads(run("--admin", where, "-o", "json").output)
    assert found["format"] == 1
    assert found["mode"]["credentials"] == "passthrough"


@pytest.mark.parametrize("probe", ["live", "ready"])
def test_a_probe_returns_its_result_as_the_exit_code(run, where, probe):
    """It also prints a word, for people who run it by hand."""
    done = run("--admin", where, "--probe", probe)
    assert done.exit_code == 0
    assert done.output == "ok\n"


def test_flag_environment_and_file_can_name_the_gateway(run, where, tmp_path):
    """A probe ignores all other settings, even invalid ones."""
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
def test_the_listening_address_is_called(run, host, called):
    """A listener on every address is called on loopback; a name is called unchanged."""
    with gateway("http://127.0.0.1:1", admin=Address(host, 0)) as served:
        port = (served.admin_url or "").rpartition(":")[2]
        assert run("--admin", f"{host}:{port}").exit_code == 0
        assert run("--admin", f"{called}:{port}").exit_code == 0


@pytest.mark.parametrize("words", ASKED)
def test_an_unreachable_gateway_fails(run, words):
    """The exit code is 1, and a line names the address and possible fixes."""
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
def test_another_server_at_the_address_fails(run, words, said):
    """The exit code is 1; the one line can't control the terminal, whatever the server answers."""
    with raw_upstream(lambda peer: peer.send(said)) as other:
        done = run("--admin", other.origin.removeprefix("http://"), *words)
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert "\x1b" not in done.stderr


def test_answers_cannot_control_the_terminal(run):
    """Any program may be listening on the port."""
    with replying(
        reply(b"one\n\x1b]0;x\x07\xff\n", "Content-Type: text/plain")
    ) as other:
        done = run("--admin", other.origin.removeprefix("http://"))
    assert done.exit_code == 0
    assert done.output == "one\n?]0;x?\N{REPLACEMENT CHARACTER}\n"


def silent(peer):
    peer.rest()


def test_a_silent_server_times_out(run, monkeypatch):
    """A probe returns before its caller's timeout."""
    monkeypatch.setattr(status, "_PATIENCE", 0.1)
    with raw_upstream(silent) as other:
        done = run("--admin", other.origin.removeprefix("http://"), "--probe", "ready")
    assert done.exit_code == 1
    assert "timed out" in done.stderr


@pytest.mark.parametrize(
    ("path", "content"), [("live", b"stuck\n"), ("ready", b"draining\n")]
)
def test_a_gateway_that_is_not_ready_fails(run, path, content):
    """The output includes its reason."""
    with replying(
        reply(content, "Content-Type: text/plain", status="503 Service Unavailable")
    ) as other:
        done = run("--admin", other.origin.removeprefix("http://"), "--probe", path)
    assert done.exit_code == 1
    assert f"/{path}z: 503 {content.decode().strip()}" in done.stderr


@pytest.mark.parametrize("value", ["off", "127.0.0.1:0", "nonsense"])
def test_a_missing_admin_address_is_a_usage_error(run, value):
    """The exit code is 2: the probe is misconfigured, not the gateway."""
    assert run("--admin", value).exit_code == 2


def test_proxies_are_ignored(run, where):
    """The environment's proxy is for upstream, not for a gateway on this machine."""
    with raw_upstream(lambda peer: None) as proxy, calling(At(proxy.origin)):
        assert (
            run(
                "--admin", where, env={"http_proxy": proxy.origin, "NO_PROXY": ""}
            ).exit_code
            == 0
        )
