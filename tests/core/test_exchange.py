"""The order of events: which side is asked when, what is learned, and what is handed back."""

from datetime import UTC, datetime

import pytest

from shim.core.context import Memory
from shim.core.messages import Answer, PassThrough, Read, Send, Sent
from shim.core.settings import RouteWord, Settings
from tests.core.driver import AFTER, BEFORE, GET, GONE, LIST, NO_ROUTE, ORIGIN, SNAPSHOT, Clock, answers, drive, refuses

V2 = f"/api/atlas/v2{GET}"
OK = answers(SNAPSHOT)
LEGACY_OK = answers({"id": "1", "status": "completed"})
NO_CLUSTER = refuses(404, "CLUSTER_NOT_FOUND")
EMPTY_405 = (405, (("Allow", "POST,GET,OPTIONS"), ("Content-Length", "0")), b"")


def route(word: RouteWord) -> Settings:
    return Settings(route=word)


def test_before_the_sunset_the_call_goes_out_as_it_came(engine):
    """The legacy endpoint gets the caller's own call, and its reply is handed back unread."""
    headers = (("accept", "*/*"), ("Range", "bytes=0-1"), ("X", "1"))
    driven = drive(engine, f"{V2}?pretty=maybe", [LEGACY_OK], clock=BEFORE, headers=headers)
    assert driven.passed
    assert len(driven.steps) == 1
    send = driven.sends[0]
    assert (send.call.target, send.call.headers, send.call.origin) == (f"{V2}?pretty=maybe", headers, ORIGIN)
    assert (send.route, send.rewritten) == ("legacy", False)
    record = driven.outcome.record
    assert (record.operation, record.api, record.route) == ("getServerlessBackupSnapshot", "v2", "legacy")
    assert record.sent == (Sent("GET", f"{V2}?pretty=maybe", 200, "legacy"),)
    assert record.fields == ()
    assert record.dropped == ()
    assert record.sunset == datetime(2026, 1, 22, tzinfo=UTC)


@pytest.mark.parametrize("gone", [GONE, (410, (), b""), NO_ROUTE, EMPTY_405, (404, (), b"")])
def test_a_legacy_endpoint_that_is_gone_leads_to_flex(engine, gone):
    """410, and 404 or 405 without an errorCode, prove that nothing was executed."""
    memory = Memory()
    driven = drive(engine, V2, [gone, OK], clock=BEFORE, memory=memory)
    assert driven.routes == ("legacy", "flex")
    assert driven.document["id"] == SNAPSHOT["id"]
    assert f"the legacy endpoint answered {gone[0]}" in driven.outcome.record.reason
    assert [sent.status for sent in driven.outcome.record.sent] == [gone[0], 200]
    again = drive(engine, V2, [OK], clock=BEFORE + 599, memory=memory)
    assert again.routes == ("flex",)
    assert drive(engine, V2, [LEGACY_OK], clock=BEFORE + 600, memory=memory).routes == ("legacy",)


def test_a_410_need_not_be_read(engine):
    """Its status alone says enough."""
    steps = drive(engine, V2, [GONE, OK], clock=BEFORE).steps
    assert [type(step) for step in steps] == [Send, Send, Read]


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("code", ["SNAPSHOT_NOT_FOUND", "METHOD_NOT_ALLOWED", ""])
def test_a_404_with_an_error_code_is_atlas_own_answer(engine, status, code):
    """An endpoint that answers with an errorCode is there, and its answer is handed back."""
    memory = Memory()
    driven = drive(engine, V2, [refuses(status, code)], clock=BEFORE, memory=memory)
    assert driven.passed
    assert driven.outcome.record.route == "legacy"
    assert len(memory._entries) == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"x"', b"\xff", b"{}", b'{"error":"Not Found"}', b'{"content":{"status":404}}', b"{" * 100000],
)
def test_a_404_that_is_no_atlas_error_is_no_endpoint(engine, body):
    """What has nothing of an Atlas error was not said by the endpoint."""
    assert drive(engine, V2, [(404, (), body), OK], clock=BEFORE).routes == ("legacy", "flex")


@pytest.mark.parametrize("word", [RouteWord.LEGACY, RouteWord.DATE, RouteWord.OFF])
@pytest.mark.parametrize("gone", [GONE, NO_ROUTE, EMPTY_405])
def test_only_auto_corrects_the_legacy_side(engine, word, gone):
    """By date, by flag and switched off the legacy answer is the answer."""
    memory = Memory()
    driven = drive(engine, V2, [gone], clock=BEFORE, settings=route(word), memory=memory)
    assert driven.passed
    assert len(driven.steps) == 1
    assert len(memory._entries) == 0


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_errors_are_handed_back_unread(engine, status):
    """What need not be looked at streams."""
    driven = drive(engine, V2, [refuses(status, "ANY")])
    assert isinstance(driven.outcome, PassThrough)
    assert len(driven.steps) == 1


def test_a_call_that_uses_up_the_time_is_the_last(engine):
    """After the deadline no further call is begun, and the shim says so itself."""
    clock = Clock(BEFORE)

    def slow(call):
        clock.now += 61
        return GONE

    driven = drive(engine, V2, slow, clock=clock)
    assert driven.routes == ("legacy",)
    assert driven.reply.status == 504
    assert driven.document["errorCode"] == "SHIM_DEADLINE_EXCEEDED"
    assert "60 seconds" in driven.document["detail"]


def test_the_first_call_is_made_however_little_time_there_is(engine):
    """A deadline of nothing still allows one call."""
    assert drive(engine, V2, [OK], settings=Settings(deadline=0.0)).document["id"] == SNAPSHOT["id"]


@pytest.mark.parametrize("raw", ["itemsPerPage=0", "pageNum=-1", "pageNum=x", "includeCount=maybe", "envelope=1"])
def test_a_meaningless_query_is_refused_before_anything_is_sent(engine, raw):
    """The successor is not asked; the caller gets Atlas' own 400."""
    driven = drive(engine, f"/api/atlas/v2{LIST}?{raw}", [])
    assert driven.steps == ()
    name = raw.partition("=")[0]
    assert (driven.reply.status, driven.document["errorCode"]) == (400, "INVALID_QUERY_PARAMETER")
    assert driven.document["parameters"] == [name]
    assert driven.document["detail"] == f"Invalid query parameter {name} specified."
    assert driven.outcome.record.route == "none"


def test_the_legacy_side_judges_its_own_query(engine):
    """Before the sunset even a meaningless query goes out as it came."""
    target = f"/api/atlas/v2{LIST}?itemsPerPage=0"
    assert drive(engine, target, [refuses(400, "INVALID_QUERY_PARAMETER")], clock=BEFORE).targets == (target,)


def test_a_generator_can_be_abandoned(engine):
    """A door that gives up closes the exchange, at any step."""
    from shim.core.context import Context, Memory
    from shim.core.exchange import exchange
    from shim.core.messages import Call, Reply

    match = engine.recognise("GET", V2, ())
    for replies in range(2):
        asking = exchange(
            match,
            Call("GET", ORIGIN, V2),
            Context(Settings(), Memory(), lambda: AFTER, "http://h", monotonic=lambda: 0),
        )
        step = next(asking)
        for _ in range(replies):
            step = asking.send(Reply(200))
        assert isinstance(step, Send | Read)
        asking.close()


def test_the_outcome_is_one_of_two(engine):
    """A native reply as it came, or one of the shim's own."""
    assert isinstance(drive(engine, V2, [OK]).outcome, Answer)
    assert isinstance(drive(engine, V2, [NO_CLUSTER, NO_CLUSTER]).outcome, PassThrough)


def test_a_reason_says_that_a_flag_decided(engine):
    """Whoever reads the record knows where to look for the switch."""
    settings = Settings(flag="atlas-route").by_flag(RouteWord.LEGACY)
    driven = drive(engine, f"/api/atlas/v2{LIST}", [answers({"results": []})], settings=settings)
    assert driven.outcome.record.reason == "the route is set to legacy; the flag atlas-route says legacy"


def test_a_404_that_could_not_be_read_is_handed_back(engine):
    """Where nothing is proved nothing is sent again."""
    assert drive(engine, V2, [(404, (), b"")], clock=BEFORE, fault="too large").passed
