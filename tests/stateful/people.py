"""Teams and roles in Atlas after 2027-07-01: one call changes one thing, and repeats are refused."""

import json
import re
from typing import Any

import attrs

from shim.core.messages import Call
from tests.core.driver import Given, answers, refuses

BASE = "/api/atlas/v2"


@attrs.define
class People:
    """The users of one project and one team.

    ``fails_at`` is the number of the call that gets a 503; Atlas executes it, or not,
    according to ``executes``.
    """

    roles: dict[str, list[str]] = attrs.field(factory=dict)
    team: list[str] = attrs.field(factory=list)
    status: str = "ACTIVE"
    fails_at: int = 0
    executes: bool = False
    calls: list[str] = attrs.field(factory=list)

    @property
    def state(self) -> Any:
        """The state, without any order."""
        return {user: sorted(roles) for user, roles in self.roles.items()}, sorted(
            self.team
        )

    def __call__(self, call: Call) -> Given:
        """Return the reply to a call."""
        self.calls.append(f"{call.method} {call.path}")
        fails = len(self.calls) == self.fails_at
        if fails and not self.executes:
            return refuses(503, "SERVICE_UNAVAILABLE")
        reply = self._executed(call)
        if fails:
            return refuses(503, "SERVICE_UNAVAILABLE")
        return reply

    def _executed(self, call: Call) -> Given:
        body = json.loads(call.body or b"{}")
        if found := re.fullmatch(r".*/users/(\w+)(?::(\w+)Role)?", call.path):
            user, verb = found.groups()
            has = self.roles[user]
            if (verb == "add" and body["groupRole"] in has) or (
                verb == "remove" and body["groupRole"] not in has
            ):
                return refuses(400, "INVALID_ATTRIBUTE")
            if verb == "add":
                has.append(body["groupRole"])
            elif verb == "remove":
                has.remove(body["groupRole"])
            return answers(self._user(user))
        if call.path.endswith(":addUser"):
            if body["id"] in self.team:
                return refuses(409, "USER_ALREADY_IN_TEAM")
            self.team.append(body["id"])
            return answers({"id": body["id"]})
        if call.path.endswith(":removeUser"):
            if body["id"] not in self.team:
                return refuses(404, "USER_NOT_FOUND")
            self.team.remove(body["id"])
            return answers({"id": body["id"]})
        users = (self.team) if "/teams/" in call.path else (self.roles)
        return answers(
            {"results": [self._user(user) for user in users], "totalCount": len(users)}
        )

    def _user(self, user: str) -> dict[str, Any]:
        return {
            "id": user,
            "orgMembershipStatus": self.status,
            "roles": [*self.roles.get(user, [])],
            "username": f"{user}@example.com",
        }
