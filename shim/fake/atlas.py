"""The fake itself: methods that set it up for a test, and the answer to a request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from shim.fake import endpoints, http, world
from shim.fake.http import Arrival, Bucket, FakeReply, HeaderFields, JsonObject, RateLimit, instant_of
from shim.fake.reads import AtlasRequest, BodyStyle, page_of, read_query, read_style
from shim.fake.refusals import AtlasRefusal
from shim.fake.shapes import View
from shim.fake.sign_in import REVOKE_PATH, TOKEN_PATH, SignIn, Verdict
from shim.fake.world import Cluster, ClusterTier, Job, World

_COMMON: HeaderFields = (
    ("Server", "mdbws"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubdomains;"),
    ("X-Envoy-Upstream-Service-Time", "42"),
)
_PLAIN = BodyStyle()


class FakeAtlas:
    """A simulator of Atlas' instances, flex clusters, and backups of each tier, and of its sign-in.

    It keeps everything in memory; the same ``seed``, time and calls give the same answers. ``today`` (a
    date means its 00:00 UTC) sets the fake's time, which then stands still; without it the time is ``clock``
    (seconds since the epoch). From ``sunset`` on, the serverless and shared-tier backup endpoints and writes of
    instances answer 410, from ``instance_sunset`` on also reads of instances. From ``blank`` on (None: never),
    reads of instances ignore flex clusters.
    ``api_keys`` maps public to private keys, ``service_accounts`` client ids to secrets; None means the
    demo's. Without a ``rate_limit`` it never answers 429. With ``strict`` False an Accept without a date
    means the first version, and ``demo`` False starts without groups.

    ``arrivals`` lists every request; a function in ``overrides`` may answer one in the fake's place.
    """

    def __init__(  # noqa: PLR0913 - each is one setting of the simulation
        self,
        *,
        seed: int = 1,
        today: date | datetime | None = None,
        clock: Callable[[], float] = time.time,
        sunset: date | datetime = world.BACKUP_SUNSET,
        instance_sunset: date | datetime = world.INSTANCE_SUNSET,
        blank: date | datetime | None = world.INSTANCES_BLANK,
        api_keys: Mapping[str, str] | None = None,
        service_accounts: Mapping[str, str] | None = None,
        rate_limit: RateLimit | None = None,
        strict: bool = True,
        demo: bool = True,
    ) -> None:
        self._clock = clock
        self._today = None if today is None else instant_of(today)
        self.sunset: datetime = instant_of(sunset)
        self.instance_sunset: datetime = instant_of(instance_sunset)
        self.blank: datetime | None = None if blank is None else instant_of(blank)
        self.strict = strict
        self.arrivals: list[Arrival] = []
        self.overrides: list[Callable[[Arrival], FakeReply | None]] = []
        self._world = World(seed)
        self._lock = threading.RLock()
        keys = {world.DEMO_PUBLIC_KEY: world.DEMO_PRIVATE_KEY} if api_keys is None else api_keys
        demo_account = {world.DEMO_CLIENT_ID: world.DEMO_CLIENT_SECRET}
        self._sign_in = SignIn(keys, demo_account if service_accounts is None else service_accounts, seed)
        self.rate_limit = rate_limit
        if not demo:
            return
        group = world.DEMO_GROUP
        cluster = self.add_flex_cluster(group, world.DEMO_CLUSTER, 8, tags=({"key": "env", "value": "demo"},))
        self.add_dedicated_cluster(group, world.DEMO_DEDICATED)
        first = cluster.snapshots[0]["id"]
        self.add_restore_job(group, cluster.name, snapshot=first, ago=timedelta(days=2))
        self.add_restore_job(group, cluster.name, download=True, ago=timedelta(hours=1))

    # The clock

    @property
    def today(self) -> datetime:
        """The fake's current time, aware, in UTC; can be set to a date or an instant."""
        return datetime.fromtimestamp(self._clock(), UTC) if self._today is None else self._today

    @today.setter
    def today(self, when: date | datetime) -> None:
        self._today = instant_of(when)

    def advance(self, by: timedelta | float) -> None:
        """Advance the current time by a timedelta or by seconds."""
        self.today += by if isinstance(by, timedelta) else timedelta(seconds=by)

    # The world

    def add_group(self, group: str) -> None:
        """Create an empty group (24 hex digits)."""
        with self._lock:
            self._world.groups.setdefault(group, {})

    def add_flex_cluster(
        self,
        group: str,
        name: str,
        snapshots: int | Sequence[JsonObject] = 8,
        *,
        tags: Sequence[Mapping[str, str]] = (),
    ) -> Cluster:
        """Create a flex cluster with a number of daily snapshots, or with exactly these documents."""
        cluster = self._add(group, name, "flex", snapshots)
        cluster.tags = tuple(tags)
        return cluster

    def add_serverless_instance(self, group: str, name: str, snapshots: int | Sequence[JsonObject] = 8) -> Cluster:
        """Create an instance without a flex cluster, which the legacy API knows in the blank period, too."""
        return self._add(group, name, "serverless", snapshots)

    def add_dedicated_cluster(self, group: str, name: str, snapshots: int | Sequence[JsonObject] = 3) -> Cluster:
        """Create a dedicated cluster with a number of snapshots, or with these documents (without links)."""
        return self._add(group, name, "dedicated", snapshots)

    def add_free_cluster(self, group: str, name: str) -> Cluster:
        """Create a free (M0) cluster, which has no backups."""
        return self._add(group, name, "free", 0)

    def _add(self, group: str, name: str, tier: ClusterTier, snapshots: int | Sequence[JsonObject]) -> Cluster:
        with self._lock:
            return self._world.add(group, name, tier, self.today, snapshots)

    def delete_cluster(self, group: str, name: str) -> None:
        """Delete a cluster; a dedicated cluster's snapshots can still be read."""
        with self._lock:
            self._world.clusters(group)[name].deleted = True

    def add_restore_job(  # noqa: PLR0913 - the parts of a restore job
        self,
        group: str,
        name: str,
        *,
        snapshot: str | None = None,
        download: bool = False,
        ago: timedelta = timedelta(minutes=30),
        fails: bool = False,
    ) -> Job:
        """Create a restore job in the past, of the given or the newest snapshot."""
        with self._lock:
            cluster = self._world.clusters(group)[name]
            source = cluster.snapshot(snapshot) if snapshot else next(reversed(cluster.snapshots), None)
            delivery = "download" if download else "automated"
            job = self._world.order(cluster, source, self.today - ago, (group, name), delivery)
            job.fails = fails
            return job

    def cluster(self, group: str, name: str) -> Cluster:
        """Return a cluster, which may be changed; raises KeyError if it does not exist."""
        with self._lock:
            self._world.settle(self.today)
            return self._world.groups[group][name]

    # Counting

    @property
    def rate_limit(self) -> RateLimit | None:
        """The limit or None; setting it fills the bucket."""
        return self._rate_limit

    @rate_limit.setter
    def rate_limit(self, limit: RateLimit | None) -> None:
        self._rate_limit = limit
        self._bucket = Bucket(limit or RateLimit(), self.today.timestamp(), endless=limit is None)

    def trips(self, method: str | None = None, part: str = "") -> list[Arrival]:
        """Return the requests received of one method (or any) whose target contains ``part``."""
        with self._lock:
            return [each for each in self.arrivals if method in (None, each.method) and part in each.target]

    # Answering

    def handle(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        *,
        scheme: str | None = None,
    ) -> FakeReply:
        """Answer one request; ``target`` is the raw origin-form request target.

        Links use the request's Host with ``scheme``; None means https for Atlas' own hosts, else http.
        """
        arrival = Arrival(method, target, tuple(headers), body)
        with self._lock:
            self.arrivals.append(arrival)
            for override in self.overrides:
                reply = override(arrival)
                if reply is not None:
                    return reply
            reply = self._answer(arrival, scheme)
        if method != "HEAD":
            return reply
        return replace(reply, headers=(*reply.headers, ("Content-Length", str(len(reply.body)))), body=b"")

    def _answer(self, arrival: Arrival, scheme: str | None) -> FakeReply:
        """Check credentials and the rate limit, and answer."""
        today = self.today
        now = today.timestamp()
        self._world.settle(today)
        common: HeaderFields = (("Date", http.http_date(today)), *_COMMON)
        if arrival.path in {TOKEN_PATH, REVOKE_PATH}:
            return _with(self._sign_in.oauth(arrival, now), common)
        root, _, rest = arrival.path.removeprefix("/api/atlas/").partition("/")
        if not arrival.path.startswith("/api/atlas/") or root not in {"v1.0", "v2"}:
            return FakeReply(404, common)
        verdict = self._sign_in.check(arrival, now)
        if verdict is Verdict.OTHER_URI:
            return _refused(AtlasRefusal("INVALID_DIGEST_URI"), common)
        if verdict is not Verdict.GOOD:
            return _with(self._sign_in.unauthorized(now, stale=verdict is Verdict.STALE), common)
        wait, limit = self._bucket.take(now), self._bucket.limit
        common = (*common, *self._bucket.fields())
        if wait is not None:
            numbers = (wait, limit.capacity, limit.refill, limit.period)
            refusal = AtlasRefusal("RATE_LIMITED_TOKEN_BUCKET", arrival.path[1:], *numbers)
            return _refused(refusal, (("Retry-After", str(wait)), *common))
        host = arrival.header("Host") or "cloud.mongodb.com"
        own = host.endswith((".mongodb.com", ".mongodbgov.com"))
        base = f"{scheme or ('https' if own else 'http')}://{host}/api/atlas/{root}"
        return self._resource(arrival, View(base, root == "v1.0", today), f"/{rest}", common)

    def _resource(self, arrival: Arrival, view: View, rest: str, common: HeaderFields) -> FakeReply:
        """Find the endpoint and its version, check the query, and let the endpoint answer."""
        methods, names = endpoints.find(rest, v1=view.v1)
        style = read_style(arrival.query)
        if not methods:
            return _refused(AtlasRefusal("RESOURCE_NOT_FOUND", arrival.path), common, style)
        endpoint = methods.get("GET" if arrival.method == "HEAD" else arrival.method)
        if endpoint is None:
            allow = ",".join([*sorted(methods, reverse=True), "OPTIONS"])
            return FakeReply(200 if arrival.method == "OPTIONS" else 405, (("Allow", allow), *common))
        sunset = self._sunset_of(endpoint)
        java: HeaderFields = (("X-Java-Method", endpoint.java),) if endpoint.java else ()
        common = (*common, *java, *http.announced(sunset, view.now))
        try:
            version = self._version(arrival, endpoint, view)
            if endpoint.takes_json and not http.is_json(arrival.header("Content-Type"), endpoint.api.versions):
                return FakeReply(415, common)
            query = read_query(arrival.query)
            blank = endpoint.sunset == "instances" and self.blank is not None and view.now >= self.blank
            request = AtlasRequest(self._world, endpoint.api, view, names, arrival.body, arrival.query, blank)
            content = endpoint.handler(request)
        except AtlasRefusal as refusal:
            return _refused(refusal, common, style)
        if isinstance(content, list):
            content = page_of(content, view.root + rest, query)
        status = endpoint.statuses[view.v1]
        media = "application/json" if view.v1 else f"application/vnd.atlas.{version}+json;charset=utf-8"
        body = b"" if content is None else style.write(content, status)
        return FakeReply(status, (("Content-Type", media), *common), body)

    def _version(self, arrival: Arrival, endpoint: endpoints.Endpoint, view: View) -> str:
        """Return the version that answers; v1.0 has no versions and counts as the first. Raises AtlasRefusal."""
        offered, sunset = endpoint.api.versions, self._sunset_of(endpoint)
        version = offered[0] if view.v1 else http.resolve(arrival.header("Accept"), offered, strict=self.strict)
        if version is None:
            raise AtlasRefusal("INVALID_VERSION_DATE")
        if sunset is not None and view.now >= sunset:
            raise AtlasRefusal("VERSION_GONE", version, arrival.path[1:])
        return version

    def _sunset_of(self, endpoint: endpoints.Endpoint) -> datetime | None:
        return {"backups": self.sunset, "instances": self.instance_sunset, None: None}[endpoint.sunset]


def _with(reply: FakeReply, common: HeaderFields) -> FakeReply:
    return replace(reply, headers=(*reply.headers, *common))


def _refused(refusal: AtlasRefusal, common: HeaderFields, style: BodyStyle = _PLAIN) -> FakeReply:
    fields = (("Content-Type", "application/json"), ("X-Error-Code", refusal.code), *common)
    return FakeReply(refusal.status, fields, style.write(refusal.document, refusal.status))
