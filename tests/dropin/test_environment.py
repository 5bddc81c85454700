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


def test_another_mapping_can_replace_environ(monkeypatch):
    """Some programs and tests replace ``os.environ``."""
    monkeypatch.setattr(os, "environ", {"ATLAS_SHIM_ROUTE": "off"})
    assert [value for value in process._raw() if value is not None] == ["off"]


@pytest.mark.parametrize("name", BASE_URL_VARIABLES)
def test_atlas_addresses_of_its_own_tools_are_read(retired, monkeypatch, name):
    """Each variable works, with or without an API path, as in the typed client."""
    monkeypatch.setenv(name, f"{os.environ['ATLAS_SHIM_UPSTREAM']}/api/atlas/v2")
    monkeypatch.delenv("ATLAS_SHIM_UPSTREAM")
    shim.install()
    assert requests.get(retired, headers=BEARER, timeout=10).status_code == 200


def test_an_atlas_address_that_is_no_url_names_the_variable(monkeypatch):
    """The error occurs when a client is created, and at the start of ``atlas-shim run``."""
    monkeypatch.setenv("MONGODB_ATLAS_BASE_URL", "cloud.mongodb.com")
    with pytest.raises(SettingsError, match=r"^MONGODB_ATLAS_BASE_URL: is not a URL"):
        process.prepare()


def test_the_kill_switch_works_with_wrong_documents(retired, monkeypatch, tmp_path):
    """Switched off, the shim does not read them.

    Switched on again, it reports their defect and stays off.
    """
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


def test_a_misspelled_variable_is_reported_once(monkeypatch, caplog):
    """The report suggests the nearest name, however many clients are created."""
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
    """The gateway's own may be set for the whole machine, and atlas-shim run has checked its variables before."""
    process._warn_of_unknown(environ)
    assert caplog.messages == []


def test_a_frozen_program_runs_without_the_gateways_options(monkeypatch):
    """It may not contain the gateway's modules."""
    monkeypatch.setitem(sys.modules, "shim.gateway.plan", None)
    process._warn_of_unknown(MISTYPED)


def test_every_variable_of_the_settings_is_watched():
    """A variable that is read but not watched would never take effect in a living client."""
    environ = mock.MagicMock()
    environ.get.side_effect = lambda name, default=None: default
    process._read((), environ)
    asked = {called.args[0] for called in environ.mock_calls if called.args}
    assert asked - {CHECKED} == {*VARIABLES, *BASE_URL_VARIABLES}
