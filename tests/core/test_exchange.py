"""The order of an exchange: which side is called when, what proves a retirement, and what is returned."""

import pytest

from shim.core.messages import Read, Send
from shim.core.route import Memory
from shim.core.settings import RouteWord, Settings
from tests.core.driver import (
    BEFORE,
    GET,
    GONE,
    LIST,
    NO_ROUTE,
    SNAPSHOT,
    Clock,
    answers,
    drive,
    refuses,
)

V2 = f"/api/atlas/v2{GET}"
V2_LIST = f"/api/atlas/v2{LIST}"
OK = answers(SNAPSHOT)
EMPTY = answers({"results": []})
LEGACY_OK = answers({"id": "1", "status": "completed"})
EMPTY_405 = (405, (("Allow", "POST,GET,OPTIONS"), ("Content-Length", "0")), b"")


def before(engine, upstream, target=V2, **more):
    """Make a call before the sunset, when legacy comes first."""
    return drive(engine, target, upstream, **{"clock": BEFORE, **more})


@pytest.mark.parametrize(
    "gone", [GONE, (410, (), b""), NO_ROUTE, EMPTY_405, (404, (), b"")]
)
def test_a_retired_legacy_endpoint_leads_to_flex(engine, gone):
    """410, and 404 or 405 without an errorCode, prove that nothing was executed.

    The content of a 410 doesn't matter.
    """
    memory = Memory()
    driven = before(engine, [gone, OK], memory=memory)
    assert driven.routes == ("legacy", "flex")
    assert driven.document["id"] == SNAPSHOT["id"]
    assert f"the legacy endpoint answered {gone[0]}" in driven.outcome.record.reason
    assert [sent.status for sent in driven.outcome.record.sent] == [gone[0], 200]
    assert [type(step) for step in driven.steps] == [
        Send,
        *([] if gone[0] == 410 else [Read]),
        Send,
        Read,
    ]
    assert before(engine, [OK], clock=BEFORE + 599, memory=memory).routes == ("flex",)
    assert before(engine, [LEGACY_OK], clock=BEFORE + 600, memory=memory).routes == (
        "legacy",
    )


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize(
    "body",
    [
        *(refuses(404, code)[2] for code in ("SNAPSHOT_NOT_FOUND", "")),
        b'{"detail":"No such link.","error":404,"errorCode":null,"parameters":null,"reason":"Not Found"}',
        b'{\n  "error" : 404,\n  "reason" : "Not Found",\n  "detail" : "No such thing."\n}',
        b'{"errorCode":5}',
        b'{"status":404,"content":{"error":404,"errorCode":"SNAPSHOT_NOT_FOUND"}}',
        b'{"error":404,"errorCode":"X","parameters":[' + b"[]," * 100_000 + b"[]]}",
    ],
    ids=[
        "code",
        "empty code",
        "null",
        "no code",
        "number",
        "envelope",
        "long to decode",
    ],
)
def test_a_404_with_an_atlas_error_is_final(engine, status, body):
    """The endpoint exists. Errors with a null code or none were recorded, and unreadable content proves nothing."""
    memory = Memory()
    driven = before(engine, [(status, (), body)], f"{V2}?envelope=true", memory=memory)
    assert driven.passed is True
    assert driven.outcome.record.route == "legacy"
    assert len(memory._entries) == 0
    assert before(engine, [(status, (), b"")], fault="too large").passed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"x"',
        b"\xff",
        b"{}",
        b'{"error":"Not Found"}',
        b'{"content":{"status":404}}',
        b"{" * 100000,
    ],
)
def test_a_404_without_an_atlas_error_means_a_missing_endpoint(engine, body):
    """The endpoint itself always replies with Atlas's members."""
    assert before(engine, [(404, (), body), OK]).routes == ("legacy", "flex")


@pytest.mark.parametrize("word", [RouteWord.LEGACY, RouteWord.DATE, RouteWord.OFF])
@pytest.mark.parametrize("gone", [GONE, NO_ROUTE, EMPTY_405])
def test_only_auto_replaces_the_legacy_response(engine, word, gone):
    """If the date, a flag or a switch decides, the legacy response is final."""
    memory = Memory()
    driven = before(engine, [gone], settings=Settings(route=word), memory=memory)
    assert driven.passed is True
    assert len(driven.steps) == 1
    assert len(memory._entries) == 0


@pytest.mark.parametrize(
    "odd",
    [
        f"{V2_LIST}/",
        *(
            V2_LIST.replace(*one)
            for one in (("g1", "g2"), ("c1", "c%20"), ("c1", "c%31"), ("c1", "c" * 500))
        ),
    ],
    ids=[
        "a slash at the end",
        "another group",
        "an odd name",
        "the same name, written oddly",
        "a long name",
    ],
)
@pytest.mark.parametrize("gone", [NO_ROUTE, (404, (), b""), (410, (), b"")])
def test_an_odd_path_of_one_caller_does_not_affect_others(engine, odd, gone):
    """A proxy's 404 for one caller's spelling doesn't apply to other calls."""
    memory = Memory()
    assert before(engine, [gone, EMPTY], odd, memory=memory).routes == (
        "legacy",
        "flex",
    )
    assert before(engine, [LEGACY_OK], V2_LIST, memory=memory).routes == ("legacy",)


DIGEST = 'Digest username="{}", realm="r", nonce="{}", uri="/x", response="y"'


@pytest.mark.parametrize(("one", "other", "shared"), [
    ("Bearer a", "Bearer a", True), ("Bearer a", "Bearer b", False), ("Bearer a", None, False),
    (DIGEST.format("u", 1), DIGEST.format("u", 2), True), (DIGEST.format("u", 1), DIGEST.format("v", 1), False),
])  # fmt: skip
def test_a_response_to_other_credentials_does_not_affect_others(
    engine, one, other, shared
):
    """A 404 for one caller doesn't apply to others on the same path."""
    memory = Memory()

    def routes(said, upstream):
        headers = (()) if said is None else ((("Authorization", said),))
        return before(engine, upstream, V2_LIST, headers=headers, memory=memory).routes

    assert routes(one, [NO_ROUTE, EMPTY]) == ("legacy", "flex")
    assert routes(other, [EMPTY if shared else LEGACY_OK]) == (
        ("flex",) if shared else ("legacy",)
    )
    assert not any(
        "Bearer" in str(key) or "Digest" in str(key) for key in memory._entries
    )


def test_a_retired_version_is_retired_for_all_callers(engine):
    """Atlas's own statement about the endpoint's version is learned once."""
    memory = Memory()
    assert before(engine, [GONE, OK], memory=memory).routes == ("legacy", "flex")
    assert before(engine, [OK], V2.replace("g1", "g2"), memory=memory).routes == (
        "flex",
    )


@pytest.mark.parametrize("step", [200.0, -200.0, 1e6])
def test_setting_the_clock_changes_no_duration(engine, step):
    """Exchanges and memory use a monotonic clock."""
    clock = Clock(BEFORE - 1e7)
    memory = Memory()

    def stepping(call):
        clock.now += step
        return OK if "flex" in call.target else GONE

    driven = before(engine, stepping, clock=clock, monotonic=lambda: 5.0, memory=memory)
    assert driven.document["id"] == SNAPSHOT["id"]
    clock.now += step
    assert before(
        engine, [OK], clock=clock, monotonic=lambda: 604.0, memory=memory
    ).routes == ("flex",)
    assert before(
        engine, [LEGACY_OK], clock=clock, monotonic=lambda: 605.0, memory=memory
    ).passed


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_errors_are_passed_through_unread(engine, status):
    """They are streamed unless they must be examined; a 404 is read, since it may lead to flex."""
    driven = drive(engine, V2, [refuses(status, "ANY")])
    assert driven.passed is True
    assert len(driven.steps) == (2 if status == 404 else 1)


def test_no_call_starts_after_the_deadline(engine):
    """That includes every kind of call; only the first is always made."""
    clock = Clock(BEFORE)

    def slow(call):
        clock.now += 61
        return GONE

    driven = before(engine, slow, clock=clock)
    assert driven.routes == ("legacy",)
    assert driven.reply.status == 504
    assert driven.document["errorCode"] == "SHIM_DEADLINE_EXCEEDED"
    assert "60 seconds" in driven.document["detail"]
    assert (
        drive(engine, V2, [OK], settings=Settings(deadline=0.0)).document["id"]
        == SNAPSHOT["id"]
    )


@pytest.mark.parametrize(
    "raw",
    ["itemsPerPage=0", "pageNum=-1", "pageNum=x", "includeCount=maybe", "envelope=1"],
)
def test_an_invalid_query_is_refused_before_anything_is_sent(engine, raw):
    """The caller gets Atlas's own 400 on the successor's route. The legacy side validates its own query."""
    driven = drive(engine, f"{V2_LIST}?{raw}", [])
    name = raw.partition("=")[0]
    assert driven.steps == ()
    assert driven.reply.status == 400
    assert driven.outcome.record.route == "none"
    detail = f"Invalid query parameter {name} specified."
    assert (
        driven.document
        | {
            "errorCode": "INVALID_QUERY_PARAMETER",
            "parameters": [name],
            "detail": detail,
        }
        == driven.document
    )
    target = f"{V2_LIST}?{raw}"
    assert before(
        engine, [refuses(400, "INVALID_QUERY_PARAMETER")], target
    ).targets == (target,)


def test_the_reason_names_the_flag_that_decided(engine):
    """A reader of the record knows which switch to check."""
    settings = Settings(flag="atlas-route").by_flag(RouteWord.LEGACY)
    driven = drive(engine, V2_LIST, [EMPTY], settings=settings)
    assert (
        driven.outcome.record.reason
        == "the route is set to legacy; the flag atlas-route is legacy"
    )
