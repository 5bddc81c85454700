"""The documentation site: built strictly, every link leads somewhere, and nothing is fetched from elsewhere."""

import json
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
BASE = "/atlas-shim/"
FETCHED = {"src", "srcset", "poster", "data", "action"}
FETCHING = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "manifest"}


def find_file(site, page, path):
    """The file that a link's path leads to from a page, None for one that is not there."""
    path = unquote(path)
    below = path.removeprefix(BASE) if path.startswith("/") else page.path.parent.relative_to(site) / path
    target = (site / below).resolve()
    target = target / "index.html" if target.is_dir() else target
    return target if target.is_file() else None


def test_every_link_and_anchor_leads_somewhere(site, pages):
    """Each link within the built site is a file of it, and each fragment an id of that page."""
    anchors = {page.path: page.anchors for page in pages}
    dead = []
    for page in pages:
        for _, given in page.tags:
            for url in (given[key] for key in ("href", "src") if key in given):
                parts = urlsplit(url)
                if parts.scheme or parts.netloc:
                    continue
                target = find_file(site, page, parts.path) if parts.path else page.path
                if target is None or (parts.fragment and unquote(parts.fragment) not in anchors.get(target, ())):
                    dead.append((page.path.relative_to(site).as_posix(), url))
    assert not dead


def test_no_page_fetches_from_elsewhere(pages):
    """Scripts, styles, pictures, frames, fonts and forms of a page are files of the site."""
    for page in pages:
        for tag, given in page.tags:
            urls = [value for key, value in given.items() if key in FETCHED]
            if tag == "link" and FETCHING & set(given.get("rel", "").split()):
                urls.append(given["href"])
            assert not [url for url in urls if urlsplit(url).netloc], page.path


def test_no_style_or_picture_fetches_from_elsewhere(site):
    """Neither do style sheets, nor pictures that are drawn."""
    looked_at = [path for path in site.rglob("*") if path.suffix in {".css", ".svg"}]
    assert looked_at
    for path in looked_at:
        text = path.read_text("utf-8")
        assert not re.findall(r"""(?:url\(|@import|href=|src=)\s*["']?(?:https?:)?//[^"')]+""", text), path


def test_every_page_tells_the_browser_to_fetch_nothing_elsewhere(pages):
    """What the theme's scripts could load (diagrams, a count of stars) the browser refuses: its policy says so."""
    for page in pages:
        policies = [given["content"] for _, given in page.tags if given.get("http-equiv") == "Content-Security-Policy"]
        assert len(policies) == 1, page.path
        assert policies[0].startswith("default-src 'self'; ")
        assert "//" not in policies[0]


def test_the_search_knows_words_of_the_pages(site):
    """The index has a word of the gateway's reference, at a page that is there."""
    items = json.loads((site / "search.json").read_text("utf-8"))["items"]
    found = {item["location"].partition("#")[0] for item in items if "passthrough" in item["text"]}
    assert "reference/credentials/" in found
    assert all((site / location / "index.html").is_file() for location in found)


def test_every_page_is_in_the_navigation(builder, site, pages):
    """A page that is added under docs/ is there without a line of settings."""
    home = next(page for page in pages if page.path == site / "index.html")
    linked = {find_file(site, home, urlsplit(given["href"]).path) for _, given in home.tags if "href" in given}
    for place in builder.place_files().values():
        if place.suffix == ".md" and place.name != "index.md":
            assert site / place.with_suffix("") / "index.html" in linked


def test_anchors_are_those_of_the_repository(pages):
    """A heading's anchor is the one that the repository's own page gives it."""
    # Its rule: small letters, no punctuation, a hyphen for each space; -1, -2 for a heading that comes again.
    for page in pages:
        said = [text for kind, text in page.texts if kind != "p"]
        named = [given["id"] for tag, given in page.tags if re.fullmatch("h[1-4]", tag) and "id" in given]
        wanted = [re.sub(r"[^\w\- ]", "", text.rstrip("¶").strip().lower()).replace(" ", "-") for text in said]
        assert [re.sub(r"_\d+$", "", name) for name in named] == wanted[: len(named)], page.path


def test_no_markdown_is_left_in_a_text(pages):
    """Lists, tables and fences are read as such, although this reader asks for a blank line before them."""
    for page in pages:
        for kind, text in page.texts:
            assert not (kind == "p" and re.search(r"^\s*(?:[-*|] |\d+\. |```|>)", text, re.MULTILINE)), (
                page.path,
                text,
            )


def test_a_dead_link_names_its_page(builder):
    """A link that leads nowhere stops the build, and says where it stands."""
    page = ROOT / "docs" / "index.md"
    with pytest.raises(SystemExit, match=r"docs/index\.md: the link to gone\.md leads nowhere"):
        builder.lead_links("[x](gone.md)", page, {page: PurePosixPath("index.md")})


def test_a_link_out_of_the_site_leads_to_the_repository(builder):
    """A file and a folder that are no pages are linked where they are shown; code stays as it is."""
    page = ROOT / "docs" / "how-to" / "deploying.md"
    placed = builder.place_files()
    text = "[a](../../deploy) [b](../../deploy/shim.toml) [c](../../CHANGELOG.md#top)\n```\n[d](../../deploy)\n```\n"
    there = "https://github.com/atlas-shim/atlas-shim"
    assert builder.lead_links(text, page, placed) == (
        f"[a]({there}/tree/main/deploy) [b]({there}/blob/main/deploy/shim.toml) [c](../project/changelog.md#top)\n"
        "```\n[d](../../deploy)\n```\n"
    )


def test_a_dead_anchor_fails_the_build(builder, monkeypatch, tmp_path):
    """The builder is strict: an anchor that no page has is an error."""
    page = tmp_path / "index.md"
    page.write_text("# Home\n\n[x](#gone)\n")
    monkeypatch.setattr(builder, "place_files", lambda: {page: PurePosixPath("index.md")})
    with pytest.raises(SystemExit):
        builder.build(tmp_path / "out")
