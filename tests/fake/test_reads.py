"""What each API finds: tiers, deleted clusters, ids, unknown paths and wrong methods."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP

ROOT = f"/api/atlas/v2/groups/{DEMO_GROUP}"
NONE = "f" * 24
KINDS = ("serverless", "flexClusters", "clusters")


def _code(reply):
    return (reply.status, json.loads(reply.body)["errorCode"])


@pytest.mark.parametrize("rest", ["", "/backup/snapshots", "/backup/restoreJobs", f"/backup/snapshots/{NONE}"])
def test_a_flex_name_is_refused_by_the_cluster_api(fake, ask, rest):
    """400 CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API, in the recorded words."""
    reply = ask(fake, f"{ROOT}/clusters/{DEMO_CLUSTER}{rest}")
    assert _code(reply) == (400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API")
    assert json.loads(reply.body)["detail"] == f"Flex cluster {DEMO_CLUSTER} cannot be used in the Cluster API."


@pytest.mark.parametrize("rest", ["", "/backup/snapshots", "/backup/restoreJobs", f"/backup/restoreJobs/{NONE}"])
def test_a_dedicated_name_is_refused_elsewhere(fake, ask, rest):
    """The flex API and the serverless API each have their own code."""
    flex = ask(fake, f"{ROOT}/flexClusters/{DEMO_DEDICATED}{rest}")
    serverless = ask(fake, f"{ROOT}/serverless/{DEMO_DEDICATED}{rest}")
    assert _code(flex) == (400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API")
    assert _code(serverless) == (400, "CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rest", ["", "/backup/snapshots", f"/backup/restoreJobs/{NONE}"])
def test_an_unknown_name_is_not_found(fake, ask, kind, rest):
    """Every API answers 404, the serverless one with a code of its own."""
    code = "SERVERLESS_INSTANCE_NOT_FOUND" if kind == "serverless" else "CLUSTER_NOT_FOUND"
    assert _code(ask(fake, f"{ROOT}/{kind}/nobody{rest}")) == (404, code)


@pytest.mark.parametrize("path", ["/flexClusters", "/serverless", "/serverless/x/backup/snapshots", "/clusters/x"])
def test_an_unknown_group_is_not_found(fake, ask, path):
    """The answer is 404 GROUP_NOT_FOUND in the recorded words; what is not written like an id has another code."""
    unknown = "1" * 24
    reply = ask(fake, f"/api/atlas/v2/groups/{unknown}{path}")
    assert reply.body.decode() == (
        f'{{"detail":"No group with ID {unknown} exists.","error":404,"errorCode":"GROUP_NOT_FOUND",'
        f'"parameters":["{unknown}"],"reason":"Not Found"}}'
    )
    assert _code(ask(fake, f"/api/atlas/v2/groups/mine{path}")) == (404, "INVALID_GROUP_ID")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"flexClusters/{DEMO_CLUSTER}/backup/snapshots/{NONE}", "TENANT_SNAPSHOT_NOT_FOUND"),
        (f"flexClusters/{DEMO_CLUSTER}/backup/restoreJobs/{NONE}", "TENANT_RESTORE_NOT_FOUND"),
        (f"clusters/{DEMO_DEDICATED}/backup/snapshots/{NONE}", "SNAPSHOT_NOT_FOUND"),
        (f"clusters/{DEMO_DEDICATED}/backup/restoreJobs/{NONE}", "RESTORE_JOB_NOT_FOUND"),
        (f"flexClusters/{DEMO_CLUSTER}/backup/snapshots/latest", "INVALID_SNAPSHOT_ID"),
        (f"flexClusters/{DEMO_CLUSTER}/backup/restoreJobs/{NONE.upper()}", "INVALID_JOB_ID"),
    ],
)
def test_a_missing_thing_is_named(fake, ask, path, code):
    """Each tier has its own code for a snapshot or a job that is not there."""
    assert _code(ask(fake, f"{ROOT}/{path}")) == (404, code)


def test_a_deleted_flex_cluster_is_gone_everywhere(fake, ask):
    """No API lists it or anything of it."""
    fake.delete_cluster(DEMO_GROUP, DEMO_CLUSTER)
    for kind in KINDS:
        assert ask(fake, f"{ROOT}/{kind}/{DEMO_CLUSTER}/backup/snapshots").status == 404
    assert json.loads(ask(fake, f"{ROOT}/flexClusters").body)["results"] == []


def test_the_backups_of_a_deleted_dedicated_cluster_remain(fake, ask):
    """The flex API does not find the name any more, the cluster API still lists its snapshots."""
    fake.delete_cluster(DEMO_GROUP, DEMO_DEDICATED)
    assert _code(ask(fake, f"{ROOT}/flexClusters/{DEMO_DEDICATED}/backup/snapshots")) == (404, "CLUSTER_NOT_FOUND")
    assert _code(ask(fake, f"{ROOT}/clusters/{DEMO_DEDICATED}")) == (404, "CLUSTER_NOT_FOUND")
    reply = ask(fake, f"{ROOT}/clusters/{DEMO_DEDICATED}/backup/snapshots")
    assert len(json.loads(reply.body)["results"]) == 3


def test_a_free_cluster_has_no_backups(fake, ask):
    """The cluster API finds it but refuses its backups, and the flex API refuses it."""
    fake.add_free_cluster(DEMO_GROUP, "toys")
    assert ask(fake, f"{ROOT}/clusters/toys").status == 200
    assert _code(ask(fake, f"{ROOT}/clusters/toys/backup/snapshots")) == (403, "FEATURE_UNSUPPORTED")
    assert ask(fake, f"{ROOT}/flexClusters/toys/backup/snapshots").status == 400


def test_dedicated_snapshots_are_newest_first_and_unfinished_before_all(fake, ask):
    """A snapshot without createdAt comes first."""
    taking = {"id": NONE, "status": "queued", "storageSizeBytes": 0}
    fake.cluster(DEMO_GROUP, DEMO_DEDICATED).snapshots.insert(0, taking)
    results = json.loads(ask(fake, f"{ROOT}/clusters/{DEMO_DEDICATED}/backup/snapshots").body)["results"]
    assert results[0]["id"] == NONE
    dates = [each["createdAt"] for each in results[1:]]
    assert dates == sorted(dates, reverse=True)


def test_both_sides_show_the_same_snapshots(fake, ask):
    """Before the sunset the legacy list has the ids and expirations of the flex list."""
    flex = json.loads(ask(fake, f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/snapshots").body)["results"]
    legacy = json.loads(ask(fake, f"{ROOT}/serverless/{DEMO_CLUSTER}/backup/snapshots").body)["results"]
    assert {(each["id"], each["expiresAt"]) for each in legacy} == {(each["id"], each["expiration"]) for each in flex}
    assert {each["status"] for each in legacy} == {"completed"}


def test_a_legacy_snapshot_reads_the_same_alone_and_in_the_list(fake, ask):
    """The self link in the list leads to the same representation."""
    listed = json.loads(ask(fake, f"{ROOT}/serverless/{DEMO_CLUSTER}/backup/snapshots").body)["results"][0]
    target = listed["links"][0]["href"].removeprefix("http://localhost:8080")
    assert json.loads(ask(fake, target).body) == listed


def test_a_legacy_restore_follows_its_life(fake, ask):
    """The job is unfinished at first, then finished with a link, and the link expires."""
    fake.sunset += timedelta(days=1)
    job = fake.add_restore_job(DEMO_GROUP, DEMO_CLUSTER, download=True, ago=timedelta())
    target = f"{ROOT}/serverless/{DEMO_CLUSTER}/backup/restoreJobs/{job.id}"
    first = json.loads(ask(fake, target).body)
    assert "finishedAt" not in first
    assert first["deliveryUrl"] == []
    fake.advance(timedelta(minutes=2))
    done = json.loads(ask(fake, target).body)
    assert done["finishedAt"] > done["timestamp"]
    assert len(done["deliveryUrl"]) == 1
    fake.advance(timedelta(hours=5))
    assert json.loads(ask(fake, target).body)["expired"] is True


def test_a_failing_restore_fails(fake, ask):
    """What is FAILED on the flex side is failed on the legacy side."""
    job = fake.add_restore_job(DEMO_GROUP, DEMO_CLUSTER, fails=True)
    rest = f"{DEMO_CLUSTER}/backup/restoreJobs/{job.id}"
    assert json.loads(ask(fake, f"{ROOT}/flexClusters/{rest}").body)["status"] == "FAILED"
    assert json.loads(ask(fake, f"{ROOT}/serverless/{rest}").body)["failed"] is True


@pytest.mark.parametrize("rest", ["/nothing", "/serverless/a/backup", f"/flexClusters/{DEMO_CLUSTER}/", ""])
def test_an_unknown_path_is_not_found(fake, ask, rest):
    """The answer is 404 RESOURCE_NOT_FOUND, also for a trailing slash."""
    assert _code(ask(fake, ROOT + rest)) == (404, "RESOURCE_NOT_FOUND")


def test_a_wrong_method_is_told_the_right_ones(fake, ask):
    """As recorded, 405 has the field Allow and no content."""
    reply = ask(fake, f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/restoreJobs", method="DELETE")
    assert (reply.status, reply.body, reply.header("Allow")) == (405, b"", "POST,GET,OPTIONS")


def test_options_are_told_too(fake, ask):
    """OPTIONS is answered, since the recorded Allow lists it."""
    reply = ask(fake, f"{ROOT}/flexClusters", method="OPTIONS")
    assert (reply.status, reply.body, reply.header("Allow")) == (200, b"", "POST,GET,OPTIONS")


def test_outside_the_api_there_is_nothing(fake, ask):
    """Other paths answer 404 without a challenge."""
    assert ask(fake, "/").status == 404
    assert ask(fake, "/api/atlas/v3/groups").status == 404


def test_a_percent_encoded_name_is_the_same_name(fake, ask):
    """Path parameters are decoded (RFC 3986, 2.3)."""
    encoded = "%6F" + DEMO_CLUSTER[1:]
    assert ask(fake, f"{ROOT}/flexClusters/{encoded}").status == 200


@pytest.mark.parametrize("rest", ["/flexClusters", f"/flexClusters/{DEMO_CLUSTER}", "/flexClusters/nobody", "/nothing"])
def test_head_has_the_fields_of_get_and_no_content(fake, ask, rest):
    """Its Content-Length is that of the content that GET has."""
    got, head = ask(fake, ROOT + rest), ask(fake, ROOT + rest, method="HEAD")
    assert (head.status, head.body) == (got.status, b"")
    assert head.headers == (*got.headers, ("Content-Length", str(len(got.body))))


def test_head_is_for_what_can_be_read(fake, ask):
    """Where only POST is possible, it is a wrong method."""
    assert ask(fake, f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/download", method="HEAD").status == 405
