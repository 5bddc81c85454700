"""Successors with a switch, and operations that live on: what can't be said of them. The manual has a sound example."""

import pytest

from shim.core.recognise import Engine
from shim.core.settings import Settings
from shim.documents import load_documents
from shim.errors import DocumentError, SettingsError
from tests.test_mappings_readme import MOVED

SOUND = f'format = 1\nname = "toys"\n{MOVED}'
LIST, SMALL = "operation.listToys", "operation.makeToy.tier.small"
LIVES, POST, SWITCH = "lives = true", 'method = "POST"', 'tier.small]\nswitch = "small-toys"'
MEMBERS = '{ name = "string", size = "string" }'


def read(tmp_path, text):
    (tmp_path / "toys.toml").write_text(text)
    return load_documents([tmp_path])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (LIVES, f"{LIVES}\nsunset = 2027-01-01", f"{LIST}.sunset: can't stand beside lives"),
        (LIVES, "", f"{LIST}.sunset: is missing"),
        (SWITCH, "tier.small]", "operation.getToy.lives: needs one successor, which has a switch"),
        (POST, f"{POST}\nlives = false\ndeprecated = 2026-01-01\nsunset = 2027-01-01", "operation.makeToy: needs a su"),
        ("adds = true", "", f"{LIST}.tier.small.switch: needs exactly one of after, adds and when"),
        ("adds = true", 'adds = true\nafter = ["X"]', f"{LIST}.tier.small.switch: needs exactly one of"),
        ('paging = "collected"', "", f"{LIST}.tier.small.adds: belongs to pages"),
        ('shape = "page"', "", f"{LIST}.tier.small.adds: belongs to pages"),
        (f"[{LIST}.{SWITCH}", f"[{LIST}.tier.small]", f"{LIST}.tier.small.switch: is missing; adds and when belong"),
        (POST, 'method = "DELETE"', f"{SMALL}.when: belongs to calls with a body, and DELETE has none"),
        (POST, 'method = "DELETE"', f"{SMALL}.request: belongs to calls with a body, and DELETE has none"),
        (MEMBERS, f'{MEMBERS}\nchoose = "size"\nwords = ["S"]', f"{SMALL}.request: can't choose a call"),
        (MEMBERS, f'{MEMBERS}\nignored = ["size"]', f"{SMALL}.request.ignored: 'size' is declared"),
    ],
)
def test_what_cannot_be_said(tmp_path, old, new, said):
    """Each defect is found, and names its key."""
    assert old in SOUND
    with pytest.raises(DocumentError) as found:
        read(tmp_path, SOUND.replace(old, new, 1))
    assert any(problem.startswith(f"toys.toml: {said}") for problem in found.value.problems), found.value.problems


def test_a_word_of_reads_switches_no_write_on(tmp_path):
    """And what is not a word is refused."""
    documents = read(tmp_path, SOUND)
    path = "/api/atlas/v2/groups/g/toys"
    for reads, writes in ((), ()), (("small-toys",), ()), ((), ("small-toys",)):
        engine = Engine(documents, reads, writes)
        found = [engine.recognise(method, path, ()) is not None for method in ("GET", "POST")]
        assert found == [bool(reads), bool(writes)]
        engine.check_settings(Settings(reads=frozenset(reads), writes=frozenset(writes)))
    with pytest.raises(SettingsError, match="ATLAS_SHIM_READS: 'other' is not one of off, small-toys"):
        engine.check_settings(Settings(reads=frozenset({"other"})))
