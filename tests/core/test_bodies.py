"""Request bodies that are not JSON objects, are long, or select the call. ``meanings.txt`` has the others."""

import json

import pytest

from tests.core.driver import answers, drive
from tests.core.small import START, operation, read, successor

ORDER = (
    START + operation("orderThing", "POST", "/things") + successor("orderThing", "/new")
)
ORDER += """
[operation.orderThing.request.members]
name = "string"
[resource.thing.id]
type = "string"
flex = { from = "id", fidelity = "exact" }
"""


def order(body, upstream=(), text=ORDER):
    return drive(
        read(text), "/api/atlas/v2/things", list(upstream), method="POST", body=body
    )


def test_a_body_without_rules_is_sent_unchanged():
    """The successor takes the same body, byte for byte. A long text is just a text."""
    for content in (b' {"name" : "x" } ', json.dumps({"name": "n" * 20_000}).encode()):
        assert order(content, [answers({"id": "1"})]).sends[0].call.body == content


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"name":NaN}', b"[" * 5000])
def test_a_body_must_be_a_json_object(body):
    """Everything else is refused as malformed."""
    driven = order(body)
    assert driven.sends == ()
    assert driven.reply.status == 400
    assert driven.document["errorCode"] == "MALFORMED_JSON"


CHOICE = START + operation("orderThing", "POST", "/things", "status = 204")
CHOICE += (
    '[operation.orderThing.request]\nchoose = "size.kind"\nwords = ["plain", "gold"]\n'
)
CHOICE += 'members = { "size.kind" = "string" }\n'
CHOICE += "".join(
    successor("orderThing", f"/{metal}", f"flex.choose.{metal}")
    for metal in ("plain", "gold")
)


@pytest.mark.parametrize("word", ["plain", "gold"])
def test_a_nested_member_selects_the_call(word):
    """Names of members are dotted, this one's too."""
    assert order({"size": {"kind": word}}, [(200, (), b"")], CHOICE).targets == (
        f"/{word}",
    )


def test_a_body_without_the_selecting_member_is_refused():
    """The error has its dotted name."""
    driven = order({"size": {}}, [], CHOICE)
    assert driven.document["errorCode"] == "MISSING_ATTRIBUTE"
    assert driven.document["parameters"] == ["size.kind"]


@pytest.mark.parametrize(("count", "status"), [(3_000, 400), (6_000, 413)])
def test_a_body_that_takes_long_to_decode_is_refused(count, status):
    """A legacy body has a few dozen brackets, commas and colons; ten thousand are allowed."""
    driven = order([[]] * count)
    assert driven.reply.status == status
    assert driven.sends == ()
    if status == 413:
        assert driven.document["errorCode"] == "SHIM_REQUEST_TOO_LARGE"
        assert (
            "more than 10000 brackets, commas and colons" in driven.document["detail"]
        )
