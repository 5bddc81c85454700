"""A retired call on its way past the shim, by a library that it does not serve."""

from __future__ import annotations

from urllib.parse import urlsplit

from shim.core.messages import Headers
from shim.core.settings import origin_of
from shim.dropin.notice import notify
from shim.dropin.recognition import recognise


def tell(library: str, method: str, url: str) -> None:
    """Warn the program if a call is a retired one; raises what ``notify`` does, and else nothing."""
    try:
        parts = urlsplit(url)
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
    except ValueError:  # none that can be sent
        return
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    retired = recognise(method.upper(), origin, target, _unknown)
    if retired is not None:
        notify(retired.match.operation, retired.context.settings, retired.context.clock(), unserved=library)


def _unknown() -> Headers:
    return ()
