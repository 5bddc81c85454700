"""A fake, and a client of it."""

from datetime import UTC, datetime

import pytest

from shim.fake import FakeAtlas
from tests.fake.asking import Asker, filled_atlas


@pytest.fixture
def fake() -> FakeAtlas:
    """The demo world one second before the backup endpoints end; instance reads still return data."""
    return filled_atlas(today=datetime(2026, 1, 21, 23, 59, 59, tzinfo=UTC))


@pytest.fixture
def ask(fake: FakeAtlas) -> Asker:
    """Send signed requests to the fake."""
    return Asker(fake)
