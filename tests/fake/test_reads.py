"""What reads show: the same things on each side, clusters that went, lives of restore jobs, HEAD and encoded names."""

from datetime import timedelta
from typing import Any

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP
from tests.fake.asking import LEGACY_VERSION, ROOT

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


def test_legacy_shows_the_snapshots_of_flex(ask):
    """In the opposite order, and each reads the same alone and in the list."""
    flex, legacy = (ask(f"{root}/snapshots").json["results"] for root in (FLEX, LEGACY))
    assert [(each["id"], each["expiresAt"]) for each in legacy] == [
        (each["id"], each["expiration"]) for each in reversed(flex)
    ]
    assert {each["status"] for each in legacy} == {"completed"}
    target = legacy[0]["links"][0]["href"].removeprefix("http://localhost:8080")
    assert ask(target).json == legacy[0]


def test_the_shared_tier_shows_the_snapshots_of_flex_with_a_link(ask):
    """The same seven members in the same order of items, and a link to the snapshot itself, which answers alike."""
    page = ask(f"{TENANT}/snapshots", accept=LEGACY_VERSION).json
    plain = [{name: value for name, value in item.items() if name != "links"} for item in page["results"]]
    assert (plain, page["totalCount"]) == (ask(f"{FLEX}/snapshots").json["results"], 8)
    for item in page["results"]:
        target = f"{TENANT}/snapshots/{item['id']}"
        assert item["links"] == [{"href": f"http://localhost:8080{target}", "rel": "self"}]
        assert ask(target, accept=LEGACY_VERSION).json == item
    assert page["links"][0]["href"].startswith(f"http://localhost:8080{TENANT}/snapshots?")


def test_the_shared_tier_has_another_name_for_the_cluster_of_a_job(ask):
    """All else is as flex has it; a download has a target too, as the v1.0 pages show."""
    ours, theirs = (ask(target).json["results"] for target in (f"{TENANT}/restores", f"{FLEX}/restoreJobs"))
    for item, flex in zip(ours, theirs, strict=True):
        assert ask(f"{TENANT}/restores/{item['id']}", accept=LEGACY_VERSION).json == item
        own: dict[str, Any] = {
            "links": [{"href": f"http://localhost:8080{TENANT}/restores/{item['id']}", "rel": "self"}]
        }
        own |= {"clusterName": DEMO_CLUSTER, "targetDeploymentItemName": DEMO_CLUSTER, "targetProjectId": DEMO_GROUP}
        assert item == {name: value for name, value in flex.items() if name != "instanceName"} | own


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
