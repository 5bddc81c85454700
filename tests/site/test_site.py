"""The documentation site: built strictly, with valid links, and without resources from other sites."""

import json
import re
import subprocess
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import attrs
import pytest

ROOT = Path(__file__).parents[2]
FETCHED = {"src", "srcset", "poster", "data", "action"}
FETCHING = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "manifest",
}


def find_file(site, page, path):
    """Return the file that a page's link refers to, None if there is none."""
    path = unquote(path)
    if path.startswith("/"):
        below = path.removeprefix("/")
    else:
        below = page.path.parent.relative_to(site) / path
    target = (site / below).resolve()
    if target.is_dir():
        target = target / "index.html"
    return target if target.is_file() else None


def test_every_link_and_anchor_is_valid(site, pages):
    """Each link within the built site refers to its file, and each fragment to an id of that page."""
    anchors = {page.path: page.anchors for page in pages}
    dead = []
    for page in pages:
        for _, given in page.tags:
            for url in (given[key] for key in ("href", "src") if key in given):
                parts = urlsplit(url)
                if parts.scheme or parts.netloc:
                    continue
                if parts.path:
                    target = find_file(site, page, parts.path)
                else:
                    target = page.path
                if target is None or (
                    parts.fragment
                    and unquote(parts.fragment) not in anchors.get(target, ())
                ):
                    dead.append((page.path.relative_to(site).as_posix(), url))
    assert not dead


def test_no_page_fetches_from_other_hosts(site, pages):
    """Scripts, styles, pictures, frames, fonts and forms are files of the site, also in style sheets and drawings."""
    for page in pages:
        for tag, given in page.tags:
            urls = [value for key, value in given.items() if key in FETCHED]
            if tag == "link" and FETCHING & set(given.get("rel", "").split()):
                urls.append(given["href"])
            assert not [url for url in urls if urlsplit(url).netloc], page.path
    looked_at = [path for path in site.rglob("*") if path.suffix in {".css", ".svg"}]
    assert looked_at
    for path in looked_at:
        text = path.read_text("utf-8")
        assert not re.findall(
            r"""(?:url\(|@import|href=|src=)\s*["']?(?:https?:)?//[^"')]+""", text
        ), path


def test_every_page_forbids_fetching_from_other_hosts(pages):
    """The page's policy blocks the theme's scripts from loading diagrams or a count of stars."""
    for page in pages:
        policies = [
            given["content"]
            for _, given in page.tags
            if given.get("http-equiv") == "Content-Security-Policy"
        ]
        assert len(policies) == 1, page.path
        assert policies[0].startswith("default-src 'self'; ")
        assert "//" not in policies[0]


def test_the_search_finds_words_of_the_pages(site):
    """The index has a word of the gateway's reference, with a page that exists."""
    items = json.loads((site / "search.json").read_text("utf-8"))["items"]
    found = {
        item["location"].partition("#")[0]
        for item in items
        if "passthrough" in item["text"]
    }
    assert "reference/credentials/" in found
    assert all((site / location / "index.html").is_file() for location in found)


def test_every_page_is_in_the_navigation(builder, site, pages):
    """A page that is added under docs/ needs no line of settings."""
    home = next(page for page in pages if page.path == site / "index.html")
    linked = {
        find_file(site, home, urlsplit(given["href"]).path)
        for _, given in home.tags
        if "href" in given
    }
    for place in builder.place_files().values():
        if place.suffix == ".md" and place.name != "index.md":
            assert site / place.with_suffix("") / "index.html" in linked


def test_a_link_out_of_the_site_becomes_a_repository_path(builder):
    """Files and folders that are not pages are named as text.

    Pages are linked relatively, by their titles.
    """
    page = ROOT / "docs" / "how-to" / "deploying.md"
    text = "[a](../../deploy) [b](../../deploy/shim.toml) [c](../../CHANGELOG.md#top) [d](#here) [e](https://x.test/)"
    assert builder.lead_links(text, page, builder.place_files()) == (
        "a (`deploy`) b (`deploy/shim.toml`) [c](../project/changelog.md#top) [d](#here) [e](https://x.test/)"
    )
    named = "[`deploy/`](../../deploy) [deploy/shim.toml](../../deploy/shim.toml)"
    assert (
        builder.lead_links(named, page, builder.place_files())
        == "`deploy/` deploy/shim.toml"
    )
    text = "[credentials.md](../reference/credentials.md#replicas)"
    led = "[Credentials in the gateway](../reference/credentials.md#replicas)"
    assert builder.lead_links(text, page, builder.place_files()) == led


@pytest.fixture
def one(builder, monkeypatch, tmp_path):
    """Return a function that builds a site of one page, and returns the input of its Markdown reader."""
    monkeypatch.setattr(builder, "ROOT", tmp_path)
    page = tmp_path / "index.md"
    monkeypatch.setattr(
        builder, "place_files", lambda: {page: PurePosixPath("index.md")}
    )
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "site").symlink_to(ROOT / "docs" / "site")
    (tmp_path / "zensical.toml").symlink_to(ROOT / "zensical.toml")

    def build(text):
        page.write_text(text, "utf-8")
        builder.build(tmp_path / "out")
        return (tmp_path / "out" / "docs" / "index.md").read_text("utf-8")

    return build


@pytest.fixture
def staged(one, builder, monkeypatch):
    """Return that function with the reader replaced."""
    monkeypatch.setattr(
        builder.subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, 0),
    )
    return one


def test_a_dead_anchor_fails_the_build(one, capfd):
    """The reader is strict: an anchor that no page has is an error."""
    with pytest.raises(SystemExit):
        one("# Home\n\n[x](#gone)\n")
    assert "index.md:3" in capfd.readouterr().err


def test_a_bar_in_the_code_of_a_table_loses_its_backslash(staged):
    """The repository's renderer needs it, and the site's would show it.

    Other code is unchanged.
    """
    text = staged("# Home\n\n| a |\n|---|\n| `x \\| y` |\n\n```sh\ngrep 'a\\|b'\n```\n")
    assert "| `x | y` |" in text
    assert "a\\|b" in text


@pytest.mark.parametrize(
    "text",
    [
        "1. one\n   - inner\n",
        "1. one\n\n   ```sh\n   ls\n   ```\n",
        "- one\n\n  again\n",
    ],
    ids=["list", "code", "paragraph"],
)
def test_text_that_the_site_would_render_differently_fails_the_build(staged, text):
    """A text indented by less than four spaces would leave its list there.

    Code may contain anything.
    """
    assert staged("# Home\n\n```\nrules:\n  - name: x\n\n  y: z\n```\n")
    with pytest.raises(
        SystemExit, match=r"index\.md: .* is indented by less than four spaces"
    ):
        staged(f"# Home\n\n{text}")


def test_a_page_without_a_title_fails_the_build(staged):
    """The navigation would have no name for it."""
    with pytest.raises(SystemExit, match=r"index\.md: a page begins with its title"):
        staged("Home\n")


def test_a_folder_with_other_files_is_not_removed(builder, tmp_path):
    """The build removes only its own output before it starts: "." would be the pages themselves."""
    (tmp_path / "docs").mkdir()
    for folder in (tmp_path, ROOT):
        with pytest.raises(SystemExit, match="contains other files"):
            builder.build(folder)
    assert (tmp_path / "docs").exists()


def test_without_a_library_the_build_names_the_installation(
    builder, monkeypatch, tmp_path
):
    """The pages of Python's API need every library."""

    def stage(folder):
        raise ModuleNotFoundError("No module named 'httpx2'")

    monkeypatch.setattr(builder, "stage", stage)
    with pytest.raises(
        SystemExit,
        match=r"No module named 'httpx2': install the project .* pip install -e '\.\[all\]'",
    ):
        builder.build(tmp_path)


@pytest.mark.parametrize(("words", "page"), [
    ("rotate key", "reference/credentials/"), ("410", "how-to/trouble/"), ("keyerror", "how-to/trouble/"),
])  # fmt: skip
def test_the_search_finds_common_questions(site, words, page):
    """Each word finds the page with its answer."""
    items = json.loads((site / "search.json").read_text("utf-8"))["items"]
    texts = [
        f"{one['title']} {one['text']}".casefold()
        for one in items
        if one["location"].startswith(page)
    ]
    assert all(any(word in text for text in texts) for word in words.split())


def test_a_site_is_built_from_scratch(staged):
    """A second build contains nothing of the first, which may have failed."""
    assert "before" in staged("# Home\n\nbefore\n")
    with pytest.raises(SystemExit, match=r"index\.md: the link to gone\.md is broken"):
        staged("# Home\n\n[x](gone.md)\n")
    assert "before" not in staged("# Home\n\nafter\n")


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
        """The ids and names that a link's fragment can refer to."""
        return {
            given[key]
            for _, given in self.tags
            for key in ("id", "name")
            if key in given
        }

    def handle_starttag(self, tag, attributes):
        """Record a tag."""
        self.tags.append((tag, {name: value or "" for name, value in attributes}))


@pytest.fixture(scope="session")
def builder():
    """The script that builds the site, as a module."""
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
    """Each page of the site."""
    found = [Page(path) for path in sorted(site.rglob("*.html"))]
    assert len(found) > 20
    return found
