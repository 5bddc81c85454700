"""``snapshots``: tables for people, the API's JSON for programs, exit codes for scripts."""

import json

import httpx
import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_TOKEN, FakeReply

LIST = ("snapshots", "list", DEMO_GROUP, DEMO_CLUSTER)


def through_the_shim(atlas, rest=""):
    """Return what the httpx door makes of the same call: another way in, the same engine."""
    from shim import httpx as door
    from shim.httpx._clients import recognise_also

    path = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots{rest}"
    headers = {"Authorization": f"Bearer {DEMO_TOKEN}", "Accept": "application/vnd.atlas.2023-01-01+json"}
    with door.Client(headers=headers) as client:
        recognise_also(client, atlas.url)
        return client.get(f"{atlas.url}{path}").json()


def test_json_is_the_legacy_json_as_the_api_gave_it(run, atlas):
    """Every member is there, in its order, with nothing added."""
    done = run(*LIST, "--items-per-page", "3", "-o", "json")
    assert done.exit_code == 0
    expected = through_the_shim(atlas, "?itemsPerPage=3")
    assert json.loads(done.stdout) == expected
    assert list(json.loads(done.stdout)) == list(expected)


def test_a_pages_number_is_passed_on(run, atlas):
    """``--page-num`` asks for that page."""
    done = run(*LIST, "--items-per-page", "3", "--page-num", "2", "-o", "json")
    assert json.loads(done.stdout)["results"] == through_the_shim(atlas)["results"][3:6]


def test_all_pages_as_one_json_object(run, atlas):
    """``--all`` puts the results of all pages into one list."""
    done = run(*LIST, "--items-per-page", "3", "--all", "-o", "json")
    assert json.loads(done.stdout)["results"] == through_the_shim(atlas)["results"]


def test_a_rate_limit_in_the_middle_is_waited_for(run, atlas):
    """A list of all pages goes on where Atlas said to come again."""
    limits = iter([None, FakeReply(429, (("Retry-After", "0"),), b"{}")])
    atlas.fake.overrides.append(lambda arrival: next(limits, None))
    done = run("restores", "list", DEMO_GROUP, DEMO_CLUSTER, "--items-per-page", "1", "--all", "-o", "json")
    assert done.exit_code == 0
    assert len(json.loads(done.stdout)["results"]) == 2


def test_one_snapshot_as_json(run, atlas):
    """``get`` gives the one resource."""
    newest = through_the_shim(atlas)["results"][0]
    done = run("snapshots", "get", DEMO_GROUP, DEMO_CLUSTER, newest["id"], "-o", "json")
    assert json.loads(done.stdout) == through_the_shim(atlas, f"/{newest['id']}")


def test_a_table_in_a_pipe_is_plain_and_aligned(run, atlas):
    """One line a snapshot under the headings, no colour, columns at the same place."""
    lines = run(*LIST).stdout.splitlines()
    assert lines[0].split() == ["ID", "CREATED", "(UTC)", "EXPIRES", "STATUS", "MONGODB"]
    assert len(lines) == 9
    assert {line.index("completed") for line in lines[1:]} == {lines[0].index("STATUS")}
    assert "\x1b" not in "".join(lines)


def test_what_the_values_are_worth_goes_to_stderr(run, atlas):
    """A pipe gets the data alone; the remark is for people."""
    done = run(*LIST, "--items-per-page", "3")
    assert "storageSizeBytes" not in done.stdout
    remark = " ".join(done.stderr.split())
    assert "absent: storageSizeBytes" in remark
    assert "--page-num 2" in remark


def test_a_size_is_shown_where_there_is_one(run, atlas):
    """A dedicated cluster's snapshots have a size, so there is a column for it."""
    done = run("snapshots", "list", DEMO_GROUP, DEMO_DEDICATED)
    assert done.stdout.splitlines()[0].endswith("SIZE")
    assert done.stdout.splitlines()[1].endswith(" GB")


def test_one_snapshot_tells_the_fidelity_of_each_field(run, atlas):
    """The table of one snapshot has every field, the one that is left out included."""
    newest = through_the_shim(atlas)["results"][0]["id"]
    rows = [line.split() for line in run("snapshots", "get", DEMO_GROUP, DEMO_CLUSTER, newest).stdout.splitlines()]
    assert ["id", newest, "exact"] in rows
    assert ["storageSizeBytes", "-", "absent"] in rows


def test_an_answer_of_atlas_is_exit_code_1(run, atlas):
    """Status, error code and detail are shown."""
    done = run("snapshots", "list", DEMO_GROUP, "nope")
    assert done.exit_code == 1
    assert "404 CLUSTER_NOT_FOUND: No cluster named nope exists" in done.stderr


def test_wrong_credentials_are_exit_code_1(run, atlas):
    """A 401 is Atlas' answer, too; the token does not show."""
    done = run(*LIST, env={"MONGODB_ATLAS_ACCESS_TOKEN": "wr0ng"})
    assert done.exit_code == 1
    assert "401" in done.stderr
    assert "wr0ng" not in done.output


@pytest.mark.parametrize(
    "words",
    [
        (*LIST, "--all", "--page-num", "2"),
        (*LIST, "--items-per-page", "0"),
        (*LIST, "--items-per-page", "501"),
        ("snapshots", "list", DEMO_GROUP, ".."),
        ("snapshots", "list", DEMO_GROUP),
        ("snapshots", "list", DEMO_GROUP, DEMO_CLUSTER, "-o", "yaml"),
    ],
)
def test_bad_usage_is_exit_code_2(run, atlas, words):
    """What can't be meant is refused before anything is sent."""
    assert run(*words).exit_code == 2
    assert atlas.fake.arrivals == []


def test_no_credentials_is_exit_code_2(run, atlas):
    """The variables that are missing are named."""
    done = run(*LIST, env={"MONGODB_ATLAS_ACCESS_TOKEN": None})
    assert done.exit_code == 2
    assert "MONGODB_ATLAS_PUBLIC_API_KEY" in done.stderr


def test_no_connection_is_exit_code_3(run, atlas):
    """A fault of the network is told apart from an answer."""
    done = run(*LIST, env={"MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:1"})
    assert done.exit_code == 3
    assert done.stderr.startswith("Error: network: ConnectError")


def test_a_broken_connection_is_exit_code_3(run, atlas):
    """So is a connection that ends without an answer."""
    atlas.fake.overrides.append(lambda arrival: FakeReply(0, (), dropped=True))
    done = run(*LIST)
    assert done.exit_code == 3
    assert "Traceback" not in done.output


def test_what_atlas_says_cannot_steer_the_terminal(run, atlas):
    """Control characters in a value are shown as question marks."""
    atlas.fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["mongoDBVersion"] = "8\x1b[2J\x07"
    done = run(*LIST)
    assert "8?[2J?" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("cluster", [DEMO_CLUSTER, DEMO_DEDICATED])
def test_a_terminal_gets_a_table_with_whole_ids(atlas, on_a_terminal, cluster):
    """In 80 columns every id can be copied: none is cut or folded."""
    code, wrote = on_a_terminal("snapshots", "list", DEMO_GROUP, cluster)
    assert code == 0
    assert "\x1b[1m" in wrote
    for snapshot in atlas.fake.cluster(DEMO_GROUP, cluster).snapshots:
        assert snapshot["id"] in wrote


def test_no_color_is_obeyed(atlas, on_a_terminal):
    """With NO_COLOR a terminal gets plain text."""
    code, wrote = on_a_terminal(*LIST, env={"NO_COLOR": "1"})
    assert code == 0
    assert "\x1b" not in wrote


def test_the_facade_does_not_warn_its_own_command(run, atlas):
    """The command is nobody's legacy code; warnings are errors in these tests."""
    assert run(*LIST).exit_code == 0


def test_the_oracle_is_not_plain_httpx(atlas):
    """Without the shim the same call is gone: what the tests above compare with did pass through it."""
    path = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
    headers = {"Authorization": f"Bearer {DEMO_TOKEN}", "Accept": "application/vnd.atlas.2023-01-01+json"}
    assert httpx.get(f"{atlas.url}{path}", headers=headers).status_code == 410
