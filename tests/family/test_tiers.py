"""Which tier a cluster lives on is remembered for a while, corrected by replies, and said in the record."""

import pytest

from shim.core.settings import RouteWord
from tests.family.replay import AFTER, BEFORE, caller, gateway
from tests.peers.scripted import FLEX_IN_CLUSTER, NO_CLUSTER, NON_FLEX, by_side, error, ok, upstream, wire

BASE = "/api/atlas/v2/groups/6510aa1b2c3d4e5f60718293/serverless"
PAGE = ok({"results": [], "totalCount": 0})


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.time = AFTER.timestamp()

    def __call__(self):
        """Return the time it shows."""
        return self.time


@pytest.fixture
def clock():
    """The gateway's clock."""
    return Clock()


@pytest.fixture
def atlas():
    """An upstream on which each cluster lives where a test says."""
    with upstream(living_on("dedicated")) as running:
        yield running


@pytest.fixture
def client(atlas, clock):
    """A caller of a gateway in route auto."""
    with gateway(atlas.origin, now=clock) as served, caller(served) as made:
        yield made


def living_on(tier):
    """Answer as Atlas does for a cluster of a tier, or for one that is not there."""
    if tier is None:
        return by_side(flex=NO_CLUSTER, dedicated=NO_CLUSTER)
    other = {"flex": {"dedicated": FLEX_IN_CLUSTER}, "dedicated": {"flex": NON_FLEX}}[tier]
    return by_side(**{tier: PAGE}, **other)


def list_of(client, cluster="shop", kind="snapshots"):
    """List a cluster's snapshots or restore jobs."""
    return client.get(f"{BASE}/{cluster}/backup/{kind}")


def test_the_tier_is_found_once(atlas, client):
    """The first call asks both sides, those after it the right one, for every operation on that cluster."""
    for kind in ("snapshots", "restoreJobs", "snapshots"):
        assert list_of(client, kind=kind).status_code == 200
    assert atlas.sides == ["flex", "dedicated", "dedicated", "dedicated"]


def test_the_reason_says_so(client):
    """The record tells what flex answered, and later that the tier is remembered."""
    first, second = list_of(client), list_of(client)
    assert "flex answered CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API" in first.headers["Atlas-Shim"]
    assert "found on the dedicated tier" in second.headers["Atlas-Shim"]
    assert all("route=dedicated" in reply.headers["Atlas-Shim"] for reply in (first, second))


def test_another_cluster_is_another_matter(atlas, client):
    """What was learned of one cluster says nothing of its neighbour, or of the same name in another group."""
    list_of(client)
    list_of(client, "other")
    client.get(f"{BASE}/shop/backup/snapshots".replace("6510", "6511"))
    assert atlas.sides == ["flex", "dedicated"] * 3


def test_a_cluster_moves_from_flex_to_dedicated_and_back(atlas, client):
    """Each move costs one refused call, and is known from then on."""
    for tier in ("flex", "dedicated", "flex"):
        atlas.answer = living_on(tier)
        assert [list_of(client).status_code for _ in range(2)] == [200, 200]
    assert atlas.sides == ["flex", "flex", "flex", "dedicated", "dedicated", "dedicated", "flex", "flex"]


def test_a_deleted_cluster_is_looked_for_anew(atlas, client):
    """When the remembered side has no such cluster, its answer is the caller's, and flex is asked again next time."""
    list_of(client)
    atlas.answer = living_on(None)
    reply = list_of(client)
    assert (reply.status_code, reply.json()["errorCode"]) == (404, "CLUSTER_NOT_FOUND")
    list_of(client)
    assert atlas.sides == ["flex", "dedicated", "dedicated", "flex", "dedicated"]


def test_other_faults_teach_nothing(atlas, client):
    """A full bucket or a fault of the dedicated side does not move the cluster."""
    list_of(client)
    for reply in (error(429, "RATE_LIMITED"), error(500, "UNEXPECTED_ERROR"), wire(401), b""):
        atlas.answer = by_side(dedicated=reply)
        list_of(client)
    assert set(atlas.sides[2:]) == {"dedicated"}


def test_instances_have_one_tier(atlas):
    """An instance read by flag asks flex alone: a dedicated cluster is no serverless instance."""
    with gateway(atlas.origin, route=RouteWord.FLEX) as served, caller(served) as made:
        assert made.get(f"{BASE}/shop").json()["errorCode"] == "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API"
    assert atlas.sides == ["flex"]


@pytest.mark.parametrize(
    "odd", ["6511aa1b2c3d4e5f60718293/serverless/shop", "6510aa1b2c3d4e5f60718293/serverless/shop%20"]
)
def test_a_404_that_one_caller_drew_changes_no_other_callers_route(atlas, odd):
    """A proxy's 404 for another group or an odd name leaves a tenant's working legacy read where it is."""
    odd = f"/api/atlas/v2/groups/{odd}/backup/snapshots"
    missing = wire(404, (("Content-Type", "text/html"),), b"<h1>Not Found</h1>")
    page, flex = by_side(legacy=PAGE), by_side(legacy=missing, flex=NO_CLUSTER, dedicated=NO_CLUSTER)
    atlas.answer = lambda arrival: (flex if arrival.path == odd or arrival.side != "legacy" else page)(arrival)
    with gateway(atlas.origin, now=BEFORE) as served, caller(served) as one, caller(served) as other:
        assert list_of(one).status_code == 200
        assert other.get(odd).status_code == 404
        assert list_of(one).status_code == 200
    assert [side for side in atlas.sides if side == "legacy"] == ["legacy"] * 3
