"""Since January 2026 the legacy instance reads answer as if there were none, until they are gone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, INSTANCE_SUNSET, INSTANCES_BLANK, FakeAtlas

V2, V1 = (f"/api/atlas/{version}/groups/{DEMO_GROUP}" for version in ("v2", "v1.0"))
LAST = INSTANCE_SUNSET - timedelta(seconds=1)


@pytest.fixture
def fake() -> FakeAtlas:
    """The demo world on the first day of the blank period."""
    return FakeAtlas(today=INSTANCES_BLANK)


def _names(reply):
    assert reply.status == 200
    page = json.loads(reply.body)
    assert page["totalCount"] == len(page["results"])
    return [each["name"] for each in page["results"]]


@pytest.mark.parametrize("root", [V2, V1])
@pytest.mark.parametrize("today", [INSTANCES_BLANK, LAST])
def test_the_list_is_empty_and_each_name_unknown(fake, ask, root, today):
    """Although flex knows the cluster, and from the first second to the last."""
    fake.today = today
    assert _names(ask(fake, f"{root}/serverless")) == []
    reply = ask(fake, f"{root}/serverless/{DEMO_CLUSTER}")
    assert (reply.status, json.loads(reply.body)["errorCode"]) == (404, "NOT_FOUND")
    assert _names(ask(fake, f"{V2}/flexClusters")) == [DEMO_CLUSTER]


def test_the_second_before_the_reads_are_filled(fake, ask):
    """The last recording of a filled read is of January 2026."""
    fake.today = INSTANCES_BLANK - timedelta(seconds=1)
    assert _names(ask(fake, f"{V2}/serverless")) == [DEMO_CLUSTER]
    assert ask(fake, f"{V2}/serverless/{DEMO_CLUSTER}").status == 200


def test_an_instance_that_no_flex_cluster_stands_for_is_still_read(fake, ask):
    """Legacy alone knows it: flex does not list it, and finds no such cluster."""
    fake.add_serverless_instance(DEMO_GROUP, "old")
    assert _names(ask(fake, f"{V2}/serverless")) == ["old"]
    assert json.loads(ask(fake, f"{V2}/serverless/old").body)["name"] == "old"
    assert ask(fake, f"{V2}/serverless/{DEMO_CLUSTER}").status == 404
    assert _names(ask(fake, f"{V2}/flexClusters")) == [DEMO_CLUSTER]
    reply = ask(fake, f"{V2}/flexClusters/old")
    assert (reply.status, json.loads(reply.body)["errorCode"]) == (404, "CLUSTER_NOT_FOUND")
    reply = ask(fake, f"{V2}/clusters/old")
    assert (reply.status, json.loads(reply.body)["errorCode"]) == (400, "CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API")


def test_such_an_instance_has_backups(fake, ask):
    """While the backup endpoints live, they show its snapshots."""
    fake.add_serverless_instance(DEMO_GROUP, "old", snapshots=3)
    assert len(json.loads(ask(fake, f"{V2}/serverless/old/backup/snapshots").body)["results"]) == 3


def test_only_the_instance_reads_are_blank(fake, ask):
    """Backups of a flex cluster answer until their own sunset."""
    assert ask(fake, f"{V2}/serverless/{DEMO_CLUSTER}/backup/snapshots").status == 200


def test_an_unknown_group_is_still_unknown(fake, ask):
    """Its error is that of any other time."""
    reply = ask(fake, f"/api/atlas/v2/groups/{'1' * 24}/serverless")
    assert (reply.status, json.loads(reply.body)["errorCode"]) == (404, "GROUP_NOT_FOUND")


def test_a_fake_can_be_without_a_blank_period(ask):
    """Or have it from another date on."""
    fake = FakeAtlas(today=INSTANCES_BLANK, blank=None)
    assert _names(ask(fake, f"{V2}/serverless")) == [DEMO_CLUSTER]
    fake = FakeAtlas(today=INSTANCES_BLANK, blank=date(2026, 1, 14))
    assert fake.blank == datetime(2026, 1, 14, tzinfo=UTC)
    fake.blank = None
    assert _names(ask(fake, f"{V2}/serverless")) == [DEMO_CLUSTER]


@pytest.mark.parametrize("kind", ["serverless", "flexClusters"])
def test_clusters_are_listed_with_a_slash_at_the_end_too(fake, ask, kind):
    """Public clients list and create under such paths."""
    fake.blank = None
    assert _names(ask(fake, f"{V2}/{kind}/")) == [DEMO_CLUSTER]
    assert _names(ask(fake, f"{V2}/{kind}/?pageNum=1")) == [DEMO_CLUSTER]
    assert ask(fake, f"{V2}/{kind}//").status == 404
