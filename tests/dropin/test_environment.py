"""Variables that are looked at for every call."""

import os

import pytest
import requests

import shim
from shim.doors import process
from shim.doors.environment import Variables
from shim.errors import SettingsError
from shim.origins import BASE_URL_VARIABLES
from tests.doors.calls import BEARER

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


@pytest.mark.parametrize("name", BASE_URL_VARIABLES)
def test_the_atlas_of_its_own_tools_is_looked_at(retired, monkeypatch, name):
    """By each name, with or without the path of an API, as the typed client reads it."""
    monkeypatch.setenv(name, f"{os.environ['ATLAS_SHIM_UPSTREAM']}/api/atlas/v2")
    monkeypatch.delenv("ATLAS_SHIM_UPSTREAM")
    shim.install()
    assert requests.get(retired, headers=BEARER, timeout=10).status_code == 200


def test_an_atlas_that_is_no_url_is_an_error_that_names_the_variable(monkeypatch):
    """For a client that is made, and at the start of ``atlas-shim run``."""
    monkeypatch.setenv("MONGODB_ATLAS_BASE_URL", "cloud.mongodb.com")
    with pytest.raises(SettingsError, match=r"^MONGODB_ATLAS_BASE_URL: is not a URL"):
        process.prepare()
