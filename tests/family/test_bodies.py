"""A write's successor gets the members of its contract, under its own names, and none that it refuses.

Sources: the contracts of both endpoints (members and required ones), and the v1.0
documentation.
"""

import gzip
import json

import pytest

from shim.core.route import Memory
from shim.core.settings import RouteWord
from tests.core.driver import NON_FLEX, answers
from tests.family.atlas_errors import ERRORS, LEADING_ON
from tests.family.replay import CLUSTER, GROUP, ID
from tests.family.test_instance_writes import make
from tests.family.test_writes import BODY, CREATE, FLEX_JOB, ORDER, UPDATE

FLEX, DEDICATED = (
    f"/api/atlas/v2/groups/{GROUP}/{kind}" for kind in ("flexClusters", "clusters")
)
PLACES = {
    **dict.fromkeys(("order", "restore"), f"/{CLUSTER}/backup/restoreJobs"),
    "download": f"/{CLUSTER}/backup/download",
    "create": "",
    "update": f"/{CLUSTER}",
}
"""Where a call arrives at flex."""
KIND = "application/vnd.atlas.2024-11-13+json"
DONE = answers({"id": ID, "name": CLUSTER})

DAY = "2026-01-01T00:00:00Z"
READ_ONLY = {
    **dict.fromkeys(("cancelled", "expired", "failed"), False),
    **dict.fromkeys(("expiresAt", "finishedAt", "timestamp"), DAY),
    **dict.fromkeys(("deliveryUrl", "links"), ()),
    "desiredTimestamp": {"date": DAY, "increment": 1, "time": 1},
    "id": ID,
}
"""Members of a job that was read; a new one doesn't have them."""
SNAPSHOT = {"snapshotId": ID}
TO = {"targetDeploymentItemName": "other", "targetProjectId": GROUP}
RESTORE = {name: ORDER[name] for name in ("snapshotId", "targetDeploymentItemName")}
AUTOMATED = {**SNAPSHOT, "deliveryType": "automated", "targetClusterName": "other"}
ELSEWHERE = {**AUTOMATED, "targetGroupId": "0" * 24}
HERE = {**AUTOMATED, "targetGroupId": GROUP}
DOWNLOAD = {**SNAPSHOT, "deliveryType": "download"}
CONTINUOUS = {"serverlessBackupOptions": {"serverlessContinuousBackupEnabled": True}}
SETTINGS = {"backingProviderName": "AWS", "regionName": "US_EAST_1"}
LEAST = {"name": CLUSTER, "providerSettings": SETTINGS}


SENT = [
    ("order", {**BODY, **READ_ONLY}, [{**SNAPSHOT, **TO}]),
    # The endpoint's error says that it is missing.
    (
        "order",
        {name: BODY[name] for name in BODY if name != "snapshotId"},
        [TO],
    ),
    ("restore", ORDER, [ORDER, ELSEWHERE]),
    ("restore", {**FLEX_JOB, "clusterName": CLUSTER, **ORDER}, [ORDER, ELSEWHERE]),
    ("restore", RESTORE, [RESTORE, HERE]),
    ("restore", {**ORDER, "targetProjectId": None}, [RESTORE, HERE]),
    # A download loses its target, which is optional there.
    (
        "download",
        ORDER,
        [SNAPSHOT, DOWNLOAD],
    ),
    ("download", SNAPSHOT, [SNAPSHOT, DOWNLOAD]),
    (
        "create",
        CREATE,
        [{**LEAST, "tags": CREATE["tags"], "terminationProtectionEnabled": False}],
    ),
    ("create", {**CREATE, "tags": None, "terminationProtectionEnabled": None}, [LEAST]),
    ("create", LEAST, [LEAST]),
    # The contract's default, which generated clients send.
    (
        "create",
        {**LEAST, **CONTINUOUS},
        [LEAST],
    ),
    ("update", UPDATE, [UPDATE]),
    ("update", {**CONTINUOUS, "tags": []}, [{"tags": []}]),
    ("update", {}, [{}]),
]


@pytest.mark.parametrize(("call", "body", "sent"), SENT)
def test_each_tier_gets_its_own_members(engine, call, body, sent):
    """Members unknown to a tier are dropped, null counts as missing, and read-only ones are ignored.

    The dedicated tier has one endpoint for both orders, another name for the target,
    and requires the target's group.
    """
    driven = make(engine, call, *[NON_FLEX] * (len(sent) - 1), DONE, body=body)
    assert [json.loads(send.call.body or b"") for send in driven.sends] == sent
    targets = [FLEX + PLACES[call], f"{DEDICATED}/{CLUSTER}/backup/restoreJobs"][
        : len(sent)
    ]
    assert driven.targets == tuple(targets)
    assert driven.sends[0].call.headers == (("Accept", KIND), ("Content-Type", KIND))
    assert driven.reply.status < 300


def test_a_download_has_its_own_endpoint(engine):
    """That is so for flex alone: its body has no such member."""
    (send,) = make(
        engine, "order", DONE, body={**BODY, "deliveryType": "download"}
    ).sends
    assert send.call.target == FLEX + PLACES["download"]
    assert json.loads(send.call.body or b"") == SNAPSHOT


FLAG = "serverlessBackupOptions.serverlessContinuousBackupEnabled"
MISSING = "MISSING_ATTRIBUTE"
INVALID = "INVALID_ATTRIBUTE"
UNSUPPORTED = "SHIM_CONTINUOUS_BACKUP_UNSUPPORTED"


def without(body, name):
    """Return a body that lacks a member."""
    return {key: value for key, value in body.items() if key != name}


REFUSED = [
    *(
        ("order", without(BODY, name), MISSING, name)
        for name in ("deliveryType", "targetClusterName", "targetGroupId")
    ),
    ("order", {**BODY, "deliveryType": None}, MISSING, "deliveryType"),
    (
        "order",
        {**BODY, "deliveryType": "carrierPigeon"},
        "INVALID_ENUM_VALUE",
        "carrierPigeon",
    ),
    ("order", {**BODY, "deliveryType": "RESTORE"}, "INVALID_ENUM_VALUE", "RESTORE"),
    *(
        ("order", {**BODY, name: "x"}, INVALID, name)
        for name in ("color", "targetDeploymentItemName")
    ),
    *(
        ("order", {**BODY, name: 5}, INVALID, name)
        for name in ("snapshotId", "deliveryType")
    ),
    ("order", {**BODY, "oplogTs": "5"}, INVALID, "oplogTs"),
    ("restore", SNAPSHOT, MISSING, "targetDeploymentItemName"),
    ("restore", without(RESTORE, "snapshotId"), MISSING, "snapshotId"),
    ("download", {}, MISSING, "snapshotId"),
    ("restore", {**ORDER, "snapshotId": 5}, INVALID, "snapshotId"),
    ("restore", {**ORDER, "instanceName": "x"}, INVALID, "instanceName"),
    ("download", {**ORDER, "targetClusterName": "x"}, INVALID, "targetClusterName"),
    ("create", {**CREATE, **CONTINUOUS}, UNSUPPORTED, FLAG),
    ("update", CONTINUOUS, UNSUPPORTED, FLAG),
    ("create", {**CREATE, "diskSizeGB": 5}, INVALID, "diskSizeGB"),
    (
        "create",
        {**LEAST, "providerSettings": {**SETTINGS, "zone": "a"}},
        INVALID,
        "providerSettings.zone",
    ),
    ("create", without(LEAST, "name"), MISSING, "name"),
    ("create", {**CREATE, "name": 5}, INVALID, "name"),
    (
        "create",
        {**LEAST, "providerSettings": without(SETTINGS, "regionName")},
        MISSING,
        "providerSettings.regionName",
    ),
    ("update", {"providerSettings": SETTINGS}, INVALID, "providerSettings"),
    (
        "update",
        {"terminationProtectionEnabled": "yes"},
        INVALID,
        "terminationProtectionEnabled",
    ),
]


@pytest.mark.parametrize(("call", "body", "code", "name"), REFUSED)
def test_an_invalid_member_is_refused_by_name(engine, call, body, code, name):
    """It is 400 in Atlas's format with its code if the old endpoint or flex would refuse it. Nothing is sent."""
    driven = make(engine, call, body=body, writes="instances-strict")
    assert driven.reply.status == 400
    assert driven.document["errorCode"] == code
    assert driven.sends == ()
    assert name in (*driven.document["parameters"], driven.document["detail"])


UNREADABLE = [
    (b'{"deliveryType": "\xff"}', (), (400, "MALFORMED_JSON")),
    (
        gzip.compress(json.dumps(BODY).encode()),
        (("Content-Encoding", "gzip"),),
        (415, "SHIM_CONTENT_CODED"),
    ),
]


@pytest.mark.parametrize(("body", "headers", "error"), UNREADABLE)
def test_an_unreadable_body_is_not_translated(engine, body, headers, error):
    """That is decided before anything is sent."""
    driven = make(engine, "order", body=body, headers=headers)
    assert (driven.reply.status, driven.document["errorCode"], driven.sends) == (
        *error,
        (),
    )


POINT = {**HERE, "deliveryType": "pointInTime", "pointInTimeUTCSeconds": 1764000000}
FOUND = [DONE, (200, (), b"?"), (204, (), b"")]
LOOKS = [
    *((said, "SHIM_POINT_IN_TIME_UNSUPPORTED") for said in FOUND),
    *((error, None) for name, error in ERRORS.items() if name not in LEADING_ON),
    # Followed, it would bypass the shim.
    (
        (307, (("Location", "/elsewhere"),), b""),
        "SHIM_UPSTREAM_REDIRECTED",
    ),
]


@pytest.mark.parametrize(("said", "code"), LOOKS, ids=range(len(LOOKS)))
def test_a_point_in_time_is_checked_before_any_write(engine, said, code):
    """A GET shows that the cluster is a flex one, which has no such restore; any other reply is returned."""
    driven = make(engine, "order", said, body=POINT)
    assert [(send.call.method, send.route) for send in driven.sends] == [
        ("GET", "flex")
    ]
    assert (None if driven.passed else driven.document["errorCode"]) == code


@pytest.mark.parametrize("known", [False, True])
def test_a_point_in_time_goes_to_a_dedicated_cluster(engine, known):
    """It is unchanged, and sent once, whether the tier is known or a GET shows it."""
    memory = Memory()
    if known:
        make(engine, "order", NON_FLEX, DONE, memory=memory)
    driven = make(
        engine, "order", *([] if known else [NON_FLEX]), DONE, body=POINT, memory=memory
    )
    asked = [(send.call.method, send.route) for send in driven.sends]
    assert asked == [*([] if known else [("GET", "flex")]), ("POST", "dedicated")]
    assert json.loads(driven.sends[-1].call.body or b"") == POINT


@pytest.mark.parametrize("route", [RouteWord.DATE, RouteWord.FLEX])
def test_a_point_in_time_is_refused_by_date_and_flag(engine, route):
    """These routes never ask the dedicated side, so no GET is needed."""
    driven = make(engine, "order", body=POINT, route=route)
    assert driven.document["errorCode"] == "SHIM_POINT_IN_TIME_UNSUPPORTED"
    assert driven.sends == ()
