"""Calls of retired paths to hosts that nobody named an Atlas: they pass, and a proof that one is an Atlas is logged."""

from __future__ import annotations

import logging

from shim.core.messages import Call, Exchange, PassThrough, Send, field
from shim.core.recognise import Match
from shim.core.route import VERSION_GONE

logger = logging.getLogger("shim")

_named: set[str] = set()


def elsewhere(match: Match, call: Call) -> Exchange:
    """Send a call as it is, hand back the reply, and log once which setting names an origin that is an Atlas."""
    reply = yield Send(call, "legacy", rewritten=False, may_read=False)
    if reply.status == 410 and field(reply.headers, "x-error-code") == VERSION_GONE and call.origin not in _named:
        _named.add(call.origin)
        said = f"{call.origin} answered {VERSION_GONE} to {match.operation.id}, and nobody named it an Atlas"
        logger.warning("%s: have its calls served by ATLAS_SHIM_UPSTREAM=%s", said, call.origin)
    return PassThrough(None)  # type: ignore[arg-type]  # a call that is not recognised has no record
