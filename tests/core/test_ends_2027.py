"""Operations that Atlas ends by 2027-07-01, answered by their successors: recorded pairs, in both directions."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from shim.core.recognize import shared_engine
from shim.core.settings import Settings, parse_writes
from tests.core.driver import CASES, answers, drive
from tests.core.ends import ENDED, NewAtlas, pairs

ENGINE = shared_engine({})
AFTER = datetime(2027, 7, 2, tzinfo=UTC).timestamp()
ON = Settings(writes=parse_writes("clusters,people,log-export", name="writes"))
PAIRS = pairs()
NOT_IN_V1 = {"search-deployment", "log-export", "clusters-writes"}
"""Families that v1.0 didn't have, or had with another structure."""
RUNS = [(family, "v2") for family in PAIRS] + [
    (family, "v1.0") for family in PAIRS.keys() - NOT_IN_V1
]
FORMS = json.loads((CASES / "ends-2027-forms.json").read_text("utf-8"))
"""Calls written from the specifications of both sides, because no recording has them."""


def asked(pair, api="v2"):
    """Make a pair's old call after the sunset; return the outcome and the upstream."""
    if api == "v2":
        media = (
            f"application/vnd.atlas.{pair['old_version']}+{pair.get('media', 'json')}"
        )
    else:
        media = "*/*"
    target = pair["path"].replace("/v2/", f"/{api}/")
    body = pair.get("old_request")
    atlas = NewAtlas(pair)
    kind = (("Content-Type", media),) if body else ()
    options = {
        "method": pair["method"],
        "headers": (("Accept", media), *kind),
        "body": body,
    }
    return drive(ENGINE, target, atlas, clock=AFTER, settings=ON, **options), atlas


def without(value, names, unordered):
    """Return a document without links and unknowable values, with lists without a recorded order sorted."""
    if isinstance(value, list):
        return [without(one, names, unordered) for one in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, one in value.items():
        inner = [
            other.partition(".")[2]
            for other in names
            if other.partition(".")[0] in {name, f"{name}[]"}
        ]
        if name != "links" and "" not in inner:
            kept = [*inner, *(names if name == "results" else ())]
            made[name] = without(one, kept, unordered)
            if name in unordered and isinstance(one, list):
                made[name] = sorted(made[name], key=json.dumps)
    return made


def same(pair, found):
    """Check that a response equals the old one, except for values that can't be known."""
    names = [
        one.partition(" ")[0]
        for key in ("unknowable", "may_lack", "changed_between")
        for one in pair.get(key, ())
    ]
    unordered = {one.rpartition(".")[2] for one in pair.get("unordered", ())}
    names = [one.removeprefix("results[].") for one in names]
    assert without(found, names, unordered) == without(pair["old"], names, unordered)


@pytest.mark.parametrize(("family", "api"), sorted(RUNS))
def test_the_old_response_follows_from_the_new_side(family, api):
    """Status and members are equal, except for unknowable ones, and nothing is sent that must not be."""
    for pair in PAIRS[family]:
        if api != "v2" and pair["old_version"] != "2023-01-01":
            continue
        driven, atlas = asked(pair, api)
        compared = pair.get("compare", "all")
        if compared == "bytes":
            assert driven.passed
            continue
        assert driven.reply.status == pair["old_status"], pair["path"]
        if compared == "errorCode":
            assert driven.document["errorCode"] == pair["old"]["errorCode"]
        elif compared == "all" and pair["old_status"] != 204:
            same(pair, driven.document)
        assert not {call.method for call in atlas.calls} & {*pair.get("must_not", ())}


def test_each_ending_operation_is_known():
    """A document has it, with the day that Atlas announces."""
    for ended in ENDED:
        accept = f"application/vnd.atlas.{ended['version']}+{'gzip' if ended['path'].endswith('.gz') else 'json'}"
        match = ENGINE.recognize(
            ended["method"], re.sub("[{}]", "", ended["path"]), (("Accept", accept),)
        )
        assert match is not None, ended
        assert match.operation.sunset.date().isoformat() == ended["sunset"], ended
        assert str(match.operation.version) == ended["version"], ended


def call(method, path, version, body, *replies):
    """Make an old call after the sunset; upstream gives these replies in order."""
    media = f"application/vnd.atlas.{version}+json"
    options = {
        "method": method,
        "headers": (("Accept", media), ("Content-Type", media)),
        "body": body,
    }
    return drive(
        ENGINE,
        f"/api/atlas/v2{path}",
        [answers(one) for one in replies],
        clock=AFTER,
        settings=ON,
        **options,
    )


@pytest.mark.parametrize(("method", "path", "version", "body", "sent"), FORMS["bodies"])
def test_a_body_is_translated(method, path, version, body, sent):
    """Members were moved, changed or removed, or are null."""
    assert json.loads(call(method, path, version, body, {}).sends[-1].call.body) == sent


@pytest.mark.parametrize(("method", "path", "body", "name"), FORMS["refused"])
def test_an_unsupported_member_is_refused_before_anything_is_sent(
    method, path, body, name
):
    """The error names the member and an alternative."""
    driven = call(method, path, "2023-01-01", body)
    assert driven.reply.status == 400
    assert driven.document["parameters"] == [name]
    assert driven.sends == ()


@pytest.mark.parametrize(("path", "version", "new", "status", "old"), FORMS["reads"])
def test_a_read_is_translated_from_any_allowed_reply(path, version, new, status, old):
    """Providers, constants, absent and new members vary as specified, and an error is chosen by its code."""
    driven = call("GET", path, version, None, new)
    found = without(driven.document, (), ())
    assert driven.reply.status == status
    assert (found["errorCode"] if isinstance(old, str) else found) == old


@pytest.mark.parametrize(
    ("method", "body", "looked", "sent", "status"), FORMS["exports"]
)
def test_a_log_export_uses_its_one_integration(method, body, looked, sent, status):
    """It is looked up first. No other integration is changed or deleted, and no second one is created."""
    page = {"results": [{"id": "1", **one} for one in looked]}
    path = "/groups/6510aa1b2c3d4e5f60718293/pushBasedLogExport"
    driven = call(method, path, "2023-01-01", body, page, {})
    written = [send.call for send in driven.sends if send.call.method != "GET"]
    assert driven.reply.status == status
    assert [json.loads(one.body or b"{}") for one in written] == (
        [] if sent is None else [sent]
    )
    assert not any(one.path.endswith("/2") for one in written)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ([{"cloudProvider": "AWS", "regionName": "R", "frequencies": ["DAILY"]}], "z"),
        (
            [
                {
                    "cloudProvider": "AWS",
                    "regionName": "R",
                    "frequencies": ["DAILY"],
                    "zoneId": "y",
                }
            ],
            "y",
        ),
        (
            [{"cloudProvider": "AWS", "regionName": "R", "frequencies": ["WEEKLY"]}],
            None,
        ),
    ],
)
def test_a_copy_setting_keeps_its_zone(asked, sent):
    """Old reads don't return the zone, and programs send back what they read. Unchanged settings aren't sent."""
    there = {
        "copySettings": [
            {
                "cloudProvider": "AWS",
                "frequencies": ["WEEKLY"],
                "regionName": "R",
                "zoneId": "z",
            }
        ]
    }
    body = {"copySettings": asked, "referenceHourOfDay": 3}
    path = "/groups/g/clusters/c/backup/schedule"
    driven = call("PATCH", path, "2023-01-01", body, *[there] * (3 if sent else 2))
    written = json.loads(driven.sends[-1].call.body or b"")
    assert written.get("copySettings", [{}])[0].get("zoneId") == sent
    assert written["referenceHourOfDay"] == 3


def test_a_new_copy_setting_needs_a_zone():
    """The new version requires it, and no existing setting supplies one."""
    there = {
        "copySettings": [{"cloudProvider": "AWS", "regionName": "R", "zoneId": "z"}]
    }
    asked = [*there["copySettings"], {"cloudProvider": "AWS", "regionName": "R2"}]
    driven = call(
        "PATCH",
        "/groups/g/clusters/c/backup/schedule",
        "2023-01-01",
        {"copySettings": asked},
        there,
    )
    assert driven.reply.status == 400
    assert driven.document["errorCode"] == "MISSING_ATTRIBUTE"
    assert driven.document["parameters"] == ["copySettings[1].zoneId"]


def test_a_change_of_shards_goes_to_atlas_until_its_version_ends():
    """Atlas knows which shards an old body refers to."""
    media = "application/vnd.atlas.2023-02-01+json"
    day_before = datetime(2027, 6, 30, tzinfo=UTC).timestamp()
    body = {
        "replicationSpecs": [
            {"numShards": 2, "zoneName": "Zone 1", "regionConfigs": []}
        ]
    }
    options: dict[str, Any] = {
        "headers": (("Accept", media), ("Content-Type", media)),
        "body": body,
    }
    path = "/api/atlas/v2/groups/g/clusters/c"
    driven = drive(
        ENGINE,
        path,
        [answers({})],
        method="PATCH",
        clock=day_before,
        settings=ON,
        **options,
    )
    assert driven.passed is True
    assert driven.routes == ("legacy",)
    assert json.loads(driven.sends[0].call.body or b"") == body
