"""Writes on people, through every way in: never on who is no invitation, never twice, and never by default."""

import json

import pytest

from tests.family.doors import playing
from tests.peers.scripted import GONE, error, ok, wire

ID = "5e4bc367c6b0f41bb9bbb178"
ORG, GROUP = "/api/atlas/v2/orgs/a0123456789abcdef012345a", "/api/atlas/v2/groups/6510aa1b2c3d4e5f60718293"
ACCEPT = "application/vnd.atlas.2023-01-01+json"
PLACES = {ORG: ("orgRole", "ORG"), GROUP: ("groupRole", "GROUP")}
CALLS = ["delete", "update", "update by name", "roles"]


def user(place, status, *roles):
    """Return a user of an organisation or a project."""
    has = {"orgRoles": [*roles], "groupRoleAssignments": []} if place == ORG else [*roles]
    return {"id": ID, "username": "a+b@example.com", "orgMembershipStatus": status, "roles": has, "teamIds": []}


def new_atlas(place, status):
    """Return an upstream that ended the old endpoints, and knows one user."""
    known = user(place, status, f"{PLACES[place][1]}_OWNER")

    def answer(arrival):
        if "2025-02-19" not in arrival.fields.get("accept", ""):
            return GONE
        if arrival.method == "DELETE":
            return wire(204)
        asks_for_others = f"orgMembershipStatus={status}" not in arrival.target
        is_list = arrival.method == "GET" and arrival.path.endswith("/users")
        return ok({"results": [] if asks_for_others else [known]} if is_list else known)

    return answer


def make(ask, place, call):
    """Make a call that is meant for an invitation, or for a member's roles."""
    roles = [f"{PLACES[place][1]}_READ_ONLY"]
    method, below, body = {
        "delete": ("DELETE", f"/invites/{ID}", None),
        "update": ("PATCH", f"/invites/{ID}", {"roles": roles}),
        "update by name": ("PATCH", "/invites", {"username": "a+b@example.com", "roles": roles}),
        "roles": ("PUT", f"/users/{ID}/roles", {f"{PLACES[place][0]}s": roles}),
    }[call]
    content = None if body is None else json.dumps(body).encode()
    return ask(method, place + below, content=content, headers={"Accept": ACCEPT, "Content-Type": ACCEPT})


def writes(atlas):
    """Return the writes that reached the new endpoints, in order: method, end of the path, and body."""
    new = [one for one in atlas.arrivals if "2025-02-19" in one.fields.get("accept", "") and one.method != "GET"]
    return [(one.method, one.path.rpartition("/")[2], json.loads(one.body or b"null")) for one in new]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("place", PLACES)
def test_who_is_another_is_not_found_and_not_written(write_door, place, call):
    """A member is no invitation, and who is invited no member: the answer is 404, as before."""
    other = "PENDING" if call == "roles" else "ACTIVE"
    with playing(write_door, over=False, answer=new_atlas(place, other), writes="people") as (atlas, ask):
        assert make(ask, place, call).status_code == 404
    assert writes(atlas) == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("place", PLACES)
def test_each_write_is_sent_once(write_door, place, call):
    """A role for each call, what is missing first; a deletion is one."""
    status = "ACTIVE" if call == "roles" else "PENDING"
    with playing(write_door, over=False, answer=new_atlas(place, status), writes="people") as (atlas, ask):
        assert make(ask, place, call).status_code == (204 if call == "delete" else 200)
    name, word = PLACES[place]
    changes = [("addRole", "READ_ONLY"), ("removeRole", "OWNER")]
    roles = [("POST", f"{ID}:{verb}", {name: f"{word}_{role}"}) for verb, role in changes]
    assert writes(atlas) == ([("DELETE", ID, None)] if call == "delete" else roles)


@pytest.mark.parametrize("call", CALLS)
def test_off_nothing_is_looked_up_and_nothing_written(write_door, call):
    """By default: the caller gets the 410 that names the switch."""
    with playing(write_door, over=False, answer=new_atlas(ORG, "PENDING")) as (atlas, ask):
        replied = make(ask, ORG, call)
    assert (replied.status_code, "ATLAS_SHIM_WRITES=people" in replied.text) == (410, True)
    assert {one.fields["accept"] for one in atlas.arrivals} <= {ACCEPT}


def test_several_writes_stop_at_the_first_error(write_door):
    """What was done before is in the answer; nothing follows it."""

    def answer(arrival):
        if b'"2"' in arrival.body and ":addUser" in arrival.path:
            return error(409, "USER_ALREADY_IN_TEAM", detail="No.")
        return ok(user(ORG, "ACTIVE")) if ":addUser" in arrival.path else GONE

    body = json.dumps([{"id": number} for number in "123"]).encode()
    with playing(write_door, over=False, answer=answer, writes="people") as (atlas, ask):
        replied = ask("POST", f"{ORG}/teams/t/users", content=body, headers={"Accept": ACCEPT, "Content-Type": ACCEPT})
    assert (replied.status_code, replied.json()["errorCode"]) == (409, "USER_ALREADY_IN_TEAM")
    assert "Done before: POST" in replied.json()["detail"]
    assert [body for _, _, body in writes(atlas)] == [{"id": "1"}, {"id": "2"}]
