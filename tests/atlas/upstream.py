"""An Atlas of a few answers, for a transport without sockets."""

from shim import httpx


class Upstream:
    """Answers by method and path, with 410 where nothing is said, and keeps what arrived.

    A reply is the JSON of a 200, or a function from request to response.
    """

    def __init__(self, replies):
        self.replies = replies
        self.arrived = []

    def __call__(self, request):
        """Keep a request and answer it."""
        self.arrived.append(request)
        reply = self.replies.get((request.method, request.url.path))
        if reply is None:
            return refusal(410, "VERSION_GONE")(request)
        return reply(request) if callable(reply) else httpx.Response(200, json=reply)

    def calls(self):
        """Return method and path of each call."""
        return [(request.method, request.url.path) for request in self.arrived]


def refusal(status, code):
    """Make a reply with an error as Atlas words it."""
    return lambda _: httpx.Response(status, json={"error": status, "errorCode": code, "detail": "…", "reason": "…"})
