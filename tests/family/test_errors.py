"""Every Atlas error reaches the caller unchanged, whichever side returned it, for list, get and create."""

import json

import pytest

from tests.family.atlas_errors import ERRORS, GROUP, LEADING_ON, is_intact
from tests.family.replay import BEFORE, ID, caller
from tests.peers.scripted import by_side, wire
from tests.peers.served import gateway

BASE = f"/groups/{GROUP}/serverless/shop/backup"
TENANT = f"/groups/{GROUP}/clusters/shop/backup/tenant"
JOB = {
    "deliveryType": "automated",
    "snapshotId": ID,
    "targetClusterName": "shop",
    "targetGroupId": GROUP,
}
CALLS = {
    "list-snapshots": ("GET", f"{BASE}/snapshots", None),
    "get-snapshot": ("GET", f"{BASE}/snapshots/{ID}", None),
    "list-jobs": ("GET", f"{BASE}/restoreJobs", None),
    "get-job": ("GET", f"{BASE}/restoreJobs/{ID}", None),
    "create-job": ("POST", f"{BASE}/restoreJobs", JOB),
    "list-tenant-snapshots": ("GET", f"{TENANT}/snapshots", None),
    "get-tenant-job": ("GET", f"{TENANT}/restores/{ID}", None),
    "create-tenant-job": (
        "POST",
        f"{TENANT}/restore",
        {"snapshotId": ID, "targetDeploymentItemName": "shop"},
    ),
}


@pytest.fixture
def ask(atlas):
    """Make one of the calls while each side returns an error; return the reply and the sides that were asked."""

    def ask(client, call, query="", **sides):
        atlas.answer, atlas.arrivals[:] = (
            by_side(**{side: wire(*one) for side, one in sides.items()}),
            [],
        )
        method, path, body = CALLS[call]
        headers = {"Accept": "*/*", "Authorization": "Bearer token"}
        return client.request(
            method, f"/api/atlas/v2{path}{query}", json=body, headers=headers
        ), atlas.sides

    return ask


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("route", ["flex", "date", "auto"])
def test_an_error_of_a_successor_is_unchanged(ask, clients, route, call, name):
    """By flag and by date flex's reply is final; in auto it is, unless it refers to another tier.

    Flex is asked once.

    If flex refers to the dedicated tier and that fails too, its reply is the caller's.
    """
    reply, sides = ask(
        clients["flex" if name in LEADING_ON else route], call, flex=ERRORS[name]
    )
    is_intact(reply, ERRORS[name])
    assert sides == ["flex"]
    reply, sides = ask(
        clients["auto"], call, flex=LEADING_ON["non-flex"], dedicated=ERRORS[name]
    )
    is_intact(reply, ERRORS[name])
    assert sides == ["flex", "dedicated"]


@pytest.mark.parametrize(
    "call", [name for name, call in CALLS.items() if call[0] == "GET"]
)
def test_a_missing_cluster_is_searched_on_the_dedicated_tier(ask, clients, call):
    """A read continues there after CLUSTER_NOT_FOUND; if it is missing there too, that tier's reply is returned."""
    missing = ERRORS["no-cluster"]
    other = (404, missing[1], missing[2].replace(b"cluster-735", b"cluster-736"))
    reply, sides = ask(clients["auto"], call, flex=missing, dedicated=other)
    is_intact(reply, other)
    assert sides == ["flex", "dedicated"]


@pytest.fixture(scope="module")
def before(atlas):
    """A caller of a gateway before the sunset."""
    with gateway(atlas.origin, now=BEFORE) as served, caller(served) as client:
        yield client


@pytest.mark.parametrize(
    "name", [name for name in ERRORS if name not in {"gone", "method"}]
)
@pytest.mark.parametrize("call", CALLS)
def test_before_the_sunset_a_legacy_error_is_unchanged(ask, atlas, before, call, name):
    """It has none of the shim's fields either."""
    reply, sides = ask(before, call, "?pretty=true&x=%41", legacy=ERRORS[name])
    is_intact(reply, ERRORS[name])
    assert sides == ["legacy"]
    assert (
        atlas.arrivals[0].target == f"/api/atlas/v2{CALLS[call][1]}?pretty=true&x=%41"
    )
    assert "Atlas-Shim" not in reply.headers


@pytest.mark.parametrize(
    "name", [name for name, (_, _, body) in ERRORS.items() if body.startswith(b"{")]
)
def test_an_envelope_contains_the_unchanged_error(ask, atlas, clients, name):
    """With envelope=true its fields and status are inside; the parameter isn't sent to flex."""
    reply, _ = ask(clients["flex"], "get-job", "?envelope=true", flex=ERRORS[name])
    is_intact(reply, ERRORS[name], content=False)
    assert reply.json() == {
        "status": ERRORS[name][0],
        "content": json.loads(ERRORS[name][2]),
    }
    assert "envelope" not in atlas.arrivals[0].target


def test_both_announced_dates_are_returned(ask, clients):
    """Upstream's Sunset and Deprecation and the shim's own don't replace each other."""
    reply, _ = ask(
        clients["auto"], "list-jobs", legacy=ERRORS["gone"], flex=ERRORS["gone"]
    )
    assert reply.status_code == 410
    assert "Sunset" in reply.headers
