"""APIs at the root, and names with dots."""

from tests.core.driver import answers, drive
from tests.core.small import HEAD, NAME, asked, field, read


def test_an_api_may_begin_at_the_root():
    """Its links lead to many places, and stay as they are."""
    text = HEAD.replace("[operation", '[api.a]\nbase = "/"\nversion = "2023-01-01"\n[operation', 1)
    links = [{"rel": "x", "href": "https://elsewhere.example/things"}]
    text += NAME + field("links", "links", 'from = "links"\nfidelity = "exact"')
    assert drive(read(text), "/things/t", [answers({"name": "a", "links": links})]).document["links"] == links


def test_names_with_dots_stand_in_quotes():
    """In sources, in conditions, in names of fields, and of what does not pass."""
    fields = field("'a.b'.c", "string", "from = \"'x.y'.z\"\nfidelity = 'exact'")
    fields += field("d", "strings", "list = \"e.'f.g'\"\nfidelity = 'derived'\nwhy = 'x'")
    fields += "\n[resource.thing]\nrest = true\nwithout = [\"'h.i'\"]\n"
    driven = asked(HEAD + fields, [answers({"x.y": {"z": "1"}, "h.i": 2, "j.k": 3})])
    assert driven.document == {"a.b": {"c": "1"}, "d": [], "j.k": 3}
