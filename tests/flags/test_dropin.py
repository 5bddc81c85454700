"""The drop-in by a flag that the program's own OpenFeature provider answers for."""

import pytest
from openfeature import api
from openfeature.flag_evaluation import FlagResolutionDetails
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

import shim
from shim import httpx
from shim.doors import process
from tests.doors.process import *  # noqa: F403 - its fixtures
from tests.peers.raw import until


@pytest.fixture(autouse=True)
def _flags(monkeypatch):
    """Begin without flags and providers, and end so."""
    monkeypatch.setattr(process, "_flags", {})
    yield
    for flag in process._flags.values():
        flag.words.stop()
    api.clear_providers()


def provider(word):
    """Return a provider whose flag has a word for those who have a targeting key."""

    def evaluator(flag, context):
        return FlagResolutionDetails(word if context.targeting_key else "auto")

    return InMemoryProvider({"atlas-route": InMemoryFlag("x", {"x": word}, context_evaluator=evaluator)})


def call_until(client, url, sign):
    """Make a call again and again until its record's reason says this, and return the response."""

    def called():
        response = client.get(url)
        record = shim.record(response)
        return response if record is not None and sign in record.reason else None

    return until(called, sign)


def test_the_project_of_a_call_is_asked_about(retired, monkeypatch):
    """The first call goes by auto, and soon the flag decides."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "openfeature:atlas-route")
    api.set_provider(provider("legacy"))
    with httpx.Client() as client:
        first = shim.record(client.get(retired))
        assert first is not None
        assert first.reason.endswith(("the flag atlas-route has no word yet", "the flag atlas-route says auto"))
        found = call_until(client, retired, "the route is set to legacy; the flag atlas-route says legacy")
        record = shim.record(found)
        assert record is not None
        assert record.route == "legacy"


def test_the_environment_may_name_the_provider(retired, monkeypatch, tmp_path):
    """For a program under atlas-shim run, which sets none."""
    flags = tmp_path / "flags.toml"
    flags.write_text('atlas-route = "legacy"\n')
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "openfeature:atlas-route")
    monkeypatch.setenv("ATLAS_SHIM_OPENFEATURE_PROVIDER", f"file:{flags}")
    with httpx.Client() as client:
        call_until(client, retired, "the flag atlas-route says legacy")


def test_without_the_extra_the_flag_is_refused(retired, monkeypatch):
    """A client that is made says what to install."""
    monkeypatch.setattr("shim.flags.providers.find_spec", lambda name: None)
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "openfeature:atlas-route")
    with pytest.raises(shim.SettingsError, match=r"pip install 'atlas-shim\[openfeature\]'"):
        httpx.Client()
