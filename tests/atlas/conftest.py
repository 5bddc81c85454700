"""The endpoints of the typed client, an Atlas in memory, and clients of each kind, called as if synchronous."""

import inspect
from contextlib import ExitStack
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import attrs
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from shim import httpx
from shim.atlas import AsyncAtlasClient, AtlasClient
from shim.atlas.calls import EndpointGroup, EndpointMethod
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from tests.fake.asking import contract, filled_atlas

CONTRACT = contract("legacy-serverless-2025-10")
TENANT_CONTRACT = contract("legacy-shared-tier-2026-03")
WRITES_CONTRACT = contract("legacy-serverless-writes-2026-03")
"""The last contract that had writes of instances."""

_CLIENT = AtlasClient(access_token="a", environ={})
GROUPS = tuple(
    name for name, group in vars(_CLIENT).items() if isinstance(group, EndpointGroup)
)

ORDER = {"target_cluster_name": DEMO_CLUSTER, "target_group_id": DEMO_GROUP}
WRITES: dict[str, dict[str, Any]] = {
    "create_serverless_restore_job": {"delivery_type": "automated", **ORDER},
    "create_shared_cluster_backup_restore_job": {
        "target_deployment_item_name": DEMO_CLUSTER
    },
    "download_shared_cluster_backup": {},
    "create_serverless_instance": {
        "name": "new",
        "backing_provider_name": "AWS",
        "region_name": "US_EAST_1",
    },
    "update_serverless_instance": {"tags": {"env": "test"}},
    "delete_serverless_instance": {},
}
"""The arguments of each write besides its ids."""


def order(client, snapshot_id):
    """Order a restore of the demo cluster."""
    write = client.cloud_backups.create_serverless_restore_job
    return write(
        DEMO_GROUP,
        DEMO_CLUSTER,
        snapshot_id=snapshot_id,
        **WRITES["create_serverless_restore_job"],
    )


def endpoints_of(group):
    """Return the endpoints of a group by name."""
    kind = type(getattr(_CLIENT, group))
    return {
        name: call
        for name, call in vars(kind).items()
        if isinstance(call, EndpointMethod)
    }


def signature_of(group, name):
    """Return the signature of an endpoint's method."""
    return inspect.signature(getattr(getattr(_CLIENT, group), name))


CALLS = {name: call for group in GROUPS for name, call in endpoints_of(group).items()}
ENDPOINTS = [(group, name) for group in GROUPS for name in endpoints_of(group)]


@pytest.fixture(autouse=True)
def silent(monkeypatch):
    """Switch the shim's warnings off."""
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")


@pytest.fixture
def before_sunset(monkeypatch):
    """Send legacy calls unchanged, whatever the date of the test run."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "legacy")


@pytest.fixture
def fake():
    """An Atlas on the day before the sunset of the backup endpoints, whose instance reads are not blank yet."""
    return filled_atlas(today=date(2026, 1, 21))


@pytest.fixture
def retired():
    """An Atlas after the sunset of the backup endpoints."""
    return FakeAtlas(today=datetime(2026, 2, 1, 12, tzinfo=UTC))


def transport_of(atlas):
    """Return a transport without sockets; ``atlas`` is a FakeAtlas or a function from request to response."""

    def answer(request):
        target = request.url.raw_path.decode("ascii")
        reply = atlas.handle(
            request.method, target, request.headers.multi_items(), request.read()
        )
        return httpx.Response(
            reply.status, headers=list(reply.headers), content=reply.body
        )

    return httpx.MockTransport(answer if isinstance(atlas, FakeAtlas) else atlas)


async def settled(call):
    """Return the result of an async client's method, a list for an iterator."""
    value = call()
    if inspect.isawaitable(value):
        return await value
    if hasattr(value, "__anext__"):
        return [item async for item in value]
    return value


@attrs.frozen
class Kind:
    """A kind of client: synchronous, or async on the event loop of a portal; ``ends`` closes its clients."""

    portal: BlockingPortal | None
    ends: ExitStack

    def call(self, method, *args, **options):
        """Call a method of a client of this kind, from any thread; an iterator becomes a list."""
        call = partial(method, *args, **options)
        if self.portal is not None:
            return self.portal.call(settled, call)
        value = call()
        if hasattr(value, "__next__"):
            return list(value)
        return value

    def http(self, **options):
        """Create an HTTP client of this kind."""
        return self._closed(
            httpx.AsyncClient(**options) if self.portal else httpx.Client(**options)
        )

    def typed(self, **options):
        """Create a typed client of this kind."""
        return self._closed(
            AsyncAtlasClient(**options) if self.portal else AtlasClient(**options)
        )

    def _closed(self, client):
        self.ends.callback(self.call, client.aclose if self.portal else client.close)
        return client


@attrs.frozen
class Called:
    """A client, or a group of its endpoints, whose methods are called as if it were synchronous."""

    itself: object
    kind: Kind

    def __getattr__(self, name):
        found = getattr(self.itself, name)
        if callable(found):
            return partial(self.kind.call, found)
        return Called(found, self.kind)


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def kind(request):
    """Each kind of client in turn."""
    with ExitStack() as ends:
        blocking = request.param == "blocking"
        yield Kind(
            None
            if blocking
            else ends.enter_context(start_blocking_portal(request.param)),
            ends,
        )


@pytest.fixture
def connect(kind):
    """Create a typed client of each kind in turn, with a valid token and no retries unless the options differ.

    ``atlas`` is a FakeAtlas or a function from request to response, ``http`` options of
    the HTTP client.
    """

    def connected(atlas, *, http=None, retries=None, **options):
        if not options.keys() & {"public_key", "client_id", "access_token", "environ"}:
            options["access_token"] = DEMO_TOKEN
        client = kind.http(transport=transport_of(atlas), **http or {})
        return Called(kind.typed(http_client=client, retries=retries, **options), kind)

    return connected
