"""Content coding: gzip for clients that accept it."""

from __future__ import annotations

import gzip

from shim.fake.messages import Arrival, FakeReply


def coded(reply: FakeReply, arrival: Arrival) -> FakeReply:
    """Return the reply gzipped when Accept-Encoding names gzip without refusing it (RFC 9110, 12.5.3)."""
    if not reply.body:
        return reply
    fields = (*reply.headers, ("Vary", "Accept-Encoding"))
    for part in (arrival.header("Accept-Encoding") or "").split(","):
        word, _, weight = part.replace(" ", "").lower().partition(";q=")
        if word in {"gzip", "*"} and (not weight or weight.strip("0.")):
            body = gzip.compress(reply.body, mtime=0)
            return FakeReply(reply.status, (*fields, ("Content-Encoding", "gzip")), body)
    return FakeReply(reply.status, fields, reply.body)
