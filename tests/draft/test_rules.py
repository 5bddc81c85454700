"""What a draft proposes for one old member, by names and types alone, and by recorded pairs."""

import pytest

TEXT, WHOLE, NUMBER, FLAG = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
TIME = {"type": "string", "format": "date-time"}
TEXTS = {"type": "array", "items": TEXT}
ABSENT = {"absent": True}


def obj(**members):
    return {"type": "object", "properties": members}


def words(*allowed):
    return {"type": "string", "enum": list(allowed)}


def test_what_is_the_same_is_not_named(rule):
    """A document has only what changes."""
    assert rule(TEXT, {"x": TEXT}) is None
    assert rule(TEXT, {"x": TEXT}, ("a", {"x": "a"})) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (WHOLE, {"x": TEXT}, {"from": "x", "cast": True}),
        (TEXT, {"x": WHOLE}, {"from": "x", "cast": True}),
        (WHOLE, {"x": NUMBER}, {"from": "x", "whole": True}),
        (
            words("isReady", "bad"),
            {"x": words("IS_READY", "BAD")},
            {"from": "x", "values": {"IS_READY": "isReady", "BAD": "bad"}},
        ),
        (FLAG, {"x": words("ENABLED", "DISABLED")}, {"from": "x", "values": {"ENABLED": True, "DISABLED": False}}),
        (TEXTS, {"x": TEXT}, {"list": "x"}),
    ],
)
def test_another_type_or_spelling_is_proposed(rule, old, new, said):
    """Casts, tables of words and lists, where the name stayed."""
    assert rule(old, new) == said


@pytest.mark.parametrize(
    ("old", "new", "values", "said"),
    [
        (TEXT, {"y": TEXT}, [("a", {"y": "a"}), ("b", {"y": "b"})], {"from": "y"}),
        (WHOLE, {"y": WHOLE}, [(2, {"y": 2048}), (3, {"y": 3072})], {"from": "y", "factor": "1/1024"}),
        (WHOLE, {"y": WHOLE}, [(120, {"y": 2}), (60, {"y": 1})], {"from": "y", "factor": 60}),
        (TEXT, {"y": TEXTS}, [("a,b", {"y": ["a", "b"]}), ("c", {"y": ["c"]})], {"from": "y", "join": ","}),
        (TEXTS, {"y": TEXT}, [(["a", "b"], {"y": "a b"}), (["c"], {"y": "c"})], {"from": "y", "split": " "}),
        (TEXTS, {"y": TEXT}, [(["a"], {"y": "a"}), (["c"], {"y": "c"})], {"list": "y"}),
        (TEXT, {"y": TEXTS}, [("a", {"y": ["a", "b"]}), ("c", {"y": ["c"]})], {"from": "y[first]"}),
        (TEXT, {"y": WHOLE}, [("7", {"y": 7}), ("8", {"y": 8})], {"from": "y", "cast": True}),
        (WHOLE, {"y": WHOLE}, [(7, {"y": 7}), (None, {"y": 0}), (8, {"y": 8})], {"from": "y", "drop": [0]}),
        (TEXT, {"y": TEXT, "z": TEXT}, [("a", {"y": "a"}), ("b", {"z": "b"})], {"from": ["y", "z"]}),
        (
            TEXT,
            {"y": obj(z=obj(w=TEXT))},
            [("a", {"y": {"z": {"w": "a"}}}), ("b", {"y": {"z": {"w": "b"}}})],
            {"from": "y.z.w"},
        ),
        (TEXT, {}, [("t0", {}), ("t1", {})], {"parameter": "thingName"}),
        (TEXT, {}, [("daily", {})] * 5, {"constant": "daily"}),
    ],
)
def test_pairs_find_what_names_do_not_tell(rule, old, new, values, said):
    """A value that comes out right in every pair is the one, whatever it is called."""
    assert rule(old, new, *values) == said


def test_values_of_each_item_are_found(rule):
    """A list of what each item of another list has."""
    items = {"type": "array", "items": obj(name=TEXT)}
    values = [(list(names), {"y": [{"name": name} for name in names]}) for names in ("ab", "cde", "f")]
    assert rule(TEXTS, {"y": items}, *values) == {"from": "y[each].name"}


def test_words_that_pairs_tell(rule):
    """A table is learned where each word was seen often enough, and the rest of it goes by spelling."""
    new = {"y": words("PENDING", "OK", "BROKEN")}
    values = [("queued", {"y": "PENDING"}), ("ok", {"y": "OK"})] * 4
    said = rule(words("queued", "ok", "broken"), new, *values)
    assert said == {"from": "y", "values": {"OK": "ok", "BROKEN": "broken", "PENDING": "queued"}}


def test_pairs_drop_a_rename_that_is_none(rule):
    """A name that is alike says nothing against values that are not."""
    old, new = {"type": "string"}, {"x2": TEXT, "other": TEXT}
    assert rule(old, new, ("a", {"x2": "p", "other": "a"}), ("b", {"x2": "q", "other": "b"})) == {"from": "other"}
    assert rule(old, {"x": TEXT}, ("a", {"x": "p"}), ("b", {"x": "q"})) == ABSENT


def test_one_value_proves_nothing_under_another_name(rule):
    """That two flags were both false in all pairs is no evidence."""
    values = [(False, {"y": False})] * 4
    assert rule(FLAG, {"y": FLAG}, *values) == ABSENT


def test_what_nothing_is_like_is_a_question(rule):
    """An unanswered field is left out, which loads, and is never made up."""
    assert rule(TIME, {"y": WHOLE}) == ABSENT


def test_a_field_that_no_old_answer_has_must_not_pass(compared):
    """Descriptions of both versions may have what only one answers with."""
    members = {"x": TEXT, "y": TEXT}
    found = compared(members, members, *[({"y": "b"}, {"x": "a", "y": "b"})] * 2)["thing"]
    assert found == {"rest": True, "without": ["x"]}


def test_what_is_new_inside_an_object_must_not_pass(compared):
    """Its name is nested, and the object needs no resource for it."""
    found = compared({"a": obj(b=TEXT)}, {"a": obj(b=TEXT, c=TEXT), "d": TEXT})["thing"]
    assert found == {"rest": True, "without": ["d", "a.c"]}


def test_a_list_whose_items_became_more_is_grouped(compared):
    """The old integer that counts them is told by its name, or by pairs."""
    old = {"rows": {"type": "array", "items": obj(rowId=TEXT, amount=WHOLE)}}
    new = {"rows": {"type": "array", "items": obj(rowId=TEXT, seat=TEXT)}}
    pair = (
        {"rows": [{"rowId": "r", "amount": 2}]},
        {"rows": [{"rowId": "r", "seat": "1"}, {"rowId": "r", "seat": "2"}]},
    )
    for pairs in ([], [pair]):
        found = compared(old, new, *pairs)
        assert found["thing"]["rows"]["tier"]["successor"]["group"] == "rowId"
        assert found["row"]["amount"]["tier"]["successor"]["count"] is True


def test_a_list_that_moved_is_found(compared):
    """By what its items have in common, though its name is another."""
    items = {"type": "array", "items": obj(first=TEXT, last=TEXT)}
    found = compared({"people": items, "x": TEXT}, {"data": obj(crew=items), "x": TEXT})["thing"]
    assert found["people"]["tier"]["successor"]["from"] == "data.crew"


def test_an_object_by_name_is_found_in_a_list(compared):
    """An object with free names was a list with the names in its items."""
    old = {"size": {"type": "object", "additionalProperties": obj(cm=WHOLE)}}
    new = {"sizes": {"type": "array", "items": obj(side=TEXT, cm=WHOLE)}}
    pair = ({"size": {"w": {"cm": 1}, "h": {"cm": 2}}}, {"sizes": [{"side": "w", "cm": 1}, {"side": "h", "cm": 2}]})
    said = compared(old, new, pair)["thing"]["size"]["tier"]["successor"]
    assert (said["from"], said["keyed"]) == ("sizes", "side")


def test_an_object_that_is_no_more_is_put_together(compared):
    """Its members are fields with dotted names, each from its own place."""
    found = compared({"size": obj(width=WHOLE, height=WHOLE)}, {"width": WHOLE, "height": WHOLE})["thing"]
    assert found["size.width"]["tier"]["successor"]["from"] == "width"
