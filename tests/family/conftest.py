"""What the tests of the family share."""

import pytest

from tests.family.doors import DOORS


@pytest.fixture(params=DOORS)
def door(request):
    """Each way in, in turn, not opened yet: a function of the upstream's origin, see ``doors``."""
    return DOORS[request.param]
