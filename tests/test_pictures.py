"""The pictures of the pages: accessible, and in agreement with the code."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
PICTURES = sorted(FOLDER.glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
PAGES = {path: path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md")}


@pytest.fixture(params=PICTURES, ids=lambda path: path.name)
def drawing(request):
    return request.param.read_text("utf-8")


def test_a_picture_has_a_name_and_words_for_those_who_do_not_see_it(drawing):
    """Title and description, which the root points to."""
    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    named = {
        one.get("id"): one.text
        for name in ("title", "desc")
        for one in root.findall(f"{SVG}{name}")
    }
    assert all(named.values())
    assert str(root.get("aria-labelledby")).split() == [*named]


def test_a_picture_can_be_read_on_a_telephone_and_in_the_dark(drawing):
    """No letter is smaller than 12 px where the page is 360 px wide; dark has colors of its own."""
    width = float(ET.fromstring(drawing).get("viewBox", "").split()[2])
    sizes = re.findall(r"font(?:-size)?: ([\d.]+)px", drawing)
    assert sizes
    assert min(map(float, sizes)) * min(1, (360 - 2 * 16) / width) >= 12
    light, _, dark = drawing.partition("@media (prefers-color-scheme: dark)")
    colored = {
        name
        for name, rules in re.findall(r"\.?(\w+) \{([^}]*)\}", light)
        if "#" in rules
    } | {"text"}
    assert colored <= {name for name, _ in re.findall(r"\.?(\w+) \{([^}]*)\}", dark)}


def test_a_picture_loads_and_runs_nothing(drawing):
    """It is one file: no script, no font, no address."""
    assert not re.findall(
        r"<script|<image|<foreignObject|href=|@import|@font-face|\son\w+=", drawing
    )
    assert re.findall(r"https?://[^\"]*", drawing) == ["http://www.w3.org/2000/svg"]


def test_each_picture_stands_on_a_page_and_has_words_there():
    """None is left over, and each has a text for where it can't be shown."""
    shown: dict[Path, str] = {}
    for path, text in PAGES.items():
        shown |= {
            (path.parent / target).resolve(): alt
            for alt, target in re.findall(r"!\[([^\]]*)\]\((\S+)\)", text)
        }
    assert set(PICTURES) <= shown.keys()
    assert not [path for path in PICTURES if len(shown[path].split()) < 8]
