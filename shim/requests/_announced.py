"""What a reply announces to a session or adapter that has no part in the call."""

from __future__ import annotations

from typing import Any

from requests import Response

from shim.dropin.announced import is_announcing, take
from shim.requests._recognition import INNER


def look_at(response: Response) -> None:
    """Look at the field lines of a reply, where urllib3 has them: it looks names up faster."""
    below: Any = getattr(getattr(response, "raw", None), "headers", None)
    headers = below if hasattr(below, "items") else getattr(response, "headers", None)
    if is_announcing(headers) and response.request not in INNER:  # whose reply the exchange looks at
        take(headers, lambda: (response.request.method, response.request.url, response.request.headers.items()))
