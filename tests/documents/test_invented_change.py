"""An invented change of an API, described by a document alone, is served through every door."""

import json
from functools import partial

import pytest

from tests.peers.scripted import GONE, error, ok, upstream

V1, V2 = "/api/atlas/v1.0", "/api/atlas/v2"
NEW = {"Accept": "application/vnd.atlas.2026-06-01+json"}

DEEP = {
    "title": "Rock End",
    "history": {"planned": "2020-02-02T00:00:00Z", "opened": "2021-01-01T00:00:00Z"},
    "number": "7",
    "code": 12,
    "lit": True,
    "status": "OPEN",
    "depthMm": 12340,
    "keepers": ["Bo", "Al"],
    "levels": "4.5.6",
    "tags": "a,b",
    "masters": ["Cy"],
    "docks": [
        {
            "name": "east",
            "places": [
                {"label": "e1", "zone": "z1", "rings": [{"kilonewton": 1.5}, {"kilonewton": 2}]},
                {"label": "e2", "zone": "z1", "rings": [{"kilonewton": 1.5}, {"kilonewton": 2}]},
                {"label": "e3", "zone": "z2", "rings": []},
            ],
        },
        {"name": "west", "places": []},
    ],
    "lamps": [{"name": "left", "kilowatts": 0.5}, {"name": "right", "kilowatts": 1}],
    "secret": "s",
    "owner": {"name": "Di", "key": "k"},
    "tomorrow": {"x": [1]},
}
SHALLOW = {"title": "Ayr", "lit": False, "status": "SUNK", "number": "seven", "masters": ["Cy", "Ed"], "depthMm": 5}
SHALLOW["docks"] = [{"places": [{"zone": ["z"]}, {"zone": ["z"]}, {"zone": {}}]}]
OLD_DEEP = {
    "name": "Rock End",
    "openedAt": "2021-01-01T00:00:00Z",
    "number": 7,
    "code": "12",
    "lit": "on",
    "open": True,
    "depthCm": 1234,
    "keepers": "Bo, Al",
    "region": {"level": "4.5"},
    "levels": "4.5.6",
    "tags": ["a", "b"],
    "firstBerth": "e1",
    "master": "Cy",
    "dockNames": ["east", "west"],
    "piers": [
        {
            "name": "east",
            "berths": [
                {"zone": "z1", "number": 2, "moorings": [{"strength": 1500.0}, {"strength": 2000}]},
                {"zone": "z2", "number": 1, "moorings": []},
            ],
        },
        {"name": "west", "berths": []},
    ],
    "lights": {"left": {"watts": 500}, "right": {"watts": 1000}},
    "owner": {"name": "Di"},
    "tomorrow": {"x": [1]},
}


def atlas(arrival):
    """Answer as the API of 2026 does; the one before it is gone."""
    below = arrival.path.removeprefix("/api/atlas/v2/groups/g1/")
    if arrival.fields.get("accept") != NEW["Accept"]:
        return GONE
    answers = {"harbours": ok({"data": {"peers": [DEEP, SHALLOW]}, "totalCount": 2}), "harbours/Rock%20End": ok(DEEP)}
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


def test_a_list_in_a_member_and_a_query_in_other_words(ask):
    """The list is below ``data.peers``; parameters are renamed, translated, dropped, or given."""
    status, document = said(ask("GET", f"{V2}/groups/g1/harbours?near=a%26b&verbose=1&state=shut&other=x"))
    assert (status, [one["name"] for one in document["harbours"]]) == (200, ["Ayr", "Rock End"])
    assert document["totalCount"] == 2
    page = "includeCount=true&itemsPerPage=500&pageNum=1"
    assert sent(ask) == [f"GET harbours?closeTo=a%26b&status=CLOSED&other=x&{page}"]
    ask("GET", f"{V1}/groups/g1/harbours")
    assert sent(ask) == [f"GET harbours?status=OPEN&{page}"]
    status, document = said(ask("GET", f"{V2}/groups/g1/harbours?state=ajar"))
    assert (status, document["errorCode"], sent(ask)) == (400, "INVALID_QUERY_PARAMETER", [])
