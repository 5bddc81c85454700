"""Settings from the environment."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.settings import (
    RouteWord,
    Settings,
    parse_instant,
    parse_route,
    parse_sunsets,
    read_settings,
)
from shim.errors import SettingsError
from shim.origins import origin_of, parse_origin


def test_an_empty_environment_gives_the_defaults():
    """They are as documented, and an empty variable changes nothing."""
    settings = read_settings({})
    assert settings == Settings()
    assert settings.route == RouteWord.AUTO
    assert settings.sunsets == {}
    assert settings.origins == {
        "https://cloud.mongodb.com",
        "https://cloud.mongodbgov.com",
    }
    names = ("ATLAS_SHIM_ROUTE", "ATLAS_SHIM_SUNSET", "ATLAS_SHIM_UPSTREAM")
    assert read_settings(dict.fromkeys(names, "")) == Settings()


@pytest.mark.parametrize("word", ["auto", "date", "legacy", "successor", "flex", "off"])
def test_every_route_is_accepted(word):
    """The six values are accepted with or without surrounding space."""
    assert read_settings({"ATLAS_SHIM_ROUTE": f" {word}\n"}).route == word


@pytest.mark.parametrize("word", ["AUTO", "on", "true", "auto,flex", "dedicated", " "])
def test_any_other_route_is_an_error_that_lists_the_values(word):
    """A typo never changes the route. The error has the setting's public name and is a ValueError."""
    words = "auto, date, legacy, successor, flex, off"
    with pytest.raises(
        SettingsError, match=rf"ATLAS_SHIM_ROUTE: .* is not one of {words}"
    ):
        read_settings({"ATLAS_SHIM_ROUTE": word})
    with pytest.raises(ValueError, match="--route"):
        parse_route(word, name="--route")


def test_a_feature_flag_may_set_the_route():
    """Until it has a value the route is auto; then the record names the flag."""
    settings = read_settings({"ATLAS_SHIM_ROUTE": "openfeature:atlas-route"})
    assert settings.route == RouteWord.AUTO
    assert settings.flag == "atlas-route"
    flex = settings.by_flag(RouteWord.FLEX)
    silent = settings.by_flag(None)
    assert flex.route == RouteWord.FLEX
    assert flex.because == "the flag atlas-route is flex"
    assert silent.route == RouteWord.AUTO
    assert silent.because == "the flag atlas-route has no value yet"


@pytest.mark.parametrize(
    "word", ["openfeature:", "openfeature: x", "openfeature", "openfeature:a\nb"]
)
def test_a_flag_must_have_a_valid_key(word):
    """The error shows the format of a key."""
    with pytest.raises(SettingsError, match="openfeature:KEY"):
        parse_route(word)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T12:30+02:00", datetime(2026, 2, 1, 10, 30, tzinfo=UTC)),
        ("2026-02-01 00:00:00-05:00", datetime(2026, 2, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_date_is_midnight_utc_and_an_instant_has_an_offset(text, when):
    """Both become an instant in UTC. Documents are separated by commas, with optional space."""
    read = parse_sunsets(
        f" snapshots = {text} ,, instances=2027-03-01T00:00:00+01:00, "
    )
    assert read == {
        "snapshots": when,
        "instances": datetime(2027, 3, 1, tzinfo=timezone(timedelta(hours=1))),
    }


NO_OFFSET = (
    "2026-02-01T00:00:00",
    "2026-02-01 05:00",
    "2026-02-01_05",
    "20260201",
    "2026-W05-1",
)
NO_DATE = (
    "",
    "tomorrow",
    "2026-02-30",
    "01/02/2026",
    "0001-01-01T00:00:00+23:59",
    "٢٠٢٦-01-01",
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((text, "needs a UTC offset") for text in NO_OFFSET),
        *((text, "is not a date such as") for text in NO_DATE),
    ],
)
def test_invalid_dates_and_instants_without_an_offset_are_refused(text, said):
    """Neither local time nor UTC is assumed, a date has one format, and it must exist."""
    with pytest.raises(SettingsError, match=said):
        parse_instant(text, name="x")


@given(st.text())
def test_any_text_is_parsed_or_refused(text):
    """It is an instant in UTC, an origin or a SettingsError."""
    with contextlib.suppress(SettingsError):
        assert parse_instant(text, name="x").tzinfo is UTC
    for url in (text, f"https://{text}", f"https://h:{text}"):
        try:
            origin = parse_origin(url, name="x")
        except SettingsError:
            continue
        assert parse_origin(origin, name="x") == origin


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (text, "is not of the form document=2026-01-22")
            for text in ("snapshots", "=2026-01-01", "snapshots:2026")
        ),
        ("snapshots=2026-01-01,snapshots=2027-01-01", "snapshots is given twice"),
    ],
)
def test_a_sunset_names_its_document_once(text, said):
    """A date alone is ambiguous, and so are two for one document."""
    with pytest.raises(SettingsError, match=said):
        parse_sunsets(text)


def test_an_ipv6_host_gets_its_brackets_once():
    """Some libraries pass hosts with brackets and some without."""
    assert (
        origin_of("https", "[::1]", None)
        == origin_of("https", "::1", 443)
        == "https://[::1]"
    )


def test_all_problems_are_reported_together():
    """One start shows everything that must be fixed."""
    environ = {
        "ATLAS_SHIM_ROUTE": "sideways",
        "ATLAS_SHIM_SUNSET": "a=never,b,c=2026-01-01T00:00",
        "ATLAS_SHIM_UPSTREAM": "nowhere",
    }
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    for word in ("sideways", "'never'", "'b'", "UTC offset", "ATLAS_SHIM_UPSTREAM"):
        assert word in str(caught.value)
