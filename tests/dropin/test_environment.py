"""Variables that are looked at for every call."""

import os

import pytest

from shim.dropin.environment import Variables

NAME = "ATLAS_SHIM_TEST"


@pytest.fixture
def variables(monkeypatch):
    """Two of which none is set."""
    monkeypatch.delenv(NAME, raising=False)
    return Variables([NAME, f"{NAME}_OTHER"])


def test_every_change_is_seen(variables, monkeypatch):
    """A variable that is set, changed, emptied and gone again."""
    none = variables.raw()
    assert not any(none)
    seen = [none]
    for value in ("a", "b", "", "ä"):
        monkeypatch.setenv(NAME, value)
        seen.append(variables.raw())
    assert len(set(seen)) == len(seen)
    assert variables.raw() == variables.raw() == seen[-1]
    monkeypatch.delenv(NAME)
    assert variables.raw() == none


def test_another_mapping_may_stand_in_its_place(variables, monkeypatch):
    """Some programs and tests put one there."""
    monkeypatch.setattr(os, "environ", {f"{NAME}_OTHER": "x"})
    assert variables.raw() == (None, "x")


def test_a_copy_may_stand_in_its_place(variables, monkeypatch):
    """With values of its own, of the same kind."""
    kind = type(os.environ)
    own = os.environ
    held = {own.encodekey(NAME): own.encodevalue("x")}
    monkeypatch.setattr(os, "environ", kind(held, own.encodekey, own.decodekey, own.encodevalue, own.decodevalue))
    assert any(variables.raw())
