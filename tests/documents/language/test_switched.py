"""Successors with a switch, and operations that live on: what can't be said of them."""

import pytest

from shim.core.recognise import Engine
from shim.core.settings import Settings
from shim.documents import load_documents
from shim.errors import DocumentError, SettingsError

SOUND = """
format = 1
name = "toys"

[operation.listToys]
lives = true
method = "GET"
path = "/groups/{groupId}/toys"
versions = ">=2023.1.1"
shape = "page"

[operation.listToys.tier.small]
switch = "small-toys"
path = "/new/{groupId}"
version = "2024-01-01"
resource = "toy"
paging = "collected"
adds = true

[operation.makeToy]
method = "POST"
path = "/groups/{groupId}/toys"
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2027-01-01
resource = "toy"

[operation.makeToy.tier.big]
path = "/newer/{groupId}"
version = "2024-01-01"

[operation.makeToy.tier.small]
switch = "small-toys"
path = "/new/{groupId}"
version = "2024-01-01"
when = { source = "size", is = ["S"] }
request = { members = { size = "string" } }

[resource.toy]
name.type = "string"
name.tier.small = { from = "name", fidelity = "exact" }
name.tier.big = { from = "name", fidelity = "exact" }
"""
LIST, MAKE = "operation.listToys", "operation.makeToy"
SMALL = f"{MAKE}.tier.small"
MADE_SMALL = '[operation.makeToy.tier.small]\nswitch = "small-toys"'
AFTER = 'after = ["X"]'


def read(tmp_path, text):
    (tmp_path / "toys.toml").write_text(text)
    return load_documents([tmp_path])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lives = true", "lives = true\nsunset = 2027-01-01", f"{LIST}.sunset: can't stand beside lives"),
        ("lives = true", "", f"{LIST}.sunset: is missing"),
        ('switch = "small-toys"', "", f"{LIST}.lives: needs"),
        ("adds = true", "", f"{LIST}.tier.small.switch: needs exactly one of after, adds and when"),
        ("adds = true", f"adds = true\n{AFTER}", f"{LIST}.tier.small.switch: needs exactly one of"),
        ('paging = "collected"', "", f"{LIST}.tier.small.adds: belongs to pages"),
        ('shape = "page"', "", f"{LIST}.tier.small.adds: belongs to pages"),
        (MADE_SMALL, "[operation.makeToy.tier.small]", f"{SMALL}.switch: is missing; adds and when belong"),
        ("tier.big]\n", f'tier.big]\nswitch = "x"\n{AFTER}\n', f"{MAKE}: needs a successor that has no switch, first"),
        ('method = "POST"', 'method = "DELETE"', f"{SMALL}.when: looks at a body, and DELETE has none"),
        ('method = "POST"', 'method = "DELETE"', f"{SMALL}.request: describes a body, and DELETE has none"),
        ('size = "string" }', 'size = "string" }, choose = "size", words = ["S"]', f"{SMALL}.request: can't choose"),
        ('size = "string" }', 'size = "string" }, ignored = ["size"]', f"{SMALL}.request.ignored: 'size' is"),
    ],
)  # fmt: skip
def test_what_cannot_be_said(tmp_path, old, new, said):
    """Each defect is found, and names its key."""
    assert old in SOUND
    with pytest.raises(DocumentError) as found:
        read(tmp_path, SOUND.replace(old, new, 1))
    assert any(problem.startswith(f"toys.toml: {said}") for problem in found.value.problems), found.value.problems


def test_it_is_there_where_its_word_is_on(tmp_path):
    """By method: a word of reads switches no write on."""
    documents = read(tmp_path, SOUND)
    path = "/api/atlas/v2/groups/g/toys"
    for reads, writes in ((), ()), (("small-toys",), ()), ((), ("small-toys",)):
        engine = Engine(documents, reads, writes)
        listed, made = engine.recognise("GET", path, ()), engine.recognise("POST", path, ())
        assert (listed is not None) == bool(reads)
        assert made is not None
        assert [*made.operation.successors] == ["big", *(["small"] if writes else [])]
        engine.check_settings(Settings(reads=frozenset(reads), writes=frozenset(writes)))
    with pytest.raises(SettingsError, match="ATLAS_SHIM_READS: 'other' is not one of off, small-toys"):
        engine.check_settings(Settings(reads=frozenset({"other"})))
