"""Lists that are written a column at a time: the same answer and record, byte for byte, as an item at a time."""

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.content import JsonReader, dumps, loads
from shim.core.messages import Reply
from shim.core.recognise import shared_engine
from shim.core.translate import Translator, UpstreamPage, translate_items
from shim.core.writers import KINDS, NAMES, ItemsWriter, ListWriter
from shim.documents.fields import Resource
from tests.core.driver import AFTER, BASE, CASES, JOBS, LIST, NON_FLEX, SNAPSHOT, answers, drive
from tests.core.fields_made_up import JSON, OF, PARAMETERS, fields, objects
from tests.core.small import START, operation, read, successor
from tests.core.test_translator import CALL, NUMBERED, OURS, names_in

SHARED_TIER = "/groups/g1/clusters/c1/backup/tenant"
LISTS = {
    "snapshot": [LIST, f"{SHARED_TIER}/snapshots"],
    "restore": [JOBS, f"{SHARED_TIER}/restores"],
    "cluster": ["/groups/g1/serverless"],
}
"""Retired lists, by what their successors list."""

QUERIES = ["", "?itemsPerPage=2&pageNum=2", "?envelope=true&includeCount=false", "?x=%22&pretty=true", "?pageNum=3&a=b"]

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2**70, 1.5, "", "x", "a b", "é", "\ud800", '"', "\\", "\x7f", "\x00", "\u2028",
    [], {}, [None], ["x"], {"id": "x"}, [[]], "true", "daily", "queued", "COMPLETED", "FAILED", "DOWNLOAD", "20",
    "2026-01-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-31T00:00:00Z",
    "2026-01-01T00:00:00.5Z", "9999-12-31T23:59:59-14:00",
    "x\ny", "2026-01-01T00:00:00Z\n2026-01-01T00:00:00Z",
]  # fmt: skip


def recorded() -> list[tuple[str, str, dict[str, Any]]]:
    """Return what lists were recorded: the tier, what they list, and the document."""
    found = []
    for tier in ("flex", "dedicated"):
        for kind in LISTS:
            path = CASES / "recorded" / f"{tier}-{kind}-list.jsonl"
            lines = map(json.loads, path.read_text("utf-8").splitlines()) if path.exists() else ()
            found += [(tier, kind, json.loads(line["body"])) for line in lines if line["status"] == 200]
    return found


RECORDED = recorded()
FULL = [one for one in RECORDED if one[2]["results"]]


def both(engine, monkeypatch, target, document, tier="flex", **more):
    """Answer a call with a document twice, the second time an item at a time, and return what the first did."""
    upstream = [*([] if tier == "flex" else [NON_FLEX]), *[answers(document)] * 25]
    written = drive(engine, target, upstream, **more)
    with monkeypatch.context() as patched:
        patched.setattr("shim.core.answer.ListWriter", lambda *_: None)
        plain = drive(engine, target, upstream, **more)
    assert written.outcome.record == plain.outcome.record
    assert (written.reply.headers, written.content) == (plain.reply.headers, plain.content)
    return written


def counted(monkeypatch):
    """Note whether each list was written at once."""
    found = []
    values = ListWriter.values

    def noting(self, items, now):
        made = values(self, items, now)
        found.append(made is not None)
        return made

    monkeypatch.setattr(ListWriter, "values", noting)
    return found


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("api", ["v1.0", "v2"])
def test_recorded_lists_are_answered_alike(engine, monkeypatch, api, query):
    """Whatever upstream was recorded to list."""
    for tier, kind, document in RECORDED:
        for path in LISTS[kind]:
            both(engine, monkeypatch, f"/api/atlas/{api}{path}{query}", document, tier)


def test_most_recorded_lists_of_backups_are_written_at_once(engine, monkeypatch):
    """Snapshots, and restore jobs of flex clusters: their rules allow it, conditions included."""
    found = counted(monkeypatch)
    for tier, kind, document in FULL:
        if kind != "cluster" and (tier, kind) != ("dedicated", "restore"):
            both(engine, monkeypatch, f"/api/atlas/v2{LISTS[kind][0]}", document, tier)
    assert sum(found) == len(found) - 2  # two snapshots are on demand, for which there is no legacy word


def mutated(chance: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with something odd in it, or two things."""
    made = copy.deepcopy(document)
    items = made["results"]
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        place = chance.randrange(len(items))
        item = items[place]
        name = chance.choice([*item, "x"]) if isinstance(item, dict) and item else "x"
        match chance.randrange(10):
            case 0 | 1 if isinstance(item, dict):
                item.pop(name, None)
            case 2 | 3 | 4 if isinstance(item, dict):
                item[name] = chance.choice(ODD)
            case 5:
                items[place] = chance.choice([*ODD, [*item] if isinstance(item, dict) else 1])
            case 6:
                items.insert(place, copy.deepcopy(chance.choice(items)))
            case 7 if isinstance(item, dict):
                items[place] = dict(chance.sample([*item.items()], len(item)))
            case 8:
                whole = chance.choice(["totalCount", "links", "results"])
                made[whole] = chance.choice([*ODD, items, [{"rel": "next"}]])
                if made["results"] is not items:
                    return made
            case _:
                chance.shuffle(items)
    return made


def hold_alike(engine, monkeypatch, seed, count):
    chance = random.Random(seed)
    for _ in range(count):
        tier, kind, document = chance.choice(FULL)
        path, query, api = chance.choice(LISTS[kind]), chance.choice(QUERIES), chance.choice(["v1.0", "v2"])
        said = mutated(chance, {**document, "results": document["results"][:12]})
        both(engine, monkeypatch, f"/api/atlas/{api}{path}{query}", said, tier)


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 300), *(pytest.param(seed, 500, marks=pytest.mark.slow) for seed in range(2, 12))]
)
def test_odd_lists_are_answered_alike(engine, monkeypatch, seed, count):
    """Values of another type, missing members, items that are no objects, other orders: the answer is the same."""
    hold_alike(engine, monkeypatch, seed, count)


@pytest.mark.parametrize("text", ["x\ny", "2026-01-01T00:00:00Z\n2026-01-02T00:00:00Z", "", "\n"])
def test_a_line_break_in_a_value_is_escaped(engine, monkeypatch, text):
    """A text that looks like two usual ones with a line break between them is not a usual text."""
    for name in ("id", "startTime", "expiration", "mongoDBVersion"):
        items = [SNAPSHOT, SNAPSHOT | {name: text}]
        both(engine, monkeypatch, f"/api/atlas/v2{LIST}", {"results": items, "totalCount": 2})


GET_THINGS = "/api/atlas/v2/things/g/n"
THINGS = START + operation("listThings", "GET", "/things/{groupId}/{name}", 'resource = "thing"\nshape = "page"')
THINGS += successor("listThings", "/new/{groupId}") + '[resource.thing.x]\ntype = "string"\n'
THINGS += '[resource.thing.x.flex]\nfrom = "x"\nfidelity = "exact"\n'


FIELDS = read(THINGS).operations[0].successors["flex"].resource.fields


def writer_of(declared, api="v2"):
    """Return what writes lists of things that have these fields, and what translates them one by one."""
    resource = Resource(fields=tuple(declared))
    translator = Translator("made up", resource, "flex", parameters=PARAMETERS, api=api)
    return ItemsWriter("made up page", PARAMETERS, (), api, translator), translator


@pytest.mark.parametrize("kind", OF)
@given(st.data(), st.sampled_from(["v1", "v2"]))
def test_made_up_fields_are_written_as_they_are_translated(kind, data, api):
    """Whatever the rules: either a list is not written at once, or it is the same, and nothing was dropped."""
    declared = data.draw(fields(kind))
    items = data.draw(st.lists(objects(declared) | objects(declared) | JSON, min_size=1, max_size=5))
    writer, translator = writer_of(declared, api)
    made = ListWriter(writer, CALL).values(items, CALL.now)
    expected = translate_items(translator, [UpstreamPage({}, items)], CALL, "results")
    if made is not None:
        pieces, _, reported = made
        assert f"[{''.join(pieces)[1:]}]".encode() == dumps(expected.value)
        assert reported == expected.fields
        assert not expected.dropped


@given(st.data())
def test_no_text_of_a_document_becomes_code_of_a_list(data):
    """All names in the text of a kind's function are ours, whatever the document and upstream say."""
    declared = data.draw(st.sampled_from(sorted(OF)).flatmap(fields))
    items = data.draw(st.lists(objects(declared), min_size=1, max_size=2))
    texts: list[str] = []
    writer, _ = writer_of(declared)

    def noted(text, *more):
        texts.append(text)
        return compile(text, *more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("shim.core.translate.compile", noted, raising=False)
        ListWriter(writer, CALL).values(items, CALL.now)
    names = {name.rstrip("0123456789") for text in texts for name in names_in(text)}
    own = {"c", "m", "form", "zip", "map", "item", "texts", "write", "plain", "Unusual", "isdisjoint", "issuperset"}
    own |= {"are_of", "are_plain", "are_segments", "are_times", "__getitem__", "columns", "looked", "_"}
    numbered = {*NUMBERED, "texts", "dropped", "word", "look"}
    assert {name for name in names - OURS - own if name.rpartition("_")[0] not in numbered} == set()


def test_items_of_several_kinds_stay_in_their_order(engine, monkeypatch):
    """Items that lack a member are written by another function, and take their places among the others."""
    found = counted(monkeypatch)
    items = [SNAPSHOT | {"id": f"{number}", "startTime": f"2026-08-0{number % 3 + 1}T00:00:00Z"} for number in range(9)]
    for item in items[::2]:
        del item["mongoDBVersion"]
    driven = both(engine, monkeypatch, f"/api/atlas/v2{LIST}", {"results": items})
    assert [one["id"] for one in driven.document["results"]] == ["8", "5", "2", "7", "4", "1", "6", "3", "0"]
    assert found == [True]


def test_words_that_are_equal_to_python_are_kept_apart(monkeypatch):
    """True is no 1, whichever of them a condition met first."""
    text = THINGS.replace('from = "x"\nfidelity = "exact"\n', "").replace("[resource.thing.x.flex]", "")
    text += "[[resource.thing.x.flex]]\nwhen = { source = 'a', is = true }\nconstant = 'yes'\nwhy = 'W'\n"
    text += "[[resource.thing.x.flex]]\nfrom = 'x'\nfidelity = 'exact'\n"
    engine = read(text)
    for value in (1, True, 1.0, True, 1, "yes", None):
        both(engine, monkeypatch, GET_THINGS, {"results": [{"x": "z", "a": value}] * 2})


def test_a_kind_is_made_for_few_members(monkeypatch):
    """Upstream that names its members anew in each answer costs no more functions than there are kinds."""
    writer, _ = writer_of(FIELDS)
    write = ListWriter(writer, CALL).values
    made = [write([{"x": "a", f"y{number}": 1}], 0.0) for number in range(KINDS + 9)]
    assert [one is not None for one in made] == [True] * KINDS + [False] * 9
    assert write([{"x": "a", "y0": 1}], 0.0) is not None
    assert ListWriter(writer_of(FIELDS)[0], CALL).values([{"x": "a", "y" * NAMES: 1}], 0.0) is None


def test_what_no_path_carries_as_it_is_goes_the_ordinary_way(monkeypatch):
    """A parameter with a quote in it, or a query that JSON escapes, is written as ever."""
    engine, found = shared_engine({}), counted(monkeypatch)
    for target in ("/groups/g1/serverless/c%22/backup/snapshots", f"{LIST}?x=\\&y=\ud800&z=é"):
        both(engine, monkeypatch, f"/api/atlas/v2{target}", {"results": [SNAPSHOT], "totalCount": 1})
    assert found == [False, True]


@pytest.mark.parametrize("depth", [90, 97, 98, 99, 200])
def test_the_depth_of_what_is_not_read_still_counts(engine, monkeypatch, depth):
    """A list with a member that no rule reads is refused for its depth, however many items it has."""
    deep = json.loads("[" * depth + "]" * depth)
    for count in (1, 200):
        items = [*[SNAPSHOT] * (count - 1), SNAPSHOT | {"deep": deep}]
        driven = both(engine, monkeypatch, f"/api/atlas/v2{LIST}", {"results": items})
        assert driven.reply.status == (200 if depth < 98 else 502)


def test_the_clock_that_a_rule_looks_at_is_that_of_the_answer(engine, monkeypatch):
    """A link that has expired is one for lists written at once, too."""
    job = {"id": "1", "deliveryType": "DOWNLOAD", "expirationDate": "2026-08-01T00:30:00Z", "status": "COMPLETED"}
    for after, expired in ((1799, False), (1801, True)):
        driven = both(engine, monkeypatch, f"/api/atlas/v2{JOBS}", {"results": [job]}, clock=AFTER + after)
        assert driven.document["results"][0]["expired"] is expired
    assert BASE in driven.document["results"][0]["links"][0]["href"]


@pytest.mark.parametrize(
    ("rule", "kind", "at_once"),
    [
        ('list = "y"\nfidelity = "renamed"', "strings", True),
        ('list = "y"\nfidelity = "renamed"', "objects", False),
        ('from = "y"\ncast = true\nfidelity = "renamed"', "string", False),
        ('from = "y"\nfidelity = "renamed"', "object", False),
        ('from = "y.z"\nfidelity = "renamed"', "string", False),
        ('count = "y"\nfidelity = "renamed"', "integer", False),
        ('constant = "a\\"b"\nwhy = "W"', "string", False),
        ("constant = 5\nwhy = 'W'", "integer", True),
        ("constant = 5.5\nwhy = 'W'", "number", False),
        ('from = "y"\nwhole = true\nfidelity = "renamed"', "integer", True),
        ('from = "y"\nfidelity = "renamed"\ndrop = [0, 7]', "integer", True),
        ('from = "y"\nfidelity = "renamed"', "boolean", True),
    ],
)
def test_what_each_verb_makes_of_a_column(monkeypatch, rule, kind, at_once):
    """A rule that looks at each value by itself is left to the ordinary way; the answer is the same."""
    text = THINGS.replace('resource = "thing"', 'resource = "thing"\norder = ["x"]')
    text = text.replace('version = "2024-01-01"', 'version = "2024-01-01"\npaging = "collected"')
    engine = read(text + f'[resource.thing.w]\ntype = "{kind}"\n[resource.thing.w.flex]\n{rule}\n')
    found = counted(monkeypatch)
    said = {"string": "a", "strings": "a", "boolean": True, "integer": 5}.get(kind, {"z": "a"})
    for value in (said, None, "a\nb", 7, ["a"]):
        both(engine, monkeypatch, GET_THINGS, {"results": [{"x": "b", "y": value}, {"x": "a", "y": said}]})
    assert any(found) is at_once


def test_a_link_to_a_member_that_is_no_text_of_its_own_is_made_the_ordinary_way(monkeypatch):
    """Neither to one that is made of words, nor to one that an item lacks; of several links each is made."""
    links = "[resource.thing.links]\ntype = 'links'\n[resource.thing.links.flex]\nfidelity = 'derived'\nwhy = 'W'\n"
    for path in ("a/{x}", "b/{name}"):
        links += f"[[resource.thing.links.flex.link]]\nrel = 'r'\npath = '/{path}'\n"
    engine, found = read(THINGS + links), counted(monkeypatch)
    given: list[list[Any]] = [[{"x": "a"}], [{"x": "a b"}], [{}], [{"x": "a"}, {"x": "b"}]]
    for items in given:
        both(engine, monkeypatch, GET_THINGS, {"results": items})
    assert found == [True, False, False, True]


@pytest.mark.parametrize(("depth", "is_read"), [(1, True), (99, True), (100, False), (300, False)])
def test_a_bare_list_is_looked_through_for_its_depth(depth, is_read):
    """Many brackets beside one another are no depth."""
    content = b"[" + b"[]," * 200 + b"[" * depth + b"]" * depth + b"]"
    assert (JsonReader(loads).read(Reply(200, (), content)) is not None) is is_read
