"""``restores``: reading, ordering once, and watching with an exit code for each outcome."""

import json
from datetime import timedelta
from functools import partial
from itertools import count

import pytest

from shim.cli import restores, watching
from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, FakeReply

AT = (DEMO_GROUP, DEMO_CLUSTER)


@pytest.fixture
def fast(atlas, monkeypatch):
    """Let sleeping move the fake's clock and nothing else, and return the seconds slept."""
    atlas.fake.today = atlas.fake.today  # it stands still from here on
    slept, began = [], atlas.fake.today

    def sleep(seconds):
        slept.append(seconds)
        atlas.fake.advance(seconds)

    def clock():
        return (atlas.fake.today - began).total_seconds()

    monkeypatch.setattr(restores, "watch", partial(watching.watch, clock=clock, sleep=sleep))
    return slept


def newest(atlas, cluster=DEMO_CLUSTER):
    return atlas.fake.cluster(DEMO_GROUP, cluster).snapshots[-1]["id"]


def order(atlas, *more, cluster=DEMO_CLUSTER, kind="automated"):
    words = ("restores", "create", DEMO_GROUP, cluster, "--delivery-type", kind, "--snapshot", newest(atlas, cluster))
    return (*words, *(() if kind == "download" else ("--target-cluster", DEMO_DEDICATED)), *more)


def test_a_page_of_jobs_as_json_is_the_legacy_json(run, atlas):
    """Jobs come in Atlas' order, in the legacy shape."""
    found = json.loads(run("restores", "list", *AT, "-o", "json").stdout)
    jobs = atlas.fake.cluster(*AT).jobs
    assert [one["id"] for one in found["results"]] == [job.id for job in reversed(jobs)]
    assert {"deliveryType", "failed", "targetClusterName"} <= set(found["results"][0])


def test_all_pages_and_one_page(run, atlas):
    """``--all`` collects what ``--items-per-page`` splits."""
    every = json.loads(run("restores", "list", *AT, "--all", "--items-per-page", "1", "-o", "json").stdout)
    second = json.loads(run("restores", "list", *AT, "--items-per-page", "1", "--page-num", "2", "-o", "json").stdout)
    assert every["totalCount"] == 2
    assert second["results"][0]["id"] == every["results"][1]["id"]


def test_the_table_tells_the_state(run, atlas):
    """What the shape says in four members is one word for people."""
    atlas.fake.add_restore_job(*AT, fails=True, ago=timedelta(hours=2))
    atlas.fake.add_restore_job(*AT, ago=timedelta(0))
    done = run("restores", "list", *AT)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["ID", "TYPE", "STATE", "TARGET", "SNAPSHOT"]
    assert sorted(row[2] for row in rows[1:]) == ["failed", "finished", "finished", "running"]


def test_one_job_tells_the_fidelity_of_each_field(run, atlas):
    """Nested fields go by the dotted names of the documents."""
    job = atlas.fake.cluster(*AT).jobs[0].id
    rows = [line.split() for line in run("restores", "get", *AT, job).stdout.splitlines()]
    assert ["id", job, "exact"] in rows
    assert ["desiredTimestamp.date", "-", "absent"] in rows


def test_a_field_that_upstream_did_not_send_is_shown_as_missing(run, atlas):
    """A job that runs has no finishing time yet."""
    job = atlas.fake.add_restore_job(*AT, ago=timedelta(0)).id
    rows = [line.split() for line in run("restores", "get", *AT, job).stdout.splitlines()]
    assert ["finishedAt", "-", "missing"] in rows


def test_create_starts_one_job_and_shows_it(run, atlas):
    """One write is made, for the group of the cluster unless another is named."""
    done = run(*order(atlas, "-o", "json"))
    assert done.exit_code == 0
    made = json.loads(done.stdout)
    assert (made["targetClusterName"], made["targetGroupId"]) == (DEMO_DEDICATED, DEMO_GROUP)
    assert len(atlas.fake.trips("POST", "/flexClusters/")) == 1


def test_a_download_needs_no_target(run, atlas):
    """The legacy body's target is filled in."""
    done = run(*order(atlas, "-o", "json", kind="download"))
    assert json.loads(done.stdout)["deliveryType"] == "download"
    assert [arrival.path.rpartition("/")[2] for arrival in atlas.fake.trips("POST", "/flexClusters/")] == ["download"]


def test_a_point_in_time_is_forwarded_to_a_dedicated_cluster(run, atlas):
    """All that the legacy body had can be said."""
    words = ("restores", "create", DEMO_GROUP, DEMO_DEDICATED, "--delivery-type", "pointInTime")
    done = run(*words, "--oplog-ts", "1767225600", "--oplog-inc", "3", "--target-cluster", DEMO_DEDICATED)
    assert done.exit_code == 0
    sent = json.loads(atlas.fake.trips("POST", "/clusters/")[0].body)
    assert (sent["oplogTs"], sent["oplogInc"]) == (1767225600, 3)


def test_a_point_in_time_of_a_flex_cluster_is_refused(run, atlas):
    """The shim's own answer is exit code 1, and nothing was written."""
    words = ("restores", "create", *AT, "--delivery-type", "pointInTime", "--point-in-time", "1767225600")
    done = run(*words, "--target-cluster", DEMO_CLUSTER)
    assert done.exit_code == 1
    assert "SHIM_POINT_IN_TIME_UNSUPPORTED" in done.stderr
    assert atlas.fake.trips("POST", "flexClusters") == []


@pytest.mark.parametrize(
    "words",
    [
        ("--delivery-type", "automated", "--target-cluster", "c"),
        ("--delivery-type", "automated", "--snapshot", "s"),
        ("--delivery-type", "download"),
        ("--delivery-type", "download", "--snapshot", "s", "--oplog-ts", "1"),
        ("--delivery-type", "pointInTime", "--target-cluster", "c"),
        ("--delivery-type", "pointInTime", "--target-cluster", "c", "--oplog-ts", "1"),
        ("--delivery-type", "pointInTime", "--target-cluster", "c", "--oplog-inc", "1", "--point-in-time", "1"),
        ("--delivery-type", "pointInTime", "--target-cluster", "c", "--point-in-time", "1", "--snapshot", "s"),
        ("--delivery-type", "pointInTime", "--point-in-time", "1"),
        ("--delivery-type", "other", "--snapshot", "s", "--target-cluster", "c"),
        ("--snapshot", "s", "--target-cluster", "c"),
        ("--delivery-type", "download", "--snapshot", "s", "--watch", "--interval", "0"),
        ("--delivery-type", "download", "--snapshot", "s", "--watch", "--interval", "nan"),
        ("--delivery-type", "download", "--snapshot", "s", "--watch", "--interval", "inf"),
        ("--delivery-type", "download", "--snapshot", "s", "--watch", "--timeout", "nan"),
        ("--delivery-type", "download", "--snapshot", "s", "--watch", "--timeout", "soon"),
    ],
)
def test_an_order_that_cannot_be_meant_is_exit_code_2(run, atlas, words):
    """It is refused before anything is sent."""
    done = run("restores", "create", *AT, *words)
    assert done.exit_code == 2
    assert atlas.fake.arrivals == []


def test_an_order_is_never_sent_twice(run, atlas):
    """When its answer is lost nobody knows whether it was carried out: that is said, and nothing is repeated."""

    def lose(arrival):
        return FakeReply(0, (), dropped=True) if arrival.method == "POST" and "flex" in arrival.target else None

    atlas.fake.overrides.append(lose)
    done = run(*order(atlas, "--watch"))
    assert done.exit_code == 3
    assert "not known" in done.stderr
    assert f"restores list {DEMO_GROUP} {DEMO_CLUSTER}" in " ".join(done.stderr.split())
    assert len(atlas.fake.trips("POST", "/flexClusters/")) == 1


def test_an_order_that_was_not_sent_is_a_plain_fault_of_the_network(run, atlas):
    """Without a connection there is no doubt."""
    done = run(*order(atlas), env={"MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:1"})
    assert done.exit_code == 3
    assert "not known" not in done.stderr


def test_a_rate_limit_on_an_order_is_told_and_not_waited_for(run, atlas):
    """Whoever orders decides whether to try again, and is told when."""

    def limit(arrival):
        return FakeReply(429, (("Retry-After", "17"),), b"{}") if arrival.method == "POST" else None

    atlas.fake.overrides.append(limit)
    done = run(*order(atlas, "--watch"))
    assert done.exit_code == 1
    assert "try again in 17 s" in done.stderr
    assert len(atlas.fake.trips("POST")) == 1


def test_create_and_watch(run, atlas, fast):
    """The job is ordered once, looked at until it ends, and shown as it is then."""
    done = run(*order(atlas, "--watch", "-o", "json"))
    assert done.exit_code == 0
    job = json.loads(done.stdout)
    assert job["finishedAt"]
    assert len(atlas.fake.trips("POST", "/flexClusters/")) == 1
    looks = atlas.fake.trips("GET", f"/flexClusters/{DEMO_CLUSTER}/backup/restoreJobs/{job['id']}")
    assert len(looks) == len(fast) + 1 > 2


def test_progress_in_a_pipe_is_a_line_when_there_is_news(run, atlas, fast):
    """It goes to stderr, with the outcome last."""
    job = atlas.fake.add_restore_job(*AT, ago=timedelta(0)).id
    lines = run("restores", "watch", *AT, job, "--interval", "5").stderr.splitlines()
    assert lines[0] == f"restore job {job}: running (after 0 s)"
    assert lines[-1].startswith(f"Restore job {job}: finished after ")
    assert len(lines) < len(fast)


@pytest.mark.parametrize("cluster", [DEMO_CLUSTER, DEMO_DEDICATED])
@pytest.mark.parametrize("download", [False, True])
def test_both_kinds_of_job_end_on_both_tiers(run, atlas, fast, cluster, download):
    """A dedicated download has no finishing time; its link ends the watch."""
    job = atlas.fake.add_restore_job(DEMO_GROUP, cluster, download=download, ago=timedelta(0)).id
    assert run("restores", "watch", DEMO_GROUP, cluster, job).exit_code == 0
    assert fast


def test_a_failed_job_is_exit_code_4(run, atlas, fast):
    """The job is shown all the same."""
    job = atlas.fake.add_restore_job(*AT, fails=True, ago=timedelta(0)).id
    done = run("restores", "watch", *AT, job, "-o", "json")
    assert done.exit_code == 4
    assert json.loads(done.stdout)["failed"] is True


def test_a_cancelled_job_is_exit_code_5(run, atlas, fast):
    """Only the dedicated tier can say so."""
    job = atlas.fake.add_restore_job(DEMO_GROUP, DEMO_DEDICATED, ago=timedelta(0)).id
    changed(atlas, f"/clusters/{DEMO_DEDICATED}/backup/restoreJobs/{job}", cancelled=True)
    assert run("restores", "watch", DEMO_GROUP, DEMO_DEDICATED, job).exit_code == 5


def changed(atlas, part, **members):
    """Let answers to a target that has ``part`` in it have other members."""

    def change(arrival):
        if part not in arrival.target:
            return None
        atlas.fake.overrides.remove(change)
        real = atlas.fake.handle(arrival.method, arrival.target, arrival.headers, arrival.body)
        atlas.fake.overrides.append(change)
        return FakeReply(real.status, real.headers, json.dumps({**json.loads(real.body), **members}).encode())

    atlas.fake.overrides.append(change)


def test_an_expired_download_is_exit_code_6(run, atlas, fast):
    """Its link is of no use any more."""
    job = atlas.fake.add_restore_job(*AT, download=True, ago=timedelta(days=1)).id
    assert run("restores", "watch", *AT, job).exit_code == 6


def test_a_timeout_is_exit_code_7(run, atlas, fast):
    """The job goes on, and is shown as it was seen last."""
    job = atlas.fake.add_restore_job(*AT, ago=timedelta(0)).id
    done = run("restores", "watch", *AT, job, "--interval", "2", "--timeout", "5", "-o", "json")
    assert done.exit_code == 7
    assert json.loads(done.stdout)["id"] == job
    assert sum(fast) == 5


def test_an_unknown_job_is_exit_code_1(run, atlas, fast):
    """Atlas' answer is shown, and asked for once."""
    done = run("restores", "watch", *AT, "0" * 24)
    assert done.exit_code == 1
    assert "NOT_FOUND" in done.stderr
    assert fast == []


def test_faults_during_a_watch_are_told_and_outlived(run, atlas, fast):
    """A connection that breaks twice, then a rate limit: the watch goes on and waits as it is told to."""
    job = atlas.fake.add_restore_job(*AT, ago=timedelta(0)).id
    replies = {1: FakeReply(0, (), dropped=True), 2: FakeReply(0, (), dropped=True)}
    replies[3] = FakeReply(429, (("Retry-After", "45"),), b'{"errorCode": "RATE_LIMITED", "detail": "Slow\\u001b[2J."}')
    arrived = count(1)
    atlas.fake.overrides.append(lambda arrival: replies.get(next(arrived)))
    done = run("restores", "watch", *AT, job)
    assert done.exit_code == 0
    assert fast[:3] == [10, 10, 45]
    assert "RATE_LIMITED: Slow?[2J.; asking again in 45 s" in done.stderr


def test_a_network_that_stays_away_is_exit_code_3(run, atlas, fast):
    """A few faults are tolerated, not any number."""
    atlas.fake.overrides.append(lambda arrival: FakeReply(0, (), dropped=True))
    assert run("restores", "watch", *AT, "0" * 24).exit_code == 3
    assert len(fast) == watching.TOLERATED


@pytest.mark.parametrize(("env", "living"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_progress_on_a_terminal_is_one_living_line(atlas, on_a_terminal, env, living):
    """It is drawn again and wiped at the end; with NO_COLOR it is as in a pipe."""
    atlas.fake.today = atlas.fake.today
    job = atlas.fake.add_restore_job(*AT, ago=timedelta(0)).id
    words = ("restores", "watch", *AT, job, "--interval", "0.1", "--timeout", "0.3")
    code, wrote = on_a_terminal(*words, stream="stderr", columns=120, env=env)
    assert code == 7
    assert f"restore job {job}: running" in wrote
    assert ("\x1b[2K" in wrote) is living
