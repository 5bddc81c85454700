"""The fake itself: takes one request, signs in, counts, finds the version, answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from shim.fake import constants, endpoints, paging, refusals
from shim.fake.asking import Ask
from shim.fake.bucket import Bucket, RateLimit
from shim.fake.clock import Clock, instant_of
from shim.fake.coding import coded
from shim.fake.messages import Arrival, FakeReply, Headers, http_date
from shim.fake.retirement import announced, version_for
from shim.fake.shapes import View
from shim.fake.signing import REVOKE_PATH, TOKEN_PATH, Gate, Standing
from shim.fake.world import Cluster, Document, Job, World

_APIS = ("v1.0", "v2")
_COMMON: Headers = (
    ("Server", "mdbws"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubdomains;"),
    ("X-Envoy-Upstream-Service-Time", "42"),
)


class FakeAtlas:
    """A simulator of Atlas' serverless, flex and dedicated backup endpoints and of its sign-in.

    Everything is in memory and comes out of ``seed`` and the clock. ``today`` (a date is its 00:00
    UTC) sets the fake's date, which then stands still unless ``running``; without it ``clock``
    (seconds since the epoch) is the time. From ``sunset`` on the serverless backup endpoints answer
    410, from ``instance_sunset`` on the instance reads; ``old_gone`` False spares v1.0. ``rate_limit``
    None never answers 429. ``strict`` False takes an Accept without a date for the first version,
    and ``gzip`` compresses for those who accept it.

    ``arrivals`` lists every request; a function in ``overrides`` may answer one in the fake's place.
    ``demo`` False starts with no group at all.
    """

    def __init__(  # noqa: PLR0913 - each is one knob of the simulation
        self,
        *,
        seed: int = 1,
        today: date | datetime | None = None,
        running: bool = False,
        clock: Callable[[], float] = time.time,
        sunset: date | datetime = constants.BACKUP_SUNSET,
        instance_sunset: date | datetime = constants.INSTANCE_SUNSET,
        old_gone: bool = True,
        api_keys: Mapping[str, str] | None = None,
        service_accounts: Mapping[str, str] | None = None,
        rate_limit: RateLimit | None = None,
        strict: bool = True,
        gzip: bool = False,
        demo: bool = True,
    ) -> None:
        self._clock = Clock(clock, running=running)
        if today is not None:
            self.today = today
        self.sunset: datetime = instant_of(sunset)
        self.instance_sunset: datetime = instant_of(instance_sunset)
        self.old_gone = old_gone
        self.strict = strict
        self.gzip = gzip
        self.arrivals: list[Arrival] = []
        self.overrides: list[Callable[[Arrival], FakeReply | None]] = []
        self._world = World(seed)
        self._lock = threading.RLock()
        keys = {constants.DEMO_PUBLIC_KEY: constants.DEMO_PRIVATE_KEY} if api_keys is None else api_keys
        demo_account = {constants.DEMO_CLIENT_ID: constants.DEMO_CLIENT_SECRET}
        self._gate = Gate(keys, demo_account if service_accounts is None else service_accounts, seed)
        self.rate_limit = rate_limit
        if demo:
            self._populate()

    # The clock

    @property
    def today(self) -> datetime:
        """The fake's present, aware, in UTC; settable to a date or an instant."""
        return self._clock.now()

    @today.setter
    def today(self, when: date | datetime) -> None:
        self._clock.set(when)

    def advance(self, by: timedelta | float) -> None:
        """Move the present on, by a time or by seconds."""
        self.today += by if isinstance(by, timedelta) else timedelta(seconds=by)

    # The world

    def add_group(self, group: str) -> None:
        """Create an empty group (24 hex digits)."""
        with self._lock:
            self._world.add_group(group)

    def add_flex_cluster(
        self,
        group: str,
        name: str,
        snapshots: int | Sequence[Document] = 8,
        *,
        tags: Sequence[Mapping[str, str]] = (),
    ) -> Cluster:
        """Create a flex cluster with so many daily snapshots, or with exactly these flex documents."""
        with self._lock:
            return self._world.add(group, name, "flex", self.today, snapshots, tags=tags)

    def add_dedicated_cluster(self, group: str, name: str, snapshots: int | Sequence[Document] = 3) -> Cluster:
        """Create a dedicated cluster with so many snapshots, or with exactly these documents (no links)."""
        with self._lock:
            return self._world.add(group, name, "dedicated", self.today, snapshots)

    def add_free_cluster(self, group: str, name: str) -> Cluster:
        """Create a free (M0) cluster, which has no backups."""
        with self._lock:
            return self._world.add(group, name, "free", self.today, 0)

    def delete_cluster(self, group: str, name: str) -> None:
        """Delete a cluster; the snapshots of a dedicated one can still be read."""
        with self._lock:
            self._world.clusters(group)[name].deleted = True

    def add_restore_job(  # noqa: PLR0913 - what makes up a restore job
        self,
        group: str,
        name: str,
        *,
        snapshot: str | None = None,
        download: bool = False,
        ago: timedelta = timedelta(minutes=30),
        target_group: str | None = None,
        target_cluster: str | None = None,
        fails: bool = False,
    ) -> Job:
        """Create a restore job that was ordered a while ago, of the newest snapshot unless one is named."""
        with self._lock:
            cluster = self._world.clusters(group)[name]
            source = cluster.snapshot(snapshot) if snapshot else next(reversed(cluster.snapshots), None)
            return self._world.order(
                cluster,
                source,
                self.today - ago,
                download=download,
                target_group=target_group or group,
                target_cluster=target_cluster or name,
                fails=fails,
            )

    def cluster(self, group: str, name: str) -> Cluster:
        """Return a cluster to look at or to change; raises KeyError when there is none."""
        return self._world.groups[group][name]

    def _populate(self) -> None:
        group = constants.DEMO_GROUP
        cluster = self.add_flex_cluster(group, constants.DEMO_CLUSTER, 8, tags=({"key": "env", "value": "demo"},))
        self.add_dedicated_cluster(group, constants.DEMO_DEDICATED)
        first = cluster.snapshots[0]["id"]
        self.add_restore_job(group, cluster.name, snapshot=first, ago=timedelta(days=2))
        self.add_restore_job(group, cluster.name, download=True, ago=timedelta(hours=1))

    # Counting

    @property
    def rate_limit(self) -> RateLimit | None:
        """The bucket's numbers, None when it never empties; setting it fills the bucket."""
        return self._rate_limit

    @rate_limit.setter
    def rate_limit(self, limit: RateLimit | None) -> None:
        self._rate_limit = limit
        self._bucket = Bucket(limit, self.today.timestamp())

    def trips(self, method: str | None = None, part: str = "") -> list[Arrival]:
        """Return the arrivals of one method (or any) whose target contains ``part``."""
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
        return coded(reply, arrival) if self.gzip else reply

    def _answer(self, arrival: Arrival, scheme: str | None) -> FakeReply:
        now = self.today.timestamp()
        common: Headers = (("Date", http_date(self.today)), *_COMMON)
        if arrival.path in {TOKEN_PATH, REVOKE_PATH}:
            return _with(self._gate.oauth(arrival, now), common)
        root, _, rest = arrival.path.removeprefix("/api/atlas/").partition("/")
        if not arrival.path.startswith("/api/atlas/") or root not in _APIS:
            return FakeReply(404, common)
        standing = self._gate.standing(arrival, now)
        if standing is Standing.OTHER_URI:
            return _refused(refusals.bad_digest_uri(), common)
        if standing is not Standing.IN:
            return _with(self._gate.unauthorized(now, stale=standing is Standing.STALE), common)
        wait = self._bucket.take(now)
        common = (*common, *self._bucket.fields())
        if wait is not None:
            return _refused(refusals.too_many(arrival.path, wait, *self._bucket.numbers), common)
        host = arrival.header("Host") or "cloud.mongodb.com"
        own = host.endswith((".mongodb.com", ".mongodbgov.com"))
        base = f"{scheme or ('https' if own else 'http')}://{host}/api/atlas/{root}"
        return self._resource(arrival, View(base, root, self.today), f"/{rest}", common)

    def _resource(self, arrival: Arrival, view: View, rest: str, common: Headers) -> FakeReply:
        methods, names = endpoints.find(view.api, rest)
        envelope, pretty = paging.wishes(arrival.query)
        if not methods:
            return _refused(refusals.no_resource(arrival.path), common, envelope=envelope, pretty=pretty)
        endpoint = methods.get(arrival.method)
        if endpoint is None:
            allow = ",".join([*sorted(methods, reverse=True), "OPTIONS"])
            return FakeReply(200 if arrival.method == "OPTIONS" else 405, (("Allow", allow), *common))
        sunset = {"backups": self.sunset, "instances": self.instance_sunset, None: None}[endpoint.sunset]
        gone = sunset is not None and view.now >= sunset and (view.api == "v2" or self.old_gone)
        common = (*common, ("X-Java-Method", endpoint.java), *announced(sunset, view.now))
        try:
            version = version_for(arrival, endpoint, view.api, gone=gone, strict=self.strict)
            query = paging.read_query(arrival.query)
            result = endpoint.handler(Ask(self._world, view, names, query, arrival.body))
        except refusals.Refusal as refusal:
            return _refused(refusal, common, envelope=envelope, pretty=pretty)
        except refusals.Bare as bare:
            return FakeReply(bare.status, (*bare.headers, *common))
        content = result.content
        if isinstance(content, list):
            content = paging.page_of(content, view.root + rest, query)
        status = 201 if result.created and view.api == "v1.0" else 200
        if envelope:
            content = paging.enveloped(content, status)
        media = f"application/vnd.atlas.{version}+json;charset=utf-8" if view.api == "v2" else "application/json"
        return FakeReply(status, (("Content-Type", media), *common), paging.text(content, pretty=pretty))


def _with(reply: FakeReply, common: Headers) -> FakeReply:
    return FakeReply(reply.status, (*reply.headers, *common), reply.body)


def _refused(refusal: refusals.Refusal, common: Headers, *, envelope: bool = False, pretty: bool = False) -> FakeReply:
    document = refusal.document
    if envelope:
        document = paging.enveloped(document, refusal.status)
    fields = (
        ("Content-Type", "application/json"),
        ("X-Error-Code", refusal.code),
        *refusal.headers,
        *common,
    )
    return FakeReply(refusal.status, fields, paging.text(document, pretty=pretty))
