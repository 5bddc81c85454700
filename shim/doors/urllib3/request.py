"""urllib3's top-level function, by a manager of ours that all its calls share."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import urllib3

from shim.doors.signatures import like
from shim.urllib3.poolmanager import PoolManager


@cache
def _default_pool() -> PoolManager:
    return PoolManager()


@like(urllib3.request)
def request(method: Any, url: Any, **kwargs: Any) -> Any:  # noqa: D103 - its docstring is urllib3's own
    given = inspect.signature(urllib3.request).bind(method, url, **kwargs)
    given.apply_defaults()  # which are not those of PoolManager.request
    return _default_pool().request(*given.args, **given.kwargs)
