"""A fake Atlas for tests and demonstrations: in memory, deterministic, and as strict as Atlas.

It imports only the standard library and nothing else from shim, so it can't repeat the
shim's mistakes. ``shim.fake.server`` serves it on a socket. A request passes through

    atlas > sign_in > endpoints > reads or writes

``endpoints`` is the table of APIs and endpoints, and ``http`` has the table of errors.
``world`` stores the clusters, snapshots and jobs, and ``shapes`` writes them as JSON.
With httpx and without a socket:

    fake = FakeAtlas(today=date(2026, 1, 21))

    def answer(request):
        body = request.read()
        target = request.url.raw_path.decode("ascii")
        reply = fake.handle(request.method, target, request.headers.multi_items(), body)
        return httpx.Response(reply.status, headers=reply.headers, content=reply.body)

    httpx.Client(transport=httpx.MockTransport(answer))
"""

from __future__ import annotations

from shim.fake.atlas import FakeAtlas as FakeAtlas
from shim.fake.http import Arrival as Arrival
from shim.fake.http import FakeReply as FakeReply
from shim.fake.world import BACKUP_SUNSET as BACKUP_SUNSET
from shim.fake.world import DEMO_CLIENT_ID as DEMO_CLIENT_ID
from shim.fake.world import DEMO_CLIENT_SECRET as DEMO_CLIENT_SECRET
from shim.fake.world import DEMO_CLUSTER as DEMO_CLUSTER
from shim.fake.world import DEMO_DEDICATED as DEMO_DEDICATED
from shim.fake.world import DEMO_GROUP as DEMO_GROUP
from shim.fake.world import DEMO_PRIVATE_KEY as DEMO_PRIVATE_KEY
from shim.fake.world import DEMO_PUBLIC_KEY as DEMO_PUBLIC_KEY
from shim.fake.world import DEMO_TOKEN as DEMO_TOKEN
from shim.fake.world import INSTANCE_SUNSET as INSTANCE_SUNSET
from shim.fake.world import INSTANCES_BLANK as INSTANCES_BLANK
from shim.fake.world import Cluster as Cluster
from shim.fake.world import Job as Job
