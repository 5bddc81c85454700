"""The documentation site, built once for all tests of it."""

import importlib.util
from html.parser import HTMLParser
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).parents[2]
TEXTS = {"p", "h1", "h2", "h3", "h4"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@attrs.define
class Page(HTMLParser):
    """One built page: its tags with their attributes; paragraphs and headings of its article: tag, id, text."""

    path: Path
    tags: list[tuple[str, dict[str, str]]] = attrs.Factory(list)
    texts: list[tuple[str, str | None, str]] = attrs.Factory(list)
    _open: list[str] = attrs.Factory(list)

    def __attrs_post_init__(self):
        super().__init__()
        self.feed(self.path.read_text("utf-8"))

    @property
    def anchors(self):
        """What a link's fragment may name."""
        return {given[key] for _, given in self.tags for key in ("id", "name") if key in given}

    def handle_starttag(self, tag, attributes):
        """Note a tag; a paragraph or a heading begins a text."""
        given = {name: value or "" for name, value in attributes}
        self.tags.append((tag, given))
        if tag not in VOID:
            self._open.append(tag)
        if tag in TEXTS and "article" in self._open:
            self.texts.append((tag, given.get("id"), ""))

    def handle_endtag(self, tag):
        """Leave it, and what is open in it."""
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        """Add to the text that is open; what a paragraph has as code is no Markdown that was left."""
        if "article" in self._open and (inner := [tag for tag in self._open if tag in TEXTS]):
            kind, anchor, text = self.texts[-1]
            self.texts[-1] = (kind, anchor, text + ("…" if inner == ["p"] and "code" in self._open else data))


@pytest.fixture(scope="session")
def builder():
    """The script that makes the site, as a module."""
    pytest.importorskip("zensical", reason="zensical (the extra docs) is not installed")
    spec = importlib.util.spec_from_file_location("site_builder", ROOT / "docs" / "site" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
