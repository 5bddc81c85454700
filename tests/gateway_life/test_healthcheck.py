"""``healthcheck``: a probe's exit code, found the way ``serve`` finds its settings."""

import socket

import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.gateway.options import Address
from tests.gateway_life.conftest import OURS
from tests.peers.raw import raw_upstream, until
from tests.peers.served import At, ask, calling, gateway, get, status_of


@pytest.fixture
def check(monkeypatch):
    """Return a function that runs the command in this process, with no settings of the machine's."""
    import os

    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    return lambda *words, env=None: CliRunner().invoke(main, ["healthcheck", *words], env=env)


@pytest.fixture
def admin():
    """Run a gateway, and return the address of its admin listener."""
    with gateway("http://127.0.0.1:1") as served:
        yield (served.admin_url or "").removeprefix("http://")


def test_flag_environment_and_file_name_the_gateway(check, admin, tmp_path):
    """Each way of setting it finds it; other settings, broken ones too, are no business of a probe."""
    file = tmp_path / "shim.toml"
    file.write_text(f'admin = "{admin}"\nroute = "nonsense"\n')
    assert check("--admin", admin).exit_code == 0
    assert check(env={"ATLAS_SHIM_ADMIN": admin, "ATLAS_SHIM_ROUTE": "nonsense"}).exit_code == 0
    assert check("--config", str(file)).exit_code == 0


@pytest.mark.parametrize(
    ("host", "called"),
    [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "localhost")],
)
def test_address_that_is_listened_on_is_called(check, host, called):
    """A listener on every address is called by loopback; a name is called as it is."""
    with gateway("http://127.0.0.1:1", admin=Address(host, 0)) as served:
        port = (served.admin_url or "").rpartition(":")[2]
        assert check("--admin", f"{host}:{port}").exit_code == 0
        assert check("--admin", f"{called}:{port}").exit_code == 0


def test_nobody_there_is_a_no(check):
    """Exit code 1 and one line that names what was asked."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        where = f"127.0.0.1:{free.getsockname()[1]}"
    done = check("--admin", where)
    assert done.exit_code == 1
    assert where in done.stderr
    assert "Traceback" not in done.output


def test_someone_else_there_is_a_no(check):
    """What isn't HTTP is one line, too."""
    with raw_upstream(lambda peer: peer.send(b"220 smtp.test ready\r\n")) as other:
        done = check("--admin", other.origin.removeprefix("http://"))
    assert (done.exit_code, "BadStatusLine" in done.stderr or "220" in done.stderr) == (1, True)


def _silent(peer):
    peer.rest()


def test_who_never_answers_is_given_up(check):
    """A probe comes back before whoever runs it loses patience."""
    with raw_upstream(_silent) as other:
        done = check("--admin", other.origin.removeprefix("http://"), "--timeout", "0.1")
    assert (done.exit_code, "timed out" in done.stderr) == (1, True)


def test_draining_is_alive_and_not_ready(check, serve, port):
    """A probe of readiness fails from the signal on, one of life does not."""
    running = serve(
        "--admin", f"127.0.0.1:{port}", "--upstream", "http://127.0.0.1:1", "--drain", "60", "--drain-min", "60"
    )
    running.calls()
    where = ("--admin", f"127.0.0.1:{port}")
    assert check(*where).exit_code == check(*where, "--live").exit_code == 0
    running.process.terminate()
    until(lambda: status_of(ask(At(f"http://127.0.0.1:{port}"), get("/readyz"))[0]) == 503, "it drains")
    done = check(*where)
    assert (done.exit_code, "503 draining" in done.stderr) == (1, True)
    assert check(*where, "--live").exit_code == 0


@pytest.mark.parametrize("value", ["off", "127.0.0.1:0", "nonsense"])
def test_no_address_to_ask_is_a_mistake(check, value):
    """Exit code 2: the probe, not the gateway, is set wrong."""
    assert check("--admin", value).exit_code == 2


def test_proxies_do_not_stand_in_between(check, admin):
    """A proxy of the environment is for upstream, and not asked about this machine."""
    with raw_upstream(lambda peer: None) as proxy, calling(At(proxy.origin)):
        assert check("--admin", admin, env={"http_proxy": proxy.origin, "NO_PROXY": ""}).exit_code == 0
