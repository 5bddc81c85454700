"""A gateway between wires for each test, and a check that nothing of it remains."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.gateway.http1.wires import Wired, reply_of


@pytest.fixture
async def wiring() -> AsyncIterator[Callable[..., Wired]]:
    """Return what makes a gateway without sockets; at the test's end all leave it, and nothing is left."""
    made: list[Wired] = []

    def wiring(answer: Any = reply_of, **options: Any) -> Wired:
        made.append(Wired(answer, **options))
        return made[-1]

    yield wiring
    for wired in made:
        await wired.end()
