"""Upstream answers and items that are no object, and answers that are no object either."""

import pytest

from tests.core.driver import answers, drive
from tests.core.small import ARRAY, EXACT, HEAD, TARGET, field, read

BARE = "\n[resource.thing]\nbare = true\n"


def ask(text, said, query="", **more):
    """Ask for the thing or the things of a document."""
    return drive(read(text), f"{TARGET}{query}", [answers(said)], **more)


def of_value(kind="string", source="value", more=""):
    return field("value", kind, f'from = "{source}"\n{more}\n{EXACT}')


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("string", "u"),
        ("integer", 5),
        ("number", 1.5),
        ("boolean", False),
        ("strings", ["u"]),
        ("array", []),
        ("array", [None, {}]),
        ("object", {"a": 1}),
    ],
)
def test_a_bare_answer_is_the_value_itself(kind, said):
    """Of whatever type; made of a bare answer, or of a member."""
    if type(said) is not dict:
        assert ask(f"{HEAD}bare = true\n{BARE}{of_value(kind)}", said).document == said
    assert ask(f"{HEAD}{BARE}{of_value(kind, 'a.b')}", {"a": {"b": said}}).document == said


@pytest.mark.parametrize("said", [5, None, ["u"], {"value": 5}, {}])
def test_an_answer_without_the_value_cannot_be_made(said):
    """There is no word for it in a bare answer, and null was not said: it is an error that tells what was said."""
    driven = ask(f"{HEAD}bare = true\n{BARE}{of_value()}", said)
    assert (driven.reply.status, driven.document["errorCode"]) == (502, "SHIM_UPSTREAM_UNREADABLE")


def test_the_error_tells_what_was_said():
    """And why it was of no use."""
    driven = ask(f"{HEAD}bare = true\n{BARE}{of_value()}", 5)
    assert "value was 5: not of type string" in driven.document["detail"]
    assert (
        "nothing that makes the one value of the answer: none"
        in ask(f"{HEAD}{BARE}{of_value()}", {}).document["detail"]
    )


def test_an_object_where_no_bare_value_was_promised():
    """A value is not an answer of a successor that answers with objects."""
    driven = ask(HEAD + of_value(), "u")
    assert (driven.reply.status, "it is not a JSON object" in driven.document["detail"]) == (502, True)


def test_no_content_where_a_bare_value_was_promised():
    """Nothing can be made of it."""
    driven = drive(read(f"{HEAD}bare = true\n{BARE}{of_value()}"), TARGET, [(200, (), b"")])
    assert (driven.reply.status, "it is not a JSON value" in driven.document["detail"]) == (502, True)


@pytest.mark.parametrize(("said", "expected"), [("u", {"value": "u"}), (["u"], {}), ({"value": "u"}, {"value": "u"})])
def test_a_bare_answer_may_become_an_object(said, expected):
    """Rules read it as value, and an object's own member of that name too."""
    assert ask(f"{HEAD}bare = true\n{of_value()}", said).document == expected


@pytest.mark.parametrize(
    ("query", "content"),
    [("?pretty=true", b"true"), ("?envelope=true", b'{"status":200,"content":true}'), ("", b"true")],
)
def test_a_bare_answer_in_the_layouts_of_the_api(query, content):
    """As JSON on one line, laid out, or in an envelope."""
    assert ask(f"{HEAD}{BARE}{of_value('boolean', 'on')}", {"on": True}, query).content == content


def test_items_that_are_no_objects_are_read_as_value():
    """Those without a value are reported with what they were; an object is not a text."""
    fields = field("name", "string", f'from = "value"\n{EXACT}')
    driven = ask(f"{ARRAY}bare = true\n{fields}", ["a", 5, None, {"value": "b"}, {}])
    assert driven.document == [{"name": "a"}, {}, {}, {"name": "b"}, {}]
    assert [one.said for one in driven.outcome.record.dropped] == [5, None]


def test_items_that_no_rule_reads_as_value_are_left_out():
    """And reported, since they are no objects."""
    fields = field("name", "string", f'from = "name"\n{EXACT}')
    driven = ask(f"{ARRAY}bare = true\n{fields}", ["a", {"name": "b"}])
    assert driven.document == [{"name": "b"}]
    assert [(one.said, one.why) for one in driven.outcome.record.dropped] == [("a", "not an object")]


def test_a_list_of_bare_values_has_those_that_could_be_made():
    """The others are reported; there is no null in their place."""
    driven = ask(f"{ARRAY}bare = true\n{BARE}{of_value()}", ["a", None, 5, "b"])
    assert driven.document == ["a", "b"]
    assert len(driven.outcome.record.dropped) == 2


def test_bare_values_of_objects():
    """A list of names, made of what has them."""
    assert ask(f"{ARRAY}{BARE}{of_value(source='name')}", {"results": [{"name": "a"}, {}]}).document == ["a"]


def test_a_page_may_have_bare_values():
    """Counted as they are there."""
    page = ARRAY.replace("array", "page")
    driven = ask(f'{page}paging = "collected"\n{BARE}{of_value(source="name")}', {"results": [{"name": "a"}, {}]})
    assert (driven.document["results"], driven.document["totalCount"]) == (["a"], 1)


@pytest.mark.parametrize("said", [{"results": []}, "text", 5, None])
def test_a_bare_list_is_a_list(said):
    """An object or a scalar in its place can't be translated."""
    driven = ask(f"{ARRAY}bare = true\n{of_value()}", said)
    assert (driven.reply.status, driven.document["errorCode"]) == (502, "SHIM_UPSTREAM_UNREADABLE")
    assert "it is not a list of 10000 items at most" in driven.document["detail"]
