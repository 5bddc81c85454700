"""Settings from the environment."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.settings import (
    ATLAS_ORIGINS,
    RouteWord,
    Settings,
    parse_instant,
    parse_route,
    parse_sunsets,
    read_settings,
)
from shim.errors import SettingsError
from shim.origins import origin_of, parse_origin


def test_nothing_set_means_the_defaults():
    """An empty environment gives the documented defaults."""
    settings = read_settings({})
    assert settings == Settings()
    assert settings.route is RouteWord.AUTO
    assert settings.sunsets == {}
    assert settings.origins == {"https://cloud.mongodb.com", "https://cloud.mongodbgov.com"}


def test_empty_variables_count_as_unset():
    """A variable that is set to nothing changes nothing."""
    names = ("ATLAS_SHIM_ROUTE", "ATLAS_SHIM_SUNSET", "ATLAS_SHIM_UPSTREAM")
    assert read_settings(dict.fromkeys(names, "")) == Settings()


@pytest.mark.parametrize("word", ["auto", "date", "legacy", "flex", "off"])
def test_every_route_word_is_known(word):
    """The five words of the interface are read, with space around them or not."""
    assert read_settings({"ATLAS_SHIM_ROUTE": f" {word}\n"}).route == word


@pytest.mark.parametrize("word", ["AUTO", "on", "true", "auto,flex", "dedicated", " "])
def test_any_other_route_word_is_an_error_that_lists_the_words(word):
    """A typo never switches quietly."""
    words = "auto, date, legacy, successor, flex, off"
    with pytest.raises(SettingsError, match=rf"ATLAS_SHIM_ROUTE: .* is not one of {words}"):
        read_settings({"ATLAS_SHIM_ROUTE": word})


def test_a_feature_flag_may_say_the_route():
    """Until it has said a word the route is auto; what it says is in force under its name."""
    settings = read_settings({"ATLAS_SHIM_ROUTE": "openfeature:atlas-route"})
    assert (settings.route, settings.flag) == (RouteWord.AUTO, "atlas-route")
    flex, silent = settings.by_flag(RouteWord.FLEX), settings.by_flag(None)
    assert (flex.route, flex.because) == (RouteWord.FLEX, "the flag atlas-route says flex")
    assert (silent.route, silent.because) == (RouteWord.AUTO, "the flag atlas-route has no word yet")
    assert parse_route("openfeature:atlas-route") == "openfeature:atlas-route"


@pytest.mark.parametrize("word", ["openfeature:", "openfeature: x", "openfeature", "openfeature:a\nb"])
def test_a_flag_has_a_key(word):
    """What is not a key is refused, and the error shows how one is written."""
    with pytest.raises(SettingsError, match="openfeature:KEY"):
        parse_route(word)


def test_an_error_names_the_setting_as_the_caller_knows_it():
    """A flag's error speaks of the flag."""
    with pytest.raises(SettingsError, match="--route"):
        parse_route("x", name="--route")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T00:00:00Z", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T12:30+02:00", datetime(2026, 2, 1, 10, 30, tzinfo=UTC)),
        ("2026-02-01 00:00:00-05:00", datetime(2026, 2, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_date_is_midnight_utc_and_an_instant_has_its_offset(text, when):
    """Both forms are read as an instant in UTC."""
    assert parse_sunsets(f"snapshots={text}") == {"snapshots": when}


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-01T00:00:00",
        "2026-02-01 05:00",
        "2026-02-01_05",
        "20260201",
        "2026-W05-1",
    ],
)
def test_an_instant_without_an_offset_is_refused(text):
    """Neither local time nor UTC is guessed, and a bare date has one spelling."""
    with pytest.raises(SettingsError, match="needs a UTC offset"):
        parse_instant(text, name="x")


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-02-30", "01/02/2026", "0001-01-01T00:00:00+23:59", "٢٠٢٦-01-01"]
)
def test_what_is_no_date_is_refused(text):
    """A date outside the calendar is an error, not a crash."""
    with pytest.raises(SettingsError, match="is not a date such as"):
        parse_instant(text, name="x")


@given(st.text())
def test_no_text_breaks_the_reading_of_instants(text):
    """Any text is an instant in UTC or a SettingsError."""
    try:
        when = parse_instant(text, name="x")
    except SettingsError:
        return
    assert when.tzinfo is UTC


def test_several_sunsets_are_read():
    """Documents are separated by commas, and space around anything is ignored."""
    read = parse_sunsets(" snapshots = 2026-02-01 ,, instances=2027-03-01T00:00:00+01:00, ")
    assert read == {
        "snapshots": datetime(2026, 2, 1, tzinfo=UTC),
        "instances": datetime(2027, 3, 1, tzinfo=timezone(timedelta(hours=1))),
    }


@pytest.mark.parametrize("text", ["snapshots", "=2026-01-01", "2026-01-01", "snapshots:2026-01-01"])
def test_a_sunset_names_its_document(text):
    """A date alone does not say whose it is."""
    with pytest.raises(SettingsError, match="is not of the form document=2026-01-22"):
        parse_sunsets(text)


def test_two_dates_for_one_document_are_refused():
    """Which one is meant is not guessed."""
    with pytest.raises(SettingsError, match="snapshots is given twice"):
        parse_sunsets("snapshots=2026-01-01,snapshots=2027-01-01")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://cloud.mongodb.com", "https://cloud.mongodb.com"),
        ("HTTPS://Cloud.MongoDB.com:443/", "https://cloud.mongodb.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        (" http://atlas \n", "http://atlas"),
    ],
)
def test_an_origin_has_one_spelling(url, origin):
    """Case, a default port and a slash at the end make no difference."""
    assert parse_origin(url, name="x") == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cloud.mongodb.com",
        "ftp://cloud.mongodb.com",
        "https://",
        "https://:443",
        "http://[::1",
        "http://host:99999",
        "http://host:port",
        "http://a b",
        "http://a\\b",
        "http://a%2f",
        'http://a"b',
    ],
)
def test_what_is_no_origin_is_refused(url):
    """Not everything that can be parsed as a URL is one to send to."""
    with pytest.raises(SettingsError, match="is not a URL such as"):
        parse_origin(url, name="x")


@pytest.mark.parametrize(
    "url",
    ["https://h/api", "https://h?x=1", "https://h#x", "https://user@h", "https://user:secret@h", "https://@h"],
)
def test_an_origin_is_nothing_but_an_origin(url):
    """A path, a query or a user in it is refused, and a password is not quoted."""
    with pytest.raises(SettingsError, match="give the origin alone, as in https://h") as caught:
        parse_origin(url, name="x")
    assert "secret" not in str(caught.value)


@given(st.text())
def test_no_text_breaks_the_reading_of_origins(text):
    """Any text is an origin or a SettingsError."""
    for url in (text, f"https://{text}", f"https://h:{text}"):
        try:
            origin = parse_origin(url, name="x")
        except SettingsError:
            continue
        assert parse_origin(origin, name="x") == origin


def test_an_ipv6_host_gets_its_brackets_once():
    """Hosts come with brackets or without, by library."""
    assert origin_of("https", "[::1]", None) == origin_of("https", "::1", 443) == "https://[::1]"


def test_the_upstream_joins_atlas_own_origins():
    """A configured upstream is recognised beside Atlas' hosts, and nothing else is."""
    settings = read_settings({"ATLAS_SHIM_UPSTREAM": "http://localhost:8080/"})
    assert settings.origins == ATLAS_ORIGINS | {"http://localhost:8080"}


def test_all_problems_are_reported_at_once():
    """One start shows everything that has to be corrected."""
    environ = {
        "ATLAS_SHIM_ROUTE": "sideways",
        "ATLAS_SHIM_SUNSET": "a=never,b,c=2026-01-01T00:00",
        "ATLAS_SHIM_UPSTREAM": "nowhere",
    }
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    said = str(caught.value)
    for word in ("sideways", "'never'", "'b'", "UTC offset", "ATLAS_SHIM_UPSTREAM"):
        assert word in said


def test_a_settings_error_is_a_value_error_too():
    """Programs that know nothing of the shim can catch it."""
    with pytest.raises(ValueError, match="ATLAS_SHIM_ROUTE"):
        parse_route("x")
