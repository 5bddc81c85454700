"""What counts as a retirement, for whom, and for how long."""

import pytest

from shim.core.context import Memory
from tests.core.driver import BEFORE, GET, GONE, LIST, NO_ROUTE, SNAPSHOT, Clock, answers, drive

V2 = f"/api/atlas/v2{GET}"
OK = answers(SNAPSHOT)
LEGACY_OK = answers({"id": "1", "status": "completed"})


@pytest.mark.parametrize(
    "body",
    [
        b'{"detail":"No such link.","error":404,"errorCode":null,"parameters":null,"reason":"Not Found"}',
        b'{\n  "error" : 404,\n  "reason" : "Not Found",\n  "detail" : "No such thing."\n}',
        b'{"errorCode":5}',
        b'{"status":404,"content":{"error":404,"errorCode":"SNAPSHOT_NOT_FOUND"}}',
    ],
    ids=["null", "none", "number", "envelope"],
)
def test_an_atlas_error_without_a_code_is_no_retirement(engine, body):
    """Such errors were recorded, null and none; and an error in an envelope is one, too."""
    memory = Memory()
    assert drive(engine, f"{V2}?envelope=true", [(404, (), body)], clock=BEFORE, memory=memory).passed
    assert len(memory._entries) == 0


ODD = (
    (f"/api/atlas/v2{LIST}/", "a slash at the end"),
    (f"/api/atlas/v2{LIST.replace('g1', 'g2')}", "another group"),
    (f"/api/atlas/v2{LIST.replace('c1', 'c%20')}", "an odd name"),
    (f"/api/atlas/v2{LIST.replace('c1', 'c%31')}", "the same name, written oddly"),
    (f"/api/atlas/v2{LIST.replace('c1', 'c' * 500)}", "a long name"),
)


@pytest.mark.parametrize("odd", [target for target, _ in ODD], ids=[name for _, name in ODD])
@pytest.mark.parametrize("gone", [NO_ROUTE, (404, (), b""), (410, (), b"")])
def test_one_callers_odd_path_leads_nobody_elsewhere(engine, odd, gone):
    """A proxy's 404 for what one caller wrote is not a word about what others ask for."""
    memory, upstream = Memory(), [gone, answers({"results": []})]
    assert drive(engine, odd, upstream, clock=BEFORE, memory=memory).routes == ("legacy", "flex")
    assert drive(engine, f"/api/atlas/v2{LIST}", [LEGACY_OK], clock=BEFORE, memory=memory).routes == ("legacy",)


DIGEST = 'Digest username="{}", realm="r", nonce="{}", uri="/x", response="y"'


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("Bearer a", "Bearer a", True),
        ("Bearer a", "Bearer b", False),
        ("Bearer a", None, False),
        (DIGEST.format("u", 1), DIGEST.format("u", 2), True),
        (DIGEST.format("u", 1), DIGEST.format("v", 1), False),
    ],
)
def test_an_answer_to_other_credentials_leads_nobody_elsewhere(engine, one, other, shared):
    """A 404 that somebody draws says nothing about the answers of others on the same path."""
    memory, path = Memory(), f"/api/atlas/v2{LIST}"

    def routes(said, upstream):
        headers = () if said is None else (("Authorization", said),)
        return drive(engine, path, upstream, headers=headers, clock=BEFORE, memory=memory).routes

    empty = answers({"results": []})
    assert routes(one, [NO_ROUTE, empty]) == ("legacy", "flex")
    assert routes(other, [empty if shared else LEGACY_OK]) == (("flex",) if shared else ("legacy",))
    assert not any("Bearer" in str(key) or "Digest" in str(key) for key in memory._entries)


def test_a_version_that_is_gone_is_gone_for_everybody(engine):
    """Atlas' own word about the endpoint's version is learned once."""
    memory = Memory()
    other = f"/api/atlas/v2{GET.replace('g1', 'g2')}"
    assert drive(engine, V2, [GONE, OK], clock=BEFORE, memory=memory).routes == ("legacy", "flex")
    assert drive(engine, other, [OK], clock=BEFORE, memory=memory).routes == ("flex",)


@pytest.mark.parametrize("step", [200.0, -200.0, 1e6])
def test_a_clock_that_is_set_neither_ends_an_exchange_nor_what_was_learned(engine, step):
    """Durations are measured by a clock that nobody sets."""
    clock, memory = Clock(BEFORE - 1e7), Memory()

    def stepping(call):
        clock.now += step
        return OK if "flex" in call.target else GONE

    driven = drive(engine, V2, stepping, clock=clock, monotonic=lambda: 5.0, memory=memory)
    assert driven.document["id"] == SNAPSHOT["id"]
    clock.now += step
    assert drive(engine, V2, [OK], clock=clock, monotonic=lambda: 604.0, memory=memory).routes == ("flex",)
    assert drive(engine, V2, [LEGACY_OK], clock=clock, monotonic=lambda: 605.0, memory=memory).passed


def test_a_404_that_would_take_long_to_decode_proves_nothing(engine):
    """It may be Atlas' own."""
    body = b'{"error":404,"errorCode":"X","parameters":[' + b"[]," * 100_000 + b"[]]}"
    assert drive(engine, V2, [(404, (), body)], clock=BEFORE).passed
