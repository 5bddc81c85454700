"""Since January 2026 the legacy instance reads answer as if there were none, until they are gone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shim.fake import DEMO_CLUSTER, INSTANCE_SUNSET, INSTANCES_BLANK, FakeAtlas
from tests.fake.asking import ROOT, Asker


@pytest.fixture
def fake() -> FakeAtlas:
    """The demo world on the first day of the blank period."""
    return FakeAtlas(today=INSTANCES_BLANK)


def _names(reply):
    assert reply.status == 200
    assert reply.json["totalCount"] == len(reply.json["results"])
    return [each["name"] for each in reply.json["results"]]


@pytest.mark.parametrize("api", ["v2", "v1.0"])
@pytest.mark.parametrize("today", [INSTANCES_BLANK, INSTANCE_SUNSET - timedelta(seconds=1)])
def test_the_list_is_empty_and_each_name_unknown(fake, ask, api, today):
    """Although flex knows the cluster, and from the first second to the last; backups answer until their own sunset."""
    fake.today = today
    root = ROOT.replace("v2", api)
    assert _names(ask(f"{root}/serverless")) == []
    assert ask(f"{root}/serverless/{DEMO_CLUSTER}").code == "404 NOT_FOUND"
    assert _names(ask("flexClusters")) == [DEMO_CLUSTER]
    backups = ask(f"{root}/serverless/{DEMO_CLUSTER}/backup/snapshots")
    assert backups.status == (200 if today == INSTANCES_BLANK else 410)
    assert ask(f"/api/atlas/{api}/groups/{'1' * 24}/serverless").code == "404 GROUP_NOT_FOUND"


@pytest.mark.parametrize("blank", [None, INSTANCES_BLANK + timedelta(seconds=1), date(2026, 1, 16)])
def test_before_the_period_the_reads_are_filled(blank):
    """A fake can be without it, or have it from another date on."""
    fake = FakeAtlas(today=INSTANCES_BLANK, blank=blank)
    assert fake.blank is None or fake.blank.tzinfo is UTC
    assert _names(Asker(fake)("serverless")) == [DEMO_CLUSTER]
    assert Asker(fake)(f"serverless/{DEMO_CLUSTER}").status == 200
    fake.blank = datetime(2026, 1, 14, tzinfo=UTC)
    assert _names(Asker(fake)("serverless")) == []


@pytest.mark.parametrize("kind", ["serverless", "flexClusters"])
def test_clusters_are_listed_with_a_slash_at_the_end_too(fake, ask, kind):
    """Public clients list and create under such paths."""
    fake.blank = None
    assert _names(ask(f"{kind}/")) == _names(ask(f"{kind}/?pageNum=1")) == [DEMO_CLUSTER]
    assert ask(f"{kind}//").status == 404
