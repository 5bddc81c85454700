"""Where calls are taken: TLS (gateway_tls has more of it), and a unix socket."""

import os
import socket
import stat

import httpx
import pytest

from shim.errors import SettingsError
from tests.gateway_credentials.worlds import ACCOUNT, FLEX, RETIRED, UNTOUCHED, V2, Signature, line, signing, world
from tests.gateway_tls.worlds import certified
from tests.peers.served import status_of, value_of


def test_tls(tmp_path):
    """With a certificate the gateway speaks TLS, and links lead back to it as https."""
    caller = certified(tmp_path)
    with world("own", **caller.options) as seen, httpx.Client(verify=caller.context) as client:
        assert seen.url.startswith("https://127.0.0.1:")
        page = client.get(seen.url + RETIRED, headers={"Accept": V2}).json()
        assert page["links"][0]["href"].startswith(seen.url + RETIRED)


def test_a_base_path_is_a_part_of_what_is_signed():
    """A caller below the path of the public URL signs what it calls, and upstream gets Atlas' path."""
    with world("verify", public_url="http://tools.test/atlas") as seen:
        target = f"/atlas{UNTOUCHED}"
        nonce = (value_of(seen.ask(target, host="tools.test")[0], "WWW-Authenticate") or "").split('"')[5]
        mine = line(Signature(nonce, uri=target).parts)
        assert status_of(seen.ask(target, mine, f"Accept: {FLEX}", host="tools.test")[0]) == 200
        assert set(seen.targets) == {UNTOUCHED}


@pytest.mark.parametrize("mode", ["own", "passthrough"])
def test_unix_socket(tmp_path, mode):
    """Calls come over a socket that its owner alone can use."""
    path = tmp_path / "shim.sock"
    with world(mode, ACCOUNT, uds=str(path)) as seen:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        headers = {"Accept": V2, "Authorization": "Bearer demo-access-token"}
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url=seen.url) as client:
            assert client.get(RETIRED, headers=headers).status_code == 200


def test_socket_without_listener_is_replaced(tmp_path):
    """What a gateway left is in nobody's way."""
    path = tmp_path / "shim.sock"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    client = httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost")
    with world("own", uds=str(path)), client:
        assert client.get(RETIRED, headers={"Accept": V2}).status_code == 200


@pytest.mark.parametrize("kind", ["socket", "file", "folder"])
def test_path_that_is_in_use(tmp_path, kind):
    """A socket that somebody listens on, and anything else, stays, and the gateway doesn't start."""
    path = tmp_path / "taken"
    with socket.socket(socket.AF_UNIX) as other:
        if kind == "socket":
            other.bind(str(path))
            other.listen()
        elif kind == "file":
            path.write_text("precious")
        else:
            path.mkdir()
        before = os.lstat(path).st_ino
        with pytest.raises(SettingsError, match="taken"), world("own", uds=str(path)):
            pass
        assert os.lstat(path).st_ino == before


def test_roots_that_cannot_be_read(tmp_path, monkeypatch):
    """A file of roots that isn't there would trust nobody; it is named at the start."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match="SSL_CERT_FILE"), signing("own", "http://127.0.0.1:1"):
        pass
