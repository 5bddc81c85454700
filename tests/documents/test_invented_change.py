"""An invented change of an API, described by a document alone, is served through every door."""

import json
from functools import partial
from pathlib import Path

import pytest

from tests.peers.scripted import GONE, error, ok, upstream

V1, V2 = "/api/atlas/v1.0", "/api/atlas/v2"
NEW = {"Accept": "application/vnd.atlas.2026-06-01+json"}

HARBOURS = json.loads(Path(__file__).with_name("harbours.json").read_text("utf-8"))
(DEEP, SHALLOW), OLD_DEEP = HARBOURS["new"], HARBOURS["old"]
"""Two harbours of the new API, and what the first of them was in the old one."""


def atlas(arrival):
    """Answer as the API of 2026 does; the one before it is gone."""
    below = arrival.path.removeprefix("/api/atlas/v2/groups/g1/")
    if arrival.fields.get("accept") != NEW["Accept"]:
        return GONE
    answers = {"harbours": ok({"results": [DEEP, SHALLOW], "totalCount": 2}), "harbours/Rock%20End": ok(DEEP)}
    return answers.get(below) or error(404, "NOWHERE")


@pytest.fixture
def ask(door):
    """Each way in of this process, in turn, with the upstream as ``peer``."""
    with upstream(atlas) as peer, door(peer.origin) as opened:
        asked = partial(opened)
        vars(asked)["peer"] = peer
        yield asked


def said(got):
    """Return the status and document that a caller got, its links apart."""
    document = json.loads(got.content)
    if isinstance(document, dict):
        document.pop("links", None)
    return got.status_code, document


def sent(ask):
    """Return the calls that upstream got, and forget them."""
    found = [f"{arrival.method} {arrival.target.partition('/groups/g1/')[2]}" for arrival in ask.peer.arrivals]
    ask.peer.arrivals.clear()
    return found


def test_objects_in_lists_in_objects(ask):
    """A get, whose path is the successor's too: grouped and counted, three deep, with what nobody knows yet."""
    status, document = said(ask("GET", f"{V2}/groups/g1/harbours/Rock%20End"))
    assert (status, document) == (200, OLD_DEEP)
    assert sent(ask) == ["GET harbours/Rock%20End"]
    # The version that lives is nobody's business.
    assert said(ask("GET", f"{V2}/groups/g1/harbours/Rock%20End", headers=NEW)) == (200, DEEP)


def test_a_list_by_a_query_in_other_words(ask):
    """Parameters are translated, dropped, or given."""
    status, document = said(ask("GET", f"{V2}/groups/g1/harbours?verbose=1&state=shut&other=x"))
    assert (status, [one["name"] for one in document["results"]]) == (200, ["Ayr", "Rock End"])
    assert document["totalCount"] == 2
    page = "includeCount=true&itemsPerPage=500&pageNum=1"
    assert sent(ask) == [f"GET harbours?state=CLOSED&other=x&{page}"]
    ask("GET", f"{V1}/groups/g1/harbours")
    assert sent(ask) == [f"GET harbours?state=OPEN&{page}"]
    status, document = said(ask("GET", f"{V2}/groups/g1/harbours?state=ajar"))
    assert (status, document["errorCode"], sent(ask)) == (400, "INVALID_QUERY_PARAMETER", [])
