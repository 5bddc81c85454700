"""Messages as values, and how answers are laid out: bodies, errors, ``envelope`` and ``pretty``."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from shim.core.content import dumps, loads
from shim.core.messages import Call, Reply, field, framed, reason_phrase, replaced, without
from shim.core.question import LegacyQuery
from shim.core.responses import document_reply, error_body, explained, help_link, section_of
from tests.core.driver import GET, LIST, NON_FLEX, SNAPSHOT, answers, drive, refuses


def test_a_pretty_body_is_laid_out_as_recorded_ones():
    """Atlas' 401 was recorded so: two spaces, and a space before the colon."""
    value: dict[str, Any] = {
        "error": 401,
        "reason": "Unauthorized",
        "detail": "You are not authorized for this resource.",
    }
    lines = [
        "{",
        '  "error" : 401,',
        '  "reason" : "Unauthorized",',
        '  "detail" : "You are not authorized for this resource."',
        "}",
    ]
    assert LegacyQuery(pretty=True).written(value, 401, dumps) == "\n".join(lines).encode()


@pytest.mark.parametrize("pretty", [False, True])
def test_a_lone_surrogate_is_not_replaced(pretty):
    """What UTF-8 has no bytes for stays the escape it came as, laid out or not."""
    content = LegacyQuery(pretty=pretty).written({"a": "ä\ud800"}, 200, dumps)
    assert loads(content) == {"a": "ä\ud800"}


def test_an_error_has_the_members_of_recorded_errors():
    """One line, in alphabetical order, with the reason phrase of the status."""
    text = json.dumps(error_body(404, "X", "y", ("z", 1)), separators=(",", ":"))
    assert text == '{"detail":"y","error":404,"errorCode":"X","parameters":["z",1],"reason":"Not Found"}'


SECTION = "https://atlas-shim.github.io/atlas-shim/reference/errors/#shim_busy"


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("Too many.", f"Too many. See {SECTION}"),
        ("No. See https://example.org/x", f"No. See https://example.org/x and {SECTION}"),
        ("Call it by https://.", f"Call it by https://. See {SECTION}"),
    ],
)
def test_a_detail_of_the_shims_own_leads_to_its_section(detail, said):
    """Its last word is the URL of what the documentation says of the code."""
    assert error_body(503, "SHIM_BUSY", detail)["detail"] == said
    assert explained("SHIM_BUSY", detail) == said


def test_the_section_is_a_link_as_well():
    """A field that programs find without reading a sentence (RFC 8288)."""
    assert help_link("SHIM_BUSY") == (("Link", f'<{SECTION}>; rel="help"'),)
    assert section_of("SHIM_BUSY") == SECTION


def test_codes_of_atlas_lead_nowhere():
    """The documentation has no section of theirs."""
    assert (section_of("INVALID_ATTRIBUTE"), help_link("INVALID_ATTRIBUTE")) == (None, ())
    assert explained("INVALID_ATTRIBUTE", "No.") == "No."


def test_an_envelope_leaves_the_document_as_it_was():
    """Putting a document into an envelope does not change the document."""
    value: dict[str, Any] = {"results": []}
    query = LegacyQuery(envelope=True)
    assert query.written(value, 200, dumps, page=True) == b'{"results":[],"status":200}'
    assert query.written(value, 404, dumps) == b'{"status":404,"content":{"results":[]}}'
    assert value == {"results": []}


def test_fields_about_upstreams_content_are_left_out():
    """In any case of letters; the new content type is the last."""
    upstream = (("CONTENT-TYPE", "x"), ("etag", "x"), ("Date", "now"), ("content-length", "5"))
    assert document_reply(b"{}", 200, "k", upstream).headers == (("Date", "now"), ("Content-Type", "k"))
    assert document_reply(b"", 204, "", upstream).headers == (("Date", "now"),)


V2 = f"/api/atlas/v2{LIST}"


def test_an_envelope_gives_a_page_its_status(engine):
    """A page gains ``status`` beside its members."""
    driven = drive(engine, f"{V2}?envelope=true", [answers({"results": []})])
    assert list(driven.document) == ["links", "results", "totalCount", "status"]
    assert driven.document["status"] == driven.reply.status == 200


def test_an_envelope_holds_one_resource(engine):
    """One resource stands inside, beside the status."""
    plain = drive(engine, f"/api/atlas/v2{GET}", [answers(SNAPSHOT)]).document
    driven = drive(engine, f"/api/atlas/v2{GET}?envelope=true", [answers(SNAPSHOT)])
    assert driven.document == {"status": 200, "content": plain}


def test_an_envelope_holds_an_error_of_atlas(engine):
    """Its HTTP status and its other fields stay."""
    driven = drive(engine, f"{V2}?envelope=true&pretty=true", [refuses(404, "GROUP_NOT_FOUND")])
    assert driven.reply.status == 404
    assert driven.document["status"] == 404
    assert driven.document["content"] == json.loads(refuses(404, "GROUP_NOT_FOUND")[2])
    assert driven.reply.headers == (("X-Error-Code", "GROUP_NOT_FOUND"), ("Content-Type", "application/json"))
    assert driven.content.startswith(b'{\n  "status" : 404,')
    bare = drive(engine, f"{V2}?envelope=true", [(500, (), b"{}")])
    assert bare.reply.headers == (("Content-Type", "application/json"),)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"[" * 100000, b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"])
def test_an_error_that_fits_no_envelope_is_handed_back(engine, content):
    """What is not an object, or too deep to be written again, goes back byte for byte."""
    assert drive(engine, f"{V2}?envelope=true&pretty=true", [(500, (), content)]).passed


def test_an_error_in_an_envelope_can_still_lead_on(engine):
    """What was read to find the tier is not read again for the envelope."""
    driven = drive(engine, f"{V2}?envelope=true", [NON_FLEX, answers({"results": []})])
    assert driven.routes == ("flex", "dedicated")
    refused = drive(engine, f"{V2}?envelope=true", [refuses(404, "GROUP_NOT_FOUND")])
    assert len(refused.steps) == 2


@pytest.mark.parametrize("target", [V2, f"/api/atlas/v2{GET}"])
def test_errors_of_the_shim_keep_to_envelope_and_pretty(engine, target):
    """The caller that asked for an envelope gets one from the shim, too."""
    driven = drive(engine, f"{target}?envelope=true&pretty=true", [(200, (), b"x")])
    assert driven.reply.status == 502
    assert driven.document["status"] == 502
    assert driven.document["content"]["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert driven.content.startswith(b'{\n  "status" : 502,')


def test_an_error_about_the_envelope_has_none(engine):
    """A word that means nothing asks for nothing."""
    driven = drive(engine, f"{V2}?envelope=perhaps&pretty=true", [])
    assert driven.document["parameters"] == ["envelope"]


LINES = (("Accept", "a"), ("X-Thing", "1"), ("accept", "b"))


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [("/a", "/a", ""), ("/a?", "/a", ""), ("/a?b=c?d", "/a", "b=c?d"), ("/%3F?x", "/%3F", "x")],
)
def test_a_target_has_a_path_and_a_query(target, path, query):
    """Both are raw, and the first question mark divides them."""
    call = Call("GET", "https://h", target)
    assert (call.path, call.query) == (path, query)


@pytest.mark.parametrize(("name", "value"), [("Accept", "a"), ("ACCEPT", "a"), ("x-thing", "1"), ("none", None)])
def test_the_first_value_of_a_field_is_found_in_any_case(name, value):
    """Field names are case-insensitive."""
    assert field(LINES, name) == value


def test_fields_are_left_out_in_any_case():
    """All lines of a name go, the others stay in order."""
    assert without(LINES, {"accept"}) == (("X-Thing", "1"),)
    assert without(LINES, ()) == LINES


def test_a_replaced_field_has_one_line():
    """Every line of the name goes, in any case, and the new one is put last."""
    assert replaced(LINES, "ACCEPT", "c") == (("X-Thing", "1"), ("ACCEPT", "c"))


def test_a_status_has_its_reason_phrase_or_none():
    """A status that nobody registered has none."""
    assert reason_phrase(410) == HTTPStatus.GONE.phrase
    assert reason_phrase(299) == ""


def test_a_complete_reply_is_framed_anew():
    """Its own length, and none of a coding that it no longer has."""
    reply = Reply(200, (("Content-Encoding", "gzip"), ("X", "1"), ("Transfer-Encoding", "chunked")), b"abc")
    assert framed(reply, "GET") == (("X", "1"), ("Content-Length", "3"))
    assert framed(Reply(204, (("X", "1"),), b""), "DELETE") == (("X", "1"),)


def test_the_fields_of_an_answer_to_head_stay():
    """They speak of the content of GET, whose length nobody can make up."""
    fields = (("Content-Encoding", "gzip"), ("Content-Length", "9"))
    assert framed(Reply(200, (*fields, ("Transfer-Encoding", "chunked")), b""), "HEAD") == fields
    assert framed(Reply(200, (("X", "1"),), b""), "HEAD") == (("X", "1"),)
