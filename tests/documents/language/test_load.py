"""Finding documents, merging overrides, and handling any content of a file."""

import os
import zipfile
from pathlib import Path

import pytest

from shim.documents import Document, load_documents, mapping_folders
from shim.documents.load import LARGEST
from shim.documents.verbs import Constant
from shim.errors import DocumentError
from tests.core.driver import SHIPPED
from tests.documents.language.sound import SOUND, changed, load, problems, write

FILES = sorted(SHIPPED.rglob("*.toml"))


def test_the_shipped_folder_comes_first_and_the_operators_second(tmp_path):
    """The variable adds one more folder; without it there is one."""
    (shipped,) = mapping_folders({})
    assert isinstance(shipped, Path)
    assert shipped.samefile(SHIPPED)
    assert mapping_folders({"ATLAS_SHIM_MAPPINGS": ""}) == (shipped,)
    assert mapping_folders({"ATLAS_SHIM_MAPPINGS": str(tmp_path)}) == (
        shipped,
        tmp_path,
    )
    with pytest.raises(
        DocumentError, match=r"ATLAS_SHIM_MAPPINGS: .*/none does not exist"
    ):
        mapping_folders({"ATLAS_SHIM_MAPPINGS": str(tmp_path / "none")})


def test_a_folder_may_be_in_an_archive(tmp_path, monkeypatch):
    """In a zipapp, for example, documents have the same names."""
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("shim/mappings/README.md", "no TOML")
        for path in FILES:
            archive.write(path, f"shim/mappings/{path.relative_to(SHIPPED)}")
    folder = zipfile.Path(tmp_path / "app.pyz", "shim/mappings/")
    plain = load_documents([SHIPPED])
    monkeypatch.setattr("shim.documents.load._SHIPPED", folder)
    assert [one.file for one in load_documents([folder])] == [one.file for one in plain]


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.mkdir()],
)
def test_an_endless_file_is_not_read(tmp_path, make):
    """A pipe, a device or a folder with the name of a document is a defect."""
    make(tmp_path / "odd.toml")
    assert problems(tmp_path, things=SOUND) == ("odd.toml: is not a regular file",)


DOTS = "has more than 100 dots in a line, or 50000 in all"
CONTENTS = {
    b"#" * (LARGEST + 1): f"has more than {LARGEST} bytes",
    b"a." * 20_000 + b"a = 1": DOTS,
    b"".join(b"a%d.%sa = 1\n" % (number, b"a." * 99) for number in range(600)): DOTS,
    **{b"a = " + b"[" * depth: "is nested too deep" for depth in (5000, 100_000)},
    **dict.fromkeys((b"[[[", b'a = "\xff"', b"a = \x00", b"a = " + b"9" * 5000), ""),
}


def test_an_unreadable_file_is_an_error_with_its_name(tmp_path):
    """Whatever the reason, the others are read."""
    for content, what in CONTENTS.items():
        (tmp_path / "odd.toml").write_bytes(content)
        (line,) = problems(tmp_path, things=SOUND)
        assert line.startswith(f"odd.toml: {what}")


LONG = "a" * 100_000 + ".b"
DOUBLED = "".join(
    f"[resource.s{number}]\n"
    + "".join(
        f'{name} = {{ type = "object", of = "s{number + 1}", flex = {{ absent = true, why = "x" }} }}\n'
        for name in "ab"
    )
    for number in range(40)
)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (f'[resource.thing.x]\ntype = "any"\nflex = {{ from = "{LONG}", fidelity = "exact" }}\n', "more than 1000"),
        (f'[resource.thing."{LONG}"]\ntype = "any"\nflex = {{ from = "a", fidelity = "exact" }}\n', "more than 1000"),
        (f'[resource.thing]\nrest = true\nwithout = ["{LONG}"]\n', "more than 1000"),
        (
            '[resource.thing.x]\ntype = "object"\nof = "s0"\nflex = { absent = true, why = "x" }\n' + DOUBLED
            + '[resource.s40]\nx = { type = "string", flex = { absent = true, why = "x" } }\n',
            "more than 10000 fields",
        ),
    ],
    ids=["source", "field", "without", "doubled"],
)  # fmt: skip
def test_unlimited_growth_is_refused(tmp_path, more, said):
    """Checking would never end for a long name, or for resources that contain each other twice."""
    found = problems(tmp_path, things=SOUND + more)
    assert any(said in one for one in found)


def test_a_single_file_is_enough(tmp_path):
    """ATLAS_SHIM_MAPPINGS may be a file with any extension."""
    path = tmp_path / "things.txt"
    path.write_text(SOUND)
    (document,) = load_documents([path])
    assert document.file == "things.txt"


def test_a_byte_order_mark_is_not_a_defect(tmp_path):
    """Some editors write one."""
    path = tmp_path / "things.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SOUND.encode())
    assert len(load_documents([path])) == 1


@pytest.mark.parametrize(
    ("folder", "what"), [("nowhere", "nowhere"), (".", "no mapping document was found")]
)
def test_a_folder_without_documents_is_an_error(tmp_path, folder, what):
    """Without documents the shim would silently do nothing."""
    with pytest.raises(DocumentError, match=what):
        load_documents([tmp_path / folder])


def test_defects_of_every_kind_are_reported_at_once(tmp_path):
    """A defect of one key hides no other."""
    text = changed(
        ('parameter = "groupId"', 'parameter = "nobody"'),
        ("drop = [0]", 'from_ = "x"'),
        ('[resource.thing.urls.flex]\nlist = "url"', '[resource.thing.urls.flex]\nlist = "a..b"'),
        ('order = ["-made", "name"]', 'order = ["-made", "nobody"]'),
        ('cluster = ["groupId", "thing"]', 'cluster = ["nobody"]'),
    )  # fmt: skip
    keys = dict.fromkeys(
        line.split(": ")[1] for line in problems(tmp_path, things=text)
    )
    assert [*keys] == [
        'resource.thing."size.width".flex.from_',
        "resource.thing.urls.flex.list",
        "operation.listThings.cluster",
        "operation.listThings.order",
        "resource.thing.name.dedicated.parameter",
    ]


def test_problems_of_all_files_are_reported_at_once(tmp_path):
    """The message has one line for each defect of each file, none twice."""
    (tmp_path / "a.toml").write_text("[[[")
    other = (
        SOUND.replace("thing", "gadget")
        .replace("Thing", "Gadget")
        .replace('"page"', '"pages"')
    )
    lines = problems(tmp_path, b=SOUND.replace("format = 1", "format = 2"), c=other)
    assert [line.split(":")[0] for line in lines] == ["a.toml", "b.toml", "c.toml"]
    with pytest.raises(DocumentError) as caught:
        load_documents([tmp_path])
    assert str(caught.value) == "\n".join(lines)
    assert isinstance(caught.value, ValueError)


OVER = 'format = 1\noverrides = "things"\n'
OWN = f'{OVER}[resource.thing.name.flex]\nconstant = "mine"\nwhy = "We call all of them so."\n'


def owners(document: Document) -> dict[str, str]:
    """The file that set each flex rule."""
    fields = {
        field.name: field
        for operation in document.operations
        for field in operation.fields
    }
    return {name: field.rules["flex"][0].owner for name, field in fields.items()}


def test_a_rule_is_replaced_as_a_whole_and_shows_its_file(tmp_path):
    """No part of the old rule remains, and the other rules stay the document's."""
    (document,) = load_documents([write(tmp_path, things=SOUND, own=OWN)])
    (rule,) = next(
        field for field in document.operations[0].fields if field.name == "name"
    ).rules["flex"]
    assert rule.verb == Constant(constant="mine")
    assert rule.owner == "own.toml"
    assert {
        name for name, owner in owners(document).items() if owner == "own.toml"
    } == {"name"}


@pytest.mark.parametrize("folders", [("own", "shipped"), ("shipped", "own")])
def test_overrides_apply_in_any_order_of_files(tmp_path, folders):
    """An override may be read before the document that it changes."""
    for name, text in (("own", OWN), ("shipped", SOUND)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, things=text)
    (document,) = load_documents([tmp_path / name for name in folders])
    rule = next(
        field for field in document.operations[0].fields if field.name == "name"
    ).rules["flex"][0]
    assert rule.verb == Constant(constant="mine")


def test_a_nested_name_and_a_list_of_rules_are_replaced_too(tmp_path):
    """Names with dots and alternatives are merged like any other."""
    rule = 'absent = true\nwhy = "Not ours."\n'
    own = f'{OVER}[resource.thing."size.width".flex]\n{rule}[[resource.thing.state.dedicated]]\n{rule}'
    (document,) = load_documents([write(tmp_path, things=SOUND, own=own)])
    assert owners(document)["size.width"] == "own.toml"
    state = next(
        field for field in document.operations[0].fields if field.name == "state"
    )
    assert [rule.owner for rule in state.rules["dedicated"]] == ["own.toml"]


def test_a_tier_of_another_name_is_replaced_too(tmp_path):
    """Tables below ``tier`` are tiers, as are those next to it."""
    rule = '[resource.thing.more.tier.flex]\nabsent = true\nwhy = "{why}"\n'
    field = '[resource.thing.more]\ntype = "string"\ndedicated = { from = "more", fidelity = "exact" }\n'
    there = SOUND + field + rule.format(why="Not there.")
    own = OVER + rule.format(why="Not ours.")
    (document,) = load_documents([write(tmp_path, things=there, own=own)])
    (rule,) = rules_of(document, "more")["flex"]
    assert rule.owner == "own.toml"
    assert rule.why == "Not ours."


def rules_of(document, name):
    """Return the rules of a field by tier."""
    (field,) = [one for one in document.operations[0].fields if one.name == name]
    return field.rules


@pytest.mark.parametrize(
    ("own", "error"),
    [
        ('format = 1\noverrides = "thing"', "overrides: no document is named 'thing'"),
        ('format = 2\noverrides = "things"', "format: must be 1"),
        (f'{OVER}title = "x"', "title: can't be overridden"),
        (
            f"{OVER}[resource.think.x.flex]\nabsent = true",
            "resource.think: overrides nothing",
        ),
        (
            f"{OVER}[resource.thing.name.flex]\nfrom = 5",
            "resource.thing.name.flex.from: must be",
        ),
        (f"{OVER}[resource]\nthing = 5", "resource.thing: must be a table"),
        (f"{OVER}[resource.thing.rest.flex]", "resource.thing.rest: overrides nothing"),
        (
            f'{OVER}[operation.listThings]\nshape = "x"',
            "operation.listThings.shape: 'x' is not",
        ),
    ],
)
def test_a_meaningless_override_is_an_error_of_the_operators_file(tmp_path, own, error):
    """The line has the operator's file, and the wrong key."""
    lines = problems(tmp_path, things=SOUND, own=own)
    assert any(line.startswith(f"own.toml: {error}") for line in lines), lines


def test_two_overrides_of_one_rule_are_an_error(tmp_path):
    """The order of files does not decide between them."""
    (line,) = problems(tmp_path, things=SOUND, mine=OWN, yours=OWN)
    assert (
        line
        == "yours.toml: resource.thing.name.flex: is already overridden by mine.toml"
    )


def test_callers_are_read_with_their_operations(tmp_path):
    """A caller has one operation, or a list of them."""
    assert load(tmp_path, SOUND).callers == {
        "sdk Things.List <2024.1": ("listThings",),
        "atlas things list": ("listThings",),
    }
