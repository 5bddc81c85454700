"""Recorded objects, varied: each member left out, null, or with a value that was never recorded.

A caller still gets exactly what the oracle takes from the varied object, so future
recordings cause no surprise. Types that the contracts exclude are left to the tests of
the core.
"""

import copy
import json
from typing import Any

import pytest

from tests.core.driver import BASE, NON_FLEX, answers, drive
from tests.family import oracle
from tests.family.replay import AFTER, CLUSTER, GROUP, ID
from tests.family.test_recorded import ORACLES, SUCCESSES, kind_of

BACKUPS = {
    "serverless": f"/serverless/{CLUSTER}/backup",
    "shared tier": f"/clusters/{CLUSTER}/backup/tenant",
}
TIMES = ("2020-01-01T00:00:00Z", "2999-12-31T23:59:59Z", "2026-08-01T02:00:01.5+02:00")
WORDS = {
    ("flex-snapshot", "status"): [*oracle.SNAPSHOT_WORDS, "PAUSED"],
    ("flex-restore", "status"): [
        "PENDING",
        "QUEUED",
        "RUNNING",
        "COMPLETED",
        "FAILED",
        "PAUSED",
    ],
    ("flex-restore", "deliveryType"): ["RESTORE", "DOWNLOAD", "MAIL"],
    ("flex-restore", "expirationDate"): TIMES,
    ("flex-restore", "snapshotUrl"): ["https://example.org/x?a=1&b=ü"],
    ("dedicated-snapshot", "status"): [*oracle.LEGACY_STATUS, "paused"],
    ("dedicated-snapshot", "frequencyType"): [
        *oracle.FREQUENCIES,
        "ondemand",
        "yearly",
    ],
    ("dedicated-snapshot", "snapshotType"): [*oracle.SNAPSHOT_TYPES, "fallback"],
    ("dedicated-snapshot", "storageSizeBytes"): [0, 1, 2**53 + 1, 2**63 - 1],
    ("dedicated-restore", "deliveryType"): [*oracle.DELIVERIES, "mail"],
    ("dedicated-restore", "desiredTimestamp"): [
        {"date": "2026-01-01T00:00:00Z", "increment": 2, "time": 1},
        {"date": None, "increment": 1, "time": None},
    ],
    ("dedicated-restore", "oplogTs"): [1764000000, None],
    ("dedicated-restore", "oplogInc"): [0],
    ("dedicated-restore", "pointInTimeUTCSeconds"): [1764000000],
    ("dedicated-restore", "failed"): [True, False],
    ("dedicated-restore", "cancelled"): [True, False],
    ("dedicated-restore", "expiresAt"): TIMES,
    ("dedicated-restore", "deliveryUrl"): [
        [],
        ["https://example.org/a", "https://example.org/b"],
    ],
    ("flex-cluster", "connectionStrings"): [
        {},
        {"standard": "x"},
        {"standardSrv": "y", "standard": "x"},
    ],
    ("flex-cluster", "tags"): [[], [{"key": "env", "value": "demo"}]],
    ("flex-cluster", "stateName"): ["IDLE", "PAUSED"],
}


def bases():
    """Return one recorded object for each set of members, by kind."""
    found: dict[Any, Any] = {}
    for exchange in SUCCESSES:
        for source in exchange.document.get("results", [exchange.document])[:3]:
            kind = kind_of(exchange)
            words = tuple(source.get(name) for name in ("status", "deliveryType"))
            found.setdefault((kind, tuple(sorted(source)), words), source)
    return [(kind, source) for (kind, _, _), source in found.items()]


def variations():
    """Yield (kind, object) for each change of each recorded object."""
    for kind, source in bases():
        for name in source:
            less = {key: value for key, value in source.items() if key != name}
            yield kind, less
            yield kind, {**source, name: None}
            if isinstance(source[name], dict):
                for inner in source[name]:
                    changed = copy.deepcopy(source)
                    del changed[name][inner]
                    yield kind, changed
        for (whose, name), values in WORDS.items():
            if whose == kind:
                for value in values:
                    yield kind, {**source, name: value}
                    yield (
                        kind,
                        {**source, name: value, "a new member": {"of": [1.5, None]}},
                    )
    for job in [source for kind, source in bases() if kind == "flex-restore"]:
        for ends in TIMES:
            download = {**job, "deliveryType": "DOWNLOAD", "expirationDate": ends}
            yield "flex-restore", download
            for name in (
                "targetDeploymentItemName",
                "targetProjectId",
                "projectId",
                "expirationDate",
            ):
                download.pop(name, None)
                yield "flex-restore", dict(download)


CASES = {json.dumps(case): case for case in variations()}


@pytest.mark.parametrize(("family", "kind"), ORACLES)
def test_a_varied_object_has_the_decided_fields(engine, family, kind):
    """Every variation of every recorded object of a kind is translated as the oracle decides."""
    side, _, what = kind.partition("-")
    if family == "shared tier":
        lists = f"{what}s"
    else:
        lists = {"restore": "restoreJobs"}.get(what, f"{what}s")
    if what == "cluster":
        path = f"/serverless/{CLUSTER}"
    else:
        path = f"{BACKUPS[family]}/{lists}/{ID}"
    where = oracle.Where(base=BASE, api="v2", group=GROUP, cluster=CLUSTER, now=AFTER)
    cases = [source for whose, source in CASES.values() if whose == kind]
    assert len(cases) > 20
    for source in cases:
        upstream = [*([NON_FLEX] if side == "dedicated" else []), answers(source)]
        driven = drive(
            engine,
            f"/api/atlas/v2/groups/{GROUP}{path}",
            upstream,
            clock=AFTER.timestamp(),
        )
        assert (driven.reply.status, driven.document) == (
            200,
            ORACLES[family, kind](source, where),
        ), source
