"""The rows of the troubleshooting page for Python: the imports and the typed client, with a fake Atlas."""

import pytest
from requests.auth import AuthBase, HTTPDigestAuth

from shim import AtlasClient, httpx, requests
from shim.errors import GoneError, UnauthorizedError
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from tests.docs.trouble import LEGACY_ACCEPT, RETIRED, V2, Section, atlas
from tests.fake.asking import BEARER

HEADERS = {**LEGACY_ACCEPT, **BEARER}


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """Remove proxies, and switch the shim's warnings off."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")


@pytest.fixture
def upstream(monkeypatch):
    with atlas() as server:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", server.url)
        yield server


def typed(upstream, private_key=DEMO_PRIVATE_KEY, **more):
    """Return the typed client at an upstream, without retries."""
    return AtlasClient(
        base_url=upstream.url,
        public_key=DEMO_PUBLIC_KEY,
        private_key=private_key,
        retries=None,
        environ={},
        **more,
    )


def listed(client):
    """List the snapshots of the demo's cluster."""
    return client.cloud_backups.list_serverless_backup_snapshots(
        DEMO_GROUP, DEMO_CLUSTER
    )


class Handmade(AuthBase):
    """Sign for the path of the caller's call, without a hook to sign again."""

    def __call__(self, request):
        """Sign."""
        request.headers["Authorization"] = (
            f'Digest username="a", realm="b", nonce="c", uri="{request.path_url}"'
        )
        return request


def test_401_in_a_session_that_has_signed_is_described(upstream):
    """The error is the shim's; requests' own Digest signs each call anew."""
    section = Section("401")
    with requests.Session() as session:
        session.auth = Handmade()
        answer = session.get(upstream.url + RETIRED, headers=LEGACY_ACCEPT)
        section.shows(answer, 401, "SHIM_DIGEST_NEEDS_AUTH")
        assert (
            "`session.auth = HTTPDigestAuth(public_key, private_key)`" in section.text
        )
        session.auth = HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
        assert session.get(upstream.url + RETIRED, headers=LEGACY_ACCEPT).ok


def test_401_of_the_typed_client_is_described(upstream):
    """It is an UnauthorizedError with Atlas's text."""
    with typed(upstream, "wrong") as client, pytest.raises(UnauthorizedError) as caught:
        listed(client)
    assert caught.value.status == 401
    assert "UnauthorizedError" in Section("401").text
    with typed(upstream) as client:
        assert listed(client).results


def test_410_of_a_disabled_write_is_described(upstream, monkeypatch):
    """The variable enables it."""
    section = Section("410")
    target = f"{upstream.url}{V2}/serverless/{DEMO_CLUSTER}"
    section.shows(httpx.delete(target, headers=HEADERS), 410, "SHIM_NO_SUCCESSOR")
    with typed(upstream) as client, pytest.raises(GoneError) as caught:
        client.serverless_instances.delete_serverless_instance(DEMO_GROUP, DEMO_CLUSTER)
    assert str(caught.value).endswith(": atlas-shim explain SHIM_NO_SUCCESSOR")
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "instances")
    assert httpx.delete(target, headers=HEADERS).is_success
    assert "`ATLAS_SHIM_WRITES=instances`" in section.text
