"""``prove``: each field of the shim's reply next to the successor's own, against an Atlas with wrong replies."""

import json
from unittest import mock

import httpx
import pytest
import respx

from shim.cli.prove import _pages
from shim.core.messages import Sent
from shim.fake import DEMO_CLUSTER, DEMO_GROUP
from tests.core.small import text_of
from tests.fake.asking import ACCOUNT

ATLAS = "https://cloud.mongodb.com"
PATH = (
    "/api/atlas/v2/groups/32b6e34b3d91647abb20e7b8/serverless/orders/backup/snapshots"
)
FLEX = f"{ATLAS}/api/atlas/v2/groups/32b6e34b3d91647abb20e7b8/flexClusters/orders/backup/snapshots"
TOKEN = {"MONGODB_ATLAS_ACCESS_TOKEN": "the-token"}
SNAPSHOT = {
    "id": "6b0dacc6f892dad018f3f094",
    "startTime": "2026-11-30T17:05:48Z",
    "scheduledTime": "2026-11-30T17:05:10Z",
    "finishTime": "2026-11-30T17:06:53Z",
    "expiration": "2026-12-08T17:05:10Z",
    "mongoDBVersion": "8.0.17",
    "status": "COMPLETED",
}
OTHER = {
    **SNAPSHOT,
    "id": "6b0dacc6f892dad018f3f095",
    "startTime": "2026-11-29T17:05:48Z",
}
GONE = {"startTime", "scheduledTime"}


@pytest.fixture
def prove(run):
    """Return a function that proves one read with these replies of Atlas, in order."""

    def prove(*answers, form="table", path=PATH, status=200):
        pages = [
            {"results": one, "totalCount": len(one)} if isinstance(one, list) else one
            for one in answers
        ]
        with respx.mock(assert_all_called=False) as atlas:
            replies = [
                httpx.Response(200 if place == 0 else status, json=page)
                for place, page in enumerate(pages)
            ]
            atlas.get(url__startswith=FLEX).mock(side_effect=replies)
            result = run("prove", path, "-o", form, env=TOKEN)
            result.methods = {call.request.method for call in atlas.calls}
        return result

    return prove


def test_documented_replies_pass(prove):
    """Both values of each field are shown with its level, and with the reason if one is absent. The exit code is 0."""
    result = prove([SNAPSHOT, OTHER], [OTHER, SNAPSHOT])
    lines = [line.split() for line in result.output.splitlines()]
    assert ["status", "renamed", "completed", "status", "COMPLETED"] in lines
    assert (
        "storageSizeBytes: Flex does not report the size of a snapshot."
        in result.output
    )
    assert result.exit_code == 0
    assert result.methods == {"GET"}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (([{**SNAPSHOT, "status": "LOST"}],) * 2, "LOST was left out: an unknown word"),
        (
            (
                [
                    {
                        name: value
                        for name, value in SNAPSHOT.items()
                        if name != "expiration"
                    }
                ],
            )
            * 2,
            "expiresAt: ",
        ),
        (
            ([{name: value for name, value in SNAPSHOT.items() if name not in GONE}],)
            * 2,
            "createdAt: ",
        ),
        (([{**SNAPSHOT, "mongoDBVersion": 8}],) * 2, "mongodVersion"),
        (
            ([SNAPSHOT], [{**SNAPSHOT, "mongoDBVersion": "7.0.1"}]),
            "mongodVersion: the values differ (in 1 of 1)",
        ),
        (([SNAPSHOT, OTHER], [SNAPSHOT]), "1 of 2 items have no counterpart"),
        (
            ([SNAPSHOT], [SNAPSHOT, OTHER]),
            "totalCount is 1, and the successor's own answer has 2",
        ),
    ],
    ids=[
        "unknown word",
        "missing",
        "all sources missing",
        "other type",
        "other value",
        "vanished",
        "more",
    ],
)
def test_an_undocumented_value_is_found(prove, answers, said):
    """The report has its field, and the exit code is 1."""
    result = prove(*answers)
    assert said in " ".join(result.output.partition("Problems: ")[2].split())
    assert result.exit_code == 1


def test_an_error_proves_nothing(prove):
    """The successor's error is shown, whichever of the two reads got it."""
    denied = {"error": 403, "errorCode": "USER_UNAUTHORIZED", "detail": "No."}
    result = prove([SNAPSHOT], denied, status=403)
    assert "USER_UNAUTHORIZED" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "path", ["/api/atlas/v2/orgs", f"{PATH}/x/y", "https://other.example/api/atlas/v2"]
)
def test_a_path_without_a_document_is_a_problem(prove, path):
    """It is not a retired read, and nothing is sent."""
    result = prove(path=path)
    assert f"no mapping document has a GET of this path at {ATLAS}" in " ".join(
        result.output.split()
    )
    assert result.exit_code == 1
    assert result.methods == set()


@pytest.mark.parametrize(
    ("env", "code", "said"),
    [
        ({"MONGODB_ATLAS_ACCESS_TOKEN": None}, 2, "set MONGODB_ATLAS_PUBLIC_API_KEY"),
        ({"MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:1"}, 3, "network: ConnectError"),
        (
            {
                "MONGODB_ATLAS_ACCESS_TOKEN": None,
                **ACCOUNT,
                "MONGODB_ATLAS_CLIENT_ID": "wr0ng",
            },
            1,
            "Atlas answered 401",
        ),
    ],
)
def test_each_obstacle_has_its_exit_code(run, atlas, env, code, said):
    """That covers usage, network and sign-in errors. No secret is shown."""
    done = run("prove", PATH, env=env)
    assert done.exit_code == code
    assert done.stdout == ""
    assert said in done.stderr
    assert "wr0ng" not in done.stderr


TRIAL = "https://trial.example"
ACCOUNT_TOKEN = {"access_token": "fetched", "expires_in": 3600, "token_type": "Bearer"}
WAYS = {
    "flag": (["--upstream", TRIAL], {}, ""),
    "file": ([], {}, f'upstream = "{TRIAL}"\n'),
    "variable": ([], {"ATLAS_SHIM_UPSTREAM": TRIAL}, ""),
    "base URL": ([], {"MONGODB_ATLAS_BASE_URL": f"{TRIAL}/api/atlas/v2"}, ""),
    "flag over variable": (["--upstream", TRIAL], {"ATLAS_SHIM_UPSTREAM": ATLAS}, ""),
    "flag over base URL": (
        ["--upstream", TRIAL],
        {"MONGODB_ATLAS_BASE_URL": "https://third.example"},
        "",
    ),
}


def proved(run, tmp_path, words=(), env=TOKEN, file=""):
    """Prove a read while every host replies as Atlas does; return the result and the called hosts."""
    (tmp_path / "shim.toml").write_text(file)
    if file:
        config = ["--config", str(tmp_path / "shim.toml")]
    else:
        config = []
    with respx.mock(assert_all_called=False) as hosts:
        hosts.post(path="/api/oauth/token").respond(200, json=ACCOUNT_TOKEN)
        hosts.route(path__startswith="/api/").respond(
            200, json={"results": [SNAPSHOT], "totalCount": 1}
        )
        result = run("prove", *config, PATH, *words, env=env)
        return result, {call.request.url.host for call in hosts.calls}


@pytest.mark.parametrize("kind", ["token", "account"])
@pytest.mark.parametrize("way", WAYS)
def test_credentials_go_only_to_the_configured_atlas(run, tmp_path, way, kind):
    """A flag, a file or a variable sets it, in that order. That holds for service accounts too."""
    words, env, file = WAYS[way]
    result, hosts = proved(
        run, tmp_path, words, {**(TOKEN if kind == "token" else ACCOUNT), **env}, file
    )
    assert result.exit_code == 0
    assert hosts == {"trial.example"}


@pytest.mark.parametrize(("words", "env", "file", "said"), [
    ([], {}, "upstrem = 'https://trial.example'\n", "upstrem"), ([], {}, "upstream = \n", "shim.toml"),
    (["--upstream", "trial"], {}, "", "--upstream"), (["--route", "flexx"], {}, "", "--route"),
    ([], {"ATLAS_SHIM_UPSTRAM": TRIAL}, "", "did you mean ATLAS_SHIM_UPSTREAM"),
    ([], {"ATLAS_SHIM_SUNSET": "nothing=2026-01-01"}, "", "nothing"),
    ([], {"ATLAS_SHIM_MAPPINGS": "/nonsense"}, "", "/nonsense"), (["--keys-file", "/x"], {}, "", "--keys-file"),
])  # fmt: skip
def test_wrong_settings_send_nothing(run, tmp_path, words, env, file, said):
    """Any wrong setting stops the command: it may be the mistyped host."""
    result, hosts = proved(run, tmp_path, words, {**TOKEN, **env}, file)
    assert result.exit_code == 2
    assert hosts == set()
    assert said in result.output + result.stderr


def test_the_chosen_documents_are_used(run, tmp_path):
    """A document that replaces or changes the shipped ones applies to the proof."""
    why = "Nobody measures it here."
    change = {"absent": True, "why": why}
    mine = tmp_path / "mine"
    mine.mkdir()
    text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in change.items())
    (mine / "mine.toml").write_text(
        f'format = 1\noverrides = "snapshots"\n[resource.snapshot.storageSizeBytes.flex]\n{text}\n'
    )
    result, _ = proved(run, tmp_path, env={**TOKEN, "ATLAS_SHIM_MAPPINGS": str(mine)})
    assert why in result.output
    other = tmp_path / "other.toml"
    other.write_text(text_of("put"))
    result, hosts = proved(run, tmp_path, ["--document", str(other)])
    assert "no mapping document has a GET" in " ".join(result.output.split())
    assert hosts == set()


@pytest.mark.parametrize(("words", "said"), [
    (["--route", "off"], "the shim is switched off"), (["--route", "legacy"], "no successor answered"),
])  # fmt: skip
def test_a_route_without_a_successor_proves_nothing(run, tmp_path, words, said):
    """A gateway with that route would not ask the successor."""
    result, _ = proved(run, tmp_path, words)
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())


@pytest.mark.parametrize(("word", "code"), [("successor", 0), ("off", 1)])
def test_a_flag_decides_the_route_of_a_proof(run, tmp_path, word, code):
    """It works as in the gateway."""
    (tmp_path / "flags.toml").write_text(f'[move]\nvalue = "{word}"\n')
    flag = {
        "ATLAS_SHIM_ROUTE": "openfeature:move",
        "ATLAS_SHIM_OPENFEATURE_PROVIDER": f"file:{tmp_path / 'flags.toml'}",
    }
    assert proved(run, tmp_path, env={**TOKEN, **flag})[0].exit_code == code


def test_a_proof_is_not_in_the_inventory(run, atlas, tmp_path):
    """The command is not a program to migrate. It accepts a whole URL as well as a path."""
    calls = tmp_path / "calls.jsonl"
    url = f"{atlas.url}/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
    assert run("prove", url, env={"ATLAS_SHIM_INVENTORY": str(calls)}).exit_code == 0
    assert not calls.exists()


def test_the_report_has_no_values(prove):
    """Its JSON can be attached to a bug report."""
    result = prove([SNAPSHOT], [{**SNAPSHOT, "status": "secret-cluster"}], form="json")
    (read,) = json.loads(result.output)["reads"]
    status = next(one for one in read["fields"] if one["field"] == "status")
    assert status["source"] == "status"
    assert status["items"] == 1
    assert read["calls"] == 1
    values = (
        *SNAPSHOT.values(),
        "orders",
        "32b6e34b3d91647abb20e7b8",
        "the-token",
        "secret-cluster",
    )
    assert [value for value in values if f'"{value}"' in result.output] == []


GROUP = "32b6e34b3d91647abb20e7b8"


def test_a_plan_lists_the_reads(run):
    """They are all retired reads of a project and a cluster, and nothing is sent."""
    with respx.mock(assert_all_called=False) as atlas:
        done = run(
            "prove",
            "--group",
            GROUP,
            "--cluster",
            "a b",
            "--plan",
            "-o",
            "json",
            env=TOKEN,
        )
        assert not atlas.calls
    reads = json.loads(done.stdout)["reads"]
    assert {
        one["target"].partition("/groups/")[2].partition("/")[0] for one in reads
    } == {GROUP}
    targets = {
        one["operation"]: (one["target"].partition(GROUP)[2], one["accept"][22:32])
        for one in reads
    }
    assert targets["listServerlessInstances"] == ("/serverless", "2023-01-01")
    assert targets["getProcessArgs"] == ("/clusters/a%20b/processArgs", "2023-01-01")
    assert targets["getSearchDeployment20240530"] == (
        "/clusters/a%20b/search/deployment",
        "2024-05-30",
    )
    assert len(reads) > 15
    assert not any("{" in one["target"] or "/orgs/" in one["target"] for one in reads)
    assert run("prove", env=TOKEN).exit_code == 2


@pytest.mark.parametrize("asks", ["--group", "--org"])
def test_a_project_s_report_has_no_names(run, asks):
    """An unprovable read has Atlas's status and code; only GET requests are sent."""
    user = {
        "id": "u1",
        "username": "mary@example.com",
        "orgMembershipStatus": "ACTIVE",
        "roles": [],
    }
    with respx.mock(assert_all_called=False) as atlas:
        atlas.get(path__regex=r".*/users$").respond(
            200, json={"results": [user], "totalCount": 1}
        )
        atlas.route().respond(
            404, json={"errorCode": "GROUP_NOT_FOUND", "detail": f"No {GROUP} exists."}
        )
        done = run("prove", asks, GROUP, "-o", "json", env=TOKEN)
        methods = {call.request.method for call in atlas.calls}
    report = json.loads(done.stdout)
    assert done.exit_code == 1
    assert report["ok"] is False
    assert methods == {"GET"}
    assert {one["operation"] for one in report["reads"]} >= {
        "listGroupUsers" if asks == "--group" else "listOrgUsers"
    }
    if asks == "--group":
        assert {
            "operation": "getCompliancePolicy",
            "answer": "404 GROUP_NOT_FOUND",
        } in report["unproved"]
    assert GROUP not in done.stdout
    assert "mary" not in done.stdout


def test_only_the_successor_s_pages_are_read_again():
    """These are the pages of a tier's last path; lookups, errors and Atlas's own old reply aren't repeated."""
    sent = (
        Sent("GET", "/legacy", 200, "legacy"),
        Sent("GET", "/dedicated/snapshots", 404, "dedicated"),
        Sent("GET", "/flex", 200, "flex"),
        Sent("GET", "/flex/snapshots?pageNum=1", 200, "flex"),
        Sent("GET", "/flex/snapshots?pageNum=2", 200, "flex"),
    )
    pages = _pages(mock.Mock(sent=sent))
    assert pages == [
        ("flex", "/flex/snapshots?pageNum=1"),
        ("flex", "/flex/snapshots?pageNum=2"),
    ]
