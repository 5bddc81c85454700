"""What the tests of the pages of reference share."""

import pytest
from reference import OF_THE_SITE, REFERENCE, ROOT

SHIM = ROOT / "shim"


@pytest.fixture(scope="session")
def page():
    """Return a function that returns the text of a page of the reference."""
    made = {path.name: make for path, make in OF_THE_SITE.items()}

    def page(name):
        return made[name]() if name in made else (REFERENCE / name).read_text("utf-8")

    return page
