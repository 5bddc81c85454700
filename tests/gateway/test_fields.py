"""The fields that the gateway adds, and its JSON codecs."""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import attrs
import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core import content as core
from shim.core.messages import Dropped, FieldReport, Record, Sent
from shim.documents.vocabulary import Fidelity
from shim.gateway import exchange, fields
from shim.gateway.fields import notes, string, token

RECORD = Record(
    operation="listThings",
    api="v2",
    route="flex",
    reason='its "sunset" \u2014 2026\\01 \u2014 has passed',
    sunset=datetime(2026, 1, 22, tzinfo=UTC),
    deprecated=datetime(2025, 1, 9, tzinfo=UTC),
    sent=(
        Sent("GET", "/legacy", 410, "legacy"),
        Sent("GET", "/api/atlas/v2/x/%C3%A9?a=1", 200, "flex"),
    ),
    fields=(
        FieldReport("id", Fidelity.EXACT),
        FieldReport("createdAt", Fidelity.DERIVED),
        FieldReport("links", Fidelity.DERIVED),
        FieldReport("size", Fidelity.ABSENT),
    ),
    dropped=(Dropped("results[0].status", None, "null"),),
)


def parsed(text: str, kind: str) -> Any:
    """Return a structured field as the reference parser reads it."""
    return http_sf.parse(text.encode("ascii"), tltype=kind)


def test_the_summary_is_a_dictionary():
    """Atlas-Shim is an RFC 9651 dictionary with all its members."""
    members = parsed(dict(notes(RECORD))["Atlas-Shim"], "dictionary")
    assert members["route"][0] == "flex"
    assert members["reason"][0] == 'its "sunset" ? 2026\\01 ? has passed'
    assert members["call"][0] == "GET /api/atlas/v2/x/%C3%A9?a=1"
    assert [name for name, _ in members["derived"][0]] == ["createdAt", "links"]
    assert [name for name, _ in members["absent"][0]] == ["size"]
    assert members["dropped"][0] == 1
    assert "exact" not in members


def test_dates_have_their_formats():
    """Sunset is an HTTP-date in GMT, Deprecation a structured Date."""
    lines = dict(notes(RECORD))
    assert lines["Sunset"].endswith(" GMT")
    assert parsedate_to_datetime(lines["Sunset"]) == RECORD.sunset
    assert parsed(lines["Deprecation"], "item")[0] == RECORD.deprecated


def test_upstreams_own_dates_are_kept():
    """They get no second Sunset or Deprecation, but Link is added."""
    own = (("sunset", "Fri, 06 Mar 2026 00:00:00 GMT"), ("Link", "<x>; rel=next"))
    assert [name for name, _ in notes(RECORD, beside=own)] == [
        "Deprecation",
        "Link",
        "Atlas-Shim",
    ]


def test_link_is_the_last_upstream_path():
    """It is the successor's path, without the query."""
    assert (
        dict(notes(RECORD))["Link"]
        == '</api/atlas/v2/x/%C3%A9>; rel="successor-version"'
    )


def test_a_long_call_is_shortened_in_the_summary():
    """So every client can still read the response's head."""
    long = attrs.evolve(
        RECORD, sent=(attrs.evolve(RECORD.sent[-1], target="/" + "a" * 1_000_000),)
    )
    assert len(parsed(dict(notes(long))["Atlas-Shim"], "dictionary")["call"][0]) == 2048


def test_nothing_is_added_on_the_legacy_route():
    """The response has Atlas's own fields."""
    assert notes(attrs.evolve(RECORD, route="legacy")) == ()


def test_a_response_without_a_call_names_no_call():
    """If nothing was sent there is no call and no successor."""
    lines = dict(
        notes(attrs.evolve(RECORD, route="none", sent=(), fields=(), dropped=()))
    )
    assert "Link" not in lines
    assert set(parsed(lines["Atlas-Shim"], "dictionary")) == {"route", "reason"}


@given(st.text())
def test_any_text_makes_a_string(text):
    """It is a String on one line; printable ASCII stays unchanged."""
    read = parsed(string(text), "item")[0]
    assert read == "".join(char if " " <= char <= "~" else "?" for char in text)


@pytest.mark.parametrize(
    ("text", "wanted"), [("flex", "flex"), ("v1.0", "v1.0"), ("1x", '"1x"'), ("", '""')]
)
def test_an_invalid_token_becomes_a_string(text, wanted):
    """A value that can't be a Token is written as a String."""
    assert token(text) == wanted


@pytest.mark.parametrize(("said", "asked"), [
    *((said, "gzip") for said in ("gzip", "br, GZip ; q=0.1", "*;q=0.2")),
    *((said, "identity") for said in (None, "", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "br, zstd", "identity")),
])  # fmt: skip
def test_only_gzip_is_requested(said, asked):
    """The gateway decodes it, and requests it only if the caller accepts it (RFC 9110, 12.5.3)."""
    headers = (("X", "1"), *((("accept-encoding", said),) if said is not None else ()))
    assert fields.for_upstream(headers, readable=True) == [
        "X: 1",
        f"Accept-Encoding: {asked}",
    ]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_both_codecs_read_what_either_wrote(value):
    """Including large integers and all kinds of characters."""
    assert core.loads(exchange.dumps(value)) == core.loads(core.dumps(value)) == value


@pytest.mark.parametrize("content", [
    *(b'"\\ud800"', b"[" * 500 + b"]" * 500, b'{"a":1,"a":2}', b" 1 ", b"1.10", b"\xef\xbb\xbf1"),
    *(b"NaN", b"[Infinity]", b"", b"\xff", b"1e999", b"1 2", b"{'a':1}", b"01"),
])  # fmt: skip
def test_both_codecs_accept_the_same_texts(content):
    """They read them to the same value, and refuse the same ones."""

    def read(loads):
        try:
            return loads(content)
        except ValueError:
            return ValueError

    assert read(exchange.loads) == read(core.loads)


@pytest.mark.parametrize("around", [
    b"%d", b" %d", b"-%d", b"[%d]", b"[1,%d]", b"[1, %d]", b'{"a":%d}', b'{"a": %d}', b'{"a":\t%d}', b"[\r\n%d]",
    b"[-%d]", b'{"a":-%d}', b'["%d",%d]',
])  # fmt: skip
def test_an_integer_is_found_at_any_place(around):
    """An integer of more than 64 bits does not become a float."""
    content = around.replace(b"%d", str(10**24 + 1).encode())
    assert exchange.loads(content) == json.loads(content)


def test_an_id_of_digits_is_read_by_the_fast_codec(monkeypatch):
    """One in three hundred of Atlas's ids has no letter."""
    monkeypatch.setattr("shim.gateway.exchange.content.loads", None)
    assert exchange.loads(b'[{"id":"650000000000000000000001"}]') == [
        {"id": "650000000000000000000001"}
    ]


@pytest.mark.parametrize(
    "number", [2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**30, -(10**300)]
)
def test_integers_of_any_length_are_preserved(number):
    """As with the import, which uses another codec; also below a list, and next to text with as many digits."""
    document = {"n": [number, 1.5], "text": "1234567890123456789012"}
    assert exchange.loads(json.dumps(document).encode()) == document
    assert json.loads(exchange.dumps(document)) == document
