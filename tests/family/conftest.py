"""What the tests of the family share."""

import pytest

from tests.family.doors import DOORS
from tests.peers.scripted import by_side, upstream


@pytest.fixture(params=DOORS)
def door(request):
    """Each way in, in turn, not opened yet: a function of the upstream's origin, see ``doors``."""
    return DOORS[request.param]


@pytest.fixture(scope="module")
def atlas():
    """An upstream on which a test puts its answers."""
    with upstream(by_side()) as running:
        yield running
