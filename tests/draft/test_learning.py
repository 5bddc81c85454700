"""What is learned of an old member: what every pair confirms is a rule, and all else is a question."""

import pytest

TEXT, WHOLE, NUMBER, FLAG = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
TEXTS = {"type": "array", "items": TEXT}


def obj(**members):
    return {"type": "object", "properties": members}


def many(**members):
    return {"type": "array", "items": obj(**members)}


def words(*allowed):
    return {"type": "string", "enum": list(allowed)}


def keys(field):
    """A rule without what it says of itself."""
    return {name: value for name, value in field.rule.items() if name not in {"fidelity", "why"}}


def test_what_is_the_same_is_not_named(learned):
    """A document has only what changes; what the old answer did not have must not pass, at whatever depth."""
    inner = {"a": obj(b=TEXT)}
    resource = learned(
        {"x": TEXT, **inner},
        {"x": TEXT, "a": obj(b=TEXT, c=TEXT), "d": TEXT},
        *[({"x": "1", "a": {"b": "2"}}, {"x": "1", "a": {"b": "2", "c": "3"}, "d": "4"})],
    )
    assert (resource.fields, resource.questions) == ((), ())
    assert set(resource.without) == {"a.c", "d"}


@pytest.mark.parametrize(
    ("old", "new", "values", "rule"),
    [
        (TEXT, {"y": TEXT}, [("a", {"y": "a"}), ("b", {"y": "b"})], {"from": "y"}),
        (WHOLE, {"y": WHOLE}, [(n, {"y": n * 1024}) for n in (2, 3, 4)], {"from": "y", "factor": "1/1024"}),
        (WHOLE, {"y": WHOLE}, [(n * 60, {"y": n}) for n in (2, 1, 5)], {"from": "y", "factor": 60}),
        (WHOLE, {"y": NUMBER}, [(n, {"y": float(n)}) for n in (2, 1, 5)], {"from": "y", "whole": True}),
        (TEXTS, {"y": TEXT}, [(["a"], {"y": "a"}), (["c"], {"y": "c"})], {"list": "y"}),
        (TEXT, {"y": TEXTS}, [("a", {"y": ["a", "b"]}), ("c", {"y": ["c"]})], {"from": "y[first]"}),
        (TEXT, {"x": WHOLE}, [("7", {"x": 7})], {"from": "x", "cast": True}),
        (FLAG, {"x": TEXT}, [(True, {"x": "true"})], {"from": "x", "cast": True}),
        (WHOLE, {"y": many(z=TEXT)}, [(n, {"y": [{"z": "a"}] * n}) for n in (1, 2, 3)], {"count": "y"}),
        (TEXT, {"y": obj(z=obj(w=TEXT))}, [(one, {"y": {"z": {"w": one}}}) for one in "ab"], {"from": "y.z.w"}),
        (
            words("queued", "ok"),
            {"x": words("PENDING", "OK")},
            [("queued", {"x": "PENDING"}), ("ok", {"x": "OK"})],
            {"from": "x", "values": {"PENDING": "queued", "OK": "ok"}},
        ),
    ],
)
def test_every_pair_confirms_a_rule(field, old, new, values, rule):
    """A value that comes out right in every pair is the one, whatever it is called."""
    found = field(old, new, *values)
    assert keys(found) == rule
    assert not found.question


@pytest.mark.parametrize(
    ("old", "new", "values", "rule", "remark"),
    [
        (FLAG, {"y": FLAG}, [(n % 2 == 0, {"y": n % 2 == 0, "n": n}) for n in range(9)], "absent", "perhaps by chance"),
        (WHOLE, {"y": WHOLE}, [(1, {"y": 1}), (2, {"y": 2})], "absent", "perhaps by chance"),
        (WHOLE, {"count": WHOLE}, [(7, {"count": 7})] * 9, "absent", "perhaps by chance"),
        (WHOLE, {"x": WHOLE}, [(60, {"x": 1})], "from", "the same value in all objects"),
        (FLAG, {"x2": FLAG}, [(n, {"x2": n}) for n in (True, False)], "from", "2 different values"),
        (TEXT, {"x": TEXT}, [("a", {"x": "p"}), ("b", {"x": "q"})], "absent", 'was "a" in the first of 2 objects'),
        (TEXT, {"x2": TEXT}, [("a", {"x2": "a"}), ("b", {"x2": "c"})], "absent", "no rule gives it"),
        (TEXT, {}, [("daily", {"n": n}) for n in range(5)], "constant", "is it always?"),
        (TEXT, {}, [("t0", {"n": n}) for n in range(5)], "parameter", "the same value in all objects"),
        (
            words("queued", "ok", "bad"),
            {"x": words("PENDING", "OK", "BAD")},
            [("queued", {"x": "PENDING"}), ("ok", {"x": "OK"})],
            "from",
            "no pair has BAD",
        ),
    ],
)
def test_what_may_be_chance_is_a_question(field, old, new, values, rule, remark):
    """One value proves nothing, nor do two of few, equal pairs count once, and words that no pair has are asked."""
    found = field(old, new, *values)
    assert rule in found.rule
    assert found.question
    assert remark in found.remark


@pytest.mark.parametrize(
    ("old", "new", "question"),
    [
        ({"x": TEXT}, {"x": TEXT}, "passed on, though no pair has them: x"),
        ({"x": TEXT}, {"x9": TEXT, "z": TEXT}, "left out, since no pair and no new description has them: x"),
        ({"a.b": TEXT}, {"a.b": TEXT}, "passed on, though no pair has them: 'a.b'"),
    ],
)
def test_without_pairs_nothing_passes_unasked(learned, old, new, question):
    """Descriptions say what could be; that the same name means the same is for a person to say."""
    resource = learned(old, new)
    assert (resource.fields, resource.questions) == ((), (question,))


@pytest.mark.parametrize(
    ("old", "new", "remark"),
    [
        (WHOLE, TEXT, "no pair has it, and it was integer, and is string now"),
        (TEXTS, many(a=TEXT), "no pair has it, and it was strings, and is objects now"),
        (words("a"), words("a", "b"), "no pair has it, and it was string a, and is string a b now"),
        (many(a=TEXT), many(a=WHOLE), "no pair has it, and it changed inside"),
    ],
)
def test_what_descriptions_changed_is_a_question(field, old, new, remark):
    """Without pairs it is left out, and both types or all words are told."""
    found = field(old, {"x": new})
    assert (keys(found), found.question, found.remark) == ({"absent": True}, True, remark)


def test_what_is_on_one_side_alone(learned):
    """What no old answer has must not pass; what some have not passes, and is a question."""
    both = {"x": TEXT, "y": TEXT}
    pairs = [({"y": "b"}, {"x": "a", "y": "b"})]
    assert learned(both, both, *pairs).without == ("x",)
    assert learned(both, both, *pairs, ({"x": "c"}, {"x": "c"})).questions == ("x is new in 1 of 2 objects",)


def test_a_member_that_another_rule_reads_passes_all_the_same(learned):
    """It needs a field of its own, since what a rule reads passes no more by itself."""
    old = {"name": TEXT, "title": TEXT}
    pairs = [({"name": one, "title": one}, {"name": one}) for one in "ab"]
    fields = {one.name: keys(one) for one in learned(old, {"name": TEXT}, *pairs).fields}
    assert fields == {"title": {"from": "name"}, "name": {"from": "name"}}


def test_a_list_whose_items_became_more_is_grouped(learned):
    """New items that have the value of one old item are one, and a number that is theirs is a count."""
    pair = (
        {"rows": [{"rowId": "r", "amount": 2}, {"rowId": "s", "amount": 1}]},
        {"rows": [{"rowId": "r", "seat": "1"}, {"rowId": "r", "seat": "2"}, {"rowId": "s", "seat": "3"}]},
    )
    (rows,) = learned({"rows": many(rowId=TEXT, amount=WHOLE)}, {"rows": many(rowId=TEXT, seat=TEXT)}, pair).fields
    assert keys(rows) == {"from": "rows", "group": "rowId"}
    assert [(one.name, keys(one)) for one in rows.of.fields] == [("amount", {"count": True})]
    assert rows.of.without == ("seat",)


def test_a_list_that_no_new_one_gives_is_a_question(learned):
    """Items that can't be told apart make no rule."""
    pair = ({"a": [{"b": "1"}]}, {"a": [{"b": "2"}, {"b": "3"}]})
    (field,) = learned({"a": many(b=TEXT)}, {"a": many(b=TEXT)}, pair).fields
    assert (field.rule["absent"], field.question) == (True, True)
    assert learned({"a": many(b=TEXT)}, {"a": many(b=TEXT)}, ({"a": []}, {"a": []})).questions == (
        "a is empty in all pairs",
    )


def test_an_object_with_free_names_is_one_value(field):
    """Names that an API's users chose are no members: they are equal as a whole, or a question."""
    free = {"type": "object", "additionalProperties": TEXT}
    assert field(free, {"x": free}, ({"env": "a"}, {"x": {"env": "a"}})) is None
    assert field(free, {"x": free}, ({"env": "a"}, {"x": {"env": "b"}})).rule["absent"]


def test_links_are_led_back(field):
    """Those of the answer itself; if the new one has none, they are a question."""
    links = many(rel=TEXT, href=TEXT)
    link = [{"rel": "self", "href": "https://cloud.mongodb.com/a"}]
    assert keys(field(links, {"x": links}, (link, {"x": link}))) == {"from": "x"}
    assert field(links, {"x": links}, (link, {})).rule["absent"]
    assert field(links, {"x": links}).remark == "no pair has it"
