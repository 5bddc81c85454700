"""A caller, the real proxies, the real gateway, and a strict fake Atlas, with TLS on both sides."""

import contextlib
import ssl

import httpx
import pytest
import trustme

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from shim.fake import server as fake_server
from shim.gateway.option_values import CredentialsMode
from tests.fake.asking import BEARER, KEY, TlsServer
from tests.front.proxies import program, recorder, running
from tests.peers.ports import free_port
from tests.peers.raw import until
from tests.peers.served import gateway

pytestmark = pytest.mark.slow  # third-party programs

RETIRED = (
    f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
)
UNTOUCHED = f"/api/atlas/v2/groups/{DEMO_GROUP}/flexClusters"
FLEX = {"Accept": "application/vnd.atlas.2024-11-13+json"}


@contextlib.contextmanager
def whole(folder, proxy, *words, **options):
    """Run all four; yield a client of the proxy."""
    program(proxy)
    port = free_port()
    options |= {
        "public_url": f"http://127.0.0.1:{port}",
        "proxy_protocol": proxy == "haproxy",
    }
    with fake_server.FakeServer() as atlas, gateway(atlas.url, **options) as to:
        addresses = [url.removeprefix("http://") for url in (to.url, str(to.admin_url))]
        lead = (
            "--upstream",
            atlas.url,
            "--gateway",
            addresses[0],
            "--admin",
            addresses[1],
        )
        with (
            running(folder, proxy, *lead, *words, port=port) as at,
            httpx.Client(base_url=at.url, trust_env=False, timeout=10) as client,
        ):
            yield client


def check(client, **how):
    """Check that a retired call's reply is translated, with links to the proxy, and another one unchanged."""
    page = client.get(RETIRED, **how)
    assert page.status_code == 200
    assert page.json()["totalCount"] == 8
    assert "via" in page.headers
    assert page.json()["links"][0]["href"].startswith(
        f"{client.base_url}/api/atlas/v2/groups/"
    )
    flex = client.get(
        UNTOUCHED,
        headers={**how.get("headers", {}), **FLEX},
        **{k: v for k, v in how.items() if k == "auth"},
    )
    assert flex.status_code == 200
    assert "via" not in flex.headers


def test_a_caller_with_an_api_key(proxy, tmp_path, monkeypatch):
    """Digest signs the path: Atlas verifies direct calls, the gateway retired ones."""
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    with whole(tmp_path, proxy, credentials=CredentialsMode.VERIFY) as client:
        for _ in range(2):
            check(client, auth=httpx.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Return a certificate authority, and its file."""
    found = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    found.cert_pem.write_to_path(path)
    return found, str(path)


@contextlib.contextmanager
def over_tls(folder, proxy, authority, name, *words):
    """Run a proxy before an Atlas with a certificate for a name; yield a function that calls it."""
    program(proxy)
    ca, _ = authority
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted = ssl.create_default_context()
    ca.issue_cert(name).configure_cert(served)
    ca.configure_trust(trusted)
    own = ca.issue_cert("127.0.0.1")
    folder.mkdir(exist_ok=True)
    own.private_key_pem.write_to_path(folder / "key.pem")
    for blob in own.cert_chain_pems:
        blob.write_to_path(folder / "cert.pem", append=True)
    lead = (
        "--tls-cert",
        str(folder / "cert.pem"),
        "--tls-key",
        str(folder / "key.pem"),
        "--admin",
        "off",
        *words,
    )
    with (
        TlsServer(served) as atlas,
        recorder("gateway", proxied=proxy == "haproxy") as to,
    ):
        origin = atlas.url.replace("127.0.0.1", "localhost")
        with (
            running(
                folder,
                proxy,
                "--upstream",
                origin,
                "--gateway",
                to.address,
                *lead,
                waits=False,
            ) as at,
            httpx.Client(
                verify=trusted,
                base_url=at.url.replace("http:", "https:"),
                trust_env=False,
            ) as client,
        ):

            def begun():
                with contextlib.suppress(httpx.TransportError):
                    return client.get(RETIRED).headers["who"] == "gateway"

            until(begun, "it answers")
            yield client


def test_tls_on_both_sides(proxy, tmp_path, authority):
    """Callers see the proxy's certificate, and the proxy checks Atlas's.

    Retired calls go to the gateway.
    """
    with over_tls(
        tmp_path, proxy, authority, "localhost", "--ca-file", authority[1]
    ) as client:
        reply = client.get(UNTOUCHED, headers={**BEARER, **FLEX})
        assert reply.status_code == 200
        assert reply.json()["totalCount"] == 1


@pytest.mark.parametrize(
    "trusts", [True, False], ids=["another name", "an unknown authority"]
)
def test_a_wrong_upstream_certificate_is_refused(proxy, tmp_path, authority, trusts):
    """The proxy sends nothing to that peer and returns an error of its own."""
    name, words = (
        ("other.example", ("--ca-file", authority[1])) if trusts else ("localhost", ())
    )
    with over_tls(tmp_path, proxy, authority, name, *words) as client:
        assert client.get(UNTOUCHED, headers={**BEARER, **FLEX}).status_code in {
            502,
            503,
        }
