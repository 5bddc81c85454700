"""Set the fake up for a test, and answer requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from shim.fake import endpoints, http, world
from shim.fake.http import (
    JSON,
    Arrival,
    AtlasRefusal,
    FakeReply,
    HeaderFields,
    instant_of,
)
from shim.fake.reads import AtlasRequest, page_of, read_query, written
from shim.fake.shapes import View
from shim.fake.sign_in import REVOKE_PATH, TOKEN_PATH, SignIn
from shim.fake.world import Cluster, ClusterTier, Job, World

_COMMON: HeaderFields = (
    ("Server", "mdbws"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubdomains;"),
    ("X-Envoy-Upstream-Service-Time", "42"),
)
_LIMITS: HeaderFields = (("Ratelimit-Limit", "1200"), ("Ratelimit-Remaining", "1199"))
"""Rate limit fields as recorded; the fake itself has no rate limit."""


class FakeAtlas:
    """A simulator of Atlas's instances, flex clusters, backups of each tier, and sign-in.

    It keeps everything in memory; the same time and calls give the same answers.
    ``today`` (a date means its 00:00 UTC) sets the fake's time, which then doesn't
    move. Without it, ``clock`` returns the time in seconds since the epoch.

    From ``sunset`` on, the serverless and shared-tier backup endpoints and writes of
    instances answer 410. From ``blank`` on (None: never), reads of instances ignore
    flex clusters, and from the attribute ``instance_sunset`` on they answer 410.
    ``api_keys`` maps public to private keys, the demo's at first.

    ``arrivals`` lists every request. A function in ``overrides`` may answer one in
    place of the fake.
    """

    def __init__(
        self,
        *,
        today: date | datetime | None = None,
        clock: Callable[[], float] = time.time,
        sunset: date | datetime = world.BACKUP_SUNSET,
    ) -> None:
        self._clock = clock
        self._today = None if today is None else instant_of(today)
        self.sunset: datetime = instant_of(sunset)
        self.instance_sunset = world.INSTANCE_SUNSET
        self.blank: datetime | None = world.INSTANCES_BLANK
        self.api_keys = {world.DEMO_PUBLIC_KEY: world.DEMO_PRIVATE_KEY}
        self.arrivals: list[Arrival] = []
        self.overrides: list[Callable[[Arrival], FakeReply | None]] = []
        self._world = World()
        self._lock = threading.RLock()
        self._sign_in = SignIn(self.api_keys)
        group = world.DEMO_GROUP
        cluster = self.add_cluster(group, world.DEMO_CLUSTER)
        cluster.tags = ({"key": "env", "value": "demo"},)
        self.add_cluster(group, world.DEMO_DEDICATED, "dedicated", 3)
        first = cluster.snapshots[0]["id"]
        self.add_restore_job(group, cluster.name, snapshot=first, ago=timedelta(days=2))
        self.add_restore_job(group, cluster.name, download=True, ago=timedelta(hours=1))

    @property
    def today(self) -> datetime:
        """The fake's current time, aware, in UTC. Can be set to a date or a datetime."""
        if self._today is None:
            return datetime.fromtimestamp(self._clock(), UTC)
        return self._today

    @today.setter
    def today(self, when: date | datetime) -> None:
        self._today = instant_of(when)

    def add_cluster(
        self, group: str, name: str, tier: ClusterTier = "flex", snapshots: int = 8
    ) -> Cluster:
        """Create a flex or dedicated cluster with a number of daily snapshots."""
        with self._lock:
            return self._world.add(group, name, tier, self.today, snapshots)

    def add_restore_job(
        self,
        group: str,
        name: str,
        *,
        snapshot: str | None = None,
        download: bool = False,
        ago: timedelta = timedelta(minutes=30),
    ) -> Job:
        """Create a restore job in the past, of the given or the newest snapshot."""
        with self._lock:
            cluster = self._world.clusters(group)[name]
            fitting = cluster.snapshots
            if snapshot is not None:
                fitting = [one for one in fitting if one["id"] == snapshot]
            source = fitting[-1]
            delivery = "download" if download else "automated"
            created = self.today - ago
            return self._world.order(cluster, source, created, (group, name), delivery)

    def cluster(self, group: str, name: str) -> Cluster:
        """Return a cluster, which may be changed. Raises KeyError if it does not exist."""
        with self._lock:
            self._world.settle(self.today)
            return self._world.groups[group][name]

    def handle(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> FakeReply:
        """Answer one request. ``target`` is the raw request target in origin form.

        Links use the request's Host, with https for Atlas's own hosts, else http.
        """
        arrival = Arrival(method, target, tuple(headers), body)
        with self._lock:
            self.arrivals.append(arrival)
            for override in self.overrides:
                reply = override(arrival)
                if reply is not None:
                    return reply
            reply = self._answer(arrival)
        if method != "HEAD":
            return reply
        length = ("Content-Length", str(len(reply.body)))
        return replace(reply, headers=(*reply.headers, length), body=b"")

    def _answer(self, arrival: Arrival) -> FakeReply:
        """Answer or refuse a request, with the fields that every response has."""
        self._world.settle(self.today)
        fields = [("Date", http.http_date(self.today)), *_COMMON]
        try:
            reply = self._signed_in(arrival, fields)
        except AtlasRefusal as refusal:
            body = written(refusal.document, refusal.status, arrival.query)
            code = ("X-Error-Code", refusal.code)
            reply = FakeReply(refusal.status, (*JSON, code), body)
        return replace(reply, headers=(*reply.headers, *fields))

    def _signed_in(self, arrival: Arrival, fields: list[tuple[str, str]]) -> FakeReply:
        """Check the credentials and find the API. Adds to ``fields``."""
        if arrival.path in {TOKEN_PATH, REVOKE_PATH}:
            return self._sign_in.oauth(arrival, self.today.timestamp())
        root, _, rest = arrival.path.removeprefix("/api/atlas/").partition("/")
        if not arrival.path.startswith("/api/atlas/") or root not in {"v1.0", "v2"}:
            return FakeReply(404)
        challenge = self._sign_in.check(arrival, self.today.timestamp())
        if challenge is not None:
            return challenge
        fields += _LIMITS
        host = arrival.header("Host") or "cloud.mongodb.com"
        if host.endswith((".mongodb.com", ".mongodbgov.com")):
            scheme = "https"
        else:
            scheme = "http"
        base = f"{scheme}://{host}/api/atlas/{root}"
        view = View(base, root == "v1.0", self.today)
        return self._resource(arrival, view, f"/{rest}", fields)

    def _resource(
        self, arrival: Arrival, view: View, rest: str, fields: list[tuple[str, str]]
    ) -> FakeReply:
        """Find the endpoint and version, check the query, and answer. Adds to ``fields``."""
        methods, names = endpoints.find(rest, v1=view.v1)
        if not methods:
            raise AtlasRefusal("RESOURCE_NOT_FOUND", arrival.path)
        endpoint = methods.get("GET" if arrival.method == "HEAD" else arrival.method)
        if endpoint is None:
            allow = ",".join([*sorted(methods, reverse=True), "OPTIONS"])
            return FakeReply(
                200 if arrival.method == "OPTIONS" else 405, (("Allow", allow),)
            )
        sunset = {
            "backups": self.sunset,
            "instances": self.instance_sunset,
            None: None,
        }[endpoint.sunset]
        fields += http.announced(sunset, view.now)
        # v1.0 has no versions; it counts as the first one.
        offered = endpoint.api.versions
        accept = arrival.header("Accept")
        version: str | None = offered[0]
        if not view.v1:
            version = http.resolve(accept, offered)
        if version is None:
            raise AtlasRefusal("INVALID_VERSION_DATE")
        if sunset is not None and view.now >= sunset:
            raise AtlasRefusal("VERSION_GONE", version, arrival.path[1:])
        has_body = endpoint.method in {"POST", "PATCH"}
        if has_body and not http.is_json(arrival.header("Content-Type") or "", offered):
            return FakeReply(415)
        read_query(arrival.query)
        blank = False
        if self.blank is not None and endpoint.sunset == "instances":
            blank = view.now >= self.blank
        api = endpoint.api
        request = AtlasRequest(self._world, api, view, names, arrival.body, blank)
        content = endpoint.handler(request)
        if isinstance(content, list):
            content = page_of(content, view.root + rest, arrival.query)
        if view.v1:
            media = "application/json"
        else:
            media = f"application/vnd.atlas.{version}+json;charset=utf-8"
        if content is None:
            body = b""
        else:
            body = written(content, endpoint.status, arrival.query)
        return FakeReply(endpoint.status, (("Content-Type", media),), body)
