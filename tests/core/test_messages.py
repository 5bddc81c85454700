"""Neutral messages."""

from http import HTTPStatus

import pytest

from shim.core.messages import Call, Reply, field, framed, reason_phrase, replaced, without

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
