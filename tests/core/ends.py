"""Recorded pairs of the operations that Atlas ends by 2027-07-01, and an upstream that serves one pair."""

import base64
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import attrs

from shim.core.messages import Call, field
from tests.core.driver import CASES, GONE, Given, answers

SHARED = Path(__file__).parents[3] / "shared" / "ends-2027" / "pairs"
"""A folder with further pairs, which may exist beside the checkout. Every test here includes them."""
ENDED = json.loads((CASES / "ends-2027.json").read_text("utf-8"))
"""The operations by version whose end the specification of 2026-08-21 announces."""


def pairs() -> dict[str, list[dict[str, Any]]]:
    """Return the pairs by family: path and reply of both sides."""
    files = [CASES / "recorded" / "ends-2027.jsonl", *sorted(SHARED.glob("*.jsonl"))]
    found: dict[str, list[dict[str, Any]]] = {}
    for line in (
        line for file in files for line in file.read_text("utf-8").splitlines()
    ):
        pair = json.loads(line)
        pair = {
            "new": pair["old"],
            "new_path": pair["path"],
            "new_method": pair["method"],
        } | pair
        found.setdefault(pair["family"], []).append(pair)
    return found


def ends(call: Call) -> bool:
    """Return whether a call targets something that Atlas ends, v1.0 included."""
    accept = field(call.headers, "Accept") or ""
    named = any(
        call.method == one["method"]
        and f".{one['version']}+" in accept
        and re.fullmatch(one["pattern"], call.path)
        for one in ENDED
    )
    return named or call.path.startswith("/api/atlas/v1.0/")


@attrs.define
class NewAtlas:
    """Atlas after 2027-07-01, as far as one pair describes it.

    It replies 410 to ended operations, and serves the pair's new side and its lookups.
    ``calls`` are the calls that it received.
    """

    pair: dict[str, Any]
    calls: list[Call] = attrs.field(factory=list)

    def __call__(self, call: Call) -> Given:
        """Return the reply to a call."""
        self.calls.append(call)
        pair, new = self.pair, self.pair["new"]
        if ends(call):
            return GONE
        for one in pair.get("also", ()):
            if (one["method"], one["path"]) == (call.method, call.path):
                return answers(one["answer"], one["status"])
        if (
            call.method == "GET"
            and call.path == pair["new_path"]
            and "new_before" in pair
        ):
            return answers(pair["new_before"])
        if (pair["new_method"], pair["new_path"].partition("?")[0]) == (
            call.method,
            call.path,
        ):
            if pair.get("media"):
                kind = field(call.headers, "Accept") or ""
                return 200, (("Content-Type", kind),), base64.b64decode(new)
            if new is None:
                return (pair["new_status"], (), b"")
            return answers(_filtered(new, call), pair["new_status"])
        if isinstance(new, dict) and "id" in new:
            user = new
        else:
            user = _user(pair)
        if call.method == "GET" and call.path == "/api/atlas/v2/orgs":
            return answers({"results": [{"id": pair["orgId"]}], "totalCount": 1})
        if call.path.endswith(user["id"]) or re.search(
            r":(add|remove)(Role|User)$", call.path
        ):
            return answers(user)
        if call.method == "GET" and call.path.endswith(("/users", "/logIntegrations")):
            return answers(
                _filtered(
                    {"results": [user] if call.path.endswith("/users") else []}, call
                )
            )
        raise AssertionError(
            f"{call.method} {call.target} is nothing that the pair tells of"
        )


def _user(pair: dict[str, Any]) -> dict[str, Any]:
    """Return the user whose id ends an invitation's path.

    That is a member of the organization if the old side had no such invitation.
    """
    roles = (
        (["GROUP_OWNER"])
        if "/groups/" in pair["path"]
        else ({"orgRoles": ["ORG_MEMBER"], "groupRoleAssignments": []})
    )
    if pair["old_status"] == 404:
        status = "ACTIVE"
    else:
        status = "PENDING"
    return {
        "id": pair["new_path"][-24:],
        "orgMembershipStatus": status,
        "roles": roles,
        "username": "a@example.com",
    }


def _filtered(new: Any, call: Call) -> Any:
    """Return the part of a list of users that the query selects."""
    if not isinstance(new, dict) or not isinstance(new.get("results"), list):
        return new
    asked = {
        name: text
        for name, text in parse_qsl(call.query)
        if name in {"orgMembershipStatus", "username"}
    }
    found = [one for one in new["results"] if asked.items() <= one.items()]
    return {**new, "results": found, "totalCount": len(found)}
