"""Send a command's call through the shim, as a door does."""

from __future__ import annotations

import httpx

from shim.core.content import with_content
from shim.core.messages import Answer, Exchange, Outcome, Record, Reply, Send, advance
from shim.doors.httpx_family.door import INNER


def exchanged(http: httpx.Client, steps: Exchange) -> tuple[Record, httpx.Response]:
    """Run an exchange; return its record, and the answer."""
    native = httpx.Response(0)
    reply = Reply(0)
    step = advance(steps, None)
    while not isinstance(step, Outcome):
        if isinstance(step, Send):
            call = step.call
            native = http.request(
                call.method,
                call.origin + call.target,
                headers=[*call.headers],
                content=call.body,
                extensions={INNER: True},
            )
            reply = Reply(native.status_code, tuple(native.headers.multi_items()))
        else:
            reply = with_content(reply, [native.content], step.limit, decoded=True)
        step = advance(steps, reply)
    if isinstance(step, Answer):
        native = httpx.Response(
            step.reply.status, headers=[*step.reply.headers], content=step.reply.body
        )
    return step.record, native
