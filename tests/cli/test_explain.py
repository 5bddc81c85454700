"""``explain``: the decision, the fields and the call to make instead; nothing is sent."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shim.core.recognise import shared_engine
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN

CONTRACT = Path(__file__).parents[1] / "cases" / "contract"
LIST = "/api/atlas/v1.0/groups/{groupId}/serverless/{clusterName}/backup/snapshots"
V2_LIST = LIST.replace("v1.0", "v2")
CLUSTERS = "/api/atlas/v2/groups/{groupId}/clusters"


@pytest.fixture
def explained(run):
    """Return a function that explains a call as JSON."""

    def explained(*words, code=0, env=None):
        done = run("explain", *words, "-o", "json", env=env)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    return explained


def test_placeholders_are_taken_for_names(explained):
    """A template from the documentation is explained as it stands, and stays readable."""
    found = explained("GET", LIST)
    assert found["operation"] == "listServerlessBackupSnapshots"
    assert "{groupId}/flexClusters/{clusterName}" in found["tiers"]["flex"]["calls"][0]["url"]


@pytest.mark.parametrize(
    "names", [("<groupId>", "<cluster name>"), ("{{group}}", "{{cluster}}"), ("$GROUP", "${CLUSTER}")]
)
def test_other_spellings_of_placeholders(explained, names):
    """Angle brackets, double braces and shell variables will do, too."""
    path = f"/api/atlas/v2/groups/{names[0]}/serverless/{names[1]}/backup/snapshots"
    assert explained("get", path)["operation"] == "listServerlessBackupSnapshots"


def test_a_whole_url_keeps_its_origin(explained):
    """The successor call goes where the legacy call went."""
    found = explained("GET", f"https://cloud.mongodbgov.com{V2_LIST}")
    assert found["tiers"]["flex"]["calls"][0]["url"].startswith("https://cloud.mongodbgov.com/api/atlas/v2/")
    assert found["remarks"] == []


def test_another_origin_is_remarked_upon(explained):
    """A call to a host that is not Atlas' is explained, with what it takes."""
    found = explained("GET", f"http://127.0.0.1:8480{V2_LIST}")
    assert "ATLAS_SHIM_UPSTREAM=http://127.0.0.1:8480" in found["remarks"][0]
    assert (
        explained("GET", f"http://a.example{V2_LIST}", env={"ATLAS_SHIM_UPSTREAM": "http://a.example"})["remarks"] == []
    )


@pytest.mark.parametrize(
    ("words", "route"),
    [
        (("--at", "2026-01-21"), "legacy"),
        (("--at", "2026-01-22"), "flex"),
        (("--at", "2026-01-21T23:59:59Z"), "legacy"),
        (("--at", "2026-01-22T01:00:00+02:00"), "legacy"),
        (("--at", "2020-01-01", "--route", "flex"), "flex"),
        (("--at", "2030-01-01", "--route", "legacy"), "legacy"),
        (("--at", "2030-01-01", "--route", "off"), "legacy"),
        (("--at", "2026-01-21", "--route", "date"), "legacy"),
    ],
)
def test_date_and_route_decide(explained, words, route):
    """The decision is the one a process would take at that instant."""
    assert explained("GET", LIST, *words)["route"]["route"] == route


def test_the_environment_decides_too(explained):
    """Route and sunset come from the variables that every door obeys."""
    assert explained("GET", LIST, env={"ATLAS_SHIM_ROUTE": "legacy"})["route"]["word"] == "legacy"
    found = explained("GET", LIST, "--at", "2026-02-01", env={"ATLAS_SHIM_SUNSET": "snapshots=2026-03-01"})
    assert found["sunset"] == "2026-03-01T00:00:00+00:00"
    assert found["route"]["route"] == "legacy"


def test_every_field_of_the_contract_is_told(explained):
    """Each legacy field is there with its level, and all but the plain ones say why."""
    fields = {line["name"]: line for line in explained("GET", LIST)["tiers"]["flex"]["fields"]}
    contract = json.loads((CONTRACT / "legacy-serverless-2025-10.json").read_text())
    assert fields.keys() == contract["components"]["schemas"]["ServerlessBackupSnapshot"]["properties"].keys()
    assert fields["id"]["fidelity"] == "exact"
    assert fields["storageSizeBytes"]["fidelity"] == "absent"
    assert all(line["why"] for line in fields.values() if line["fidelity"] in {"derived", "constant", "absent"})


def test_an_operators_rule_is_shown_as_theirs(explained, run, tmp_path):
    """An overridden rule names the operator's file, in both outputs."""
    (tmp_path / "mine.toml").write_text(
        'format = 1\noverrides = "snapshots"\n'
        '[resource.snapshot.createdAt.flex]\nfrom = "finishTime"\nfidelity = "derived"\nwhy = "Ours."\n'
    )
    env = {"ATLAS_SHIM_MAPPINGS": str(tmp_path)}
    fields = {line["name"]: line for line in explained("GET", LIST, env=env)["tiers"]["flex"]["fields"]}
    assert fields["createdAt"]["owner"] == "mine.toml"
    assert fields["createdAt"]["how"] == "from finishTime"
    assert "(a rule of mine.toml)" in run("explain", "GET", LIST, env=env).stdout


@pytest.fixture
def successor(explained, atlas):
    """Return the successor call on flex for the demo cluster, as explained."""
    path = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
    return explained("GET", f"{atlas.url}{path}")["tiers"]["flex"]["calls"][0]


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="this machine has no curl or no jq")
def test_the_curl_command_works(successor, atlas):
    """The command for the day the shim goes is run as it stands, and Atlas' strict double answers it."""
    done = subprocess.run(["sh", "-c", successor["curl"]], capture_output=True, check=True, env=os.environ)
    assert len(json.loads(done.stdout)) == 8
    assert [arrival.path for arrival in atlas.fake.arrivals] == [
        successor["url"].removeprefix(atlas.url).partition("?")[0]
    ]


def test_the_python_code_works(successor, atlas):
    """So does the code for httpx."""
    code = f"{successor['httpx']}\nprint(len(results))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "8\n"


def test_the_order_is_mentioned(explained):
    """A list that was sorted by the shim has to be sorted by its caller then."""
    remarks = explained("GET", LIST)["tiers"]["flex"]["calls"][0]["remarks"]
    assert any("startTime, else scheduledTime (descending) then id (descending)" in remark for remark in remarks)


def retired(operation):
    """Return the words of a call in the oldest version that an operation answers to."""
    accept = f"application/vnd.atlas.{operation.version}+json"
    return operation.method, f"/api/atlas/v2{operation.path.text}", "--accept", accept


def test_all_code_of_all_operations_can_be_parsed(explained):
    """For every operation of every document there is an explanation, and its code is code."""
    from shim.core.recognise import load_engine

    count = 0
    for operation in load_engine({}).operations:
        found = explained(*retired(operation))
        assert found["operation"] == operation.id
        assert found["tiers"] or found["gone"] or found["constant"]
        for tier in found["tiers"].values():
            for call in tier["calls"]:
                assert call["refused"] or ast.parse(call["httpx"])
                count += 1
    assert count > 0


def test_every_operation_has_a_text(run):
    """The text fits 80 columns but for code and key paths, and is plain in a pipe."""
    from shim.core.recognise import load_engine

    for operation in load_engine({}).operations:
        done = run("explain", *retired(operation))
        assert done.exit_code == 0
        assert operation.id in done.stdout
        assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("PATCH", LIST), "The method"),
        (("GET", V2_LIST, "--accept", "application/vnd.atlas.preview+json"), "The version"),
        (("GET", CLUSTERS, "--accept", "application/vnd.atlas.2024-08-05+json"), "The version: 2024-08-05 is"),
        (("GET", CLUSTERS, "--accept", "application/vnd.atlas.2030-01-01+json"), "The version: 2030-01-01 is"),
        (("GET", CLUSTERS, "--accept", "application/vnd.atlas.2022-12-31+json"), "a date before the first"),
        (("GET", CLUSTERS.replace("v2", "v1.0")), "below /api/atlas/v2 it is recognised"),
        (("GET", V2_LIST, "--accept", "application/vnd.atlas.2022-12-31+json"), "The version"),
        (
            ("GET", V2_LIST.removesuffix("s")),
            "close to it is GET /api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots",
        ),
        (("GET", V2_LIST.replace("serverless", "serverles")), "close to it is"),
        (("GET", f"{V2_LIST}//"), "ends with slashes"),
        (("GET", V2_LIST.replace("serverless", "flexClusters")), "present endpoint"),
        (("GET", "/api/public/v1.0/groups"), "below /api/atlas/v1.0 and /api/atlas/v2"),
        (("GET", "/api/atlas/v2/orgs/x/invoices/pending"), "no mapping document"),
        (("GET", V2_LIST.replace("{clusterName}", "a%2Fb")), "'a%2Fb' could be read as another path"),
    ],
)
def test_a_call_that_is_not_recognised_says_why(run, explained, words, hint):
    """Exit code 1, and the likeliest reason, in both outputs."""
    done = run("explain", *words)
    assert done.exit_code == 1
    assert "Not recognised" in done.stdout
    assert done.stdout.split()[-2:] == [
        "See",
        "https://atlas-shim.github.io/atlas-shim/how-to/trouble/#nothing-happens",
    ]
    assert hint in " ".join(done.stdout.split())
    assert any(hint in reason for reason in explained(*words, code=1)["reasons"])


@pytest.mark.parametrize(
    "words",
    [
        ("GET", "no-path"),
        ("GET", "ftp://a/b"),
        ("GET", "http://[/x"),
        ("GET", LIST, "--at", "soon"),
        ("GET", LIST, "--route", "x"),
    ],
)
def test_bad_usage(run, words):
    """What can't be a call is exit code 2, without a traceback."""
    done = run("explain", *words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_a_wrong_query_is_remarked_upon(explained):
    """What the successor's side would refuse is said beforehand."""
    assert "pageNum" in explained("GET", f"{LIST}?pageNum=0")["remarks"][0]


def test_the_code_is_for_what_the_caller_uses(run):
    """One library unless more are named, and signed as the environment can unless that is said."""
    plain = run("explain", "GET", LIST).stdout
    assert "import httpx" in plain
    assert "MONGODB_ATLAS_ACCESS_TOKEN" in plain
    assert "curl" not in plain.partition("Code for others")[0]
    several = run("explain", "GET", LIST, "--for", "requests", "--for", "go", "--auth", "digest").stdout
    assert "HTTPDigestAuth(" in several
    assert "admin.UseDigestAuth(" in several
    assert "import httpx" not in several
    guessed = run("explain", "GET", LIST, env={"MONGODB_ATLAS_PUBLIC_API_KEY": "abcdefgh"}).stdout
    assert "httpx.DigestAuth(" in guessed
    assert "abcdefgh" not in guessed


def test_nothing_is_sent(run, atlas):
    """Explaining a call makes none."""
    run("explain", "GET", f"{atlas.url}{V2_LIST}")
    assert atlas.fake.arrivals == []
    assert DEMO_TOKEN not in run("explain", "GET", f"{atlas.url}{V2_LIST}").output


@pytest.mark.parametrize("operation", shared_engine(os.environ).operations, ids=lambda operation: operation.id)
def test_what_changed_beyond_fields_is_told(run, explained, operation):
    """Every note of an operation and of each of its tiers is in the text and in the JSON."""
    words = retired(operation)
    text, found = " ".join(run("explain", *words).stdout.split()), explained(*words)
    tiers = operation.successors
    assert found["note"] == operation.note
    assert {name: tier["note"] for name, tier in found["tiers"].items()} == {name: tiers[name].note for name in tiers}
    assert [note for note in (operation.note, *(tier.note for tier in tiers.values())) if note not in text] == []


def test_a_flag_is_named_and_not_asked(run):
    """What a call would do depends on what it says then; --route shows that."""
    env = {"ATLAS_SHIM_ROUTE": "openfeature:atlas-route"}
    path = "/api/atlas/v2/groups/g/serverless/c/backup/snapshots"
    assert "openfeature:atlas-route, not asked here" in run("explain", "GET", path, env=env).stdout
    assert "openfeature" not in run("explain", "--route", "flex", "GET", path, env=env).stdout
