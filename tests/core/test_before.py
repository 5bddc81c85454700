"""The calls before a successor's own: lookups that supply names or refuse, and writes that come first."""

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
    """Return status and code of an error, and the calls that were sent."""
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


def test_a_look_gives_what_the_path_of_the_next_needs(engine):
    """The value is encoded; the version is that of the look; the answer knows the names, too."""
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
    """The rule of the look says what is answered, and nothing more is sent."""
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
def test_two_organizations_never_become_one_by_chance(engine, path, more):
    """Nor is it said that the user is not there: in one of them they may be."""
    driven = asked(engine, "GET", path, [answers({**MANY, **more})])
    assert error_of(driven) == (409, "SHIM_SEVERAL_FOUND", ["GET"])
    assert driven.document["detail"].startswith(
        f"{BASE}/orgs shows several where this call needs one. "
    )
    assert "/orgs/{orgId}/users/" in driven.document["detail"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["orgs/o", "groups/g"])
@pytest.mark.parametrize(
    "member", [ACTIVE, {"id": "u1"}, {**PENDING, "orgMembershipStatus": None}]
)
def test_an_active_member_is_no_invitation(engine, method, kind, member):
    """Neither is one of whom the status is not known: no write follows."""
    driven = asked(
        engine, method, f"/{kind}/invites/u1", [answers(member)], {"roles": ["A"]}
    )
    assert error_of(driven) == (404, "RESOURCE_NOT_FOUND", ["GET"])
    assert "u1" in driven.document["detail"]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_an_error_of_a_look_is_the_calls_own(engine, status):
    """It passes as it came, and ends the call."""
    driven = asked(engine, "DELETE", "/groups/g/invites/u1", [refuses(status, "X")])
    assert [send.call.method for send in driven.sends] == ["GET"]
    assert driven.passed or driven.reply.status == status
    assert driven.outcome.record.sent[-1].status == status


def test_an_error_of_a_look_has_the_code_that_the_tier_gives_it(engine):
    """So that a user who is not there is an invitation that is not there."""
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
def test_a_look_that_cant_be_used_is_an_error_before_anything_is_written(engine, reply):
    """It is no 200 with an object, or gives no value, or none that can be used, or not all of it."""
    driven = asked(engine, "PATCH", "/groups/g/invites/u1", [reply], {"roles": ["A"]})
    assert error_of(driven) == (502, "SHIM_UPSTREAM_UNREADABLE", ["GET"])


OTHER = {**PENDING, "id": "u2", "username": "B@c.example"}


@pytest.mark.parametrize(("name", "found", "to"), [
    ("a+b@c.example", [OTHER], []), ("", [PENDING], []),
    ("A+b@c.example", [OTHER, PENDING, ACTIVE], ["u1"]),
])  # fmt: skip
def test_a_look_takes_only_who_was_asked_for(engine, name, found, to):
    """Whatever upstream makes of a filter, nobody else is written to. In names the case makes no difference."""
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


def test_an_item_that_says_nothing_may_be_who_was_asked_for(engine):
    """So another one is not chosen beside it."""
    script = [answers({"results": [OTHER, PENDING, ACTIVE, "x"]})]
    body = {"username": "A+b@c.example", "roles": ["A", "C"]}
    driven = asked(engine, "PATCH", "/groups/g/invites", script, body)
    assert error_of(driven) == (409, "SHIM_SEVERAL_FOUND", ["GET"])


@pytest.mark.parametrize(("asked_for", "found"), [
    ("strasse", "straße"), ("kim", "\u212aim"), ("strasse", None), ("strasse", ...),
])  # fmt: skip
def test_a_look_takes_nobody_whose_name_is_only_alike(engine, asked_for, found):
    """Letters beyond ASCII that lower to the same text make another name, and so does a name that is missing."""
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
def test_a_look_that_counts_more_than_it_shows_is_more_than_one_page(engine, links):
    """By its own totalCount, with links or without: whoever was asked for may be on another page."""
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


def test_a_look_compares_a_parameter_with_the_member_of_another_name(engine):
    """An integration says its type, for which the parameter is integrationType: a lax filter changes no other one."""
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


def test_a_look_gives_no_segment_without_end(engine):
    """Upstream's id would make a request target of a megabyte."""
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
def test_what_is_no_segment_leads_nowhere(engine, name):
    """A look's value goes into a path only if it is one segment of it."""
    script = [answers({"results": [{"id": name, "roles": []}]})]
    driven = asked(
        engine, "PATCH", "/groups/g/invites", script, {"roles": ["A"], "username": "a"}
    )
    assert len(driven.sends) == 1
    assert driven.reply.status in {404, 502}


def test_roles_change_by_what_differs(engine):
    """Each once, in order, though a list has it twice; a GET shows what came of it."""
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


def test_nothing_differs_and_nothing_is_written(engine):
    """Over no items there is no call."""
    script = [answers({**PENDING, "roles": []}), answers({**PENDING, "roles": []})]
    driven = asked(engine, "PATCH", "/groups/g/invites/u1", script, {"roles": []})
    assert [method for method, _, _ in calls(driven)] == ["GET", "GET"]


TEAM = "/orgs/o/teams/t/users"
ADD = f"{BASE}/orgs/o/teams/t:addUser"


NOBODY = answers({"results": [], "totalCount": 0})


def team_of(*ids, **more):
    """Return the answer of a list of a team's users."""
    return answers(
        {
            "results": [{"id": one, "orgMembershipStatus": "ACTIVE"} for one in ids],
            "totalCount": len(ids),
        }
    )


def test_a_list_becomes_one_write_for_each_item(engine):
    """The body is bare; the answer is the team as it then is, of which who is invited was no part."""
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


def test_who_is_in_the_team_already_is_not_added_again(engine):
    """So a call that failed in the middle can be repeated. Who was invited is in the team, too."""
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


def test_an_error_names_whom_the_writes_before_it_were_for(engine):
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


def test_an_item_that_says_more_than_the_call_takes_is_refused(engine):
    """By its name, before anything is sent."""
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
def test_all_that_will_be_sent_is_made_before_the_first_write(engine, body, code):
    """So an invalid item is a 400 with nothing sent."""
    driven = asked(engine, "POST", TEAM, [], body)
    assert error_of(driven) == (400, code, [])


def test_a_text_that_no_query_can_have_is_refused(engine):
    """UTF-8 has no half of a pair."""
    driven = asked(
        engine, "PATCH", "/orgs/o/invites", [], {"username": "\ud800", "roles": ["A"]}
    )
    assert error_of(driven) == (400, "INVALID_ATTRIBUTE", [])


def test_more_writes_than_any_call_needs_are_refused(engine):
    """An organization has 500 users at most."""
    driven = asked(
        engine, "POST", TEAM, [], [{"id": str(number)} for number in range(501)]
    )
    assert error_of(driven) == (413, "SHIM_REQUEST_TOO_LARGE", [])


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", TEAM, [{"id": "a"}] * 501),
    ("PUT", "/groups/g/users/u1/roles", {"groupRoles": ["A"] * 501}),
    ("PATCH", "/groups/g/invites", {"username": "a", "roles": ["A"] * 501}),
])  # fmt: skip
def test_a_list_that_is_too_long_is_refused_before_the_look(engine, method, path, body):
    """Nothing is sent, and nothing is built of it: that took 300 ms for 9,900 roles."""
    assert error_of(asked(engine, method, path, [], body)) == (
        413,
        "SHIM_REQUEST_TOO_LARGE",
        [],
    )


def test_a_list_that_a_look_gave_is_counted_too(engine):
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


def test_a_write_may_go_before_the_call_once():
    """Without a list it is made for the body itself; the two are one write, and finished together."""
    driven = asked(read(ONCE), "POST", "/things", [DONE, NO_CONTENT], {"name": "n"})
    assert calls(driven) == [
        ("POST", "/first", {"a": "n"}),
        ("POST", "/new", {"name": "n"}),
    ]
    assert [send.is_one_of_several for send in driven.sends] == [True, True]


def test_a_write_without_the_member_that_its_body_needs_is_refused():
    """By the member's name in the legacy body, before anything is sent."""
    driven = asked(read(ONCE), "POST", "/things", [], {})
    assert error_of(driven) == (400, "MISSING_ATTRIBUTE", [])
    assert driven.document["parameters"] == ["name"]


def test_a_text_for_a_query_has_an_end(engine):
    """Of a username of a megabyte a third of a second went into its percent-encoding."""
    driven = asked(
        engine, "PATCH", "/orgs/o/invites", [], {"username": "a" * 1025, "roles": ["A"]}
    )
    assert error_of(driven) == (400, "INVALID_ATTRIBUTE", [])
    assert driven.document["parameters"] == ["username"]


def test_the_bodies_of_all_writes_together_have_an_end(engine):
    """They are kept until it is their turn."""
    driven = asked(
        engine,
        "POST",
        TEAM,
        [NOBODY],
        [{"id": f"{number}{'a' * 4000}"} for number in range(300)],
    )
    assert error_of(driven) == (413, "SHIM_REQUEST_TOO_LARGE", ["GET"])


def test_each_write_is_built_when_it_is_its_turn(engine):
    """Of the others there is a line of bytes; the call says how many are held, and that no reply to a write is."""
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
def test_a_body_becomes_no_more_objects_than_any_cluster_has(engine, specs):
    """Lists within lists, and items that stand for many, are counted before they are made."""
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
    """Status and code stay; the detail says what was done."""
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


def test_what_can_not_be_read_after_writes_says_what_was_done(engine):
    """The last call's answer, though the writes were made."""
    driven = asked(
        engine, "POST", TEAM, [NOBODY, DONE, (200, (), b"<html>")], [{"id": "a"}]
    )
    assert driven.reply.status == 502
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert f'Done before: POST {ADD} {{"id":"a"}}. See' in driven.document["detail"]


def test_the_deadline_says_what_was_done_and_how_much_more(engine):
    """Of many writes the first are named."""
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
    """Put a thing whose successor is looked for."""
    return asked(read(text_of("put")), "PUT", "/things/t1", script, body)


def test_what_a_look_gives_is_read_like_a_member_and_never_sent_on():
    """Also where all other members pass, and if the caller's body has a member of that name."""
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


def test_after_writes_no_other_tier_is_asked():
    """Before them the code of another tier leads on; the answer says what was done."""
    no_a = refuses(404, "NO_A")
    leads = put(
        [answers(SEEN), no_a, answers({})], {"parts": [{"key": "p"}], "size": 1}
    )
    assert leads.targets == ("/a?size=1&on=true&name=t1", "/a/i1", "/b/t1")
    assert leads.document == {"name": "t1"}
    ends = put([answers(SEEN), DONE, no_a], {"parts": [{"key": "q"}]})
    assert error_of(ends) == (404, "NO_A", ["GET", "DELETE", "PUT"])
    assert put([no_a], {"parts": []}).passed


def test_a_success_that_stands_for_an_error_is_one():
    """Whatever was done before is said with it."""
    driven = put(
        [answers(SEEN), DONE, answers({"bad": True})], {"parts": [{"key": "q"}]}
    )
    assert error_of(driven) == (409, "BAD", ["GET", "DELETE", "PUT"])
    assert driven.document["detail"] == "t1 Done before: DELETE /a/i1/parts?key=q."
    assert put([answers(SEEN), answers({"bad": "true"})], {"parts": []}).document == {
        "name": "i1"
    }


def test_an_answer_without_content_may_stand_for_an_error_too():
    """Where it does not, it stays without content."""
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
def test_a_file_passes_unread(engine, kind):
    """It is asked for in the version that took its place."""
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
    """Where upstream names its own version; another type stays as it came."""
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
def test_content_of_another_kind_is_another_call(engine, target, kind):
    """Accept names the version and the kind of content."""
    assert engine.recognize("GET", f"{BASE}{target}", (("Accept", kind),)) is None


def test_a_deletion_may_become_a_post_with_a_body(engine):
    """Its members are parameters of the path."""
    driven = asked(engine, "DELETE", f"{TEAM}/u1", [answers({"id": "u1"})])
    assert calls(driven) == [
        ("POST", f"{BASE}/orgs/o/teams/t:removeUser", {"id": "u1"})
    ]
    assert driven.reply.status == 204


def test_nothing_is_remembered_of_a_call_with_a_look(engine):
    """A look is made for each call anew."""
    script = [answers({"results": [{"id": "o1"}]}), answers({"id": "u1"})]
    assert asked(engine, "GET", "/users/u1", script).outcome.repeated is None
