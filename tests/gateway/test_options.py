"""The one table of options."""

from datetime import UTC, datetime

import attrs
import pytest

from shim.core.settings import RouteWord
from shim.errors import SettingsError
from shim.gateway.option_values import parse_address
from shim.gateway.options import TABLE, Address, Options, read_options


def test_defaults_are_the_ones_that_are_shown():
    """What the table shows as a default is what an Options without arguments has."""
    shown = {row.name: row.default for row in TABLE}
    assert read_options({}, flags=shown) == Options() == read_options({})
    assert list(shown) == [field.name for field in attrs.fields(Options)]


def test_flag_beats_environment_beats_file():
    """The nearer the caller, the stronger."""
    file = {"route": "legacy", "drain": 3, "deadline": 7}
    environ = {"ATLAS_SHIM_ROUTE": "flex", "ATLAS_SHIM_DRAIN": "2", "ATLAS_SHIM_DEADLINE": ""}
    options = read_options(environ, flags={"route": "off", "drain": None}, file=file)
    assert (options.route, options.drain, options.deadline) == (RouteWord.OFF, 2.0, 7.0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("127.0.0.1:1", Address("127.0.0.1", 1)),
        (":0", Address("127.0.0.1", 0)),
        ("[::1]:8480", Address("::1", 8480)),
        ("localhost:80", Address("localhost", 80)),
    ],
)
def test_addresses(text, wanted):
    """An address is a host, which may be left out, and a port, which may not."""
    assert parse_address(text, "--listen") == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://Tools.test/", "https://tools.test"),
        ("https://tools.test:8443/atlas/", "https://tools.test:8443/atlas"),
        ("http://tools.test/a/b.c", "http://tools.test/a/b.c"),
        ("", None),
    ],
)
def test_public_urls(text, wanted):
    """A public URL is an origin, and may have a path."""
    assert read_options({}, flags={"public_url": text}).public_url == wanted


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("listen", text) for text in ("", "localhost", "8480", "a:b", "a:99999", "a:1/x", "me@a:1", "[::1:2")),
        *(("public_url", f"https://a{text}") for text in ("/b?c", "/b#c", "/../b", "/b//c", "/b c", "/%62", "@b/c")),
        *(("deadline", text) for text in ("0", "-1", "nan", "inf", "x", "")),
    ],
)
def test_what_is_no_address_or_time(name, text):
    """An address without a port, and a time that never ends or never begins, are refused."""
    with pytest.raises(SettingsError, match=f"--{name.replace('_', '-')}"):
        read_options({}, flags={name: text})


def test_core_gets_its_part():
    """The core sees the route, the dates, the limits, and no other origin than upstream."""
    options = read_options(
        {
            "ATLAS_SHIM_UPSTREAM": "http://127.0.0.1:1",
            "ATLAS_SHIM_SUNSET": "snapshots=2026-02-01",
            "ATLAS_SHIM_BODY_LIMIT": "9",
            "ATLAS_SHIM_DEADLINE": "1.5",
            "ATLAS_SHIM_ADMIN": "off",
        }
    )
    settings = options.settings()
    assert settings.origins == {"http://127.0.0.1:1"}
    assert settings.sunsets == {"snapshots": datetime(2026, 2, 1, tzinfo=UTC)}
    assert (settings.page_cap, settings.body_limit, settings.deadline) == (20, 9, 1.5)
    assert options.admin is None
