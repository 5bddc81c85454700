"""The rows of the page of trouble for Python: the imports and the typed client, at a fake Atlas."""

import httpx as plain
import pytest

from shim import AtlasClient, httpx
from shim.errors import GoneError, UnauthorizedError
from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from tests.docs.trouble import LEGACY_ACCEPT, RETIRED, V2, Section, atlas, digest
from tests.fake.asking import BEARER

HEADERS = {**LEGACY_ACCEPT, **BEARER}


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """No proxy takes part, and the shim stays silent."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")


@pytest.fixture
def upstream(monkeypatch):
    with atlas() as server:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", server.url)
        yield server


def typed(upstream, private_key=DEMO_PRIVATE_KEY, **more):
    """The typed client at an upstream, which makes each call once."""
    return AtlasClient(
        base_url=upstream.url, public_key=DEMO_PUBLIC_KEY, private_key=private_key, retries=None, environ={}, **more
    )


def listed(client):
    """List the snapshots of the demo's cluster."""
    return client.cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER)


def test_401_below_a_client_that_has_signed(upstream):
    """The answer comes from the shim; a transport that has the credentials signs each call."""
    section, target = Section("401"), RETIRED.replace(DEMO_CLUSTER, DEMO_DEDICATED)
    with plain.Client(transport=httpx.Transport(), auth=digest(), headers=LEGACY_ACCEPT) as client:
        section.shows(client.get(upstream.url + target), 401, "SHIM_DIGEST_NEEDS_AUTH")
    assert "`Transport(auth=httpx.DigestAuth(public_key, private_key))`" in section.text
    with plain.Client(transport=httpx.Transport(auth=digest()), headers=LEGACY_ACCEPT) as client:
        assert client.get(upstream.url + target).status_code == 200


def test_401_of_the_typed_client(upstream):
    """An UnauthorizedError, with what Atlas says."""
    with typed(upstream, "wrong") as client, pytest.raises(UnauthorizedError) as caught:
        listed(client)
    assert caught.value.status == 401
    assert "UnauthorizedError" in Section("401").text
    with typed(upstream) as client:
        assert listed(client).results


def test_410_of_a_write_that_is_switched_off(upstream, monkeypatch):
    """The variable lets it through."""
    section, target = Section("410"), f"{upstream.url}{V2}/serverless/{DEMO_CLUSTER}"
    section.shows(httpx.delete(target, headers=HEADERS), 410, "SHIM_NO_SUCCESSOR")
    with typed(upstream) as client, pytest.raises(GoneError) as caught:
        client.serverless_instances.delete_serverless_instance(DEMO_GROUP, DEMO_CLUSTER)
    assert str(caught.value).endswith(": atlas-shim explain SHIM_NO_SUCCESSOR")
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "instances")
    assert httpx.delete(target, headers=HEADERS).is_success
    assert "`ATLAS_SHIM_WRITES=instances`" in section.text
