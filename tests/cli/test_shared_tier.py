"""``shared-tier-snapshots`` and ``shared-tier-restores``: the same tables and JSON as for serverless backups."""

import json

from shim.fake import DEMO_CLUSTER, DEMO_GROUP

PLACE = (DEMO_GROUP, DEMO_CLUSTER)


def test_snapshots_are_listed_in_upstreams_order(run, atlas):
    """The flex snapshots of the cluster, oldest first, with the members of the old contract."""
    done = run("shared-tier-snapshots", "list", *PLACE, "-o", "json")
    assert done.exit_code == 0
    times = [item["scheduledTime"] for item in json.loads(done.stdout)["results"]]
    assert len(times) == 8
    assert times == sorted(times)
    lines = run("shared-tier-snapshots", "list", *PLACE).stdout.splitlines()
    assert lines[0].split() == ["ID", "STARTED", "(UTC)", "EXPIRES", "STATUS", "MONGODB"]
    assert {line.split()[4] for line in lines[1:]} == {"COMPLETED"}


def test_one_snapshot_is_shown_and_downloaded(run, atlas):
    """The job that a download makes can be looked at by its id."""
    listed = json.loads(run("shared-tier-snapshots", "list", *PLACE, "-o", "json").stdout)["results"]
    one = run("shared-tier-snapshots", "get", *PLACE, listed[0]["id"], "-o", "json")
    assert json.loads(one.stdout) == listed[0]
    ordered = run("shared-tier-snapshots", "download", *PLACE, listed[0]["id"], "-o", "json")
    job = json.loads(ordered.stdout)
    assert (ordered.exit_code, job["deliveryType"], job["snapshotId"]) == (0, "DOWNLOAD", listed[0]["id"])
    assert run("shared-tier-restores", "get", *PLACE, job["id"], "-o", "json").exit_code == 0


def test_a_restore_is_started_once(run, atlas):
    """The job says where it goes."""
    snapshot = json.loads(run("shared-tier-snapshots", "list", *PLACE, "-o", "json").stdout)["results"][0]["id"]
    order = ("--snapshot", snapshot, "--target-cluster", DEMO_CLUSTER)
    before = json.loads(run("shared-tier-restores", "list", *PLACE, "--all", "-o", "json").stdout)["totalCount"]
    done = run("shared-tier-restores", "create", *PLACE, *order, "-o", "json")
    assert (done.exit_code, json.loads(done.stdout)["targetDeploymentItemName"]) == (0, DEMO_CLUSTER)
    after = json.loads(run("shared-tier-restores", "list", *PLACE, "--all", "-o", "json").stdout)["totalCount"]
    assert after == before + 1
