"""Parameters of the legacy query in the successor's terms, and the one that chooses the call."""

from urllib.parse import parse_qsl

import pytest

from tests.core.driver import answers
from tests.core.small import HEAD, NAME, TARGET, asked

STATE = """
[operation.getThing.flex.query.state]
to = "status"
values = { ready = "OK", "not yet" = "A+B&C", "" = "ANY" }
default = "not yet"
"""


def sent(rules, query, head=HEAD):
    """The query that is sent for a legacy one, and the notes of the record."""
    driven = asked(head + rules + NAME, [answers({"results": []})], query)
    assert driven.reply.status == 200
    return driven.targets[0].partition("?")[2], driven.outcome.record.notes


def refused(rules, query, head=HEAD):
    """The parameters that a 400 names, before anything is sent."""
    driven = asked(head + rules + NAME, [], query)
    assert (driven.sends, driven.reply.status) == ((), 400)
    assert driven.document["errorCode"] == "INVALID_QUERY_PARAMETER"
    return driven.document["parameters"]


RENAMED = '\n[operation.getThing.flex.query.old]\nto = "new name"\n'


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?old=1", "new+name=1"),
        ("?old=", "new+name="),
        ("?old", "new+name="),
        ("?old=a%20b+c%26", "new+name=a%20b+c%26"),
        ("?old=a=b", "new+name=a=b"),
        ("?%6Fld=1", "new+name=1"),
        ("?old=1&x=2&old=3", "new+name=1&x=2&new+name=3"),
        ("?x=%2B&y=+&z", "x=%2B&y=+&z"),
        ("?Old=1", "Old=1"),
        ("", ""),
        ("?", ""),
        ("?&&", ""),
        ("?envelope=false&pretty=false&old=1", "new+name=1"),
    ],
)
def test_a_parameter_has_another_name_there(query, expected):
    """Its value goes on as it was written; others go on as they came, and in their order."""
    assert sent(RENAMED, query)[0] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?state=ready", [("status", "OK")]),
        ("?state=not+yet", [("status", "A+B&C")]),
        ("?state=not%20yet", [("status", "A+B&C")]),
        ("?st%61te=r%65ady", [("status", "OK")]),
        ("?state=ready&state=not+yet", [("status", "OK"), ("status", "A+B&C")]),
        ("?other=1", [("other", "1"), ("status", "A+B&C")]),
        ("", [("status", "A+B&C")]),
    ],
)
def test_a_word_of_a_parameter_is_another_there(query, expected):
    """Read as forms are, and written so; the default is given where the caller gives none."""
    assert parse_qsl(sent(STATE, query)[0], strict_parsing=True) == expected


@pytest.mark.parametrize("query", ["?state=READY", "?state=not%2Byet", "?state=ready&state=gone", "?state=ready%00"])
def test_a_word_that_stands_for_nothing_is_refused(query):
    """Each of repeated ones, before anything is sent."""
    assert refused(STATE, query) == ["state"]


def test_an_empty_word_is_no_missing_one():
    """The default is for callers who give none; without words it is sent as it is, written as forms are."""
    rules = STATE.replace(', "" = "ANY"', "")
    assert refused(rules, "?state=") == refused(rules, "?state") == ["state"]
    rules = '\n[operation.getThing.flex.query.state]\ndefault = "a b&c"\n'
    assert (sent(rules, "")[0], sent(rules, "?state=z")[0]) == ("state=a+b%26c", "state=z")


DROPPED = '\n[operation.getThing.flex.query."with owner"]\ndrop = true\nwhy = "Nobody owns it."\n'


@pytest.mark.parametrize("query", ["?x=1&with+owner=1", "?x=1&with%20owner", "?x=1&with+owner=1&with+owner=2"])
def test_a_dropped_parameter_is_noted(query):
    """Once, however it is written and however often; not if nobody gave it."""
    assert sent(DROPPED, query) == ("x=1", ("the parameter with owner was not sent on: Nobody owns it.",))
    assert sent(DROPPED, "?x=1") == ("x=1", ())


def test_a_page_has_its_own_parameters_beside_the_rules():
    """They are written anew, behind the caller's; its links have the caller's own words, as of a legacy call."""
    head = HEAD.replace("resource =", 'shape = "page"\nresource =')
    assert sent(RENAMED, "?pageNum=2&old=1", head)[0] == "new+name=1&includeCount=true&itemsPerPage=100&pageNum=2"
    driven = asked(head + STATE + NAME, [answers({"results": []})], "?state=ready")
    assert driven.document["links"][0]["href"].endswith(f"{TARGET}?state=ready&pageNum=1&itemsPerPage=100")


CHOOSE = """
[operation.getThing.query]
choose = "the kind"
words = ["plain", "of gold"]
default = "plain"
"""
CALLS = """
[operation.getThing.flex.choose.plain]
path = "/plain/{thing}"
version = "2024-01-01"

[operation.getThing.flex.choose."of gold"]
path = "/gold/{thing}"
version = "2024-01-01"
"""
CHOSEN = HEAD.replace("\n[operation.getThing.flex]\n", CHOOSE + CALLS).rpartition('path = "/new')[0]


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("", "/plain/t"),
        ("?the+kind=plain", "/plain/t"),
        ("?the+kind=of+gold", "/gold/t"),
        ("?the%20kind=of%20gold", "/gold/t"),
        ("?%74he+kind=%6Ff+gold", "/gold/t"),
        ("?the+kind=of+gold&the+kind=plain", "/gold/t"),
        ("?the+kind=plain&the+kind=tin", "/plain/t"),
        ("?x=1&the+kind=of+gold&y=2", "/gold/t?x=1&y=2"),
        ("?The+Kind=of+gold", "/plain/t?The+Kind=of+gold"),
    ],
)
def test_a_parameter_chooses_the_call(query, target):
    """The first of repeated ones counts, and none of them is sent: the call says it already."""
    assert asked(CHOSEN + NAME, [answers({})], query).targets == (target,)


@pytest.mark.parametrize(
    "query", ["?the+kind=tin", "?the+kind=", "?the+kind", "?the+kind=PLAIN", "?the+kind=tin&the+kind=plain"]
)
def test_a_word_that_chooses_nothing_is_refused(query):
    """An empty one too; the default is for callers who give none, and without one the parameter is required."""
    assert refused("", query, CHOSEN) == ["the kind"]
    assert refused("", "", CHOSEN.replace('default = "plain"\n', "")) == ["the kind"]


def test_the_choosing_parameter_is_sent_where_a_rule_says_so():
    """Under the name, and with the words, that the successor has for it."""
    rule = (
        '\n[operation.getThing.flex.choose."of gold".query."the kind"]\nto = "metal"\nvalues = { "of gold" = "AU" }\n'
    )
    assert sent(rule, "?the+kind=of+gold", CHOSEN)[0] == "metal=AU"
