"""The switch that lets writes of instances go to flex clusters: its words, and what is said where it is off."""

import pytest

from shim.core.recognise import load_engine
from shim.core.settings import read_settings
from shim.errors import SettingsError


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
