"""Writes on people, with the shipped documents: only on the intended person, and each role once."""

import json
from itertools import product
from typing import Any

import pytest

from shim.core.settings import Settings, parse_writes
from tests.core.driver import answers, drive

ID = "5e4bc367c6b0f41bb9bbb178"
ORG = "/api/atlas/v2/orgs/a0123456789abcdef012345a"
GROUP = "/api/atlas/v2/groups/6510aa1b2c3d4e5f60718293"
PLACES = {ORG: ("orgRole", "ORG"), GROUP: ("groupRole", "GROUP")}
CALLS = {
    "delete": ("DELETE", f"/invites/{ID}"),
    "update": ("PATCH", f"/invites/{ID}"),
    "update by name": ("PATCH", "/invites"),
    "roles": ("PUT", f"/users/{ID}/roles"),
}
DAY = 1_830_000_000.0
"""In December 2027, after all sunsets."""


SEEN = [{"groupId": "g", "groupRoles": ["GROUP_OWNER"]}]


def new_atlas(place, status):
    """Return an upstream that knows one user of an organization or a project."""
    roles = [f"{PLACES[place][1]}_OWNER"]
    has = (
        ({"orgRoles": roles, "groupRoleAssignments": SEEN}) if place == ORG else (roles)
    )
    known = {
        "id": ID,
        "username": "a+b@example.com",
        "orgMembershipStatus": status,
        "roles": has,
        "teamIds": ["t"],
    }

    def answer(call):
        if call.method == "DELETE":
            return 204, (), b""
        if call.method != "GET" or not call.path.endswith("/users"):
            return answers(known)
        return answers(
            {
                "results": [known]
                if f"orgMembershipStatus={status}" in call.target
                else []
            }
        )

    return answer


@pytest.mark.parametrize(
    ("place", "call", "is_meant"), [*product(PLACES, CALLS, (True, False))]
)
def test_a_write_changes_only_its_person_and_once(engine, place, call, is_meant):
    """An organization's roles go in one request with the others unchanged, a project's one by one, additions first.

    A member isn't an invitation, and an invited person isn't a member: 404.
    """
    (name, word), (method, below) = PLACES[place], CALLS[call]
    roles = [f"{word}_READ_ONLY"]
    body = {
        "update": {"roles": roles},
        "update by name": {"username": "a+b@example.com", "roles": roles},
        "roles": {f"{name}s": roles},
    }.get(call)
    atlas = new_atlas(place, "ACTIVE" if (call == "roles") is is_meant else "PENDING")
    settings = Settings(writes=parse_writes("people", name="writes"))
    driven = drive(
        engine,
        place + below,
        atlas,
        method=method,
        body=body,
        settings=settings,
        clock=DAY,
    )
    sent = [send.call for send in driven.sends if send.call.method != "GET"]
    writes = [
        (one.method, one.path.rpartition("/")[2], json.loads(one.body or b"null"))
        for one in sent
    ]
    changes = [("addRole", "READ_ONLY"), ("removeRole", "OWNER")]
    changed: list[Any] = [
        ("POST", f"{ID}:{verb}", {name: f"{word}_{role}"}) for verb, role in changes
    ]
    if place == ORG:
        changed = [
            (
                "PATCH",
                ID,
                {
                    "roles": {"orgRoles": roles, "groupRoleAssignments": SEEN},
                    "teamIds": ["t"],
                },
            )
        ]
    if call == "delete":
        done = [("DELETE", ID, None)]
    else:
        done = changed
    assert (driven.reply.status, writes) == (
        (204 if call == "delete" else 200, done) if is_meant else (404, [])
    )
