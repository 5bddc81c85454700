"""The calls that the commands make, how a watch continues, and the errors when Atlas or the network refuses."""

import json
import time
from datetime import timedelta

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, FakeReply
from tests.fake.asking import received

SNAPSHOT = "6a6e2746f892dad018f3f094"
CREATE = ("serverless", "backups", "restores", "create", "--clusterName", DEMO_CLUSTER)
WATCH = (
    "serverless",
    "backups",
    "restores",
    "watch",
    "--clusterName",
    DEMO_CLUSTER,
    "--restoreJobId",
)


def words(text):
    return text.split()


@pytest.fixture
def waits(monkeypatch, server):
    """Advance the fake's time instead of waiting, and record the seconds."""
    waits = []

    def wait(seconds):
        waits.append(seconds)
        server.fake.today += timedelta(minutes=10)

    monkeypatch.setattr(time, "sleep", wait)
    return waits


def test_a_watch_prints_dots_until_the_job_has_ended(atlas, signed_in, server, waits):
    """A pipe gets a dot for each read, four seconds apart, then the CLI's message."""
    job = server.fake.add_restore_job(DEMO_GROUP, DEMO_CLUSTER, ago=timedelta(0))
    done = atlas(*WATCH, job.id)
    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout == "." * len(waits) + "\nRestore completed.\n"
    assert set(waits) == {4.0}
    assert json.loads(atlas(*WATCH, job.id, "-o", "json").stdout)["id"] == job.id
    snapshot = atlas(
        *words("serverless backups snapshots watch --clusterName orders --snapshotId"),
        SNAPSHOT,
    )
    instance = atlas("serverless", "watch", DEMO_CLUSTER)
    assert snapshot.stdout == "\nSnapshot changes completed.\n"
    assert instance.stdout == "\nInstance available.\n"


def test_a_download_needs_no_target(atlas, signed_in, server):
    """The old body had none; the new request contains the cluster's name."""
    done = atlas(*CREATE, "--deliveryType", "download", "--snapshotId", SNAPSHOT)
    assert done.exit_code == 0
    assert done.stdout.startswith("Restore job '")
    assert received(server.fake, "POST", "/backup/download")


def test_a_restore_is_sent_once(atlas, signed_in, server):
    """Whatever the output, there is one order. `start automated`, as in `atlas backups restores`, does the same."""
    order = (
        "--snapshotId",
        SNAPSHOT,
        "--targetClusterName",
        DEMO_CLUSTER,
        "--targetProjectId",
        DEMO_GROUP,
    )
    done = atlas(
        *words(
            "serverless backup restore start automated --clusterName orders -o json"
        ),
        *order,
    )
    assert json.loads(done.stdout)["deliveryType"] == "automated"
    # Digest asks for a challenge first: the unsigned request was refused unread.
    orders = received(server.fake, "POST", "/restoreJobs")
    assert len([order for order in orders if order.header("authorization")]) == 1


def test_the_page_flags_still_work(atlas, signed_in):
    """They are --page, --limit and --omitCount."""
    done = atlas(
        *words(
            "serverless backups snapshots list orders --page 2 --limit 3 --omitCount -o json"
        )
    )
    page = json.loads(done.stdout)
    assert len(page["results"]) == 3
    assert "totalCount" not in page
    assert "pageNum=2" in page["links"][0]["href"]


def test_an_error_of_atlas_has_the_text_of_the_sdk(atlas, signed_in, server):
    """Scripts search for its method, old URL, status, code, detail, reason and parameters."""
    done = atlas("serverless", "backups", "snapshots", "list", "gone")
    assert done.stderr == (
        f"Error: {server.url}/api/atlas/v2/groups/{DEMO_GROUP}/serverless/gone/backup/snapshots GET: "
        'HTTP 404 Not Found (Error code: "CLUSTER_NOT_FOUND") '
        f"Detail: No cluster named gone exists in group {DEMO_GROUP}. Reason: Not Found. "
        f"Params: [gone {DEMO_GROUP}], BadRequestDetail: \n"
    )
    assert done.exit_code == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            b"<html>",
            "Error: (502 Bad Gateway) failed to decode response body: undefined response type\n",
        ),
        (
            b"",
            'HTTP 502 Bad Gateway (Error code: "") Detail:  Reason: . Params: [], BadRequestDetail: \n',
        ),
        (b'{"badRequestDetail":{"fields":[]}}', 'BadRequestDetail: {"fields":[]}\n'),
        (
            b'{"reason":"\\u001b[2J\\u009b"}',
            "Detail:  Reason: ?[2J?. Params: [], BadRequestDetail: \n",
        ),
    ],
)
def test_a_reply_that_is_not_an_error_of_atlas_is_shown(
    body, said, atlas, signed_in, server
):
    """That covers a proxy's page, no content, the details of a bad request, and terminal controls."""
    server.fake.overrides.append(
        lambda _: FakeReply(502, (("Content-Type", "text/html"),), body)
    )
    done = atlas("serverless", "describe", "orders")
    assert done.stderr.endswith(said)
    assert done.exit_code == 1


def test_a_network_failure_has_no_traceback(atlas, signed_in, monkeypatch):
    """The error has the URL and the cause; the exit code is 1, as for any error of the CLI."""
    monkeypatch.setenv("MONGODB_ATLAS_OPS_MANAGER_URL", "http://127.0.0.1:1/")
    done = atlas("serverless", "list")
    assert done.exit_code == 1
    assert done.stderr.startswith(
        f'Error: Get "http://127.0.0.1:1/api/atlas/v2/groups/{DEMO_GROUP}/serverless": ConnectError'
    )


def test_an_order_without_a_reply_says_where_to_look(atlas, signed_in, server):
    """If the connection closed after sending, Atlas may have accepted the order, so it isn't repeated."""

    def drop(arrival):
        if arrival.method == "POST" and arrival.header("authorization"):
            raise ConnectionAbortedError

    server.fake.overrides.append(drop)
    done = atlas(*CREATE, "--deliveryType", "download", "--snapshotId", SNAPSHOT)
    assert done.exit_code == 1
    assert done.stderr.startswith(
        f'Error: Post "{server.url}/api/atlas/v2/groups/{DEMO_GROUP}/serverless/'
    )
    assert (
        "it may have been executed; check with `atlas serverless backups restores list`"
        in done.stderr
    )
    assert (
        len(
            [
                one
                for one in received(server.fake, "POST")
                if one.header("authorization")
            ]
        )
        == 1
    )


def test_instances_are_created_changed_and_deleted(
    atlas, signed_in, server, monkeypatch
):
    """With writes enabled, a flex cluster replaces each instance."""
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "instances")
    made = atlas(
        *words(
            "serverless create new --provider AWS --region US_EAST_1 --tag env=test,team=a --tag env=b"
        )
    )
    assert made.stdout == "Serverless instance new created.\n"
    assert made.stderr == ""
    assert made.exit_code == 0
    cluster = server.fake.cluster(DEMO_GROUP, "new")
    assert [dict(each) for each in cluster.tags] == [
        {"key": "env", "value": "b"},
        {"key": "team", "value": "a"},
    ]
    changed = atlas("serverless", "update", "new", "--enableTerminationProtection")
    assert changed.stdout == "Serverless instance new updated.\n"
    assert cluster.protected is True
    assert (
        atlas("serverless", "update", "new", "--disableTerminationProtection").exit_code
        == 0
    )
    asked = atlas("serverless", "delete", "new", answers="n\n")
    assert asked.stdout == "Serverless instance not deleted\n"
    assert asked.exit_code == 0
    assert received(server.fake, "DELETE") == []
    deleted = atlas("serverless", "rm", "new", "--force")
    assert deleted.stdout == "Serverless instance 'new' deleted\n"
    assert deleted.exit_code == 0
    assert server.fake.cluster(DEMO_GROUP, "new").state == "DELETING"


def test_the_prefix_of_mongocli_is_accepted(atlas, signed_in):
    """``mongocli atlas serverless`` was the command's first name."""
    assert (
        atlas("atlas", "serverless", "list").stdout
        == atlas("serverless", "list").stdout
    )
