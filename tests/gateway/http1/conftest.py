"""A gateway without sockets for each test, and a check that it leaves nothing behind."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.gateway.http1.wires import Wired, reply_of


@pytest.fixture
async def wiring() -> AsyncIterator[Callable[..., Wired]]:
    """Return a factory of gateways without sockets. At the end of the test all are closed, and nothing is left."""
    made: list[Wired] = []

    def wiring(answer: Any = reply_of, **options: Any) -> Wired:
        made.append(Wired(answer, **options))
        return made[-1]

    yield wiring
    for wired in made:
        await wired.end()
