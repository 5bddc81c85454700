"""The date of a message (RFC 9110, 6.6.1)."""

from __future__ import annotations

import time
from email.utils import formatdate

_date: tuple[int, str] = (0, "")


def now() -> str:
    """Return the current HTTP-date (RFC 9110, 5.6.7), made once a second."""
    global _date  # noqa: PLW0603 - one text for all messages of a second
    second = int(time.time())
    if _date[0] != second:
        _date = (second, formatdate(second, usegmt=True))
    return _date[1]
