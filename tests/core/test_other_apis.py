"""APIs at the root, names with dots, and parameters that are refused."""

import pytest

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


ERROR = 'errorCode = "NO_OLD"\ndetail = "Nothing is old."\n'
REFUSED = f"\n[operation.getThing.flex.query.old.refuse]\n{ERROR}"


@pytest.mark.parametrize(
    ("rule", "refused", "sent"),
    [(REFUSED, "?new=1&ol%64=2", "?new=1"), (f"query.old.values = {{ 0 = '0' }}\n{REFUSED}", "?old=1", "?old=0")],
)
def test_a_parameter_is_refused_before_anything_is_sent(rule, refused, sent):
    """With the error that the document gives it: whatever its value, or only what the successor has no word for."""
    driven = asked(HEAD + rule + NAME, [], refused)
    assert (driven.sends, driven.reply.status) == ((), 400)
    assert (driven.document["errorCode"], driven.document["detail"]) == ("NO_OLD", "Nothing is old.")
    assert asked(HEAD + rule + NAME, [answers({})], sent).targets == (f"/new/t{sent}",)
