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
        (WHOLE, {"y": WHOLE}, [(n, {"y": n * 1024}) for n in (2, 3, 4)], {"from": "y", "factor": "1/1024"}),
        (WHOLE, {"y": WHOLE}, [(n * 60, {"y": n}) for n in (2, 1, 5)], {"from": "y", "factor": 60}),
        (TEXT, {"y": TEXTS}, [("a,b", {"y": ["a", "b"]}), ("c", {"y": ["c"]})], {"from": "y", "join": ","}),
        (TEXTS, {"y": TEXT}, [(["a", "b"], {"y": "a b"}), (["c"], {"y": "c"})], {"from": "y", "split": " "}),
        (TEXTS, {"y": TEXT}, [(["a"], {"y": "a"}), (["c"], {"y": "c"})], {"list": "y"}),
        (TEXT, {"y": TEXTS}, [("a", {"y": ["a", "b"]}), ("c", {"y": ["c"]})], {"from": "y[first]"}),
        (TEXT, {"y": WHOLE}, [("7", {"y": 7}), ("8", {"y": 8})], {"from": "y", "cast": True}),
        (
            WHOLE,
            {"y": WHOLE},
            [(7, {"y": 7}), (None, {"y": 0}), (8, {"y": 8}), (9, {"y": 9})],
            {"from": "y", "drop": [0]},
        ),
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


def test_items_are_counted(compared):
    """An old number that counts what the new answer lists, by its name, or by pairs under any."""
    nodes = {"nodes": {"type": "array", "items": obj(host=TEXT)}}
    found = compared({"nodeCount": WHOLE, "a": TEXT}, {**nodes, "a": TEXT})["thing"]["nodeCount"]
    assert found["tier"]["successor"]["count"] == "nodes"
    pairs = [({"size": n, "a": "b"}, {"nodes": [{"host": "h"}] * n, "a": "b"}) for n in range(1, 4)]
    found = compared({"size": WHOLE, "a": TEXT}, {**nodes, "a": TEXT}, *pairs)["thing"]["size"]
    assert found["tier"]["successor"]["count"] == "nodes"


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


def test_two_small_numbers_prove_nothing_either(rule):
    """Of the numbers of an answer, some are alike by chance."""
    assert rule(WHOLE, {"y": WHOLE}, (1, {"y": 1}), (2, {"y": 2})) == ABSENT


def test_a_value_that_stands_for_nothing_is_dropped(rule):
    """The new answer says 0 where the old one said nothing, of the same name."""
    values = [(1, {"x": 1}), (2, {"x": 2}), (None, {"x": 0})]
    assert rule(WHOLE, {"x": WHOLE}, *values) == {"from": "x", "drop": [0]}


def test_a_name_that_most_pairs_agree_with_is_in_question(compared):
    """It is proposed, since something like it is meant, with the first pair that denies it."""
    pairs = [({"size": n}, {"size2": n}) for n in range(4)] + [({"size": 7}, {"size2": 8})]
    said = compared({"size": WHOLE, "same": TEXT}, {"size2": WHOLE, "same": TEXT}, *pairs)["thing"]["size"]
    assert said["tier"]["successor"]["from"] == "size2"


def test_what_is_on_one_side_alone_passes_and_is_in_question(compared):
    """No rule says when; whoever reads the draft may know."""
    pairs = [({"x": "a", "y": "b"}, {"x": "a", "y": "b"}), ({"y": "c"}, {"x": "d", "y": "c"})]
    assert compared({"x": TEXT, "y": TEXT}, {"x": TEXT, "y": TEXT}, *pairs)["thing"] == {"rest": True}


def test_an_object_that_moved_is_found(compared):
    """By its members, with those that it did not have left out."""
    inner = obj(street=TEXT, city=TEXT)
    found = compared(
        {"place": inner, "x": TEXT}, {"who": obj(address=obj(street=TEXT, city=TEXT, zip=TEXT)), "x": TEXT}
    )
    assert found["thing"]["place"]["tier"]["successor"]["from"] == "who.address"
    assert found["place"] == {"rest": True, "without": ["zip"]}


def test_an_object_that_stays_may_change_inside(compared):
    """It is a resource of its own, with what changes in it."""
    found = compared({"box": obj(widthCm=WHOLE, a=TEXT)}, {"box": obj(widthMm=WHOLE, a=TEXT)})
    assert found["thing"]["box"]["of"] == "box"
    assert found["box"]["widthCm"]["tier"]["successor"]["factor"] == "1/10"


def test_links_are_led_back(compared):
    """Those of the answer itself; where the new one has none, they are a question."""
    links = {"type": "array", "items": obj(rel=TEXT, href=TEXT)}
    found = compared({"a": TEXT, "links": links}, {"a": TEXT, "links": links})["thing"]
    assert found["links"]["tier"]["successor"]["from"] == "links"
    assert compared({"a": TEXT, "links": links}, {"a": TEXT})["thing"]["links"]["tier"]["successor"]["absent"]


def test_names_that_no_document_can_say_pass(compared):
    """A dot in a name would mean an object; what has one is left as it is."""
    assert compared({"a.b": TEXT, "c": TEXT}, {"a.b": TEXT, "c": TEXT, "1": TEXT, "d": TEXT})["thing"] == {
        "rest": True,
        "without": ["d"],
    }


def test_what_is_new_inside_an_object_is_left_out_of_unlike_things_too(compared):
    """A resource that passes on nothing by itself names the object, and what of it must not pass."""
    old = {"a": obj(b=TEXT), "p": TEXT, "q": TIME, "r": WHOLE}
    found = compared(old, {"a": obj(b=TEXT, c=TEXT), "z": TEXT})
    assert found["thing"]["a"]["of"] == "a"
    assert found["a"] == {"rest": True, "without": ["c"]}


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
