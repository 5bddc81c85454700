"""What passes as it is: members that nobody named, and links led back through the shim."""

from typing import Any

import pytest

from tests.core.driver import answers, drive
from tests.core.small import EXACT, HEAD, field, made, read, translated

REST = "\n[resource.thing]\nrest = true\n"


def without(*names):
    """The resource of the thing, of which some members do not pass."""
    return f"{REST}without = {[*names]}\n"


def x(rule, kind="string", more=""):
    return field("x", kind, f"{rule}\n{EXACT}", more)


@pytest.mark.parametrize("value", [None, True, 5, 1.5, "text", [], [None, [1]], {}, {"a": {"b": [None]}}])
def test_what_is_not_known_passes_as_it_is(value):
    """Of any type, null and empty ones too."""
    assert made(REST + x('from = "y"'), {"y": "u", "new": value}) == ({"x": "u", "new": value}, [])


A_B = field("a.b", "string", f'from = "a.b"\n{EXACT}')
A_B_OF_Z = field("a.b", "string", f'from = "z"\n{EXACT}')
ABSENT = field("x", "string", 'absent = true\nwhy = "Unknown."')
A_LIST = {"y": [{"a": "u"}, {"a": "v"}]}


@pytest.mark.parametrize(
    ("fields", "source", "expected"),
    [
        (REST + x('from = "y"'), {"y": "u", "x": "old"}, {"x": "u"}),
        (REST + x('from = "y"'), {"x": "old"}, {}),
        (REST + x('from = ["y", "z"]'), {"y": "u", "z": "v", "w": 1}, {"x": "u", "w": 1}),
        (REST + x('from = "y.a"'), {"y": {"a": "u", "b": 1}, "w": 1}, {"x": "u", "w": 1, "y": {"b": 1}}),
        (REST + x('from = "y.a"'), {"y": {"a": "u"}}, {"x": "u"}),
        (REST + x('from = "y.a.b"'), {"y": {"a": {"b": "u", "c": 1}}}, {"x": "u", "y": {"a": {"c": 1}}}),
        # What can't be known in the old meaning is not handed over in the new one.
        (REST + ABSENT, {"x": "new meaning", "y": 1}, {"y": 1}),
        # Nothing can be taken out of a list; a field of its name stands in its place.
        (REST + x('from = "y[first].a"'), A_LIST, {"x": "u", **A_LIST}),
        (
            REST + x('from = "y[first].a"') + field("y", "strings", f'from = "y[each].a"\n{EXACT}'),
            A_LIST,
            {"x": "u", "y": ["u", "v"]},
        ),
        # A field inside an object stands beside the members that pass.
        (REST + A_B_OF_Z, {"z": "u", "a": {"b": "old", "c": 1}}, {"a": {"b": "u", "c": 1}}),
        (REST + A_B_OF_Z, {"a": {"c": 1}}, {"a": {"c": 1}}),
        (REST + A_B_OF_Z, {"z": "u"}, {"a": {"b": "u"}}),
        # An object of which nothing is left is made only if upstream has it empty by the field's own name.
        (REST + A_B, {"a": {}}, {"a": {}}),
        (REST + A_B, {"a": {"b": "u"}}, {"a": {"b": "u"}}),
        (REST + x('from = "a.b"'), {"a": {}}, {}),
        (
            without("secret", "owner.key", "a.b.c") + x('from = "y"'),
            {"secret": "s", "owner": {"key": "k", "name": "n"}, "a": {"b": {"c": 1}, "d": 2}, "key": 3},
            {"owner": {"name": "n"}, "a": {"d": 2}, "key": 3},
        ),
        (without("b"), {"a": 1, "b": 2}, {"a": 1}),
    ],
)
def test_what_a_field_is_called_or_a_rule_reads_does_not_pass(fields, source, expected):
    """Nor what the document says must not; of an object that a rule takes a part of, the other part does."""
    assert made(fields, source) == (expected, [])


@pytest.mark.parametrize(
    ("fields", "source", "expected", "dropped"),
    [
        (REST + x('from = "y"'), {"y": 5}, {}, ("y", 5, "not of type string")),
        (REST + x('from = ["y", "y.a"]'), {"y": {"a": "u"}}, {"x": "u"}, ("y", {"a": "u"}, "not of type string")),
        (REST + A_B, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}, ("a.b", None, "null is not a value")),
        (without("a.b.c"), {"a": {"b": "text", "d": 1}}, {"a": {"d": 1}}, ("a.b", "text", "not an object")),
        *[
            (REST + x('from = "a.b"'), {"a": said, "c": 1}, {"c": 1}, ("a", said, "not an object"))
            for said in (None, "text", 5, True, [], [{"b": "u"}])
        ],
    ],
)
def test_what_should_be_an_object_and_is_none_is_reported(fields, source, expected, dropped):
    """With its place: nobody knows which part of it would pass. A value that can't be used does not pass either."""
    assert made(fields, source) == (expected, [dropped])


def inside(*fields, more=""):
    """The resource of what stands inside the thing, which passes what its fields do not name."""
    return f"\n[resource.part]\nrest = true\n{more}" + "".join(fields).replace("resource.thing", "resource.part")


def test_objects_inside_pass_the_rest_of_their_own():
    """And report it with their place; a group passes what the first has, and reports the others."""
    inner = inside(field("n", "string", f'from = "name"\n{EXACT}'), more='without = ["s", "o.s"]\n')
    source = {"y": [{"name": "u", "new": None, "s": 1}, {"o": "text"}], "new": 2}
    assert made(REST + x('from = "y"', "objects", 'of = "part"') + inner, source) == (
        {"x": [{"n": "u", "new": None}, {}], "new": 2},
        [("y[1].o", "text", "not an object")],
    )
    counted = inside(field("n", "integer", f"count = true\n{EXACT}"))
    source = {"y": [{"zone": 1, "new": 1}, {"zone": 1, "new": 2}]}
    assert made(x('from = "y"\ngroup = "zone"', "objects", 'of = "part"') + counted, source) == (
        {"x": [{"zone": 1, "new": 1, "n": 2}]},
        [("y[1].new", 2, "not as in the first of its group")],
    )


LINKS = field("links", "links", 'from = "links"\nfidelity = "exact"')
BASE = "http://shim:8480/prefix"


def led(*links):
    """What becomes of some links."""
    return translated(LINKS, {"links": list(links)}, base=BASE).document["links"]


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("https://cloud.mongodb.com/api/atlas/v2/groups/g", "/api/atlas/v2/groups/g"),
        ("HTTPS://cloud.mongodb.com/api/atlas/v2/groups", "/api/atlas/v2/groups"),
        ("https://[::1]:8080/api/atlas/v2/groups", "/api/atlas/v2/groups"),
        ("http://h/api/atlas/v2/groups?pageNum=2&itemsPerPage=1#x", "/api/atlas/v2/groups?pageNum=2&itemsPerPage=1#x"),
        ("https://h/api/atlas/v2/groups/%2F?a=https://h/", "/api/atlas/v2/groups/%2F?a=https://h/"),
    ],
)
def test_a_link_into_the_api_leads_through_the_shim(href, path):
    """By the base that the caller used; path and query stay as they came, and so do other members, in their order."""
    (one,) = led({"rel": "self", "href": href, "title": "x"})
    assert list(one.items()) == [("rel", "self"), ("href", f"{BASE}{path}"), ("title", "x")]


@pytest.mark.parametrize(
    "href",
    [
        *(f"https://cloud.mongodb.com{rest}" for rest in ("", "/restoreJobs", "/api/other/v2/groups")),
        *(f"https://cloud.mongodb.com{rest}" for rest in ("/api/atlas/v2beta/groups", "/x/api/atlas/v2/groups")),
        *(f"https://cloud.mongodb.com{rest}" for rest in ("?to=/api/atlas/v2/groups", "#/api/atlas/v2/groups")),
        *(f"{scheme}/api/atlas/v2/groups" for scheme in ("", "https://", "ftp://h", "//h")),
        *("https://", "", None, 5, ["https://cloud.mongodb.com/api/atlas/v2/groups"]),
    ],
)
def test_any_other_link_stays_as_it_came(href):
    """One that leads elsewhere, is relative, or is not a link at all."""
    assert led({"href": href, "rel": "self"}) == [{"href": href, "rel": "self"}]


def test_an_entry_without_a_link_stays_as_it_came():
    """Whatever it is; an empty list stays one."""
    entries: list[Any] = [{}, {"rel": "self"}, None, "https://h/api/atlas/v2/groups", 5, []]
    assert (led(*entries), led()) == (entries, [])


def test_links_of_both_interfaces_are_led_back():
    """A caller of the oldest one meets links of either, as upstream has them."""
    hrefs = ["/api/atlas/v1.0/groups", "/api/atlas/v2/groups"]
    said = answers({"links": [{"href": f"https://h{href}"} for href in hrefs]})
    driven = drive(read(HEAD + LINKS), "/api/atlas/v1.0/things/t", [said], base=BASE)
    assert [one["href"] for one in driven.document["links"]] == [f"{BASE}{href}" for href in hrefs]
