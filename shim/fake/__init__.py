"""A fake Atlas for tests and demonstrations: in memory, deterministic, as strict as Atlas about requests.

It imports nothing from the rest of shim, so that it cannot share its mistakes, and only the standard library.
``shim.fake.server`` serves it on a socket. A request passes through

    atlas > sign_in > endpoints > reads or writes

``endpoints`` is a table of APIs and endpoints, ``http`` has one of errors. Under httpx without a socket:

    fake = FakeAtlas(today=date(2026, 1, 21))

    def answer(request):
        body = request.read()
        target = request.url.raw_path.decode("ascii")
        reply = fake.handle(request.method, target, request.headers.multi_items(), body)
        return httpx.Response(reply.status, headers=reply.headers, content=reply.body)

    httpx.Client(transport=httpx.MockTransport(answer))
"""

from __future__ import annotations

from shim.fake.atlas import FakeAtlas
from shim.fake.http import Arrival, FakeReply
from shim.fake.world import (
    BACKUP_SUNSET,
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_CLUSTER,
    DEMO_DEDICATED,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
    INSTANCE_SUNSET,
    INSTANCES_BLANK,
    Cluster,
    Job,
)

__all__ = [
    "BACKUP_SUNSET",
    "DEMO_CLIENT_ID",
    "DEMO_CLIENT_SECRET",
    "DEMO_CLUSTER",
    "DEMO_DEDICATED",
    "DEMO_GROUP",
    "DEMO_PRIVATE_KEY",
    "DEMO_PUBLIC_KEY",
    "DEMO_TOKEN",
    "INSTANCES_BLANK",
    "INSTANCE_SUNSET",
    "Arrival",
    "Cluster",
    "FakeAtlas",
    "FakeReply",
    "Job",
]
