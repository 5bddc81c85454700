"""The documentation site, built once for all tests of it."""

from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import attrs
import pytest


@attrs.define
class Page(HTMLParser):
    """One built page, and its tags with their attributes."""

    path: Path
    tags: list[tuple[str, dict[str, str]]] = attrs.Factory(list)

    def __attrs_post_init__(self):
        super().__init__()
        self.feed(self.path.read_text("utf-8"))

    @property
    def anchors(self):
        """What a link's fragment may name."""
        return {given[key] for _, given in self.tags for key in ("id", "name") if key in given}

    def handle_starttag(self, tag, attributes):
        """Note a tag."""
        self.tags.append((tag, {name: value or "" for name, value in attributes}))


@pytest.fixture(scope="session")
def builder():
    """The script that makes the site, as a module."""
    pytest.importorskip("zensical", reason="zensical (the extra docs) is not installed")
    return import_module("build")  # docs/site is on the path


@pytest.fixture(scope="session")
def site(builder, tmp_path_factory):
    """The folder of the site, built strictly."""
    folder = tmp_path_factory.mktemp("pages")
    builder.build(folder)
    return folder / "site"


@pytest.fixture(scope="session")
def pages(site):
    """Each page of it."""
    found = [Page(path) for path in sorted(site.rglob("*.html"))]
    assert len(found) > 20
    return found
