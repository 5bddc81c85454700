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


def test_a_picture_has_a_title_and_a_description(drawing):
    """The root element refers to both, for people who do not see the picture."""
    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    named = {
        one.get("id"): one.text
        for name in ("title", "desc")
        for one in root.findall(f"{SVG}{name}")
    }
    assert all(named.values())
    assert str(root.get("aria-labelledby")).split() == [*named]


def test_a_picture_can_be_read_on_a_phone_and_in_dark_mode(drawing):
    """No letter is smaller than 12 px on a page of 360 px; dark mode has its own colors."""
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
    """It is one file without scripts, fonts or addresses."""
    assert not re.findall(
        r"<script|<image|<foreignObject|href=|@import|@font-face|\son\w+=", drawing
    )
    assert re.findall(r"https?://[^\"]*", drawing) == ["http://www.w3.org/2000/svg"]


def test_each_picture_is_on_a_page_with_an_alternative_text():
    """No picture is unused."""
    shown: dict[Path, str] = {}
    for path, text in PAGES.items():
        shown |= {
            (path.parent / target).resolve(): alt
            for alt, target in re.findall(r"!\[([^\]]*)\]\((\S+)\)", text)
        }
    assert set(PICTURES) <= shown.keys()
    assert not [path for path in PICTURES if len(shown[path].split()) < 8]
