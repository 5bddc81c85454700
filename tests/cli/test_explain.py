"""``explain``: the decision, the fields and the successor call; nothing is sent."""

import json
import os
import re
import shlex
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from shim.cli.successors import sdk_names
from shim.core.recognize import shared_engine
from shim.documents.verbs import VERBS, WAYS
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN
from shim.tools.inventory.writing import explain_command
from tests.fake.asking import KEY, TOKEN

TESTS = Path(__file__).parents[1]
CONTRACT = TESTS / "cases" / "contract"
INVENTED = {"ATLAS_SHIM_MAPPINGS": str(TESTS / "documents" / "apis")}
LIST = "/api/atlas/v1.0/groups/{groupId}/serverless/{clusterName}/backup/snapshots"
V2_LIST = LIST.replace("v1.0", "v2")
JOBS = V2_LIST.replace("snapshots", "restoreJobs")
CLUSTERS = "/api/atlas/v2/groups/{groupId}/clusters"
HARBORS = "/api/atlas/v2/groups/{groupId}/harbors"
INSTANCE = "/api/atlas/v2/groups/{groupId}/serverless/{name}"


@pytest.fixture
def explained(run):
    """Return a function that explains a call as JSON."""

    def explained(*words, code=0, env=None):
        done = run("explain", *words, "-o", "json", env=env)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    return explained


@pytest.fixture
def text(run):
    """Return a function that explains a call as text in one line."""

    def text(*words, env=None, code=0):
        done = run("explain", *words, env=env)
        assert done.exit_code == code, done.output
        return " ".join(done.stdout.split())

    return text


@pytest.mark.parametrize(
    "names",
    [
        ("{groupId}", "{clusterName}"),
        ("<groupId>", "<cluster name>"),
        ("{{group}}", "{{c}}"),
        ("$GROUP", "${CLUSTER}"),
    ],
)
def test_placeholders_work_as_names(explained, names):
    """A template from the documentation is accepted unchanged, in any notation, and remains readable."""
    found = explained(
        "get", f"/api/atlas/v2/groups/{names[0]}/serverless/{names[1]}/backup/snapshots"
    )
    assert found["operation"] == "listServerlessBackupSnapshots"
    assert (
        f"/groups/{names[0]}/flexClusters/" in found["tiers"]["flex"]["calls"][0]["url"]
    )


def test_a_whole_url_keeps_its_origin(explained):
    """The successor call goes to the same host. For a host other than Atlas the output has the required setting."""
    found = explained("GET", f"https://cloud.mongodbgov.com{V2_LIST}")
    assert found["tiers"]["flex"]["calls"][0]["url"].startswith(
        "https://cloud.mongodbgov.com/api/atlas/v2/"
    )
    assert found["remarks"] == []
    url = f"http://a.example{V2_LIST}"
    assert "ATLAS_SHIM_UPSTREAM=http://a.example" in explained("GET", url)["remarks"][0]
    assert (
        explained("GET", url, env={"ATLAS_SHIM_UPSTREAM": "http://a.example"})[
            "remarks"
        ]
        == []
    )


@pytest.mark.parametrize(("words", "route"), [
    (("--at", "2026-01-21"), "legacy"), (("--at", "2026-01-22"), "flex"),
    (("--at", "2026-01-21T23:59:59.999999Z"), "legacy"), (("--at", "2026-01-22T01:00:00+02:00"), "legacy"),
    (("--at", "2020-01-01", "flex"), "flex"), (("--at", "2020-01-01", "successor"), "flex"),
    (("--at", "2030-01-01", "legacy"), "legacy"), (("--at", "2030-01-01", "off"), "legacy"),
    (("--at", "2026-01-21", "date"), "legacy"), (("--at", "2026-01-22", "date"), "flex"),
    (("--at", "2026-02-01", "auto", "snapshots=2026-03-01"), "legacy"),
])  # fmt: skip
def test_date_and_route_decide(explained, words, route):
    """A process would decide the same at that instant, with the configured sunset date."""
    env = dict(zip(("ATLAS_SHIM_ROUTE", "ATLAS_SHIM_SUNSET"), words[2:], strict=False))
    assert explained("GET", LIST, *words[:2], env=env)["route"]["route"] == route


SWITCHED_OFF = "because this write is switched off (set ATLAS_SHIM_WRITES=instances)."


@pytest.mark.parametrize(
    ("method", "path", "env", "decision"),
    [
        ("GET", LIST, {}, "Sent to flex, because its sunset, 2026-01-22, has passed."),
        (
            "GET",
            LIST,
            {"ATLAS_SHIM_ROUTE": "legacy"},
            "Sent to legacy, because the route is set to leg",
        ),
        (
            "GET",
            LIST,
            {"ATLAS_SHIM_ROUTE": "off"},
            "Sent to legacy, because the shim is switched off",
        ),
        (
            "GET",
            LIST,
            {"ATLAS_SHIM_ROUTE": "date"},
            "Sent to flex, because the route is decided by date: its sunset, 2026-01-22",
        ),
        ("DELETE", INSTANCE, {}, f"Sent to legacy, {SWITCHED_OFF}"),
        (
            "DELETE",
            INSTANCE,
            {"ATLAS_SHIM_ROUTE": "date"},
            f"Answered by the shim itself, {SWITCHED_OFF}",
        ),
        (
            "DELETE",
            INSTANCE,
            {"ATLAS_SHIM_WRITES": "instances"},
            "Sent to flex, because its sunset, 2026-01-22, has p",
        ),
        (
            "GET",
            f"{INSTANCE}/performanceAdvisor/autoIndexing",
            {},
            "Answered by the shim itself, because its sunset",
        ),
    ],
)
def test_the_decision_is_a_sentence(text, explained, method, path, env, decision):
    """In both outputs it says where the call is sent, and why."""
    assert decision in text(method, path, env=env)
    assert explained(method, path, env=env)["decision"].startswith(decision)


@pytest.mark.parametrize(("path", "day", "whys"), [
    (LIST, "2026-01-01", [
        "because its sunset, 2026-01-22, is in the future", "if legacy answers 410, or 404 or 405 without an errorCode",
        "if flex answers CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API or CLUSTER_NOT_FOUND",
    ]),
    (INSTANCE, "2026-02-01", ["if flex answers 404"]),
    (INSTANCE.removesuffix("/{name}"), "2026-02-01", ["if flex answers an empty list or 404"]),
])  # fmt: skip
def test_each_call_has_its_condition(text, explained, path, day, whys):
    """Examples are the retired endpoint's reply, an error of the first tier, and a reply that decides nothing."""
    assert [one["why"] for one in explained("GET", path, "--at", day)["sends"]][
        -len(whys) :
    ] == whys
    assert f", {whys[-1]}: GET" in text("GET", path, "--at", day)


def test_every_field_of_the_contract_is_there(explained):
    """Each legacy field has its level, and all but the exact ones have a reason."""
    fields = {
        line["name"]: line for line in explained("GET", LIST)["tiers"]["flex"]["fields"]
    }
    contract = json.loads((CONTRACT / "legacy-serverless-2025-10.json").read_text())
    assert (
        fields.keys()
        == contract["components"]["schemas"]["ServerlessBackupSnapshot"][
            "properties"
        ].keys()
    )
    assert fields["id"]["fidelity"] == "exact"
    assert fields["storageSizeBytes"]["fidelity"] == "absent"
    assert fields["createdAt"]["sources"] == ["startTime", "scheduledTime"]
    assert all(
        line["why"]
        for line in fields.values()
        if line["fidelity"] in {"derived", "constant", "absent"}
    )


USER = "/api/atlas/v2/users/u1"
ROWS = [
    (
        "derived openedAt <- history.opened, else history.planned The planned time stands",
        "from",
    ),
    ("renamed lit <- lit: YES is on; NO is off", "values"),
    ("derived region <- built from sibling members", "itself"),
    ("derived region.level <- levels, its first 2 parts between dots", "parts"),
    ("derived master <- masters[only]", "only"),
    ("derived piers[].berths <- places, one for each zone", "group"),
    ("derived piers[].berths[].number <- how many became one", "count"),
    ("renamed lights <- lamps, by name", "keyed"),
    ("absent retired Nobody knows it.", "absent"),
    ("derived links Links lead back through the shim.", "link"),
    (
        "exact * <- all other members unchanged, but secret, owner.key, masters The call",
        "rest",
    ),
    ('constant frequencyType <- always "daily"', "constant"),
    ("renamed serverlessInstanceName <- clusterName in the path", "parameter"),
    ("renamed deliveryUrl <- a list of snapshotUrl, empty without it", "list"),
    (
        "derived expired <- whether expirationDate is over (when deliveryType is DOWNLOAD)",
        "passed",
    ),
    (
        "derived roles <- one for each of roles.orgRoles and roles.groupRoleAssignments.groupRoles",
        "unwind",
    ),
    (
        "derived failed <- status: FAILED is true; PENDING or QUEUED or RUNNING or COMPLETED is false",
        "values",
    ),
]
"""What the table shows, and the verb or other term of the document language behind it."""


def test_each_verb_has_its_row(text):
    """In an operator's document or a shipped one, each field has the new field that it comes from."""
    shown = [
        text("GET", f"{HARBORS}/x", env=INVENTED),
        *(text("GET", path) for path in (LIST, JOBS, USER)),
    ]
    assert [row for row, _ in ROWS if not any(row in one for one in shown)] == []
    assert {*VERBS, *(way.key for way in WAYS)} <= {word for _, word in ROWS}


def test_an_operators_rule_is_shown(text, overriding):
    """The table has the rule in force; check shows its file."""
    assert "createdAt <- finishTime Ours." in text("GET", LIST, env=overriding)


@pytest.mark.skipif(not shutil.which("curl"), reason="this machine has no curl")
@pytest.mark.parametrize(
    "credentials",
    [{**KEY, "MONGODB_ATLAS_ACCESS_TOKEN": ""}, TOKEN],
    ids=["key", "token"],
)
def test_the_curl_line_works(run, atlas, credentials):
    """It runs as printed, with credentials from variables, against a strict double of Atlas."""
    path = (
        f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
    )
    shown = run("explain", "GET", f"{atlas.url}{path}", env=credentials).stdout
    assert not [value for value in credentials.values() if value and value in shown]
    (line, _) = re.findall(r"curl (?:.*\\\n)*.*", shown)
    done = subprocess.run(
        ["sh", "-c", f"{line} --include"],
        env={**os.environ, **credentials},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.findall(r"^HTTP/1.1 (\d+)", done.stdout, re.MULTILINE)[-1] == "200"
    assert len(json.loads(done.stdout.splitlines()[-1])["results"]) == 8


@pytest.mark.parametrize(
    "value",
    [
        "$(touch hacked)",
        "';touch hacked;'",
        "`touch hacked`",
        "a%20b%22c",
        "%24(x)",
        "ü",
    ],
)
def test_text_from_the_url_is_never_code(explained, value):
    """A project's or cluster's name and the query are quoted in the shell command."""
    path = f"http://127.0.0.1:9/api/atlas/v2/groups/{value}/serverless/{value}/backup/snapshots?{value}={value}"
    (call,) = explained("GET", path)["tiers"]["flex"]["calls"]
    assert shlex.split(call["curl"].replace("\\\n", ""))[-1] == call["url"]


def test_a_body_is_a_template(explained):
    """The new body has placeholders for legacy fields; what no tier can do is refused with the reason."""
    automated, download, point = explained("POST", JOBS)["tiers"]["flex"]["calls"]
    assert automated["body"]["targetDeploymentItemName"] == "{targetClusterName}"
    assert shlex.quote(json.dumps(automated["body"])) in automated["curl"]
    assert automated["word"] == "automated"
    assert download["word"] == "download"
    assert point["refused"].startswith("SHIM_POINT_IN_TIME_UNSUPPORTED")


def test_a_difference_of_the_call_is_a_remark(explained, text):
    """Remarks cover the order, the pages, lost query parameters and an invalid query."""
    assert (
        "pageNum"
        in explained("GET", f"{LIST}?pageNum=0")["tiers"]["flex"]["calls"][0]["refused"]
    )
    remarks = explained("GET", LIST)["tiers"]["flex"]["calls"][0]["remarks"]
    assert (
        "Request the next page as long as the response has a link with rel=next."
        in remarks
    )
    assert any(
        "startTime, else scheduledTime (descending) then id (descending)" in remark
        for remark in remarks
    )
    (call,) = explained("GET", f"{HARBORS}?state=shut&verbose=1", env=INVENTED)[
        "tiers"
    ]["successor"]["calls"]
    assert call["url"].endswith(
        "/harbors?state=CLOSED&includeCount=true&itemsPerPage=500&pageNum=1"
    )
    assert (
        "the parameter verbose was not passed on: A harbor says all there is."
        in call["remarks"]
    )
    said = text("GET", f"{HARBORS}?state=gray", env=INVENTED)
    assert (
        "refused, INVALID_QUERY_PARAMETER: Invalid query parameter state specified."
        in said
    )
    assert call["names"] == {}  # nothing is made up for an operator's own API
    assert "operationId" not in said
    assert (
        "go FlexSnapshotsAPI.ListFlexBackupSnapshots cli atlas api flexSnapshots list"
        in text("GET", LIST)
    )


OPERATIONS = shared_engine(os.environ).operations
SUCCESSORS = [
    successor for operation in OPERATIONS for successor in operation.successors.values()
]
CALLS = sorted(
    {
        (target.method, target.path.text)
        for one in SUCCESSORS
        for _, target in one.targets()
    }
)
DESCRIBED = {
    (method.upper(), re.sub(r"\{\w+\}", "{}", path)): (
        said["operationId"],
        said["x-xgen-operation-id-override"],
    )
    for file in CONTRACT.glob("*.json")
    for path, methods in json.loads(file.read_text())["paths"].items()
    for method, said in methods.items()
    if "x-xgen-operation-id-override" in said
}


def test_sdk_names_are_those_of_the_contract():
    """Each call of the shipped documents has the names of Atlas's specification, and a method in a Python SDK."""
    spec = find_spec("pyatlassdk")  # to import it takes three seconds
    assert spec is not None
    assert spec.submodule_search_locations is not None
    (folder,) = spec.submodule_search_locations
    methods = set(
        re.findall(
            r"def (\w+)",
            "".join(path.read_text("utf-8") for path in Path(folder).rglob("*.py")),
        )
    )
    named = [(call, names) for call in CALLS if (names := sdk_names(*call))]
    assert len(named) >= 20
    for (method, path), names in named:
        name = names["cli"].rpartition(" ")[2]
        known = (names["operationId"], name)
        assert DESCRIBED.get((method, re.sub(r"\{\w+\}", "{}", path)), known) == known
        assert names["go"].endswith(f"API.{name[0].upper()}{name[1:]}")
        assert re.sub(r"(?=[A-Z])", "_", names["operationId"]).lower() in methods


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_is_explained(text, operation):
    """The command in its warning works, and shows a remedy and each note of the operation and its tiers."""
    shown = text(*shlex.split(explain_command(operation))[2:])
    tiers = operation.successors
    assert f"operation {operation.id} (" in shown
    assert ("The call to make instead" in shown) == bool(tiers)
    assert tiers or operation.without_successor in shown
    assert [
        note
        for note in (operation.note, *(tier.note for tier in tiers.values()))
        if note not in shown
    ] == []
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("PATCH", LIST), "The method"),
        (
            ("GET", V2_LIST, "--accept", "application/vnd.atlas.preview+json"),
            "The version",
        ),
        (
            ("GET", CLUSTERS, "--accept", "application/vnd.atlas.2024-08-05+json"),
            "The call is current: it is the successor of listClusters",
        ),
        (
            ("GET", CLUSTERS, "--accept", "application/vnd.atlas.2030-01-01+json"),
            "The call is current",
        ),
        (
            ("GET", CLUSTERS, "--accept", "application/vnd.atlas.2022-12-31+json"),
            "The version",
        ),
        (
            ("POST", CLUSTERS, "--accept", "application/vnd.atlas.2022-12-31+json"),
            "The version",
        ),
        (
            ("GET", V2_LIST.replace("serverless", "flexClusters")),
            "The call is current: it is the successor of listServerlessBackupSnapshots",
        ),
        (
            ("GET", "/api/atlas/v2/orgs/x/invoices/pending"),
            "No mapping document has this path.",
        ),
    ],
)
def test_an_unrecognized_call_has_a_reason(run, explained, words, hint):
    """In both outputs the likeliest one, with exit code 1."""
    done = run("explain", *words)
    assert done.exit_code == 1
    assert "Not recognized" in done.stdout
    assert done.stdout.endswith("(mappings/README.md).\n")
    assert hint in " ".join(done.stdout.split())
    assert any(hint in reason for reason in explained(*words, code=1)["reasons"])


@pytest.mark.parametrize("code", ["SHIM_BUSY", "shim_busy"])
def test_a_code_is_explained_by_its_section(explained, text, code):
    """It is the page's text, from the installed package: errors refer to this command."""
    said = explained(code)
    assert list(said) == ["errorCode", "status", "executed", "cause", "cure"]
    assert (
        said["cause"]
        == "a limit of the gateway: connections, requests, requests of one address, or memory."
    )
    assert text(code).startswith(
        "SHIM_BUSY Status 503 with `Retry-After: 1`, from the gateway Executed no."
    )


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (
            "SHIM_BUSSY",
            "SHIM_BUSSY: is not an error code of atlas-shim; did you mean 'SHIM_BUSY'?",
        ),
        (
            "SHIM_X",
            "SHIM_X: is not an error code of atlas-shim; it may come from one of your mapping documents",
        ),
        ("GET", "URL: is missing; give it after GET"),
        (
            "zz",
            "zz: is neither a URL nor the name of a retired operation. Give METHOD and URL, a URL, a name or a code",
        ),
    ],
)
def test_an_unknown_argument_is_refused(run, word, said):
    """The exit code is 2, and the error suggests the nearest name."""
    done = run("explain", word)
    assert done.exit_code == 2
    assert done.stderr == f"Error: {said}\n"


@pytest.mark.parametrize(("words", "operation"), [
    (["/api/atlas/v2/groups/g/serverless/c/backup/snapshots"], "listServerlessBackupSnapshots"),
    (["https://cloud.mongodb.com/api/atlas/v2/groups/g/serverless"], "listServerlessInstances"),
    (["listServerlessBackupSnapshots"], "listServerlessBackupSnapshots"),
    (["LISTGROUPSERVERLESSINSTANCES"], "listServerlessInstances"), (["getUserByUsername"], "getUserByName"),
    (["getSearchDeployment20240530"], "getSearchDeployment20240530"), (["getHostLogs"], "getHostLogs"),
    (["addTeamUsers"], "addTeamUsers"),
])  # fmt: skip
def test_a_call_may_have_any_common_form(explained, words, operation):
    """It is a path, a URL alone, or an operation by any of its names, in any case."""
    assert explained(*words)["operation"] == operation


def test_atlas_s_own_code_is_explained_too(explained):
    """A program without the shim shows the code that it got from Atlas."""
    said = explained("VERSION_GONE")
    assert said["status"] == "410, from Atlas"
    assert "atlas-shim run -- PROGRAM" in said["cure"]
    assert "executed" not in said


@pytest.mark.parametrize(
    "words", [("no-path",), ("ftp://a/b",), ("http://[/x",), (LIST, "--at", "soon")]
)
def test_bad_usage_is_exit_code_2(run, words):
    """An impossible call has no traceback."""
    done = run("explain", "GET", *words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_nothing_is_sent(run, atlas):
    """Explaining a call makes no request."""
    assert DEMO_TOKEN not in run("explain", "GET", f"{atlas.url}{V2_LIST}").output
    assert atlas.fake.arrivals == []


@pytest.mark.parametrize("path", ["clusters/tenantUpgrade", "clusters/provider"])
def test_an_api_action_is_not_a_cluster_name(text, path):
    """POST .../clusters/tenantUpgrade is not a read of a cluster called tenantUpgrade with the wrong method."""
    said = text("POST", f"/api/atlas/v2/groups/{{groupId}}/{path}", code=1)
    assert "not a name" in said
    assert "recognized." not in said.replace("Not recognized", "")
    assert "with GET" in text(
        "POST", "/api/atlas/v2/groups/{groupId}/clusters/shop", code=1
    )


def test_unchanged_content_is_mentioned(explained):
    """The curl line has no content if no document describes it."""
    accept = "application/vnd.atlas.2024-08-05+json"
    found = explained(
        "PATCH",
        "/api/atlas/v2/groups/{groupId}/clusters/{clusterName}",
        "--accept",
        accept,
    )
    (call,) = found["tiers"]["successor"]["calls"]
    assert call["remarks"] == [
        "Its content is the old call's, with Content-Type: application/vnd.atlas.2024-10-23+json."
    ]
    assert "autoScalingConfiguration" in found["note"]


def test_a_body_that_changes_the_tier_is_mentioned(explained):
    """The call has its condition in words, found by simulating a body that meets it."""
    words = ("POST", CLUSTERS, "--accept", "application/vnd.atlas.2023-01-01+json")
    (call,) = explained(*words, env={"ATLAS_SHIM_WRITES": "former-clusters"})["tiers"][
        "former"
    ]["calls"]
    assert call["word"] == "providerSettings.instanceSizeName is M2 or M5"
    assert call["body"]["name"] == "{name}"


def test_a_route_without_dates_is_explained(text, explained):
    """With the switch on, the explanation has the reply that leads to the next side; a flag isn't evaluated."""
    words = (
        "GET",
        "/api/atlas/v2/groups/g/clusters/c",
        "--accept",
        "application/vnd.atlas.2024-10-23+json",
    )
    env = {
        "ATLAS_SHIM_READS": "former-clusters",
        "ATLAS_SHIM_WRITES": "former-clusters",
    }
    shown = text(*words, env=env)
    assert (
        "former, if legacy answers CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API: GET" in shown
    )
    assert "Sent to legacy, because the endpoint is not retired." in shown
    assert "9999" not in shown
    assert explained(*words, env=env)["sunset"] is None
    assert (
        len(explained(*words, env=env | {"ATLAS_SHIM_ROUTE": "legacy"})["sends"]) == 1
    )
    by_flag = {"ATLAS_SHIM_ROUTE": "openfeature:atlas-route"}
    assert "openfeature:atlas-route, which is not read here" in text(
        "GET", LIST, env=by_flag
    )
    assert explained(*words, code=1)["recognized"] is False
