"""The pictures of the pages: they can be read by everybody, and say what the code does."""

import itertools
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from benchmarks.picture import README, picture, ratios
from shim.core.context import Context
from shim.core.memory import Memory
from shim.core.messages import Call
from shim.core.recognise import load_engine
from shim.core.route import decide, has_successor, retired_key
from shim.core.settings import RouteWord, Settings

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
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert title.text
    assert desc.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"


def test_a_picture_can_be_read_on_a_telephone_and_in_the_dark(drawing):
    """No letter is smaller than 12 px where the page is 360 px wide; dark has colours of its own."""
    width = float(ET.fromstring(drawing).get("viewBox", "").split()[2])
    sizes = re.findall(r"font(?:-size)?: ([\d.]+)px", drawing)
    assert sizes
    assert min(map(float, sizes)) * min(1, (360 - 2 * 16) / width) >= 12
    light, _, dark = drawing.partition("@media (prefers-color-scheme: dark)")
    coloured = {name for name, rules in re.findall(r"\.?(\w+) \{([^}]*)\}", light) if "#" in rules} | {"text"}
    assert coloured <= {name for name, _ in re.findall(r"\.?(\w+) \{([^}]*)\}", dark)}


def test_a_picture_loads_and_runs_nothing(drawing):
    """It is one file: no script, no font, no address."""
    assert not re.findall(r"<script|<image|<foreignObject|href=|@import|@font-face|\son\w+=", drawing)
    assert re.findall(r"https?://[^\"]*", drawing) == ["http://www.w3.org/2000/svg"]


def test_each_picture_stands_on_a_page_and_has_words_there():
    """None is left over, and each has a text for where it can't be shown."""
    shown: dict[Path, str] = {}
    for path, text in PAGES.items():
        shown |= {(path.parent / target).resolve(): alt for alt, target in re.findall(r"!\[([^\]]*)\]\((\S+)\)", text)}
    assert set(PICTURES) <= shown.keys()
    assert not [path for path in PICTURES if len(shown[path].split()) < 8]


def test_the_benchmarks_are_those_of_the_table():
    """Whoever changes the table draws it anew: python -m benchmarks.picture."""
    assert (FOLDER / "benchmarks.svg").read_text("utf-8") == picture(ratios(README.read_text("utf-8")))


ENGINE = load_engine({})
G = "/api/atlas/v2/groups/g"
CALLS = [
    ("GET", f"{G}/serverless/c/backup/snapshots"),
    ("GET", f"{G}/serverless/c"),
    ("DELETE", f"{G}/serverless/c"),
    ("GET", f"{G}/serverless/c/performanceAdvisor/autoIndexing"),
    ("GET", f"{G}/privateEndpoint/serverless/instance/c/endpoint"),
    ("GET", f"{G}/clusters"),
]
"""Two successors, blank reads, a switch, one answer that is left, nothing at all, and a tier of another name."""
YES_OR_NO = (False, True)
BEFORE, AFTER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
OLD = (("Accept", "application/vnd.atlas.2023-02-01+json"),)


def as_drawn(word, *, over, gone, successor, left, found):
    """Read ``route.svg`` from the top to the first box that asks somebody; flex stands for a document's first tier."""
    auto = word is RouteWord.AUTO
    if word in {RouteWord.OFF, RouteWord.LEGACY}:
        return "legacy"
    if word not in {RouteWord.SUCCESSOR, RouteWord.FLEX} and not (over or (auto and gone)):
        return "legacy"
    if not successor:
        first_asks_legacy = auto and not gone and not left
        return "legacy" if first_asks_legacy else "none"
    return "dedicated" if auto and found else "flex"


@pytest.mark.parametrize(("method", "target"), CALLS, ids=[f"{method} {path[len(G) :]}" for method, path in CALLS])
def test_the_decision_is_drawn_as_it_is_made(method, target):
    """For each word, before and after the day, whatever was learned, and with the switch on and off."""
    match = ENGINE.recognise(method, target, OLD)
    assert match is not None
    call = Call(method, "https://cloud.mongodb.com", target)
    operation = match.operation
    for word, (over, gone, found, switched) in itertools.product(RouteWord, itertools.product(YES_OR_NO, repeat=4)):
        now, memory = (AFTER if over else BEFORE).timestamp(), Memory()
        if gone:
            memory.retired.remember(retired_key(match, call.origin), "410", now)
        if found and match.cluster:
            memory.tiers.remember((call.origin, *match.cluster), "dedicated", now)
        settings = Settings(route=word, writes=frozenset({"instances"} if switched else ()))
        drawn = as_drawn(
            word,
            over=over,
            gone=gone,
            successor=has_successor(operation, settings),
            left=operation.constant is not None,
            found=found and "dedicated" in operation.successors,
        )
        clock = partial(float, now)
        asked = decide(match, call, Context(settings, memory, clock, call.origin)).route
        assert ("flex" if asked == operation.first else asked) == drawn
