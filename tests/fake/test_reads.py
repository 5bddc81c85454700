"""What reads show: the same things on each side, clusters that went, lives of restore jobs, HEAD and encoded names."""

from datetime import timedelta

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP
from tests.fake.asking import ROOT

FLEX, LEGACY = f"flexClusters/{DEMO_CLUSTER}/backup", f"serverless/{DEMO_CLUSTER}/backup"
TENANT = f"{ROOT}/clusters/{DEMO_CLUSTER}/backup/tenant"


def test_the_cluster_api_lists_no_flex_cluster(ask):
    """It lists what it serves, without a word of the flex cluster that it refuses to read."""
    assert [each["name"] for each in ask("clusters").json["results"]] == [DEMO_DEDICATED]
    assert ask(f"clusters/{DEMO_CLUSTER}").code == "400 CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API"


def test_dedicated_snapshots_are_newest_first_and_unfinished_before_all(fake, ask):
    """A snapshot without createdAt comes first."""
    taking = {"id": "f" * 24, "status": "queued", "storageSizeBytes": 0}
    fake.cluster(DEMO_GROUP, DEMO_DEDICATED).snapshots.insert(0, taking)
    first, *others = ask(f"clusters/{DEMO_DEDICATED}/backup/snapshots").json["results"]
    assert first["id"] == "f" * 24
    dates = [each["createdAt"] for each in others]
    assert dates == sorted(dates, reverse=True)


def test_a_legacy_restore_follows_its_life(fake, ask):
    """The job is unfinished at first, then finished with a link, and the link expires."""
    fake.sunset += timedelta(days=1)
    job = fake.add_restore_job(DEMO_GROUP, DEMO_CLUSTER, download=True, ago=timedelta())
    target = f"{LEGACY}/restoreJobs/{job.id}"
    first = ask(target).json
    assert ("finishedAt" in first, first["deliveryUrl"]) == (False, [])
    fake.advance(timedelta(minutes=2))
    done = ask(target).json
    assert done["finishedAt"] > done["timestamp"]
    assert len(done["deliveryUrl"]) == 1
    fake.advance(timedelta(hours=5))
    assert ask(target).json["expired"] is True


def test_a_percent_encoded_name_is_the_same_name(ask):
    """Path parameters are decoded (RFC 3986, 2.3)."""
    assert ask(f"flexClusters/%6F{DEMO_CLUSTER[1:]}").status == 200


@pytest.mark.parametrize("target", ["flexClusters", f"flexClusters/{DEMO_CLUSTER}", "flexClusters/nobody", "nothing"])
def test_head_has_the_fields_of_get_and_no_content(ask, target):
    """Its Content-Length is that of the content that GET has; where only POST is possible, it is a wrong method."""
    got, head = ask(target), ask(target, "HEAD")
    assert (head.status, head.body) == (got.status, b"")
    assert head.headers == (*got.headers, ("Content-Length", str(len(got.body))))
    assert ask(f"{FLEX}/download", "HEAD").status == 405
