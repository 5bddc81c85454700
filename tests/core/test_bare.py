"""Upstream answers and items that are no object, and answers that are no object either."""

from typing import Any

import pytest

from tests.core.driver import answers
from tests.core.small import ARRAY, EXACT, HEAD, NAME, asked, dropped_of, field

BARE = "\n[resource.thing]\nbare = true\n"
UPSTREAM = "bare = true\n"
"""What makes the thing a bare value, and what says that the successor answers with one."""


def ask(text, said, query=""):
    """Ask for the thing or the things of a document."""
    return asked(text, [said if isinstance(said, tuple) else answers(said)], query)


def of_value(kind="string", source="value"):
    return field("value", kind, f'from = "{source}"\n{EXACT}')


@pytest.mark.parametrize(
    ("kind", "said"),
    [("string", "u"), ("integer", 5), ("number", 1.5), ("boolean", False), ("array", [None, {}]), ("object", {"a": 1})],
)
def test_a_bare_answer_is_the_value_itself(kind, said):
    """Of whatever type; made of a bare answer, or of a member."""
    if type(said) is not dict:
        assert ask(f"{HEAD}{UPSTREAM}{BARE}{of_value(kind)}", said).document == said
    assert ask(f"{HEAD}{BARE}{of_value(kind, 'a.b')}", {"a": {"b": said}}).document == said


NO_VALUES: list[Any] = [["u"], {"value": 5}, {}]
NO_LISTS: list[Any] = [{"results": []}, "text", None]


@pytest.mark.parametrize(
    ("text", "said", "why"),
    [
        *[(HEAD + UPSTREAM + BARE, said, "nothing that makes the one value") for said in NO_VALUES],
        (HEAD + UPSTREAM + BARE, 5, "nothing that makes the one value of the answer: value was 5: not of type string"),
        (HEAD + BARE, {}, "nothing that makes the one value of the answer: none"),
        (HEAD, "u", "it is not a JSON object"),
        *[(HEAD + UPSTREAM + BARE, said, "it is not a JSON value") for said in (None, (200, (), b""))],
        *[(ARRAY + UPSTREAM, said, "it is not a list of 10000 items at most") for said in NO_LISTS],
    ],
)
def test_an_answer_without_the_value_cannot_be_made(text, said, why):
    """It is an error that says what was said; an object or a scalar is no list, and a value no object."""
    driven = ask(text + of_value(), said)
    assert (driven.reply.status, driven.document["errorCode"]) == (502, "SHIM_UPSTREAM_UNREADABLE")
    assert why in driven.document["detail"]


@pytest.mark.parametrize(("said", "expected"), [("u", {"value": "u"}), (["u"], {}), ({"value": "u"}, {"value": "u"})])
def test_a_bare_answer_may_become_an_object(said, expected):
    """Rules read it as value, and an object's own member of that name too."""
    assert ask(f"{HEAD}{UPSTREAM}{of_value()}", said).document == expected


@pytest.mark.parametrize(
    ("query", "content"),
    [("?pretty=true", b"true"), ("?envelope=true", b'{"status":200,"content":true}'), ("", b"true")],
)
def test_a_bare_answer_in_the_layouts_of_the_api(query, content):
    """As JSON on one line, laid out, or in an envelope."""
    assert ask(f"{HEAD}{BARE}{of_value('boolean', 'on')}", {"on": True}, query).content == content


@pytest.mark.parametrize(
    ("text", "said", "made", "dropped"),
    [
        (
            UPSTREAM + of_value(),
            ["a", 5, None, {"value": "b"}, {}],
            [{"value": "a"}, {}, {}, {"value": "b"}, {}],
            [5, None],
        ),
        (UPSTREAM + NAME, ["a", {"name": "b"}], [{"name": "b"}], ["a"]),
        (UPSTREAM + BARE + of_value(), ["a", None, 5, "b"], ["a", "b"], [None, 5]),
        (BARE + of_value(source="name"), {"results": [{"name": "a"}, {}]}, ["a"], []),
    ],
    ids=["read as value", "not read as value", "bare values", "bare values of objects"],
)
def test_items_that_are_no_objects(text, said, made, dropped):
    """Where a rule reads them as value they are made; all others are reported with what they were."""
    driven = ask(ARRAY + text, said)
    assert (driven.document, [one for _, one, _ in dropped_of(driven)]) == (made, dropped)


def test_a_page_may_have_bare_values():
    """Counted as they are there."""
    page = ARRAY.replace("array", "page")
    driven = ask(f'{page}paging = "collected"\n{BARE}{of_value(source="name")}', {"results": [{"name": "a"}, {}]})
    assert (driven.document["results"], driven.document["totalCount"]) == (["a"], 1)
