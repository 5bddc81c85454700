"""A successor's errors in legacy terms: by code, and in an envelope."""

import json

import pytest

from shim.core.messages import field as header
from shim.core.settings import Settings
from tests.core.driver import answers, drive, refuses
from tests.core.small import HEAD, NAME, asked

WHOLE = """
[operation.getThing.flex.errors.NO_GADGET]
errorCode = "NO_THING"
status = 404
detail = "No thing {thing} exists; see {}."
"""
BUSY = '\n[operation.getThing.flex.errors]\nLOCKED = "BUSY"\n'
HTML = (("Content-Type", "text/html"), ("X-Id", "7"))
NO_GADGET = refuses(410, "NO_GADGET")
LOCKED = refuses(423, "LOCKED")


def ask(rules, given, query="", **more):
    """Request a thing whose successor replies with an error."""
    return asked(HEAD + rules + NAME, [given], query, **more)


def test_an_error_is_translated():
    """Code, status, reason and detail change, and everything without a rule stays.

    Every layout has it; HEAD gets it without content.
    """
    got = ask(WHOLE, NO_GADGET)
    head = ask(WHOLE, NO_GADGET, method="HEAD")
    expected = {
        "detail": "No thing t exists; see {}.",
        "error": 404,
        "errorCode": "NO_THING",
        "parameters": ["c1"],
        "reason": "Not Found",
    }
    assert got.reply.status == 404
    assert got.document == expected
    assert got.outcome.record.sent[0].status == 410
    wrapped = ask(WHOLE, NO_GADGET, "?envelope=true")
    assert wrapped.reply.status == 404
    assert wrapped.document == {"status": 404, "content": expected}
    assert ask(WHOLE, NO_GADGET, "?pretty=true").content.startswith(
        b'{\n  "detail" : "No thing'
    )
    assert head.sends[0].call.method == "GET"
    assert head.reply.status == 404
    assert head.content == b""
    assert header(head.reply.headers, "content-length") == str(len(got.content))
    assert (
        header(head.reply.headers, "x-error-code")
        == header(got.reply.headers, "x-error-code")
        == "NO_THING"
    )


@pytest.mark.parametrize(("rule", "changed"), [
    ('errorCode = "NO_THING"', {"errorCode": "NO_THING"}), ("status = 409", {"error": 409, "reason": "Conflict"}),
    ('detail = "Not now."', {"detail": "Not now."}),
])  # fmt: skip
def test_members_without_a_rule_stay(rule, changed):
    """The status line has the response's status, and the code in the response field is the document's."""
    driven = ask(f"\n[operation.getThing.flex.errors.LOCKED]\n{rule}\n", LOCKED)
    assert driven.document == {**json.loads(LOCKED[2]), **changed}
    assert driven.reply.status == changed.get("error", 423)
    assert header(driven.reply.headers, "x-error-code") == driven.document["errorCode"]


@pytest.mark.parametrize("status", [409, 423, 500])
def test_a_code_has_one_rule_for_all_statuses(status):
    """Atlas sends some codes with several statuses."""
    driven = ask(BUSY, refuses(status, "LOCKED"))
    assert driven.reply.status == status
    assert driven.document["errorCode"] == "BUSY"


def test_a_missing_error_code_field_is_not_added():
    """Only the body has the legacy code."""
    driven = ask(BUSY, answers({"errorCode": "LOCKED"}, 423))
    assert driven.reply.status == 423
    assert driven.document == {"errorCode": "BUSY"}
    assert header(driven.reply.headers, "x-error-code") is None


@pytest.mark.parametrize(
    "given",
    [
        refuses(404, "OTHER"), refuses(500, "OTHER"), answers({"errorCode": None}, 423), answers({"error": 423}, 423),
        (404, HTML, b"<html>"), (423, HTML, b'["LOCKED"]'), (423, HTML, b'{"errorCode"'), (304, (), b""),
    ],
)  # fmt: skip
def test_any_other_error_is_passed_through(given):
    """It stays the same byte for byte. If the caller requested an envelope, an error document is wrapped."""
    assert ask(BUSY, given).passed
    wrapped = ask(BUSY, given, "?envelope=true")
    if given[2].endswith(b"}"):
        assert wrapped.document == {"status": given[0], "content": json.loads(given[2])}
    else:
        assert wrapped.passed


def test_unreadable_content_is_not_an_error_document():
    """It has no code."""
    assert ask(BUSY, LOCKED, fault="it is too large").passed


ON = Settings(writes=frozenset({"people"}))
DAY = 1_830_000_000.0
"""In December 2027, after all sunsets."""
GROUP = "/api/atlas/v2/groups/g"
INDEX = {
    "collectionName": "c",
    "database": "d",
    "name": "i",
    "mappings": {"dynamic": True},
}
MIGRATION = {"dropEnabled": True, "source": {}, "destination": {}}
DETAIL = "Invalid attribute {} specified."


@pytest.mark.parametrize(("method", "path", "body", "named", "legacy"), [
    ("POST", "/clusters/c/fts/indexes", INDEX, "definition.mappings", "mappings"),
    ("POST", "/clusters/c/fts/indexes", INDEX, "definition.analyzers[0].name", "analyzers[0].name"),
    ("POST", "/clusters/c/fts/indexes", INDEX, "definition.sort", "definition.sort"),
    ("POST", "/clusters/c/fts/indexes", INDEX, "collectionName", "collectionName"),
    ("POST", "/liveMigrations", MIGRATION, "dropDestinationData", "dropEnabled"),
])  # fmt: skip
def test_a_refused_member_has_its_legacy_name(
    engine, method, path, body, named, legacy
):
    """Parameters and detail use it, because the caller never wrote the new name."""
    error = {
        "detail": DETAIL.format(named),
        "error": 400,
        "errorCode": "INVALID_ATTRIBUTE",
        "parameters": [named],
    }
    upstream = [answers(error, 400)]
    driven = drive(
        engine, GROUP + path, upstream, method=method, body=body, settings=ON, clock=DAY
    )
    assert driven.passed is (named == legacy)
    if not driven.passed:
        expected = {**error, "detail": DETAIL.format(legacy), "parameters": [legacy]}
        assert driven.reply.status == 400
        assert driven.document == expected


def test_a_refused_member_of_an_earlier_write_has_the_name_of_its_list(engine):
    """A role that is added by its own call came from the caller's list. Other parameters stay."""
    user = answers({"orgMembershipStatus": "ACTIVE", "roles": []})
    error = {
        "detail": "Invalid attribute groupRole specified.",
        "errorCode": "X",
        "parameters": ["groupRole", 7, "u"],
    }
    body = {"groupRoles": ["NO_ROLE"]}
    target = f"{GROUP}/users/u/roles"
    driven = drive(
        engine,
        target,
        [user, answers(error, 400)],
        method="PUT",
        body=body,
        settings=ON,
        clock=DAY,
    )
    assert driven.document["parameters"] == ["groupRoles", 7, "u"]
    assert driven.document["detail"] == "Invalid attribute groupRoles specified."
