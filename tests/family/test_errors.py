"""Every Atlas error reaches the caller intact, whichever side answered it, for list, get and create."""

import pytest

from shim.core.settings import RouteWord
from tests.family.atlas_errors import ERRORS, GROUP, LEADING_ON
from tests.family.replay import BEFORE, caller, gateway
from tests.peers.scripted import GONE, by_side, error, upstream, wire

BASE = f"/groups/{GROUP}/serverless/shop/backup"
ID = "6a6f78e0cab84da5c4476b25"
JOB = {"deliveryType": "automated", "snapshotId": ID, "targetClusterName": "shop", "targetGroupId": GROUP}
CALLS = {
    "list-snapshots": ("GET", f"{BASE}/snapshots", None),
    "get-snapshot": ("GET", f"{BASE}/snapshots/{ID}", None),
    "list-jobs": ("GET", f"{BASE}/restoreJobs", None),
    "get-job": ("GET", f"{BASE}/restoreJobs/{ID}", None),
    "create-job": ("POST", f"{BASE}/restoreJobs", JOB),
}
READS = [name for name, call in CALLS.items() if call[0] == "GET"]


@pytest.fixture(scope="module")
def atlas():
    """An upstream on which a test puts its errors."""
    with upstream(lambda _: error(500, "UNEXPECTED_ERROR")) as running:
        yield running


@pytest.fixture(scope="module")
def clients(atlas):
    """A caller of a gateway for each route, after the sunset."""
    routes = (RouteWord.AUTO, RouteWord.DATE, RouteWord.FLEX)
    made = {}
    stack = []
    for route in routes:
        served = gateway(atlas.origin, route=route)
        client = caller(served.__enter__())
        made[route.value] = client.__enter__()
        stack += [client, served]
    yield made
    for one in reversed(stack):
        one.__exit__(None, None, None)


def ask(client, call, api="v2", query=""):
    """Make one of the calls."""
    method, path, body = CALLS[call]
    headers = {"Accept": "*/*", "Authorization": "Bearer token"}
    return client.request(method, f"/api/atlas/{api}{path}{query}", json=body, headers=headers)


def check(reply, expected):
    """Compare status, content and every field that the error came with."""
    status, fields, body = expected
    assert (reply.status_code, reply.content) == (status, body)
    for name, value in fields:
        if name not in {"Sunset", "Deprecation"}:
            assert reply.headers[name] == value
    if not any(name == "Content-Type" for name, _ in fields):
        assert "Content-Type" not in reply.headers


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("route", ["flex", "date"])
def test_an_error_of_flex_is_intact(atlas, clients, route, name, call):
    """By flag and by date the answer of flex stands, and flex is asked once."""
    atlas.answer, atlas.arrivals[:] = by_side(flex=wire(*ERRORS[name])), []
    check(ask(clients[route], call), ERRORS[name])
    assert atlas.sides == ["flex"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", [name for name in ERRORS if name not in LEADING_ON])
def test_in_auto_an_error_of_flex_is_intact(atlas, clients, name, call):
    """An error that does not name another tier is the answer."""
    atlas.answer, atlas.arrivals[:] = by_side(flex=wire(*ERRORS[name])), []
    check(ask(clients["auto"], call), ERRORS[name])
    assert atlas.sides == ["flex"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_of_the_dedicated_tier_is_intact(atlas, clients, name, call):
    """When flex leads on and the dedicated tier fails too, its answer is the caller's."""
    leads = wire(*LEADING_ON["non-flex"])
    atlas.answer, atlas.arrivals[:] = by_side(flex=leads, dedicated=wire(*ERRORS[name])), []
    check(ask(clients["auto"], call), ERRORS[name])
    assert atlas.sides == ["flex", "dedicated"]


@pytest.mark.parametrize("call", READS)
def test_a_missing_cluster_is_looked_for_on_the_dedicated_tier(atlas, clients, call):
    """A read goes on after CLUSTER_NOT_FOUND; nothing there either is that tier's own answer."""
    missing = ERRORS["no-cluster"]
    other = (404, missing[1], missing[2].replace(b"cluster-735", b"cluster-736"))
    atlas.answer, atlas.arrivals[:] = by_side(flex=wire(*missing), dedicated=wire(*other)), []
    check(ask(clients["auto"], call), other)
    assert atlas.sides == ["flex", "dedicated"]


def test_a_write_stays_where_the_cluster_is_missing(atlas, clients):
    """CLUSTER_NOT_FOUND names no tier, so a create is not sent on after it."""
    atlas.answer, atlas.arrivals[:] = by_side(flex=wire(*ERRORS["no-cluster"])), []
    check(ask(clients["auto"], "create-job"), ERRORS["no-cluster"])
    assert atlas.sides == ["flex"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", [name for name in ERRORS if name not in {"gone", "method"}])
def test_before_the_sunset_an_error_of_the_legacy_endpoint_is_intact(atlas, name, call):
    """Until the sunset a legacy error passes untouched, and no field of the shim's is added."""
    atlas.answer, atlas.arrivals[:] = by_side(legacy=wire(*ERRORS[name])), []
    with gateway(atlas.origin, now=BEFORE) as served, caller(served) as client:
        reply = ask(client, call, query="?pretty=true&x=%41")
    check(reply, ERRORS[name])
    assert atlas.sides == ["legacy"]
    assert atlas.arrivals[0].target == f"/api/atlas/v2{CALLS[call][1]}?pretty=true&x=%41"
    assert "Atlas-Shim" not in reply.headers


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ["gone", "method"])
def test_a_retired_answer_leads_on_and_the_next_error_is_intact(atlas, name, call):
    """410, or 405 without Atlas' error, say that nothing was executed; what flex then says is the caller's."""
    atlas.answer = by_side(legacy=wire(*ERRORS[name]), flex=wire(*ERRORS["rate"]))
    atlas.arrivals[:] = []
    with gateway(atlas.origin, now=BEFORE) as served, caller(served) as client:
        check(ask(client, call), ERRORS["rate"])
    assert atlas.sides == ["legacy", "flex"]


@pytest.mark.parametrize("name", [name for name, (_, _, body) in ERRORS.items() if body.startswith(b"{")])
def test_an_envelope_holds_the_error_as_it_was(atlas, clients, name):
    """With envelope=true the error stands inside, its fields and status stay, and flex is not told."""
    status, fields, body = ERRORS[name]
    atlas.answer, atlas.arrivals[:] = by_side(flex=wire(status, fields, body)), []
    reply = ask(clients["flex"], "get-job", query="?envelope=true")
    assert reply.status_code == status
    assert set(reply.json()) == {"status", "content"}
    assert reply.json()["status"] == status
    assert "envelope" not in atlas.arrivals[0].target
    for key, value in fields:
        if key not in {"Sunset", "Deprecation"}:
            assert reply.headers[key] == value


def test_the_announced_dates_are_not_lost(atlas, clients):
    """Upstream's Sunset and Deprecation, and the shim's own, do not push each other out."""
    atlas.answer, atlas.arrivals[:] = by_side(legacy=GONE, flex=wire(*ERRORS["gone"])), []
    reply = ask(clients["auto"], "list-jobs")
    assert reply.status_code == 410
    assert "Sunset" in reply.headers
