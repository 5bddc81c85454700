"""Writes of instances and the read of auto-indexing by the typed client: what is sent to flex, and what is not."""

import json

import pytest

from shim import errors, httpx
from shim.atlas import CloudProvider, InstanceState, RequestAccepted
from tests.atlas.upstream import Upstream, refusal

GROUP = "6510aa1b2c3d4e5f60718293"
LEGACY, FLEX = f"/api/atlas/v2/groups/{GROUP}/serverless", f"/api/atlas/v2/groups/{GROUP}/flexClusters"
CLUSTER = {
    "backupSettings": {"enabled": True},
    "groupId": GROUP,
    "id": "6a6f78e0cab84da5c4476b25",
    "name": "shop",
    "providerSettings": {"backingProviderName": "AWS", "diskSizeGB": 5.0, "regionName": "US_EAST_1"},
    "stateName": "CREATING",
    "tags": [{"key": "env", "value": "demo"}],
    "terminationProtectionEnabled": False,
}
WHERE = {"name": "shop", "backing_provider_name": CloudProvider.AWS, "region_name": "US_EAST_1"}
WRITES = {
    "create": lambda instances: instances.create_serverless_instance(GROUP, **WHERE),
    "update": lambda instances: instances.update_serverless_instance(GROUP, "shop", tags={"env": "demo"}),
    "delete": lambda instances: instances.delete_serverless_instance(GROUP, "shop"),
}


@pytest.fixture
def switched_on(monkeypatch):
    """Writes of instances go to flex clusters."""
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "instances")


def accepted(request):
    return httpx.Response(202, json={})


def flex():
    """An Atlas where every write of a flex cluster succeeds."""
    return Upstream(
        {
            ("POST", FLEX): lambda _: httpx.Response(201, json=CLUSTER),
            ("PATCH", f"{FLEX}/shop"): CLUSTER | {"stateName": "UPDATING"},
            ("DELETE", f"{FLEX}/shop"): accepted,
        }
    )


def written(name):
    """Make a script that makes one write."""

    async def script(client, got):
        return await got(WRITES[name](client.serverless_instances))

    return script


@pytest.mark.parametrize("name", WRITES)
def test_switched_off(ask, got, name):
    """Nothing is sent to flex, and the error says which switch lets it."""
    upstream = flex()

    async def script(client):
        with pytest.raises(errors.GoneError, match="ATLAS_SHIM_WRITES=instances") as caught:
            await written(name)(client, got)
        return caught.value

    error = ask(upstream, script)

    assert error.error_code == "SHIM_NO_SUCCESSOR"
    assert not any(path.startswith(FLEX) for _, path in upstream.calls())


def test_create(ask, got, switched_on):
    """A creation is sent once, in flex terms, and answered with an instance."""
    upstream = flex()

    async def script(client):
        instances = client.serverless_instances
        return await got(
            instances.create_serverless_instance(
                GROUP,
                **WHERE,
                serverless_continuous_backup_enabled=False,
                tags={"env": "demo"},
                termination_protection_enabled=False,
            )
        )

    made = ask(upstream, script)

    assert upstream.calls() == [("POST", FLEX)]
    assert json.loads(upstream.arrived[0].content) == {
        "name": "shop",
        "providerSettings": {"backingProviderName": "AWS", "regionName": "US_EAST_1"},
        "tags": [{"key": "env", "value": "demo"}],
        "terminationProtectionEnabled": False,
    }
    assert (made.name, made.state_name, made.record.route) == ("shop", InstanceState.CREATING, "flex")
    assert (made.provider_settings.provider_name, made.additional) == ("SERVERLESS", {})
    assert [(tag.key, tag.value) for tag in made.tags] == [("env", "demo")]


def test_update(ask, got, switched_on):
    """A change is sent once, with what was given."""
    upstream = flex()

    async def script(client):
        return await written("update")(client, got)

    changed = ask(upstream, script)

    assert upstream.calls() == [("PATCH", f"{FLEX}/shop")]
    assert json.loads(upstream.arrived[0].content) == {"tags": [{"key": "env", "value": "demo"}]}
    assert (changed.state_name, changed.record.route) == (InstanceState.UPDATING, "flex")


def test_delete(ask, got, switched_on):
    """A deletion is sent once; that it was accepted has a record too."""
    upstream = flex()

    async def script(client):
        return await written("delete")(client, got)

    done = ask(upstream, script)

    assert upstream.calls() == [("DELETE", f"{FLEX}/shop")]
    assert (done, done.record.route) == (RequestAccepted(), "flex")


def test_continuous_backup_is_refused(ask, got, switched_on):
    """A flex cluster has none, which is said before anything is sent."""
    upstream = flex()

    async def script(client):
        with pytest.raises(errors.AtlasError) as caught:
            await got(
                client.serverless_instances.create_serverless_instance(
                    GROUP, **WHERE, serverless_continuous_backup_enabled=True
                )
            )
        return caught.value

    assert ask(upstream, script).error_code == "SHIM_CONTINUOUS_BACKUP_UNSUPPORTED"
    assert upstream.arrived == []


@pytest.mark.parametrize("name", ["update", "delete"])
def test_no_such_instance(ask, got, switched_on, name):
    """The error of flex is in legacy words, and nothing is tried again."""
    not_found = refusal(404, "CLUSTER_NOT_FOUND")
    upstream = Upstream({("PATCH", f"{FLEX}/shop"): not_found, ("DELETE", f"{FLEX}/shop"): not_found})

    async def script(client):
        with pytest.raises(errors.NotFoundError) as caught:
            await written(name)(client, got)
        return caught.value

    assert ask(upstream, script).error_code == "SERVERLESS_INSTANCE_NOT_FOUND"
    assert len(upstream.arrived) == 1


def test_before_the_sunset(ask, got, before_sunset):
    """On the legacy route a write is Atlas' own."""
    upstream = Upstream({("DELETE", f"{LEGACY}/shop"): accepted})

    async def script(client):
        return await written("delete")(client, got)

    assert ask(upstream, script).record.route == "legacy"
    assert upstream.calls() == [("DELETE", f"{LEGACY}/shop")]


@pytest.mark.parametrize("route", ["auto", "date", "flex"])
def test_auto_indexing_is_off(ask, got, monkeypatch, route):
    """A flex cluster has no automatic indexing: the answer is False, a real one."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", route)
    upstream = Upstream({})

    async def script(client):
        return await got(client.performance_advisor.get_serverless_auto_indexing(GROUP, "shop"))

    answer = ask(upstream, script)

    assert (answer.enabled, answer.record.route) == (False, "none")
    assert all("flexClusters" not in path for _, path in upstream.calls())


def test_auto_indexing_before_the_sunset(ask, got, before_sunset):
    """On the legacy route it is what Atlas says."""
    path = f"{LEGACY}/shop/performanceAdvisor/autoIndexing"
    upstream = Upstream({("GET", path): lambda _: httpx.Response(200, json=True)})

    async def script(client):
        return await got(client.performance_advisor.get_serverless_auto_indexing(GROUP, "shop"))

    answer = ask(upstream, script)

    assert (answer.enabled, answer.record.route) == (True, "legacy")


def test_instances_are_seen_although_the_legacy_list_is_blank(ask, got):
    """Since January 2026 the old list is empty whatever there is; the flex clusters are asked."""
    upstream = Upstream(
        {
            ("GET", LEGACY): {"results": [], "totalCount": 0},
            ("GET", FLEX): {"results": [CLUSTER], "totalCount": 1},
            ("GET", f"{LEGACY}/shop"): refusal(404, "SERVERLESS_INSTANCE_NOT_FOUND"),
            ("GET", f"{FLEX}/shop"): CLUSTER,
        }
    )

    async def script(client):
        instances = client.serverless_instances
        page = await got(instances.list_serverless_instances(GROUP))
        return page, await got(instances.get_serverless_instance(GROUP, "shop"))

    page, one = ask(upstream, script)

    assert [each.name for each in page.results] == [one.name] == ["shop"]
    assert page.record.route == one.record.route == "flex"
