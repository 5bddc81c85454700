"""Calls before the successor's own call: lookups that supply values or refuse, and writes that come first."""

import json

import pytest

from shim.core.messages import PassThrough
from shim.core.settings import Settings
from tests.core.driver import Clock, answers, drive, refuses
from tests.core.small import START, operation, read, text_of

BASE = "/api/atlas/v2"
DAY = 1_830_000_000.0
"""In December 2027, after all sunsets."""
MEMBERS = f"{BASE}/groups/g/users"
PENDING = {
    "id": "u1",
    "orgMembershipStatus": "PENDING",
    "roles": ["A", "B"],
    "username": "a+b@c.example",
}
ACTIVE = {**PENDING, "orgMembershipStatus": "ACTIVE"}
FOUND = {"id": "u;1", "orgMembershipStatus": "ACTIVE", "username": "a+b@c.example"}
DONE = answers({})
NO_CONTENT = (204, (), b"")
MANY = {"results": [{"id": "o1"}, {"id": "o2"}]}


def asked(engine, method, target, script, body=None, **more):
    """Make a call with a JSON body."""
    more = {
        "settings": Settings(writes=frozenset({"clusters", "people"})),
        "clock": DAY,
        **more,
    }
    return drive(engine, f"{BASE}{target}", script, method=method, body=body, **more)


def error_of(driven):
    """Return the status and code of an error, and the calls that were sent."""
    return (
        driven.reply.status,
        driven.document["errorCode"],
        [send.call.method for send in driven.sends],
    )


def calls(driven):
    """Return method, target and body of each call that was sent."""
    sent = [send.call for send in driven.sends]
    return [
        (call.method, call.target, json.loads(call.body) if call.body else None)
        for call in sent
    ]


def test_a_lookup_supplies_a_segment_of_the_next_path(engine):
    """The value is percent-encoded, the lookup has its own version, and the response can use the values, too."""
    script = [
        answers({"results": [{"id": "o1"}]}),
        answers({"results": [FOUND]}),
        answers(FOUND),
    ]
    driven = asked(engine, "GET", "/users/byName/a%2Bb@c.example", script)
    assert [target for _, target, _ in calls(driven)] == [
        f"{BASE}/orgs",
        f"{BASE}/orgs/o1/users?username=a%2Bb%40c.example&orgMembershipStatus=ACTIVE",
        f"{BASE}/orgs/o1/users/u%3B1",
    ]
    versions = [dict(send.call.headers)["Accept"][22:32] for send in driven.sends]
    assert versions == ["2023-01-01", "2025-02-19", "2025-02-19"]
    assert all(send.rewritten for send in driven.sends)
    assert driven.document["id"] == "u;1"
    assert [one.status for one in driven.outcome.record.sent] == [200, 200, 200]


@pytest.mark.parametrize("document", [{"results": []}, {}])
def test_credentials_without_an_organization_see_no_user(engine, document):
    """The lookup's rule determines the error, and nothing else is sent."""
    assert error_of(asked(engine, "GET", "/users/u1", [answers(document)])) == (
        404,
        "USER_NOT_FOUND",
        ["GET"],
    )


@pytest.mark.parametrize("path", ["/users/u1", "/users/byName/u"])
@pytest.mark.parametrize(
    "more",
    [{}, {"totalCount": 7}, {"links": [{"rel": "next", "href": "https://x.example/"}]}],
)
def test_two_organizations_are_refused(engine, path, more):
    """The shim neither chooses one nor reports the user as missing."""
    driven = asked(engine, "GET", path, [answers({**MANY, **more})])
    assert error_of(driven) == (409, "SHIM_SEVERAL_FOUND", ["GET"])
    assert driven.document["detail"].startswith(
        f"{BASE}/orgs has several matches, but this call needs exactly one. "
    )
    assert "/orgs/{orgId}/users/" in driven.document["detail"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["orgs/o", "groups/g"])
@pytest.mark.parametrize(
    "member", [ACTIVE, {"id": "u1"}, {**PENDING, "orgMembershipStatus": None}]
)
def test_an_active_member_is_not_an_invitation(engine, method, kind, member):
    """A user without a status isn't either, and no write follows."""
    driven = asked(
        engine, method, f"/{kind}/invites/u1", [answers(member)], {"roles": ["A"]}
    )
    assert error_of(driven) == (404, "RESOURCE_NOT_FOUND", ["GET"])
    assert "u1" in driven.document["detail"]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_an_error_of_a_lookup_ends_the_call(engine, status):
    """The caller gets it unchanged."""
    driven = asked(engine, "DELETE", "/groups/g/invites/u1", [refuses(status, "X")])
    assert [send.call.method for send in driven.sends] == ["GET"]
    assert driven.passed or driven.reply.status == status
    assert driven.outcome.record.sent[-1].status == status


def test_an_error_of_a_lookup_has_the_code_of_the_tier(engine):
    """For example, a missing user becomes a missing invitation."""
    driven = asked(
        engine, "DELETE", "/groups/g/invites/u1", [refuses(404, "USER_NOT_FOUND")]
    )
    assert error_of(driven) == (404, "RESOURCE_NOT_FOUND", ["GET"])


@pytest.mark.parametrize(
    "reply",
    [
        (200, (), b"<html>"), (200, (), b"[]"), (206, (), json.dumps(PENDING).encode()), (202, (), b"{}"), NO_CONTENT,
        answers({**PENDING, "roles": None}), answers({**PENDING, "roles": "A"}),
        answers({"orgMembershipStatus": "PENDING"}),
        answers({**PENDING, "links": [{"rel": "next", "href": "https://x.example/"}]}),
    ],
)  # fmt: skip
def test_an_unusable_lookup_is_an_error_before_any_write(engine, reply):
    """It is not a 200 with an object, or has no value, an invalid value or only a part of it."""
    driven = asked(engine, "PATCH", "/groups/g/invites/u1", [reply], {"roles": ["A"]})
    assert error_of(driven) == (502, "SHIM_UPSTREAM_UNREADABLE", ["GET"])


OTHER = {**PENDING, "id": "u2", "username": "B@c.example"}


@pytest.mark.parametrize(("name", "found", "to"), [
    ("a+b@c.example", [OTHER], []), ("", [PENDING], []),
    ("A+b@c.example", [OTHER, PENDING, ACTIVE], ["u1"]),
])  # fmt: skip
def test_a_lookup_accepts_only_the_requested_user(engine, name, found, to):
    """No other user is changed even if upstream ignores the filter. Names are compared without case."""
    script = [answers({"results": found}), DONE, DONE, answers(PENDING)]
    driven = asked(
        engine,
        "PATCH",
        "/groups/g/invites",
        script,
        {"username": name, "roles": ["A", "C"]},
    )
    assert driven.reply.status == (200 if to else 404)
    assert {path for method, path, _ in calls(driven) if method == "POST"} == {
        f"{MEMBERS}/{user}:{verb}Role" for user in to for verb in ("add", "remove")
    }


def test_an_item_without_a_name_may_be_the_requested_one(engine):
    """So the lookup doesn't choose another item beside it."""
    script = [answers({"results": [OTHER, PENDING, ACTIVE, "x"]})]
    body = {"username": "A+b@c.example", "roles": ["A", "C"]}
    driven = asked(engine, "PATCH", "/groups/g/invites", script, body)
    assert error_of(driven) == (409, "SHIM_SEVERAL_FOUND", ["GET"])


@pytest.mark.parametrize(("asked_for", "found"), [
    ("strasse", "straße"), ("kim", "\u212aim"), ("strasse", None), ("strasse", ...),
])  # fmt: skip
def test_a_lookup_rejects_names_that_are_only_similar(engine, asked_for, found):
    """Non-ASCII letters with the same lowercase form make another name, and so does a missing name."""
    user = {**PENDING, "username": found}
    if found is ...:
        del user["username"]
    script = [answers({"results": [user]})]
    driven = asked(
        engine,
        "PATCH",
        "/orgs/o/invites",
        script,
        {"username": asked_for, "roles": ["A"]},
    )
    assert error_of(driven) == (404, "RESOURCE_NOT_FOUND", ["GET"])


@pytest.mark.parametrize(
    "links",
    [{}, {"links": []}, {"links": [{"rel": "self", "href": "https://x.example/"}]}],
)
def test_a_lookup_that_counts_more_than_it_lists_is_incomplete(engine, links):
    """``totalCount`` decides, with or without links: the requested item may be on another page."""
    for found in ([], [PENDING]):
        script = [answers({"results": found, "totalCount": 600, **links})]
        driven = asked(
            engine,
            "PATCH",
            "/groups/g/invites",
            script,
            {"username": "a+b@c.example", "roles": ["A"]},
        )
        assert error_of(driven) == (502, "SHIM_UPSTREAM_UNREADABLE", ["GET"])
        assert "more than one page" in driven.document["detail"]


def test_a_lookup_compares_a_parameter_with_a_member_of_another_name(engine):
    """An integration has ``type``, and its parameter is ``integrationType``.

    A lax filter changes no other integration.
    """
    other = {"id": "i2", "type": "GCS_LOG_EXPORT", "useLegacyPathStructure": True}
    script = [
        answers({"results": [other, {**other, "id": "i1", "type": "S3_LOG_EXPORT"}]}),
        NO_CONTENT,
    ]
    on = Settings(writes=frozenset({"log-export"}))
    driven = asked(
        engine, "DELETE", "/groups/g/pushBasedLogExport", script, settings=on
    )
    assert calls(driven)[1:] == [
        ("DELETE", f"{BASE}/groups/g/logIntegrations/i1", None)
    ]


def test_the_length_of_a_looked_up_segment_is_limited(engine):
    """Otherwise an id from upstream could make a request target of a megabyte."""
    script = [answers({"results": [{**PENDING, "id": "u" * 1025}]})]
    driven = asked(
        engine,
        "PATCH",
        "/groups/g/invites",
        script,
        {"roles": ["A"], "username": "a+b@c.example"},
    )
    assert error_of(driven) == (502, "SHIM_UPSTREAM_UNREADABLE", ["GET"])


@pytest.mark.parametrize(
    "name", ["../x", "..", "", "a/b", "a\nb", "%2e%2e", 7, None, ["u1"], {"id": "u1"}]
)
def test_a_looked_up_value_must_be_one_segment(engine, name):
    """Any other value can't be inserted into a path."""
    script = [answers({"results": [{"id": name, "roles": []}]})]
    driven = asked(
        engine, "PATCH", "/groups/g/invites", script, {"roles": ["A"], "username": "a"}
    )
    assert len(driven.sends) == 1
    assert driven.reply.status in {404, 502}


def test_only_the_difference_of_roles_is_written(engine):
    """Each role is written once and in order, even if the list repeats it. A GET then fetches the result."""
    script = [
        answers(PENDING),
        DONE,
        DONE,
        DONE,
        answers({**PENDING, "roles": ["B", "C", "D"]}),
    ]
    driven = asked(
        engine, "PATCH", "/groups/g/invites/u1", script, {"roles": ["D", "B", "C", "D"]}
    )
    assert calls(driven) == [
        ("GET", f"{MEMBERS}/u1", None),
        ("POST", f"{MEMBERS}/u1:addRole", {"groupRole": "D"}),
        ("POST", f"{MEMBERS}/u1:addRole", {"groupRole": "C"}),
        ("POST", f"{MEMBERS}/u1:removeRole", {"groupRole": "A"}),
        ("GET", f"{MEMBERS}/u1", None),
    ]
    assert driven.document["roles"] == ["B", "C", "D"]
    last = dict(driven.sends[-1].call.headers)
    assert "Content-Type" not in last
    assert [send.done for send in driven.sends][:2] == ["", ""]
    assert (
        driven.sends[2].done
        == f'Done before: POST {MEMBERS}/u1:addRole {{"groupRole":"D"}}.'
    )


def test_without_a_difference_nothing_is_written(engine):
    """A list without items causes no call."""
    script = [answers({**PENDING, "roles": []}), answers({**PENDING, "roles": []})]
    driven = asked(engine, "PATCH", "/groups/g/invites/u1", script, {"roles": []})
    assert [method for method, _, _ in calls(driven)] == ["GET", "GET"]


TEAM = "/orgs/o/teams/t/users"
ADD = f"{BASE}/orgs/o/teams/t:addUser"


NOBODY = answers({"results": [], "totalCount": 0})


def team_of(*ids, **more):
    """Return the response that lists a team's users."""
    return answers(
        {
            "results": [{"id": one, "orgMembershipStatus": "ACTIVE"} for one in ids],
            "totalCount": len(ids),
        }
    )


def test_a_list_becomes_one_write_for_each_item(engine):
    """Each write has a bare body. The response is the resulting team, without the invited users."""
    script = [NOBODY, DONE, DONE, team_of("a", "b")]
    driven = asked(engine, "POST", TEAM, script, [{"id": "a"}, {"id": "b"}])
    assert calls(driven) == [
        ("GET", f"{BASE}{TEAM}?itemsPerPage=500", None),
        ("POST", ADD, {"id": "a"}),
        ("POST", ADD, {"id": "b"}),
        (
            "GET",
            f"{BASE}{TEAM}?orgMembershipStatus=ACTIVE&itemsPerPage=100&pageNum=1",
            None,
        ),
    ]
    assert [one["id"] for one in driven.document["results"]] == ["a", "b"]


def test_a_user_who_is_in_the_team_is_not_added_again(engine):
    """So a call that failed halfway can be repeated. Invited users count as members."""
    invited = {"id": "c", "orgMembershipStatus": "PENDING"}
    there = answers(
        {"results": [{"id": "a", "username": "x"}, invited], "totalCount": 2}
    )
    driven = asked(
        engine,
        "POST",
        TEAM,
        [there, DONE, team_of("a", "b")],
        [{"id": one} for one in "abcb"],
    )
    assert [body for method, _, body in calls(driven) if method == "POST"] == [
        {"id": "b"}
    ]


def test_an_error_names_the_items_that_were_already_written(engine):
    """The path alone is the same for all."""
    driven = asked(
        engine,
        "POST",
        TEAM,
        [NOBODY, DONE, DONE, refuses(404, "USER_NOT_FOUND")],
        [{"id": x} for x in "abc"],
    )
    said = f'Done before: POST {ADD} {{"id":"a"}}, POST {ADD} {{"id":"b"}}.'
    assert driven.document["detail"].endswith(said)


def test_an_item_with_an_unknown_member_is_refused(engine):
    """The error names the member, and nothing is sent."""
    driven = asked(engine, "POST", TEAM, [], [{"id": "a"}, {"id": "b", "x": 1}])
    assert error_of(driven) == (400, "INVALID_ATTRIBUTE", [])
    assert driven.document["parameters"] == ["value[1].x"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([{"id": "a"}, {"id": "b"}, {"id": 3}], "INVALID_ATTRIBUTE"), ([{"id": "a"}, {}], "MISSING_ATTRIBUTE"),
        ([{"id": "a"}, {"id": None}], "MISSING_ATTRIBUTE"), ([{"id": "a"}, "b"], "INVALID_ATTRIBUTE"),
        ({"id": "a"}, "INVALID_ATTRIBUTE"), (None, "MALFORMED_JSON"),
    ],
)  # fmt: skip
def test_all_writes_are_prepared_before_the_first_one(engine, body, code):
    """So an invalid item is a 400 with nothing sent."""
    driven = asked(engine, "POST", TEAM, [], body)
    assert error_of(driven) == (400, code, [])


def test_a_text_that_no_query_can_contain_is_refused(engine):
    """UTF-8 can't encode half of a surrogate pair."""
    driven = asked(
        engine, "PATCH", "/orgs/o/invites", [], {"username": "\ud800", "roles": ["A"]}
    )
    assert error_of(driven) == (400, "INVALID_ATTRIBUTE", [])


def test_too_many_writes_are_refused(engine):
    """An organization has at most 500 users."""
    driven = asked(
        engine, "POST", TEAM, [], [{"id": str(number)} for number in range(501)]
    )
    assert error_of(driven) == (413, "SHIM_REQUEST_TOO_LARGE", [])


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", TEAM, [{"id": "a"}] * 501),
    ("PUT", "/groups/g/users/u1/roles", {"groupRoles": ["A"] * 501}),
    ("PATCH", "/groups/g/invites", {"username": "a", "roles": ["A"] * 501}),
])  # fmt: skip
def test_a_list_that_is_too_long_is_refused_before_the_lookup(
    engine, method, path, body
):
    """Nothing is sent or built; 9,900 roles took 300 ms."""
    assert error_of(asked(engine, method, path, [], body)) == (
        413,
        "SHIM_REQUEST_TOO_LARGE",
        [],
    )


def test_a_looked_up_list_is_limited_too(engine):
    """Nothing is written then."""
    script = [answers({**PENDING, "roles": [str(number) for number in range(501)]})]
    driven = asked(engine, "PATCH", "/groups/g/invites/u1", script, {"roles": ["A"]})
    assert error_of(driven) == (413, "SHIM_REQUEST_TOO_LARGE", ["GET"])


ONCE = f"""{START}{operation("makeThing", "POST", "/things", "status = 204")}
[operation.makeThing.flex]
path = "/new"
version = "2024-01-01"
before = {{ method = "POST", path = "/first", body.a = {{ type = "string", from = "name" }} }}

[operation.makeThing.request]
members = {{ name = "string" }}
"""


def test_a_write_before_the_call_may_happen_once():
    """Without a list it uses the body itself. Both writes count as one, and are finished together."""
    driven = asked(read(ONCE), "POST", "/things", [DONE, NO_CONTENT], {"name": "n"})
    assert calls(driven) == [
        ("POST", "/first", {"a": "n"}),
        ("POST", "/new", {"name": "n"}),
    ]
    assert [send.is_one_of_several for send in driven.sends] == [True, True]


def test_a_write_without_a_required_member_is_refused():
    """The error has the member's name in the legacy body, and nothing is sent."""
    driven = asked(read(ONCE), "POST", "/things", [], {})
    assert error_of(driven) == (400, "MISSING_ATTRIBUTE", [])
    assert driven.document["parameters"] == ["name"]


def test_the_length_of_a_query_value_is_limited(engine):
    """Percent-encoding a username of a megabyte took a third of a second."""
    driven = asked(
        engine, "PATCH", "/orgs/o/invites", [], {"username": "a" * 1025, "roles": ["A"]}
    )
    assert error_of(driven) == (400, "INVALID_ATTRIBUTE", [])
    assert driven.document["parameters"] == ["username"]


def test_the_total_size_of_prepared_bodies_is_limited(engine):
    """They are kept until they are sent."""
    driven = asked(
        engine,
        "POST",
        TEAM,
        [NOBODY],
        [{"id": f"{number}{'a' * 4000}"} for number in range(300)],
    )
    assert error_of(driven) == (413, "SHIM_REQUEST_TOO_LARGE", ["GET"])


def test_each_write_is_built_when_it_is_sent(engine):
    """Until then it is one line of bytes.

    The call reports the bytes that are held, and that replies to writes aren't.
    """
    items = [{"id": str(number)} for number in range(400)]
    driven = asked(
        engine,
        "POST",
        TEAM,
        lambda call: DONE if call.method == "POST" else answers({"results": []}),
        items,
    )
    _, *sends = driven.sends
    assert [json.loads(send.call.body)["id"] for send in sends[:-1]] == [
        *map(str, range(400))
    ]
    assert {send.held for send in sends} == {
        sum(len(f'\t{{"id":"{number}"}}\n') for number in range(400))
    }
    assert [send.needs_last for send in sends] == [True, *[False] * 400]


SHARD = {"numShards": 100, "regionConfigs": [{"regionName": "A"}]}


@pytest.mark.parametrize(
    "specs", [[{}] * 3300, [SHARD] * 11, [{**SHARD, "regionConfigs": [{}] * 50}] * 2]
)
def test_the_number_of_objects_in_a_body_is_limited(engine, specs):
    """Nested lists, and items that are repeated, are counted before they are built."""
    media = "application/vnd.atlas.2023-02-01+json"
    headers = (("Accept", media), ("Content-Type", media))
    body = {"name": "c", "replicationSpecs": specs}
    driven = asked(engine, "POST", "/groups/g/clusters", [], body, headers=headers)
    assert error_of(driven) == (413, "SHIM_REQUEST_TOO_LARGE", [])


@pytest.mark.parametrize(
    "reply",
    [refuses(409, "X"), refuses(503, "X"), (502, (), b"<html>"), (500, (), b"[]")],
)
@pytest.mark.parametrize("done", [0, 1, 2])
def test_writes_stop_at_the_first_error(engine, reply, done):
    """Status and code stay; the detail lists the finished writes."""
    driven = asked(
        engine,
        "POST",
        TEAM,
        [NOBODY, *[DONE] * done, reply],
        [{"id": "a"}, {"id": "b"}],
    )
    assert len(driven.sends) == done + 2
    if done:
        assert driven.reply.status == driven.document["error"] == reply[0]
        said = ", ".join(f'POST {ADD} {{"id":"{one}"}}' for one in "ab"[:done])
        assert driven.document["detail"].endswith(f"Done before: {said}.")
        assert driven.document["errorCode"] in {"X", None}
    else:
        assert driven.passed


def test_an_unreadable_reply_after_writes_lists_them(engine):
    """The last call's reply can't be read, although the writes succeeded."""
    driven = asked(
        engine, "POST", TEAM, [NOBODY, DONE, (200, (), b"<html>")], [{"id": "a"}]
    )
    assert driven.reply.status == 502
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert f'Done before: POST {ADD} {{"id":"a"}}. See' in driven.document["detail"]


def test_a_timeout_lists_finished_and_remaining_writes(engine):
    """If there are many, only the first are named."""
    clock = Clock(0.0)

    def upstream(call):
        clock.now += 1
        return DONE if call.method == "POST" else NOBODY

    items = [{"id": str(number)} for number in range(40)]
    driven = asked(
        engine,
        "POST",
        TEAM,
        upstream,
        items,
        settings=Settings(deadline=30, writes=frozenset({"people"})),
        monotonic=clock,
    )
    assert driven.reply.status == 504
    assert driven.document["errorCode"] == "SHIM_DEADLINE_EXCEEDED"
    assert driven.document["detail"].count("POST") == 20
    assert "and 10 more." in driven.document["detail"]


SEEN = {"id": "i1", "now": {"size": 4, "x": 1}, "parts": [{"key": "p"}]}


def put(script, body):
    """Put a thing whose successor needs a lookup."""
    return asked(read(text_of("put")), "PUT", "/things/t1", script, body)


def test_a_looked_up_value_is_read_as_a_member_and_never_sent():
    """That is so even if all other members pass, or the caller's body has a member of that name."""
    driven = put(
        [answers(SEEN), DONE, answers({})],
        {"parts": [{"key": "q", "id": "evil"}], "y": 2, "now": 1, "id": "e"},
    )
    assert calls(driven) == [
        ("GET", "/a?on=true&name=t1", None),
        ("DELETE", "/a/i1/parts?key=q", None),
        (
            "PUT",
            "/a/i1",
            {"y": 2, "size": 4, "id": "i1", "parts": [{"key": "q", "id": "evil"}]},
        ),
    ]
    assert driven.document == {"name": "i1"}


def test_after_a_write_no_other_tier_is_called():
    """Before a write, the code of another tier tries the next one. The error lists the finished writes."""
    no_a = refuses(404, "NO_A")
    leads = put(
        [answers(SEEN), no_a, answers({})], {"parts": [{"key": "p"}], "size": 1}
    )
    assert leads.targets == ("/a?size=1&on=true&name=t1", "/a/i1", "/b/t1")
    assert leads.document == {"name": "t1"}
    ends = put([answers(SEEN), DONE, no_a], {"parts": [{"key": "q"}]})
    assert error_of(ends) == (404, "NO_A", ["GET", "DELETE", "PUT"])
    assert put([no_a], {"parts": []}).passed


def test_a_success_that_means_an_error_becomes_one():
    """The error also lists the writes before it."""
    driven = put(
        [answers(SEEN), DONE, answers({"bad": True})], {"parts": [{"key": "q"}]}
    )
    assert error_of(driven) == (409, "BAD", ["GET", "DELETE", "PUT"])
    assert driven.document["detail"] == "t1 Done before: DELETE /a/i1/parts?key=q."
    assert put([answers(SEEN), answers({"bad": "true"})], {"parts": []}).document == {
        "name": "i1"
    }


def test_a_response_without_content_can_become_an_error():
    """Otherwise it stays without content."""
    text = (
        START
        + operation("cut", "DELETE", "/things/{thing}", "status = 204")
        + """
[operation.cut.flex]
path = "/new/{thing}"
version = "2024-01-01"
errors.200 = { when = { source = "left", given = true }, status = 409, errorCode = "LEFT", detail = "Some are left." }
"""
    )
    cut = [
        asked(read(text), "DELETE", "/things/t", [reply])
        for reply in (answers({"left": 1}), answers({}), NO_CONTENT)
    ]
    assert error_of(cut[0]) == (409, "LEFT", ["DELETE"])
    assert [(one.reply.status, one.content) for one in cut[1:]] == [(204, b"")] * 2


LOGS = "/groups/g/clusters/h.example/logs/mongodb.gz"


@pytest.mark.parametrize(
    "kind", ["application/vnd.atlas.2023-01-01+gzip", "application/gzip", "*/*"]
)
def test_a_file_is_passed_through_unread(engine, kind):
    """It is requested in the version that replaced the caller's."""
    driven = asked(
        engine,
        "GET",
        f"{LOGS}?startDate=1",
        [(200, (), b"\\x1f\\x8b")],
        headers=(("Accept", kind),),
    )
    assert driven.passed
    assert len(driven.steps) == 1
    assert driven.targets == (f"{BASE}{LOGS}?startDate=1",)
    assert (
        dict(driven.sends[0].call.headers)["Accept"]
        == "application/vnd.atlas.2023-02-01+gzip"
    )


@pytest.mark.parametrize(("api", "asked_for", "named"), [
    ("v2", "application/vnd.atlas.2023-01-01+gzip", "application/vnd.atlas.2023-01-01+gzip"),
    ("v1.0", "application/gzip", "application/gzip"),
])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_has_the_media_type_of_the_callers_version(
    engine, method, api, asked_for, named
):
    """That applies where upstream's type includes a version; another type stays unchanged."""
    for given, shown in (
        ("application/vnd.atlas.2023-02-01+gzip", named),
        ("application/x-gzip", ""),
    ):
        upstream = [(200, (("Content-Type", given),), b"x")]
        accept = (("Accept", asked_for),)
        driven = drive(
            engine,
            f"/api/atlas/{api}{LOGS}",
            upstream,
            method=method,
            headers=accept,
            clock=DAY,
        )
        if isinstance(driven.outcome, PassThrough):
            assert driven.outcome.content_type == shown
        else:
            assert dict(driven.reply.headers)["Content-Type"] == shown or given


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (LOGS, "application/vnd.atlas.2023-01-01+json"), (LOGS, "application/vnd.atlas.2023-02-01+gzip"),
        ("/orgs/o/invites", "application/vnd.atlas.2023-01-01+gzip"), (LOGS, "application/vnd.atlas.2023-01-01+csv"),
    ],
)  # fmt: skip
def test_each_kind_of_content_has_its_own_call(engine, target, kind):
    """Accept names the version and the kind of content."""
    assert engine.recognize("GET", f"{BASE}{target}", (("Accept", kind),)) is None


def test_a_deletion_may_become_a_post_with_a_body(engine):
    """The body's members are parameters of the path."""
    driven = asked(engine, "DELETE", f"{TEAM}/u1", [answers({"id": "u1"})])
    assert calls(driven) == [
        ("POST", f"{BASE}/orgs/o/teams/t:removeUser", {"id": "u1"})
    ]
    assert driven.reply.status == 204


def test_a_lookup_is_repeated_for_each_call(engine):
    """Nothing is remembered from earlier ones."""
    script = [answers({"results": [{"id": "o1"}]}), answers({"id": "u1"})]
    assert asked(engine, "GET", "/users/u1", script).outcome.repeated is None
