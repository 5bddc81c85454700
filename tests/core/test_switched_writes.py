"""The switch that lets writes of instances go to flex clusters: its words, and what is said where it is off."""

import pytest

from shim.core.recognise import load_engine
from shim.core.settings import read_settings
from shim.errors import SettingsError
from tests.core.driver import answers, drive
from tests.core.small import START, field, operation, read, successor


@pytest.mark.parametrize("text", ["?", "off,instances", "a b", "instances,off"])
def test_what_is_no_word_is_refused(text):
    """With the variable's name."""
    with pytest.raises(SettingsError, match="ATLAS_SHIM_WRITES: "):
        read_settings({"ATLAS_SHIM_WRITES": text})


def test_what_is_left_without_a_successor_is_said():
    """The 410's text, the constant with its reason, or nothing where a successor always may be asked."""
    engine = load_engine({})
    said = {one.id: one.without_successor for one in engine.operations}
    assert said["getServerlessAutoIndexing"].startswith("The answer is always false. ")
    assert said["deleteServerlessInstance"].endswith("See https://dochub.mongodb.org/core/flex-migration")
    assert said["listServerlessInstances"] == ""


def test_the_switch_is_a_strict_word():
    """Nothing is switched on by a typo."""
    engine = load_engine({})
    assert read_settings({"ATLAS_SHIM_WRITES": "off"}).writes == frozenset()
    assert read_settings({"ATLAS_SHIM_WRITES": " instances "}).writes == {"instances"}
    strict = read_settings({"ATLAS_SHIM_WRITES": "instances-strict"})
    engine.check_settings(strict)
    assert strict.writes == {"instances", "instances-strict"}
    words = "former-clusters, instances, instances-strict, off"
    with pytest.raises(SettingsError, match=f"ATLAS_SHIM_WRITES: 'instance' is not one of {words}"):
        engine.check_settings(read_settings({"ATLAS_SHIM_WRITES": "instance"}))
    with pytest.raises(SettingsError, match="ATLAS_SHIM_READS: 'instances' is not one of former-clusters, off"):
        engine.check_settings(read_settings({"ATLAS_SHIM_READS": "instances"}))


@pytest.mark.parametrize(("given", "body", "side"), [
    ("true", b'{"kind": "x"}', "flex"), ("true", b'{"kind": null}', "legacy"), ("true", b"{}", "legacy"),
    ("false", b"{}", "flex"), ("false", b'{"kind": 5}', "legacy"), ("false", b"no JSON", "legacy"),
])  # fmt: skip
def test_a_body_leads_to_a_successor_by_what_it_has(given, body, side):
    """A member that is there, or is not; null is as good as none, and what can't be read leads nowhere."""
    dates = "deprecated = 2026-01-01\nsunset = 2026-01-01\n"
    text = START + operation("orderThing", "POST", "/things").replace(dates, "lives = true\n")
    text += successor("orderThing", "/new") + f'switch = "s"\nwhen = {{ source = "kind", given = {given} }}\n'
    text += field("id", "string", 'from = "id"\nfidelity = "exact"')
    driven = drive(read(text, {"s"}), "/api/atlas/v2/things", [answers({"id": "1"})], method="POST", body=body)
    assert driven.routes == (side,)
