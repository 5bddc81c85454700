"""The layout of responses: bodies, errors, ``envelope`` and ``pretty``."""

import json

import pytest

from shim.core import responses
from shim.core.content import dumps, loads
from shim.core.messages import Reply, framed, reason_phrase
from shim.core.question import LegacyQuery
from shim.core.responses import error_body, explained, help_link
from tests.core.driver import GET, LIST, NON_FLEX, SNAPSHOT, answers, drive, refuses

V2 = f"/api/atlas/v2{LIST}"
V2_GET = f"/api/atlas/v2{GET}"
EMPTY = answers({"results": []})

PRETTY = b"""{
  "error" : 401,
  "reason" : "Unauthorized",
  "detail" : "You are not authorized for this resource."
}"""
"""Atlas's 401 as recorded: two spaces, and a space before the colon."""


def test_a_pretty_body_has_the_recorded_layout():
    """Members, their order and values stay."""
    assert LegacyQuery(pretty=True).written(json.loads(PRETTY), 401, dumps) == PRETTY


@pytest.mark.parametrize("pretty", [False, True])
def test_a_lone_surrogate_is_not_replaced(pretty):
    """It has no UTF-8 form and stays an escape, in both layouts."""
    content = LegacyQuery(pretty=pretty).written({"a": "ä\ud800"}, 200, dumps)
    assert loads(content) == {"a": "ä\ud800"}


DETAILS = [
    ("Too many.", "Too many. See: "),
    ("No. See https://example.org/x", "No. See https://example.org/x and: "),
    ("Call it by https://.", "Call it by https://. See: "),
]


@pytest.mark.parametrize(("detail", "said"), DETAILS)
def test_an_error_of_the_shim_names_the_command_that_explains_it(detail, said):
    """There is no link without a configured site. Atlas explains its own codes."""
    said += "atlas-shim explain SHIM_BUSY"
    assert (
        error_body(503, "SHIM_BUSY", detail)["detail"]
        == explained("SHIM_BUSY", detail)
        == said
    )
    assert help_link("SHIM_BUSY") == help_link("INVALID_ATTRIBUTE") == ()
    assert explained("INVALID_ATTRIBUTE", detail) == detail


@pytest.mark.parametrize(("detail", "said"), DETAILS)
def test_with_a_site_an_error_links_to_its_section(monkeypatch, detail, said):
    """The link is in the last word of the detail and in a field for programs (RFC 8288). Atlas's codes have none."""
    monkeypatch.setattr(responses, "SITE", "https://docs.example/")
    section = "https://docs.example/reference/errors/#shim_busy"
    assert explained("SHIM_BUSY", detail) == said + section
    assert help_link("SHIM_BUSY") == (("Link", f'<{section}>; rel="help"'),)
    assert help_link("INVALID_ATTRIBUTE") == ()
    assert explained("INVALID_ATTRIBUTE", detail) == detail


def test_an_envelope_wraps_a_resource_or_extends_a_page(engine):
    """A page gains ``status``; a single resource is moved inside."""
    driven = drive(engine, f"{V2}?envelope=true", [EMPTY])
    assert list(driven.document) == ["links", "results", "totalCount", "status"]
    assert driven.document["status"] == driven.reply.status == 200
    plain = drive(engine, V2_GET, [answers(SNAPSHOT)]).document
    driven = drive(engine, f"{V2_GET}?envelope=true", [answers(SNAPSHOT)])
    assert driven.document == {"status": 200, "content": plain}


def test_an_envelope_wraps_an_error_of_atlas(engine):
    """HTTP status and fields stay. An error that leads to another call is read once."""
    refusal = refuses(404, "GROUP_NOT_FOUND")
    driven = drive(engine, f"{V2}?envelope=true&pretty=true", [refusal])
    assert driven.reply.status == 404
    assert len(driven.steps) == 2
    assert driven.document == {"status": 404, "content": json.loads(refusal[2])}
    assert driven.reply.headers == (
        ("X-Error-Code", "GROUP_NOT_FOUND"),
        ("Content-Type", "application/json"),
    )
    assert driven.content.startswith(b'{\n  "status" : 404,')
    bare = drive(engine, f"{V2}?envelope=true", [(500, (), b"{}")])
    assert bare.reply.headers == (("Content-Type", "application/json"),)
    assert drive(engine, f"{V2}?envelope=true", [NON_FLEX, EMPTY]).routes == (
        "flex",
        "dedicated",
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"[" * 100000, b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"],
)
def test_an_error_that_does_not_fit_an_envelope_is_passed_through(engine, content):
    """It is not an object, or nested too deeply, and stays the same byte for byte."""
    assert drive(engine, f"{V2}?envelope=true&pretty=true", [(500, (), content)]).passed


@pytest.mark.parametrize("target", [V2, V2_GET])
def test_errors_of_the_shim_follow_envelope_and_pretty(engine, target):
    """A caller that requested an envelope gets one. Invalid values are ignored."""
    driven = drive(engine, f"{target}?envelope=true&pretty=true", [(200, (), b"x")])
    assert driven.reply.status == driven.document["status"] == 502
    assert driven.document["content"]["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert driven.content.startswith(b'{\n  "status" : 502,')
    assert drive(engine, f"{target}?envelope=perhaps&pretty=true", []).document[
        "parameters"
    ] == ["envelope"]


CODED = ("Content-Encoding", "gzip")
X = ("X", "1")


@pytest.mark.parametrize(
    ("reply", "method", "fields"),
    [
        (
            Reply(200, (CODED, X, ("Transfer-Encoding", "chunked")), b"abc"),
            "GET",
            (X, ("Content-Length", "3")),
        ),
        (Reply(204, (X,), b""), "DELETE", (X,)),
        (
            Reply(200, (CODED, ("Content-Length", "9")), b""),
            "HEAD",
            (CODED, ("Content-Length", "9")),
        ),
    ],
)
def test_a_complete_reply_gets_new_framing(reply, method, fields):
    """It has its own length and no removed coding. The response to HEAD describes GET's content."""
    assert framed(reply, method) == fields


def test_an_unregistered_status_has_no_reason_phrase():
    """Upstream may send any status."""
    assert reason_phrase(410) == "Gone"
    assert reason_phrase(299) == ""
