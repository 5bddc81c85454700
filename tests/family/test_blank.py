"""Instance reads since January 2026, through every way in: the legacy side is blank, flex is asked, and legacy again.

An upstream plays recorded flex clusters, and a legacy side that knows nothing (an empty list, a 404), or that alone
knows something.
"""

from urllib.parse import urlsplit

import pytest

import shim
from tests.family.doors import DOORS, playing
from tests.family.replay import GROUP, VERSIONS
from tests.family.test_recorded import LEGACY, ids
from tests.peers.scripted import GONE, NO_CLUSTER, by_side, error, ok, wire

LIST = f"/groups/{GROUP}/serverless"
ONE = f"{LIST}/shop"
READS = {"list": LIST, "list with a slash": f"{LIST}/", "get": ONE}

NOTHING = ok({"links": [], "results": [], "totalCount": 0})
BLANK = {"list": NOTHING, "list with a slash": NOTHING, "get": error(404, "NOT_FOUND")}
"""What the legacy side says since 2026-01-15 (specification; Atlas' own command)."""
UNKNOWN = {"list": NOTHING, "list with a slash": ok({"results": []}), "get": NO_CLUSTER}
"""What flex says of what it does not know (recorded)."""


@pytest.fixture(scope="module", params=DOORS)
def while_blank(request, atlas):
    """Each way in, in turn, between the day when the reads went blank and their sunset."""
    with DOORS[request.param](atlas.origin, over=False) as ask:
        yield ask


def read(ask, path, api="v2", accept="*/*", query=""):
    """Read an instance, or list them."""
    return ask("GET", f"/api/atlas/{api}{path}{query}", headers={"Accept": accept})


@pytest.mark.parametrize("exchange", LEGACY, ids=ids(LEGACY))
@pytest.mark.parametrize(
    "accept", ["*/*", "application/vnd.atlas.2023-01-01+json", "application/vnd.atlas.2025-03-12+json"]
)
def test_what_legacy_alone_knows_is_passed_through(atlas, while_blank, exchange, accept):
    """After flex, which knows nothing, each recorded legacy read comes back byte for byte, as the caller asked for it.

    A caller whose Accept names no version has the oldest one, which Atlas wants to read.
    """
    legacy = exchange.raw
    knows = bool(exchange.document.get("results", True))
    kind = "list" if exchange.path.endswith("/serverless") else "get"
    atlas.answer, atlas.arrivals[:] = by_side(flex=UNKNOWN[kind], legacy=legacy), []
    target = f"{exchange.path}?pretty=true&unknown=%2F"
    reply = while_blank("GET", target, headers={"Accept": accept})
    assert atlas.sides == ["flex", "legacy"]
    assert (atlas.arrivals[1].method, atlas.arrivals[1].target) == ("GET", target)
    assert atlas.arrivals[1].fields["accept"] == (
        "application/vnd.atlas.2023-01-01+json" if accept == "*/*" else accept
    )
    record = shim.record(reply)
    said = "; flex knew nothing, and the legacy endpoint did" if knows else "nor the legacy endpoint knew anything"
    assert record is None or record.reason.endswith(said)
    if knows:
        assert (reply.status_code, reply.content) == (exchange.status, exchange.body.encode())
        for name, value in exchange.headers:
            assert reply.headers[name] == value


ERRORS = [error(401, "NO"), error(403, "NO"), error(500, "NO"), wire(503), wire(404), wire(302, (("Location", "/"),))]
UNREADABLE = [wire(200, (), b"?"), wire(200), ok([]), ok({"results": None}), ok({"results": {}})]


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize(
    ("which", "legacy"),
    [(which, legacy) for which in READS for legacy in (BLANK[which], *ERRORS, *(() if which == "get" else UNREADABLE))],
)
def test_no_other_answer_of_legacy_is_knowledge(door, which, legacy, api):
    """After a blank answer, an error, or a page that can't be read, flex' own is the caller's, in legacy words."""
    with playing(door, sides={"flex": UNKNOWN[which], "legacy": legacy}, over=False) as (atlas, ask):
        reply = read(ask, READS[which], api)
        assert atlas.sides == ["flex", "legacy"]
    if which == "get":
        assert (reply.status_code, reply.json()["errorCode"]) == (404, "SERVERLESS_INSTANCE_NOT_FOUND")
        return
    assert (reply.status_code, reply.json()["results"], reply.json().get("totalCount", 0)) == (200, [], 0)
    (link,) = reply.json()["links"]
    assert (link["rel"], urlsplit(link["href"]).path) == ("self", f"/api/atlas/{api}{LIST}")


@pytest.mark.parametrize("which", READS)
def test_a_410_of_legacy_is_remembered(door, which):
    """It was asked in vain once, and is not asked again."""
    with playing(door, sides={"flex": UNKNOWN[which], "legacy": GONE}, over=False) as (atlas, ask):
        first, second = (read(ask, READS[which]) for _ in range(2))
        assert atlas.sides == ["flex", "legacy", "flex"]
    assert first.status_code == second.status_code == (404 if which == "get" else 200)
    assert first.content == second.content
