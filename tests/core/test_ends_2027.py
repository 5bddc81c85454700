"""What Atlas ends by 2027-07-01, answered by its successors: recorded pairs, in both directions."""

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
"""Families that v1.0 had not, or in another shape."""
RUNS = [(family, "v2") for family in PAIRS] + [
    (family, "v1.0") for family in PAIRS.keys() - NOT_IN_V1
]
FORMS = json.loads((CASES / "ends-2027-forms.json").read_text("utf-8"))
"""Calls made up after the descriptions of both sides, for what no recording has."""


def asked(pair, api="v2"):
    """Make a pair's old call after the sunset; return how it ended, and the upstream."""
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
    """Return a document without links and what can't be known, and with lists whose order is not recorded sorted."""
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
    """Assert that an answer is the old one, but for what can't be known."""
    names = [
        one.partition(" ")[0]
        for key in ("unknowable", "may_lack", "changed_between")
        for one in pair.get(key, ())
    ]
    unordered = {one.rpartition(".")[2] for one in pair.get("unordered", ())}
    names = [one.removeprefix("results[].") for one in names]
    assert without(found, names, unordered) == without(pair["old"], names, unordered)


@pytest.mark.parametrize(("family", "api"), sorted(RUNS))
def test_the_old_answer_follows_from_the_new_side(family, api):
    """Status and members, but for what can't be known; what must not be sent is not."""
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


def test_each_operation_that_ends_is_known():
    """By a document, with the day that Atlas announces."""
    for ended in ENDED:
        accept = f"application/vnd.atlas.{ended['version']}+{'gzip' if ended['path'].endswith('.gz') else 'json'}"
        match = ENGINE.recognize(
            ended["method"], re.sub("[{}]", "", ended["path"]), (("Accept", accept),)
        )
        assert match is not None, ended
        assert match.operation.sunset.date().isoformat() == ended["sunset"], ended
        assert str(match.operation.version) == ended["version"], ended


def call(method, path, version, body, *replies):
    """Make an old call after the sunset, with the new replies in order."""
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
def test_a_body_becomes_the_new_one(method, path, version, body, sent):
    """Members that moved, that became others, that are no more, and null."""
    assert json.loads(call(method, path, version, body, {}).sends[-1].call.body) == sent


@pytest.mark.parametrize(("method", "path", "body", "name"), FORMS["refused"])
def test_what_nothing_takes_is_refused_before_anything_is_sent(
    method, path, body, name
):
    """With the member's name, and the way out."""
    driven = call(method, path, "2023-01-01", body)
    assert driven.reply.status == 400
    assert driven.document["parameters"] == [name]
    assert driven.sends == ()


@pytest.mark.parametrize(("path", "version", "new", "status", "old"), FORMS["reads"])
def test_a_read_follows_from_what_the_descriptions_allow(
    path, version, new, status, old
):
    """Other providers, other words, absent and new members; an error is by its code."""
    driven = call("GET", path, version, None, new)
    found = without(driven.document, (), ())
    assert driven.reply.status == status
    assert (found["errorCode"] if isinstance(old, str) else found) == old


@pytest.mark.parametrize(
    ("method", "body", "looked", "sent", "status"), FORMS["exports"]
)
def test_an_export_of_logs_is_the_one_integration_that_it_was(
    method, body, looked, sent, status
):
    """Looked up first; no other integration is changed or deleted, and no second one made."""
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
def test_a_setting_for_copies_keeps_its_zone(asked, sent):
    """Reads of the old version do not show it, and programs send back what they read; what is there is not sent."""
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


def test_a_new_setting_for_copies_names_its_zone():
    """No setting that is there has one for it, and the new version takes none without."""
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
    """Atlas itself knows the shards that an old body means."""
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
