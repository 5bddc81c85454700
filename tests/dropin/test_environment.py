"""Settings from the environment, and unknown values."""

import os
import sys
from unittest import mock

import pytest
import requests

import shim.httpx
from shim.doors import process
from shim.doors.environment import CHECKED, VARIABLES
from shim.errors import DocumentError, SettingsError
from shim.origins import BASE_URL_VARIABLES
from tests.doors.calls import BEARER


def test_another_mapping_may_stand_in_its_place(monkeypatch):
    """Some programs and tests put one there."""
    monkeypatch.setattr(os, "environ", {"ATLAS_SHIM_ROUTE": "off"})
    assert [value for value in process._raw() if value is not None] == ["off"]


@pytest.mark.parametrize("name", BASE_URL_VARIABLES)
def test_the_atlas_of_its_own_tools_is_looked_at(retired, monkeypatch, name):
    """By each name, with or without the path of an API, as the typed client reads it."""
    monkeypatch.setenv(name, f"{os.environ['ATLAS_SHIM_UPSTREAM']}/api/atlas/v2")
    monkeypatch.delenv("ATLAS_SHIM_UPSTREAM")
    shim.install()
    assert requests.get(retired, headers=BEARER, timeout=10).status_code == 200


def test_an_atlas_that_is_no_url_is_an_error_that_names_the_variable(monkeypatch):
    """Both where a client is made, and at the start of ``atlas-shim run``."""
    monkeypatch.setenv("MONGODB_ATLAS_BASE_URL", "cloud.mongodb.com")
    with pytest.raises(SettingsError, match=r"^MONGODB_ATLAS_BASE_URL: is not a URL"):
        process.prepare()


def test_the_kill_switch_acts_whatever_the_documents_are(
    retired, monkeypatch, tmp_path
):
    """Switched off, they are not read; switched on again, what is wrong with them is said and it stays off."""
    (tmp_path / "broken.toml").write_text("nonsense")
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(tmp_path))
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "off")
    with shim.httpx.Client(headers=BEARER) as client:
        assert client.get(retired).status_code == 410
        monkeypatch.setenv("ATLAS_SHIM_ROUTE", "auto")
        assert client.get(retired).status_code == 410
    with pytest.raises(DocumentError, match=r"broken\.toml"):
        shim.httpx.Client()


MISTYPED = {"ATLAS_SHIM_ROUT": "off"}


def test_a_mistyped_variable_is_reported_once(monkeypatch, caplog):
    """With the name that is nearest, however many clients are made."""
    monkeypatch.setattr(process, "_current", None)
    monkeypatch.setenv("ATLAS_SHIM_ROUT", "off")
    for use in (shim.install, shim.install, shim.httpx.Client, shim.httpx.Client):
        use()
    assert caplog.messages == [
        "ATLAS_SHIM_ROUT: is not a setting; did you mean ATLAS_SHIM_ROUTE?"
    ]


@pytest.mark.parametrize(
    "environ",
    [
        {"ATLAS_SHIM_LISTEN": "x"},
        {"ATLAS_SHIM_INVENTORY": "x"},
        MISTYPED | {"_ATLAS_SHIM_CHECKED": ""},
    ],
)
def test_known_variables_are_not_reported(environ, caplog):
    """The gateway's own may be set for the whole machine, and what atlas-shim run looked at is not looked at again."""
    process._warn_of_unknown(environ)
    assert caplog.messages == []


def test_a_frozen_program_has_no_options_of_the_gateways(monkeypatch):
    """It goes on without them."""
    monkeypatch.setitem(sys.modules, "shim.gateway.plan", None)
    process._warn_of_unknown(MISTYPED)


def test_every_variable_that_settings_depend_on_is_watched():
    """A variable that is read but not watched would never take effect in a living client."""
    environ = mock.MagicMock()
    environ.get.side_effect = lambda name, default=None: default
    process._read((), environ)
    asked = {called.args[0] for called in environ.mock_calls if called.args}
    assert asked - {CHECKED} == {*VARIABLES, *BASE_URL_VARIABLES}
