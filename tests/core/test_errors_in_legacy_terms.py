"""A successor's errors in legacy terms: by code and by status, in an envelope, and without an error document."""

import pytest

from shim.core.messages import field as header
from tests.core.driver import answers, drive, refuses
from tests.core.small import HEAD, NAME, read

TARGET = "/api/atlas/v2/things/t%20t"
WHOLE = """
[operation.getThing.flex.errors.NO_GADGET]
errorCode = "NO_THING"
status = 404
detail = "No thing {thing} exists; {nothing}."
"""
HTML = (("Content-Type", "text/html"), ("X-Id", "7"))


def asked(rules, given, query="", **more):
    """Ask for a thing whose successor answers with an error."""
    return drive(read(HEAD + rules.replace("{nothing}", "see {}") + NAME), f"{TARGET}{query}", [given], **more)


def test_an_error_is_answered_in_legacy_terms():
    """Code, status, reason and detail; what no rule speaks of stays."""
    driven = asked(WHOLE, refuses(410, "NO_GADGET"))
    assert driven.reply.status == 404
    assert driven.document == {
        "detail": "No thing t t exists; see {}.",
        "error": 404,
        "errorCode": "NO_THING",
        "parameters": ["c1"],
        "reason": "Not Found",
    }
    assert header(driven.reply.headers, "x-error-code") == "NO_THING"
    assert driven.outcome.record.sent[0].status == 410


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ('errorCode = "NO_THING"', {"errorCode": "NO_THING"}),
        ("status = 409", {"error": 409, "reason": "Conflict"}),
        ('detail = "Not now."', {"detail": "Not now."}),
    ],
)
def test_what_a_rule_leaves_out_stays(rule, changed):
    """Of the document; the status is that of the answer, and the code in its field that of the document."""
    driven = asked(f"\n[operation.getThing.flex.errors.LOCKED]\n{rule}\n", refuses(423, "LOCKED"))
    said = {"detail": "…", "error": 423, "errorCode": "LOCKED", "parameters": ["c1"], "reason": "…"}
    assert driven.document == {**said, **changed}
    assert driven.reply.status == changed.get("error", 423)
    assert header(driven.reply.headers, "x-error-code") == driven.document["errorCode"]


BOTH = '\n[operation.getThing.flex.errors]\nLOCKED = "BUSY"\n"423" = { status = 409 }\n'


def test_a_code_says_more_than_a_status():
    """Where both have a rule."""
    assert asked(BOTH, refuses(423, "LOCKED")).reply.status == 423
    assert asked(BOTH, refuses(423, "LOCKED")).document["errorCode"] == "BUSY"


@pytest.mark.parametrize("document", [{"errorCode": "OTHER"}, {"errorCode": None}, {"error": 423}, {}])
def test_a_status_has_a_rule_whatever_the_code(document):
    """None and null too."""
    driven = asked(BOTH, answers(document, 423))
    assert driven.reply.status == 409
    assert driven.document == {**document, "error": 409, "reason": "Conflict"}


@pytest.mark.parametrize(
    "given", [refuses(404, "OTHER"), refuses(500, "OTHER"), (404, HTML, b"<html>"), (304, (), b"")]
)
def test_any_other_error_stays_as_it_came(given):
    """Byte for byte."""
    assert asked(BOTH, given).passed


def test_a_code_has_a_rule_whatever_the_status():
    """Atlas says some with several."""
    assert asked(BOTH, refuses(409, "LOCKED")).document["errorCode"] == "BUSY"
    assert asked(BOTH, refuses(500, "LOCKED")).document["errorCode"] == "BUSY"


CONTENTS = [b"", b"<html>", b"null", b"[]", b'"LOCKED"', b'{"errorCode"']


@pytest.mark.parametrize("content", CONTENTS)
def test_a_status_has_a_rule_without_an_error_document_too(content):
    """A proxy's page becomes an error of Atlas' shape, and is called JSON."""
    rule = '\n[operation.getThing.flex.errors."423"]\nerrorCode = "BUSY"\nstatus = 409\ndetail = "Not now."\n'
    driven = asked(rule, (423, HTML, content))
    assert driven.reply.status == 409
    assert driven.document == {
        "detail": "Not now.",
        "error": 409,
        "errorCode": "BUSY",
        "parameters": [],
        "reason": "Conflict",
    }
    assert header(driven.reply.headers, "content-type") == "application/json"
    assert header(driven.reply.headers, "x-id") == "7"


@pytest.mark.parametrize("content", CONTENTS)
def test_a_status_without_a_code_of_its_own_names_none(content):
    """Atlas has errors without a code; the status is the legacy one all the same."""
    driven = asked(BOTH, (423, HTML, content))
    assert (driven.reply.status, driven.document["error"], driven.document["errorCode"]) == (409, 409, None)
    assert driven.document["detail"] == "The successor answered 423."


def test_content_that_could_not_be_read_is_no_error_document():
    """What a door could not read says no code; the status has its rule."""
    driven = asked(BOTH, refuses(423, "LOCKED"), fault="it is too large")
    assert (driven.reply.status, driven.document["errorCode"]) == (409, None)


def test_an_envelope_has_the_legacy_status():
    """Inside and outside."""
    driven = asked(WHOLE, refuses(410, "NO_GADGET"), "?envelope=true")
    assert (driven.reply.status, driven.document["status"]) == (404, 404)
    assert driven.document["content"]["errorCode"] == "NO_THING"


def test_an_error_without_a_rule_is_put_into_the_envelope():
    """As the legacy API did."""
    driven = asked("", refuses(500, "OTHER"), "?envelope=true")
    assert (driven.reply.status, driven.document["status"], driven.document["content"]["errorCode"]) == (
        500,
        500,
        "OTHER",
    )


@pytest.mark.parametrize("given", [(502, HTML, b"<html>"), (304, (), b"")])
def test_what_is_no_error_document_stands_in_no_envelope(given):
    """Unless a rule speaks of it."""
    assert asked(BOTH, given, "?envelope=true").passed


def test_a_pretty_error_is_pretty():
    """If it was made anew."""
    assert asked(WHOLE, refuses(410, "NO_GADGET"), "?pretty=true").content.startswith(b'{\n  "detail" : "No thing')


def test_no_code_is_put_into_a_field_that_was_not_there():
    """The document says it."""
    driven = asked(WHOLE, answers({"errorCode": "NO_GADGET"}, 410))
    assert header(driven.reply.headers, "x-error-code") is None


def test_head_has_the_fields_and_no_content():
    """Also of an error in legacy terms."""
    got = asked(WHOLE, refuses(410, "NO_GADGET"))
    head = asked(WHOLE, refuses(410, "NO_GADGET"), method="HEAD")
    assert head.sends[0].call.method == "GET"
    assert (head.reply.status, head.content) == (404, b"")
    assert header(head.reply.headers, "content-length") == str(len(got.content))
    assert header(head.reply.headers, "x-error-code") == "NO_THING"
