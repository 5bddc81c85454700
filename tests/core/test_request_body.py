"""The legacy request body."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.driver import answers, drive
from tests.core.small import ORDER, START, read

THING = '\n[resource.thing.id]\ntype = "string"\n[resource.thing.id.flex]\nfrom = "id"\nfidelity = "exact"\n'
PLAIN = START + ORDER + THING
IN_WORDS = START + ORDER + "[operation.orderThing.flex.body]\n{}\n" + THING


def order(text, body, upstream=None):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    replies = upstream if upstream is not None else [answers({"id": "1"})]
    return drive(read(text), "/api/atlas/v2/things", replies, method="POST", body=content)


def sent(text, body):
    """What the successor got for a legacy body."""
    call = order(text, body).sends[0].call
    return json.loads(call.body or b"null")


def refused(text, body):
    """The error for a body that nothing is sent for."""
    driven = order(text, body, [])
    assert driven.reply.status == 400
    return driven.document["errorCode"], driven.document["parameters"]


def test_a_body_without_rules_goes_on_as_it_is():
    """Where the successor takes the same body it gets the same bytes."""
    content = b' {"name" : "x", "count":1 } '
    assert order(PLAIN, content).sends[0].call.body == content


@pytest.mark.parametrize(
    ("rule", "body", "made"),
    [
        ('title = { type = "string", from = "name" }', {"name": "n"}, {"title": "n"}),
        ('title = { type = "string", from = "name" }', {}, {}),
        ('title = { type = "string", from = "name" }', {"name": None}, {}),
        ('"a.b" = { type = "integer", from = "count" }', {"count": 3}, {"a": {"b": 3}}),
        ('mode = { type = "string", constant = "new" }', {}, {"mode": "new"}),
        ('names = { type = "strings", list = "name" }', {"name": "n"}, {"names": ["n"]}),
        ('names = { type = "strings", list = "name" }', {}, {}),
        ('on = { type = "boolean", equals = { source = "state", word = "UP" } }', {"state": "UP"}, {"on": True}),
        ('on = { type = "boolean", from = "state", values = { UP = true } }', {"state": "UP"}, {"on": True}),
        ('over = { type = "boolean", passed = "until" }', {"until": "2020-01-01T00:00:00Z"}, {"over": True}),
        ('width = { type = "integer", from = "size.width" }', {"size": {"width": 2}}, {"width": 2}),
        ('width = { type = "integer", from = "size.width" }', {"size": {}}, {}),
    ],
)
def test_a_body_is_made_of_the_legacy_one(rule, body, made):
    """The same verbs, the other way; what the caller did not say is not said to the successor."""
    assert sent(IN_WORDS.format(rule), body) == made


@pytest.mark.parametrize(
    ("rule", "body", "name"),
    [
        ('on = { type = "boolean", from = "state", values = { UP = true } }', {"state": "DOWN"}, "state"),
        ('width = { type = "integer", from = "size.width" }', {"size": {"width": "2"}}, "size.width"),
    ],
)
def test_a_value_the_successor_has_no_word_for_is_refused(rule, body, name):
    """Nothing is left out of an order in silence."""
    assert refused(IN_WORDS.format(rule), body) == ("INVALID_ATTRIBUTE", [name])


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"5", b"{", b"\xff", b'{"count":NaN}', b"[" * 5000])
def test_what_is_no_object_is_malformed(body):
    """A body is a JSON object."""
    assert refused(PLAIN, body) == ("MALFORMED_JSON", [])


@pytest.mark.parametrize(
    "body", [{"name": 5}, {"name": ["x"]}, {"count": "1"}, {"count": 1.0}, {"count": True}, {"until": "soon"}, {"x": 1}]
)
def test_a_member_of_another_type_or_name_is_refused(body):
    """Unknown members and wrong types have Atlas' own code."""
    assert refused(PLAIN, body) == ("INVALID_ATTRIBUTE", list(body))


def test_all_values_but_one_may_be_refused():
    """A null is not a value."""
    rule = 'refuse.count = { but = 0, errorCode = "NONE", detail = "x" }\n'
    text = PLAIN.replace("[operation.orderThing.request.members]",
                         f"[operation.orderThing.request]\n{rule}[operation.orderThing.request.members]")  # fmt: skip
    assert refused(text, {"count": 1}) == ("NONE", ["count"])
    assert sent(text, {"count": 0, "name": None}) == {"count": 0, "name": None}


def test_a_missing_member_is_refused():
    """What the legacy endpoint required is required, and null is not a value."""
    text = PLAIN.replace(
        "[operation.orderThing.request.members]",
        '[operation.orderThing.request]\nrequired = ["name"]\n[operation.orderThing.request.members]',
    )
    assert refused(text, {}) == ("MISSING_ATTRIBUTE", ["name"])
    assert refused(text, {"name": None}) == ("MISSING_ATTRIBUTE", ["name"])
    assert sent(text, {"name": "n"}) == {"name": "n"}


def test_an_ignored_member_may_be_anything():
    """A program may send back what it got."""
    text = PLAIN.replace(
        "[operation.orderThing.request.members]",
        '[operation.orderThing.request]\nignored = ["id"]\n[operation.orderThing.request.members]',
    )
    assert sent(text, {"id": [1, {}], "name": "n"}) == {"id": [1, {}], "name": "n"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["name", "count", "until", "size", "state", "x"]), inner)
        ),
    )
)
def test_no_body_breaks_the_reading(body):
    """Any JSON is sent on or refused with a 400."""
    driven = order(PLAIN, body)
    assert driven.reply.status in {200, 400}
    assert (driven.reply.status == 200) is bool(driven.sends)


@given(st.binary())
def test_no_bytes_break_the_reading(content):
    """Any bytes are a body or a 400."""
    assert order(PLAIN, content).reply.status in {200, 400}


@pytest.mark.parametrize(("count", "status"), [(3_000, 400), (6_000, 413)])
def test_a_body_that_would_take_long_to_decode_is_refused(count, status):
    """A legacy body has a few dozen brackets, commas and colons, and ten thousand are allowed."""
    driven = order(PLAIN, [[]] * count)
    assert (driven.reply.status, driven.sends) == (status, ())
    if status == 413:
        assert driven.document["errorCode"] == "SHIM_REQUEST_TOO_LARGE"
        assert "more than 10000 brackets, commas and colons" in driven.document["detail"]


def test_the_length_of_a_body_alone_says_nothing():
    """A long text is a text."""
    assert sent(PLAIN, {"name": "n" * 20_000}) == {"name": "n" * 20_000}
