"""Programs that write clusters in ended versions, with an API key, against a strict Atlas that stores clusters."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from shim.fake import (
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    FakeAtlas,
    FakeReply,
)
from shim.fake.server import FakeServer
from tests.stateful.cluster import RefusedError
from tests.stateful.strict import Strict

KEYS = {
    "MONGODB_ATLAS_PUBLIC_API_KEY": DEMO_PUBLIC_KEY,
    "MONGODB_ATLAS_PRIVATE_API_KEY": DEMO_PRIVATE_KEY,
}
HOST = "https://cloud.mongodb.com/api/atlas"


class ClusterAtlas(FakeAtlas):
    """A fake whose clusters are those of the strict world; it verifies keys as usual."""

    def __init__(self) -> None:
        """Start without a cluster."""
        super().__init__()
        self.strict = Strict()

    def _resource(
        self, arrival: Any, view: Any, rest: str, fields: list[tuple[str, str]]
    ) -> FakeReply:
        found = re.fullmatch(r"/groups/\w+/clusters/?([^/]*)", rest)
        if found is None:
            return super()._resource(arrival, view, rest, fields)
        version = re.search(r"vnd\.atlas\.([-\d]+)\+", arrival.header("Accept") or "")
        if arrival.body:
            said = json.loads(arrival.body)
        else:
            said = None
        status = 201 if arrival.method == "POST" else 200
        try:
            if version and not view.v1:
                named = version[1]
            else:
                named = ""
            document = self.strict.call(named, arrival.method, found[1], said)
        except RefusedError as refused:
            status = refused.status
            document = refused.document
        return FakeReply(
            status,
            (("Content-Type", "application/json"),),
            json.dumps(document).encode(),
        )


@pytest.fixture
def atlas() -> Iterator[FakeServer]:
    """That Atlas."""
    with FakeServer(ClusterAtlas()) as server:
        yield server


def whole(**more: Any) -> dict[str, Any]:
    """Return a body of 2023-01-01 with all of a playbook's cluster settings, which it sends each time."""
    settings = {
        "instanceSizeName": "M30",
        "providerName": "AWS",
        "regionName": "US_EAST_1",
    }
    scaling = {
        "compute": {"enabled": False, "scaleDownEnabled": False},
        "diskGBEnabled": True,
    }
    known = {
        "autoScaling": scaling,
        "clusterType": "REPLICASET",
        "diskSizeGB": 40,
        "mongoDBMajorVersion": "7.0",
    }
    known |= {
        "pitEnabled": False,
        "providerBackupEnabled": True,
        "replicationFactor": 3,
    }
    return {"name": "c", "providerSettings": settings, **known, **more}


ZONED = {
    "clusterType": "SHARDED", "name": "d", "providerSettings": {"instanceSizeName": "M30", "providerName": "AWS"},
    "replicationSpecs": [{
        "numShards": 2,
        "regionsConfig": {"US_EAST_1": {"electableNodes": 3, "priority": 7, "readOnlyNodes": 0}}, "zoneName": "Zone 1",
    }],
}  # fmt: skip
SPECS = {"instanceSize": "M30", "nodeCount": 3}
REGION = {
    "electableSpecs": SPECS,
    "priority": 7,
    "providerName": "AWS",
    "regionName": "US_EAST_1",
}
ADVANCED = {
    "clusterType": "SHARDED", "diskSizeGB": 40, "name": "e",
    "replicationSpecs": [{"numShards": 2, "regionConfigs": [REGION], "zoneName": "Zone 1"}],
}  # fmt: skip
LARGER = [
    {
        "numShards": 2,
        "regionConfigs": [
            {**REGION, "electableSpecs": {**SPECS, "instanceSize": "M40"}}
        ],
    }
]
PROGRAMS = [
    # a playbook, which creates a cluster and sends the same body, changed, to update it
    ("v1.0", "2023-01-01", "POST", "", whole()),
    ("v1.0", "2023-01-01", "PATCH", "/c", whole(diskSizeGB=80)),
    # a trigger in the evening and one in the morning
    ("v1.0", "2023-01-01", "PATCH", "/c", {"paused": True}),
    ("v2", "2023-01-01", "PATCH", "/c", {"paused": False}),
    # a scheduled scale-up
    (
        "v1.0",
        "2023-01-01",
        "PATCH",
        "/c",
        {"providerSettings": {"instanceSizeName": "M50", "providerName": "AWS"}},
    ),
    # a provider that sends its stored state
    ("v1.0", "2023-01-01", "POST", "", ZONED),
    # the Go client before the SDK, and the SDK
    ("v1.5", "2023-02-01", "POST", "", ADVANCED),
    (
        "v2",
        "2023-02-01",
        "PATCH",
        "/e",
        {"replicationSpecs": [{**LARGER[0], "zoneName": "Zone 1"}]},
    ),
]


def script() -> str:
    """Return a program that makes all these calls with its key, and prints a status for each."""
    said = []
    for api, version, method, name, body in PROGRAMS:
        if api == "v2":
            media = f"application/vnd.atlas.{version}+json"
        else:
            media = "application/json"
        own = [
            "--digest",
            "-u",
            f"{DEMO_PUBLIC_KEY}:{DEMO_PRIVATE_KEY}",
            "-X",
            method,
            "-d",
            json.dumps(body),
        ]
        fields = [
            "-H",
            f"Accept: {media}",
            "-H",
            f"Content-Type: {media}",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code} ",
        ]
        said.append(
            shlex.join(
                [
                    "curl",
                    "-sS",
                    *own,
                    *fields,
                    f"{HOST}/{api}/groups/{DEMO_GROUP}/clusters{name}",
                ]
            )
        )
    return "; ".join(said)


def test_each_program_writes_as_before(runs, atlas):
    """With the switch they all work, and no shard is lost."""
    done = runs("sh", "-c", script(), ATLAS_SHIM_WRITES="clusters", **KEYS)
    assert done.stdout.split() == [
        "201",
        "200",
        "200",
        "200",
        "200",
        "201",
        "201",
        "200",
    ]
    assert done.stderr == ""
    clusters = atlas.fake.strict.clusters
    (region,) = clusters["c"]["replicationSpecs"][0]["regionConfigs"]
    assert region["electableSpecs"]["instanceSize"] == "M50"
    assert region["electableSpecs"]["diskSizeGB"] == 80
    assert clusters["c"]["backupEnabled"]
    assert len(clusters["d"]["replicationSpecs"]) == 2
    sizes = [
        one["regionConfigs"][0]["electableSpecs"]["instanceSize"]
        for one in clusters["e"]["replicationSpecs"]
    ]
    assert sizes == ["M40", "M40"]


def test_without_the_switch_only_pausing_works(runs, atlas):
    """The report shows the refusals of the other calls."""
    spec = {"regionConfigs": [REGION], "zoneName": "Zone 1"}
    made = {"clusterType": "REPLICASET", "name": "c", "replicationSpecs": [spec]}
    atlas.fake.strict.call("2024-10-23", "POST", "c", made)
    done = runs("sh", "-c", script(), options=["--report"], **KEYS)
    assert done.stdout.split() == [
        "410",
        "410",
        "200",
        "200",
        "410",
        "410",
        "410",
        "410",
    ]
    assert "6 got SHIM_NO_SUCCESSOR" in done.stderr
