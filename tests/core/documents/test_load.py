"""Finding documents, laying overrides over them, and surviving whatever stands in a file."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shim.core.documents import Document, load_documents, mapping_folders
from shim.core.documents.parse import parse_document
from shim.core.documents.tables import Source
from shim.core.engine import Engine
from shim.core.settings import RouteWord, Settings
from shim.errors import DocumentError
from tests.core.documents.sound import SOUND, load, problems, write
from tests.core.driver import LIST, SHIPPED, SNAPSHOT, answers, drive

FILES = sorted(SHIPPED.rglob("*.toml"))


def test_the_shipped_documents_are_sound():
    """What is shipped loads, all of it."""
    assert len(load_documents([SHIPPED])) == len(FILES) >= 4


def test_the_shipped_folder_comes_first_and_the_operators_second(tmp_path):
    """The variable names one more folder; without it there is one."""
    (shipped,) = mapping_folders({})
    assert shipped.samefile(SHIPPED)
    assert mapping_folders({"ATLAS_SHIM_MAPPINGS": ""}) == (shipped,)
    assert mapping_folders({"ATLAS_SHIM_MAPPINGS": str(tmp_path)}) == (shipped, tmp_path)


def test_a_folder_is_read_with_its_folders(tmp_path):
    """Files are found at any depth and named by where they stand; other files are not looked at."""
    (tmp_path / "deep" / "er").mkdir(parents=True)
    write(tmp_path / "deep" / "er", things=SOUND)
    (tmp_path / "README.md").write_text("no TOML")
    (document,) = load_documents([tmp_path])
    assert document.file == "deep/er/things.toml"


def test_a_single_file_will_do(tmp_path):
    """ATLAS_SHIM_MAPPINGS may name a file, whatever its ending."""
    path = tmp_path / "things.txt"
    path.write_text(SOUND)
    (document,) = load_documents([path])
    assert document.file == "things.txt"


def test_a_byte_order_mark_is_no_defect(tmp_path):
    """Some editors write one."""
    path = tmp_path / "things.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SOUND.encode())
    assert len(load_documents([path])) == 1


def test_a_folder_that_does_not_exist_is_told(tmp_path):
    """A typo in the variable is not an empty folder."""
    with pytest.raises(DocumentError, match="nowhere"):
        load_documents([tmp_path / "nowhere"])


def test_an_empty_folder_is_told(tmp_path):
    """Without documents the shim would do nothing, in silence."""
    with pytest.raises(DocumentError, match="no mapping document was found"):
        load_documents([tmp_path])


BROKEN: dict[str, bytes] = {
    "no_toml": b"[[[",
    "no_utf8": b'name = "\xff"',
    "twice": b"a = 1\na = 2",
    "huge": b"a = " + b"9" * 5000,
    "deep": b"a = " + b"[" * 5000,
    "no_date": b"a = 2026-02-30",
    "nul": b"a = \x00",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path, name):
    """Whatever is wrong with a file, the line begins with its name, and the others are read."""
    (tmp_path / f"{name}.toml").write_bytes(BROKEN[name])
    (line,) = problems(tmp_path, things=SOUND)
    assert line.startswith(f"{name}.toml: ")


def test_a_folder_with_a_files_name_is_told(tmp_path):
    """A folder is not read as a file."""
    (tmp_path / "odd.toml").mkdir()
    (line,) = problems(tmp_path, things=SOUND)
    assert line.startswith("odd.toml: ")


def test_problems_of_all_files_are_told_at_once(tmp_path):
    """One line for each defect of each file, none twice, in the message too."""
    (tmp_path / "a.toml").write_text("[[[")
    lines = problems(tmp_path, b=SOUND.replace("format = 1", "format = 2"), c=SOUND.replace('"page"', '"pages"'))
    assert [line.split(":")[0] for line in lines] == ["a.toml", "b.toml", "c.toml"]
    with pytest.raises(DocumentError) as caught:
        load_documents([tmp_path])
    assert str(caught.value) == "\n".join(lines)
    assert isinstance(caught.value, ValueError)


OWN = """
format = 1
overrides = "things"

[resource.thing.name.flex]
constant = "mine"
why = "We call all of them so."
"""


def owners(document: Document) -> dict[str, str]:
    """Who set each flex rule."""
    fields = {field.name: field for operation in document.operations for field in operation.fields}
    return {name: field.rules["flex"][0].owner for name, field in fields.items()}


def test_a_rule_is_replaced_as_a_whole_and_shows_its_owner(tmp_path):
    """Nothing of the old rule is left, and the other rules stay the document's."""
    (document,) = load_documents([write(tmp_path, things=SOUND, own=OWN)])
    (rule,) = next(field for field in document.operations[0].fields if field.name == "name").rules["flex"]
    assert (rule.constant, rule.sources, rule.owner) == ("mine", (), "own.toml")
    assert {name for name, owner in owners(document).items() if owner == "own.toml"} == {"name"}


@pytest.mark.parametrize("folders", [("own", "shipped"), ("shipped", "own")])
def test_overrides_apply_in_any_order_of_files(tmp_path, folders):
    """An override may be read before what it changes."""
    for name, text in (("own", OWN), ("shipped", SOUND)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, things=text)
    (document,) = load_documents([tmp_path / name for name in folders])
    rule = next(field for field in document.operations[0].fields if field.name == "name").rules["flex"][0]
    assert rule.constant == "mine"


def test_a_nested_name_and_a_list_of_rules_are_replaced_too(tmp_path):
    """Names with dots and alternatives are laid over like any other."""
    own = """
format = 1
overrides = "things"
[resource.thing."size.width".flex]
absent = true
why = "Not ours."
[[resource.thing.state.dedicated]]
absent = true
why = "Not ours."
"""
    (document,) = load_documents([write(tmp_path, things=SOUND, own=own)])
    assert owners(document)["size.width"] == "own.toml"
    state = next(field for field in document.operations[0].fields if field.name == "state")
    assert [rule.owner for rule in state.rules["dedicated"]] == ["own.toml"]


def test_a_key_of_an_operation_is_replaced_alone(tmp_path):
    """An operator may move a date or a path, and the rest of the operation stays."""
    own = """
format = 1
overrides = "things"
[operation.listThings]
sunset = 2030-01-01
[operation.listThings.flex]
path = "/mine/{groupId}"
"""
    (document,) = load_documents([write(tmp_path, things=SOUND, own=own)])
    operation = document.operations[0]
    assert operation.sunset.year == 2030
    assert operation.successors["flex"].only is not None
    assert operation.successors["flex"].only.path.text == "/mine/{groupId}"
    assert operation.successors["flex"].only.paging == "collected"


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ('format = 1\noverrides = "thing"', "overrides: 'thing' is the name of no document"),
        ("format = 1\noverrides = 5", "overrides: 5 is the name of no document"),
        ('format = 2\noverrides = "things"', "format: must be 1"),
        ('overrides = "things"', "format: must be 1"),
        ('format = true\noverrides = "things"', "format: must be 1"),
        ('format = 1\noverrides = "things"\ntitle = "x"', "title: can't be overridden"),
        ('format = 1\noverrides = "things"\nresource = 5', "resource: can't be overridden"),
        (
            'format = 1\noverrides = "things"\n[resource.think.x.flex]\nabsent = true',
            "resource.think: overrides nothing",
        ),
        (
            'format = 1\noverrides = "things"\n[resource.thing.x.flex]\nabsent = true',
            "resource.thing.x: overrides nothing",
        ),
        ('format = 1\noverrides = "things"\n[operation.x]\nsunset = 2030-01-01', "operation.x: overrides nothing"),
        (
            'format = 1\noverrides = "things"\n[resource.thing.name.flex]\nfrom = 5',
            "resource.thing.name.flex.from: must be",
        ),
        (
            'format = 1\noverrides = "things"\n[resource.thing.name]\nflex = 5',
            "resource.thing.name.flex: must be a table",
        ),
        (
            'format = 1\noverrides = "things"\n[resource.thing."size.width".flex]\nx = 1',
            'resource.thing."size.width".flex: needs',
        ),
        ('format = 1\noverrides = "things"\n[resource]\nthing = 5', "resource.thing: must be a table"),
        (
            'format = 1\noverrides = "things"\n[operation.listThings]\nshape = "x"',
            "operation.listThings.shape: 'x' is not",
        ),
        (
            'format = 1\noverrides = "things"\n[operation.listThings.flex]\nx = 1',
            "operation.listThings.flex.x: is no key",
        ),
    ],
)
def test_an_override_that_means_nothing_is_told_as_the_operators(tmp_path, own, told):
    """The line names the operator's file, and the key that is wrong."""
    lines = problems(tmp_path, things=SOUND, own=own)
    assert any(line.startswith(f"own.toml: {told}") for line in lines), lines


def test_two_overrides_of_one_rule_are_told(tmp_path):
    """Which of them is meant is not decided by the order of files."""
    (line,) = problems(tmp_path, things=SOUND, mine=OWN, yours=OWN)
    assert line == "yours.toml: resource.thing.name.flex: is already overridden by mine.toml"


def test_the_owner_of_a_rule_reaches_the_record(tmp_path):
    """An override of a shipped rule answers calls, and shows as the operator's."""
    rule = 'from = "finishTime"\nfidelity = "derived"\nwhy = "Ours."'
    own = f'format = 1\noverrides = "snapshots"\n[resource.snapshot.createdAt.flex]\n{rule}\n'
    engine = Engine(load_documents([SHIPPED, write(tmp_path, own=own)]))
    driven = drive(engine, f"/api/atlas/v2{LIST}", [answers({"results": [SNAPSHOT]})])
    assert driven.document["results"][0]["createdAt"] == SNAPSHOT["finishTime"]
    report = {one.name: one.owner for one in driven.outcome.record.fields}
    assert report["createdAt"] == "own.toml"
    assert report["id"].endswith("snapshots.toml")


# Whatever the file says, it is read or refused.

VALUES = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.5, float("nan"), "", " ", "x", "/x", "{a}", "flex", "2023-01-01", "\ud800"]
) | st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5) | st.dates() | st.datetimes() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key and index in nested tables and lists."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in pairs for place in ((*path, key), *places(inner, (*path, key)))]


def mutated(data: Any, place: tuple[Any, ...], change: Any) -> None:
    """Delete what stands at a place, or put another value there."""
    for key in place[:-1]:
        data = data[key]
    if change is None:
        del data[place[-1]]
    else:
        data[place[-1]] = change


class RefusedError(Exception):
    """The document has defects."""


def parsed(data: dict[str, Any]) -> Engine:
    """What the loader does with a file's tables."""
    from shim.core.documents.check import check_documents

    source = Source("f.toml")
    document = parse_document(data, source)
    if not source.problems:
        for _, at, what in check_documents([document]):
            source.add(at, what)
    if source.problems:
        assert all(line.startswith("f.toml: ") and line.count(": ") >= 2 for line in source.problems)
        raise RefusedError
    return Engine([document])


ITEM = {"id": "1", "status": "FAILED", "state": "up", "width": 0, "url": "u", "until": "2026-01-01T00:00:00Z"}


def exercise(engine: Engine) -> None:
    """Make each call once: what could be loaded can be used."""
    for operation in engine.operations:
        for api in next(one for one in engine.documents if operation in one.operations).apis.values():
            target = api.base + operation.path.build(dict.fromkeys(operation.path.parameters, "x"))
            accept = (("Accept", f"application/vnd.atlas.{operation.version}+json"),)
            match = engine.recognise(operation.method, target, accept)
            if match is None:
                continue
            body = b'{"kind":"plain","deliveryType":"automated"}' if match.needs_body else None
            drive(
                engine,
                target,
                lambda call: answers(ITEM | {"results": [ITEM, {}], "data": []}),
                method=operation.method,
                headers=accept,
                body=body,
                settings=Settings(route=RouteWord.FLEX),
            )


TABLES = [tomllib.loads(text) for text in [SOUND, *(path.read_text("utf-8") for path in FILES)]]
LENIENT = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


@LENIENT
@given(data=st.data(), table=st.sampled_from(TABLES))
def test_any_change_of_a_sound_document_is_read_or_told(data, table):
    """Deleting or mistyping anything leaves a document that works, or one that is refused with file and key."""
    changed = copied(table)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(changed)))
        mutated(changed, place, data.draw(VALUES))
        if not changed:
            return
    try:
        engine = parsed(changed)
    except RefusedError:
        return
    exercise(engine)


@LENIENT
@given(data=st.dictionaries(st.sampled_from(["format", "name", "title", "api", "operation", "resource", "x"]), VALUES))
def test_any_tables_are_read_or_told(data):
    """No TOML whatever is a crash."""
    try:
        parsed({key: value for key, value in data.items() if value is not None})
    except RefusedError:
        return


@pytest.mark.parametrize("index", range(len(TABLES)))
def test_every_single_deletion_is_read_or_told(index):
    """Each key and each item of each document is taken away once."""
    refused = 0
    for place in places(TABLES[index]):
        changed = copied(TABLES[index])
        mutated(changed, place, None)
        try:
            exercise(parsed(changed))
        except RefusedError:
            refused += 1
    assert refused > len(places(TABLES[index])) / 3


@pytest.mark.parametrize("index", range(len(TABLES)))
@pytest.mark.parametrize("value", [5, "", [], {}, True, [5], {"x": 5}, ["x", "x"]], ids=repr)
def test_every_single_mistyping_is_read_or_told(index, value):
    """Each key and each item of each document gets a value of another type once."""
    for place in places(TABLES[index]):
        changed = copied(TABLES[index])
        mutated(changed, place, value)
        try:
            parsed(changed)
        except RefusedError:
            continue


def test_bytes_are_read_or_told(tmp_path):
    """The same through files, with whatever bytes."""

    @LENIENT
    @given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
    def check(content: bytes) -> None:
        path: Path = tmp_path / "any.toml"
        path.write_bytes(content)
        with pytest.raises(DocumentError):
            load_documents([path])

    check()


def test_a_sound_document_loads_the_same_twice(tmp_path):
    """Reading changes nothing in what is read."""
    assert load(tmp_path, SOUND) == load(tmp_path, SOUND)
