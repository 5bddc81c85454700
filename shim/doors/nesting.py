"""HTTP libraries stand on each other (requests on urllib3 on http.client): a call is served once, by the outermost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_serving: ContextVar[bool] = ContextVar("atlas_shim_serving", default=False)


@contextmanager
def serving() -> Iterator[None]:
    """Send a request of the shim's own within: the doors of the libraries below leave it alone."""
    token = _serving.set(True)
    try:
        yield
    finally:
        _serving.reset(token)


def is_served() -> bool:
    """Tell whether what is being sent is a door's own request."""
    return _serving.get()
