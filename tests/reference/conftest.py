"""What the tests of the generated pages share."""

import re
from pathlib import Path

import pytest

from tests.reference.pages import FOLDER, PAGES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def page():
    """Return a function that reads a page of the reference."""

    def page(name):
        return (FOLDER / name).read_text("utf-8")

    return page


@pytest.fixture(params=sorted(PAGES))
def generated(request):
    """The name of each generated page in turn."""
    return request.param


def first_column(text):
    """Return the first cell of each line of a page's tables, heads and rules left out."""
    cells = re.findall(r"^\| ((?:[^|\\]|\\.)+?) \|", text, re.MULTILINE)
    return [cell for cell in cells if "`" in cell]
