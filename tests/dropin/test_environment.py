"""Variables that are looked at for every call."""

import os

import pytest

from shim.doors.environment import Variables

NAME = "ATLAS_SHIM_TEST"


@pytest.fixture
def variables(monkeypatch):
    """Two of which none is set."""
    monkeypatch.delenv(NAME, raising=False)
    return Variables([NAME, f"{NAME}_OTHER"])


def test_another_mapping_may_stand_in_its_place(variables, monkeypatch):
    """Some programs and tests put one there."""
    monkeypatch.setattr(os, "environ", {f"{NAME}_OTHER": "x"})
    assert variables.raw() == (None, "x")
