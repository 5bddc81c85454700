"""Replies that the shim makes."""

import json
from typing import Any

import pytest

from shim.core.content import dumps, loads
from shim.core.responses import (
    bare_reply,
    document_reply,
    enveloped,
    error_body,
    explained,
    help_link,
    section_of,
    written,
)


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
    assert written(value, pretty=True, dumps=dumps) == "\n".join(lines).encode()


@pytest.mark.parametrize("pretty", [False, True])
def test_a_lone_surrogate_is_not_replaced(pretty):
    """What UTF-8 has no bytes for stays the escape it came as, laid out or not."""
    content = written({"a": "ä\ud800"}, pretty=pretty, dumps=dumps)
    assert loads(content) == {"a": "ä\ud800"}


def test_text_is_utf8():
    """Letters are not escaped, laid out or not."""
    for pretty in (False, True):
        assert "ä".encode() in written({"a": "ä"}, pretty=pretty, dumps=dumps)


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
    assert enveloped(value, 200, page=True) == {"results": [], "status": 200}
    assert enveloped(value, 404, page=False) == {"status": 404, "content": {"results": []}}
    assert value == {"results": []}


def test_fields_about_upstreams_content_are_left_out():
    """In any case of letters; the new content type is the last."""
    upstream = (("CONTENT-TYPE", "x"), ("etag", "x"), ("Date", "now"), ("content-length", "5"))
    assert document_reply(b"{}", 200, "k", upstream).headers == (("Date", "now"), ("Content-Type", "k"))
    assert bare_reply(204, upstream).headers == (("Date", "now"),)
