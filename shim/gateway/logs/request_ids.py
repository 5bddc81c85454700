"""The name of a request, by which its line is found from the caller's side: theirs, else one of ours."""

from __future__ import annotations

import re
import secrets
from itertools import count

from shim.core.messages import Headers

_SANE = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")
"""What is taken over from a caller: it is written to logs and sent back."""

_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
"""``traceparent``, and in it the trace (W3C Trace Context, 3.2)."""

_process = secrets.token_hex(6)
_numbers = count(1)


def request_id_of(headers: Headers) -> str:
    """Return the caller's ``X-Request-Id``, else the trace of ``traceparent``, else a new one."""
    trace = None
    for name, value in headers:
        if len(name) == len("X-Request-Id") or len(name) == len("traceparent"):  # a cheap look: most have neither
            lower = name.lower()
            if lower == "x-request-id" and _SANE.fullmatch(value):
                return value
            if lower == "traceparent" and (found := _TRACE.fullmatch(value)):
                trace = found[1]
    return trace or f"{_process}-{next(_numbers):x}"
