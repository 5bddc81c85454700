"""What passes as it is: members that nobody named, and links led back through the shim."""

import pytest

from tests.core.driver import answers, drive
from tests.core.small import EXACT, HEAD, field, made, read, translated

REST = "\n[resource.thing]\nrest = true\n"


def x(rule, kind="string", more=""):
    return field("x", kind, f"{rule}\n{EXACT}", more)


@pytest.mark.parametrize("value", [None, True, 5, 1.5, "text", [], [None, [1]], {}, {"a": {"b": [None]}}])
def test_what_is_not_known_passes_as_it_is(value):
    """Of any type, null and empty ones too."""
    assert made(REST + x('from = "y"'), {"y": "u", "new": value}) == ({"x": "u", "new": value}, [])


def test_a_resource_without_fields_passes_everything():
    """But what must not."""
    assert made('\n[resource.thing]\nrest = true\nwithout = ["b"]\n', {"a": 1, "b": 2}) == ({"a": 1}, [])


@pytest.mark.parametrize(
    ("rule", "source", "expected"),
    [
        ('from = "y"', {"y": "u", "x": "old"}, {"x": "u"}),
        ('from = "y"', {"x": "old"}, {}),
        ('from = ["y", "z"]', {"y": "u", "z": "v", "w": 1}, {"x": "u", "w": 1}),
        ('from = "y"', {"y": 5}, {}),
        ('from = "y.a"', {"y": {"a": "u", "b": 1}, "w": 1}, {"x": "u", "w": 1, "y": {"b": 1}}),
        ('from = "y.a"', {"y": {"a": "u"}}, {"x": "u"}),
        ('from = "y.a.b"', {"y": {"a": {"b": "u", "c": 1}}}, {"x": "u", "y": {"a": {"c": 1}}}),
        ('from = ["y", "y.a"]', {"y": {"a": "u", "b": 1}}, {"x": "u"}),
    ],
)
def test_what_a_field_is_called_or_a_rule_reads_does_not_pass(rule, source, expected):
    """Of an object that a rule takes a part of, the other part does."""
    assert made(REST + x(rule), source)[0] == expected


def test_an_absent_field_does_not_pass_by_the_back_door():
    """What cannot be known in the old meaning is not handed over in the new one."""
    fields = REST + field("x", "string", 'absent = true\nwhy = "Unknown."')
    assert made(fields, {"x": "new meaning", "y": 1}) == ({"y": 1}, [])


def test_a_list_that_a_rule_takes_an_item_of_passes_whole():
    """Nothing can be taken out of it; a field of its name would stand in its place."""
    source = {"y": [{"a": "u"}, {"a": "v"}]}
    assert made(REST + x('from = "y[first].a"'), source) == ({"x": "u", **source}, [])
    named = field("y", "strings", f'from = "y[each].a"\n{EXACT}')
    assert made(REST + x('from = "y[first].a"') + named, source) == ({"x": "u", "y": ["u", "v"]}, [])


def test_fields_and_the_rest_share_an_object():
    """A field inside it stands beside the members that pass."""
    fields = REST + field("a.b", "string", f'from = "z"\n{EXACT}')
    assert made(fields, {"z": "u", "a": {"b": "old", "c": 1}}) == ({"a": {"b": "u", "c": 1}}, [])
    assert made(fields, {"a": {"c": 1}}) == ({"a": {"c": 1}}, [])
    assert made(fields, {"z": "u"}) == ({"a": {"b": "u"}}, [])


def test_an_object_of_which_nothing_is_left_is_not_made():
    """Unless upstream has it empty by the name of the field's own object."""
    fields = REST + field("a.b", "string", f'from = "a.b"\n{EXACT}')
    assert made(fields, {"a": {}}) == ({"a": {}}, [])
    assert made(fields, {"a": {"b": "u"}}) == ({"a": {"b": "u"}}, [])
    assert made(REST + x('from = "a.b"'), {"a": {}}) == ({}, [])


def test_an_object_with_null_in_it_passes_what_else_it_has():
    """The field is left out, and reported."""
    fields = REST + field("a.b", "string", f'from = "a.b"\n{EXACT}')
    assert made(fields, {"a": {"b": None, "c": 1}}) == ({"a": {"c": 1}}, [("a.b", None, "null is not a value")])


@pytest.mark.parametrize("value", [None, "text", 5, True, [], [{"b": "u"}]])
def test_what_should_be_an_object_and_is_none_is_reported(value):
    """Nobody knows which part of it would pass."""
    assert made(REST + x('from = "a.b"'), {"a": value, "c": 1}) == ({"c": 1}, [("a", value, "not an object")])


def test_what_must_not_pass_does_not():
    """Whole members, or parts of them at any depth."""
    fields = '\n[resource.thing]\nrest = true\nwithout = ["secret", "owner.key", "a.b.c"]\n' + x('from = "y"')
    source = {"secret": "s", "owner": {"key": "k", "name": "n"}, "a": {"b": {"c": 1}, "d": 2}, "key": 3}
    assert made(fields, source)[0] == {"owner": {"name": "n"}, "a": {"d": 2}, "key": 3}


def test_what_passes_of_a_wrong_type_is_reported_with_its_place():
    """Where a part must not pass, and upstream has no object there."""
    fields = '\n[resource.thing]\nrest = true\nwithout = ["a.b.c"]\n'
    assert made(fields, {"a": {"b": "text", "d": 1}}) == ({"a": {"d": 1}}, [("a.b", "text", "not an object")])


def test_objects_inside_pass_the_rest_of_their_own():
    """And report it with their place."""
    inner = '\n[resource.part]\nrest = true\nwithout = ["s", "o.s"]\n'
    inner += field("n", "string", f'from = "name"\n{EXACT}').replace("resource.thing", "resource.part")
    fields = REST + x('from = "y"', "objects", 'of = "part"') + inner
    source = {"y": [{"name": "u", "new": None, "s": 1}, {"o": "text"}], "new": 2}
    assert made(fields, source) == (
        {"x": [{"n": "u", "new": None}, {}], "new": 2},
        [("y[1].o", "text", "not an object")],
    )


def test_a_group_passes_what_the_first_has_and_reports_the_others():
    """A member that is new to everybody is not an exception."""
    inner = "\n[resource.part]\nrest = true\n"
    inner += field("n", "integer", f"count = true\n{EXACT}").replace("resource.thing", "resource.part")
    fields = x('from = "y"\ngroup = "zone"', "objects", 'of = "part"') + inner
    source = {"y": [{"zone": 1, "new": 1}, {"zone": 1, "new": 2}]}
    assert made(fields, source) == (
        {"x": [{"zone": 1, "new": 1, "n": 2}]},
        [("y[1].new", 2, "not as in the first of its group")],
    )


LINKS = field("links", "links", 'from = "links"\nfidelity = "exact"')
BASE = "http://shim:8480/prefix"


def led(*links, base=BASE):
    """What becomes of some links."""
    return translated(LINKS, {"links": list(links)}, base=base).document["links"]


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("https://cloud.mongodb.com/api/atlas/v2/groups/g", "/api/atlas/v2/groups/g"),
        ("http://cloud.mongodb.com/api/atlas/v2/groups/g", "/api/atlas/v2/groups/g"),
        ("HTTPS://cloud.mongodb.com/api/atlas/v2/groups", "/api/atlas/v2/groups"),
        ("https://cloud.mongodb.com:443/api/atlas/v2/groups", "/api/atlas/v2/groups"),
        ("https://[::1]:8080/api/atlas/v2/groups", "/api/atlas/v2/groups"),
        ("https://h/api/atlas/v2/groups?pageNum=2&itemsPerPage=1#x", "/api/atlas/v2/groups?pageNum=2&itemsPerPage=1#x"),
        ("https://h/api/atlas/v2/groups/%2F?a=https://h/", "/api/atlas/v2/groups/%2F?a=https://h/"),
    ],
)
def test_a_link_into_the_api_leads_through_the_shim(href, path):
    """By the base that the caller used; path and query stay as they came."""
    assert led({"href": href, "rel": "self"}) == [{"href": f"{BASE}{path}", "rel": "self"}]


@pytest.mark.parametrize(
    "href",
    [
        "https://cloud.mongodb.com/restoreJobs",
        "https://cloud.mongodb.com/api/other/v2/groups",
        "https://cloud.mongodb.com/api/atlas/v2beta/groups",
        "https://cloud.mongodb.com/x/api/atlas/v2/groups",
        "https://cloud.mongodb.com",
        "https://cloud.mongodb.com?to=/api/atlas/v2/groups",
        "https://cloud.mongodb.com#/api/atlas/v2/groups",
        "https:///api/atlas/v2/groups",
        "https://",
        "ftp://cloud.mongodb.com/api/atlas/v2/groups",
        "/api/atlas/v2/groups",
        "//cloud.mongodb.com/api/atlas/v2/groups",
        "",
        None,
        5,
        ["https://cloud.mongodb.com/api/atlas/v2/groups"],
    ],
)
def test_any_other_link_stays_as_it_came(href):
    """One that leads elsewhere, is relative, or is not a link at all."""
    assert led({"href": href, "rel": "self"}) == [{"href": href, "rel": "self"}]


@pytest.mark.parametrize("link", [{}, {"rel": "self"}, None, "https://h/api/atlas/v2/groups", 5, []])
def test_an_entry_without_a_link_stays_as_it_came(link):
    """Whatever it is."""
    assert led(link) == [link]


def test_other_members_of_a_link_stay():
    """The order of members, too."""
    link = {"rel": "self", "href": "https://h/api/atlas/v2/groups", "title": "x"}
    (one,) = led(link)
    assert list(one.items()) == [("rel", "self"), ("href", f"{BASE}/api/atlas/v2/groups"), ("title", "x")]


def test_an_empty_list_of_links_stays_one():
    """As upstream has it."""
    assert led() == []


@pytest.mark.parametrize(
    ("source", "why"), [({"links": None}, "null is not a value"), ({"links": {}}, "not of type links")]
)
def test_what_is_no_list_is_no_links(source, why):
    """The field is left out, and reported."""
    driven = translated(LINKS, source)
    assert (driven.document, [one.why for one in driven.outcome.record.dropped]) == ({}, [why])
    assert translated(LINKS, {}).document == {}


def test_links_of_both_interfaces_are_led_back():
    """A caller of the oldest one meets links of either, as upstream has them."""
    hrefs = ["/api/atlas/v1.0/groups", "/api/atlas/v2/groups"]
    said = answers({"links": [{"href": f"https://h{href}"} for href in hrefs]})
    driven = drive(read(HEAD + LINKS), "/api/atlas/v1.0/things/t", [said], base=BASE)
    assert [one["href"] for one in driven.document["links"]] == [f"{BASE}{href}" for href in hrefs]
