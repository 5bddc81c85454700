"""The page of fields names those that the tables of the code name, and what the admin listener adds."""

import re

import pytest

from shim.core.responses import _ABOUT_CONTENT
from shim.gateway.fields import _REQUEST_DROPS
from tests.peers.served import At, ask, gateway, get, lines_of, status_of

ASKED, LOST = "What of a request Atlas does not see", "What of Atlas' reply a caller does not find"


@pytest.fixture(scope="module")
def tables(page):
    """Section -> field -> when, of the page's tables; ``the same`` is what the line above says."""
    found: dict[str, dict[str, str]] = {}
    for section in page("headers.md").split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        when = ""
        for names, said in re.findall(r"^\| (`[^|]+) \| ([^|]+?) \|", text, re.MULTILINE):
            when = when if said == "the same" else said
            found.setdefault(heading, {}).update(dict.fromkeys(re.findall(r"`([a-z0-9-]+)`", names.lower()), when))
    return found


@pytest.mark.parametrize(
    ("section", "names"), [(ASKED, _REQUEST_DROPS), (LOST, _ABOUT_CONTENT)], ids=["request", "reply"]
)
def test_every_field_that_is_dropped_is_on_the_page(section, names, tables):
    """Those of the connection and of the peer in a request, those about a successor's content in a reply."""
    said = tables[section].keys() | tables["What the gateway says to Atlas in its own words"].keys()
    assert {name.lower() for name in names} - said - {"content-length", "expect"} == set()


@pytest.mark.parametrize("path", ["/", "/livez", "/metrics", "/status.txt", "/status.json"])
def test_the_admin_listener_adds_what_the_page_says(path, tables):
    """Of all its pages."""
    with gateway("http://127.0.0.1:1") as served:
        url = served.admin_url or ""
        head, _ = ask(At(url), get(path, host=url.removeprefix("http://")))
    assert status_of(head) == 200
    listener = tables["The admin listener"].items()
    assert {name.lower() for name, _ in lines_of(head)} == {
        name for name, when in listener if when in {"always", "with content"} or f"`{path}`" in when
    }
