"""``prove --writes``: trials in a project, against an Atlas that behaves as assumed, differently, or fails."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import respx

from shim.tools.trials import trials

UNKNOWNS = Path(__file__).parents[2] / "docs" / "explanation" / "unknowns.md"
GROUP = "32b6e34b3d91647abb20e7b8"
ORG = "32b6e34b3d91647abb20e7b9"
NAME = "to be thrown away"
CLUSTER = "orders"
EMAIL = "mary@example.com"
TOKEN = {"MONGODB_ATLAS_ACCESS_TOKEN": "the-token"}
ROOT = "/api/atlas/v2"
NOT_FOUND = (404, {"errorCode": "RESOURCE_NOT_FOUND", "detail": f"No {GROUP}."})
INVALID = (
    400,
    {"errorCode": "INVALID_ATTRIBUTE", "parameters": ["definition.mappings"]},
)
REGION = {"providerName": "AWS", "regionName": "US_EAST_1", "priority": 7}
ELECTABLE = {"instanceSize": "M10", "nodeCount": 3, "diskSizeGB": 10.0}
SHARD = {
    "id": "6b0dacc6f892dad018f3f001",
    "zoneId": "6b0dacc6f892dad018f3f002",
    "zoneName": "Zone 1",
    "regionConfigs": [
        {
            **REGION,
            "electableSpecs": ELECTABLE,
            "analyticsSpecs": {**ELECTABLE, "nodeCount": 1},
        }
    ],
}
OLD_SPECS = [
    {
        "id": SHARD["id"],
        "numShards": 1,
        "zoneName": "Zone 1",
        "regionConfigs": [
            {
                **REGION,
                "electableSpecs": {"instanceSize": "M10", "nodeCount": 3},
                "analyticsSpecs": {"instanceSize": "M10", "nodeCount": 1},
            }
        ],
    }
]


class Atlas:
    """An Atlas with one project, organization and cluster; a trial must not delete the initial resources.

    ``answers`` replaces assumed replies, by a pattern of method and path: each is a
    status and content, or an exception.
    """

    def __init__(self, kind="dedicated", answers=()):
        self.kind = kind
        self.answers = dict(answers)
        self.calls = []
        self.things = {}
        self.looks = 0
        self.cluster = {
            "name": CLUSTER,
            "stateName": "IDLE",
            "replicationSpecs": [SHARD],
            "id": "c1",
            "tags": [],
        }

    def __call__(self, request):
        """Reply to a request, and record it."""
        call = f"{request.method} {request.url.path.removeprefix(ROOT)}"
        if request.content:
            body = json.loads(request.content)
        else:
            body = {}
        self.calls.append(call)
        status, content = self._answer(call, request, body)
        if content is not None:
            return httpx.Response(status, json=content)
        return httpx.Response(status)

    def _answer(self, call, request, body):
        for pattern, answer in self.answers.items():
            if re.search(pattern, call):
                if isinstance(answer, BaseException):
                    raise answer
                return answer
        method, path = call.split(" ")
        rest = path.removeprefix(f"/groups/{GROUP}").removeprefix(f"/orgs/{ORG}")
        if rest == "":
            return 200, {"id": GROUP, "name": NAME}
        if rest == "/clusters":
            return 200, {"results": [self.cluster], "totalCount": 1}
        if rest == "/pushBasedLogExport":
            return (200, {"state": "UNCONFIGURED"}) if method == "GET" else NOT_FOUND
        if rest.startswith(("/invites", "/users", "/teams")):
            return self._people(method, rest, body)
        if "/indexes" in rest:
            return self._indexes(method, rest, body)
        if rest.startswith("/flexClusters") or self.kind == "flex":
            return self._flex(method, rest)
        if "2023-02-01" in request.headers["accept"]:
            old = {"replicationSpecs": OLD_SPECS, "diskSizeGB": 10.0}
            return 200, {**self.cluster, **old}
        if method == "PATCH":
            self.cluster.update(body)
        return 200, self.cluster

    def _people(self, method, rest, body):
        kind, _, name = rest[1:].partition("/")
        if rest.endswith(":addUser"):
            return 409, {"errorCode": "USER_ALREADY_IN_TEAM"}
        if method == "POST" and "roles" not in body and kind == "invites":
            return INVALID
        if method == "POST":
            made = {
                "id": f"id{len(self.things)}",
                "username": body.get("username"),
                "roles": body.get("roles"),
                "groupId": GROUP,
            }
            self.things[f"{kind}/{made['id']}"] = made
            return 200, made
        if method == "DELETE":
            if self.things.pop(f"{kind}/{name}", None):
                return (200, {})
            return NOT_FOUND
        if name:
            return NOT_FOUND
        invited = [
            thing for key, thing in self.things.items() if key.startswith("invites/")
        ]
        if kind == "invites":
            return 200, invited
        pending = [{**one, "orgMembershipStatus": "PENDING"} for one in invited]
        users = pending or [
            {
                "id": "u1",
                "username": EMAIL,
                "orgMembershipStatus": "ACTIVE",
                "roles": [],
            }
        ]
        return 200, {"results": users, "totalCount": len(users)}

    def _indexes(self, method, rest, body):
        is_old = "/fts/" in rest
        name = rest.rpartition("/")[2]
        if is_old:
            definition = body
        else:
            definition = body.get("definition", {})
        if method == "POST" and not isinstance(definition.get("mappings"), dict):
            return INVALID
        if method == "POST":
            self.things[f"indexes/i{len(self.things)}"] = {**body, **definition}
            name = f"i{len(self.things) - 1}"
        index = self.things.get(f"indexes/{name}")
        if index is None:
            return NOT_FOUND
        if method == "DELETE":
            del self.things[f"indexes/{name}"]
            return 202, {}
        self.looks += 1
        is_ready = self.looks > 4
        common = {
            "database": index["database"],
            "collectionName": index["collectionName"],
            "name": index["name"],
        }
        if is_old:
            state = "STEADY" if is_ready else "IN_PROGRESS"
            more = {"type": "search", "synonyms": []}
            return 200, {
                **common,
                **more,
                "indexID": name,
                "mappings": index["mappings"],
                "status": state,
            }
        parts = {
            "latestDefinition": {"mappings": index["mappings"]},
            "status": "READY" if is_ready else "PENDING",
        }
        return 200, {
            **common,
            "indexID": name,
            "type": "search",
            "queryable": is_ready,
            **parts,
        }

    def _flex(self, method, rest):
        if self.kind == "dedicated":
            return 400, {"errorCode": "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API"}
        if not rest.startswith("/flexClusters"):
            return 400, {"errorCode": "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API"}
        snapshot = {
            "id": "6b0dacc6f892dad018f3f094",
            "status": "COMPLETED",
            "startTime": "2026-11-30T17:05:48Z",
        }
        if rest.endswith("/snapshots"):
            return 200, {"results": [snapshot], "totalCount": 1}
        if "/backup/" in rest:
            job = {
                "id": "j1",
                "snapshotId": snapshot["id"],
                "deliveryType": "DOWNLOAD",
                "status": "QUEUED",
            }
            return 200, {**job, "projectId": GROUP, "instanceName": CLUSTER}
        return 200, {"name": CLUSTER, "stateName": "IDLE", "tags": []}


@pytest.fixture(autouse=True)
def _waits_without_time(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture
def prove(run):
    """Return a function that runs all trials against an Atlas; its result has the report's trials by name."""

    def prove(
        atlas,
        *words,
        typed=NAME,
        values=("--org", ORG, "--cluster", CLUSTER, "--email", EMAIL),
    ):
        with respx.mock(assert_all_called=False) as hosts:
            hosts.route(host="cloud.mongodb.com").mock(side_effect=atlas)
            words = ("prove", "--writes", GROUP, *values, *words)
            done = run(*words, "-o", "json", env=TOKEN, typed=f"{typed}\n")
        if done.stdout.startswith("{"):
            report = json.loads(done.stdout)
        else:
            report = {}
        done.report = report
        done.trials = {one["name"]: one for one in report.get("trials", ())}
        return done

    return prove


FOR_FLEX = {"flex-by-the-old-name", "download-of-flex"}
FOR_DEDICATED = {"ids-of-shards", "cluster-by-an-old-version", "nodes-left-out"}


@pytest.mark.parametrize(
    ("kind", "others"), [("dedicated", FOR_FLEX), ("flex", FOR_DEDICATED)]
)
def test_assumed_behavior_is_confirmed(prove, kind, others):
    """Each question is answered, those for the other kind of cluster are skipped, and no resource remains."""
    atlas = Atlas(kind)
    done = prove(atlas)
    outcomes = {name: one["outcome"] for name, one in done.trials.items()}
    assert {
        name for name, outcome in outcomes.items() if outcome == "not called"
    } == others, done.stdout
    assert {outcome for name, outcome in outcomes.items() if name not in others} == {
        "as assumed"
    }, done.stdout
    assert done.exit_code == 0
    assert atlas.things == {}
    assert len(outcomes) == len(trials())
    assert done.trials["names-in-errors"]["steps"][0]["names"] == [
        "definition.mappings"
    ]


def test_omitted_nodes_are_restored(prove):
    """The old specifications are sent once more at the end."""
    atlas = Atlas()
    prove(atlas)
    writes = [
        call
        for call in atlas.calls
        if call == f"PATCH /groups/{GROUP}/clusters/{CLUSTER}"
    ]
    # The shards, the nodes and their restoration; equal shards cause no write through
    # the shim.
    assert len(writes) == 3


@pytest.mark.parametrize(
    ("pattern", "answer", "trial", "outcome"),
    [
        (
            r"GET .*/invites/\w{24}",
            (404, {"errorCode": "INVITATION_NOT_FOUND"}),
            "missing-invitation",
            "otherwise",
        ),
        (
            r"POST .*/fts/indexes",
            (200, {"indexID": "i9"}),
            "index-without-mappings",
            "otherwise",
        ),
        (r":addUser", (200, {}), "user-twice-in-a-team", "otherwise"),
        (
            r"POST .*/fts/indexes",
            (503, {"errorCode": "UNAVAILABLE"}),
            "index-without-mappings",
            "unanswered",
        ),
        (
            r"POST .*/teams",
            (403, {"errorCode": "ORG_FORBIDDEN"}),
            "user-twice-in-a-team",
            "not called",
        ),
        (
            r"GET .*/pushBased",
            (200, {"state": "ACTIVE"}),
            "missing-log-export",
            "not called",
        ),
        (r"GET .*/pushBased", (200, None), "missing-log-export", "not called"),
        (
            r"POST .*/search/indexes",
            httpx.ReadTimeout("slow"),
            "names-in-errors",
            "unanswered",
        ),
        (
            r"POST .*/teams",
            (200, {"id": None, "secret": "x"}),
            "user-twice-in-a-team",
            "not called",
        ),
        (
            r"GET /orgs/.*/users",
            (200, {"results": []}),
            "user-twice-in-a-team",
            "not called",
        ),
    ],
)
def test_a_different_reply_is_distinguished(prove, pattern, answer, trial, outcome):
    """It is neither the assumed one nor a missing one."""
    done = prove(Atlas(answers={pattern: answer}))
    assert done.trials[trial]["outcome"] == outcome, done.trials[trial]
    assert outcome == "not called" or done.exit_code == 1


def test_an_existing_log_export_is_untouched(prove):
    """No write follows a failed precondition."""
    atlas = Atlas(answers={r"GET .*/pushBased": (200, {"state": "ACTIVE"})})
    prove(atlas)
    assert [call for call in atlas.calls if "pushBased" in call] == [
        f"GET /groups/{GROUP}/pushBasedLogExport"
    ]


@pytest.mark.parametrize(
    "answer", [(500, {}), (403, {"errorCode": "NO"}), httpx.ConnectError("gone")]
)
def test_a_change_that_can_not_be_undone_is_reported(prove, answer):
    """The person sees the call; the report has no name in it."""
    done = prove(Atlas(answers={r"DELETE .*/teams": answer}))
    assert f"not reverted: DELETE {ROOT}/orgs/{ORG}/teams/" in done.stderr
    assert done.exit_code == 1
    assert done.trials["user-twice-in-a-team"]["reverted"] is False
    assert not re.search(r"teams/id\d", done.stdout)


def test_a_write_without_a_reply_may_have_succeeded(prove):
    """The person is asked to check."""
    done = prove(Atlas(answers={r"POST .*/teams": httpx.ReadTimeout("slow")}))
    assert (
        "not reverted: POST /orgs/{orgId}/teams (it may have been executed)"
        in done.stderr
    )


def test_ctrl_c_undoes_the_changes_and_ends(prove):
    """The report has the interrupted trial, and no later one."""
    atlas = Atlas(answers={r":addUser": KeyboardInterrupt()})
    done = prove(atlas)
    assert [*done.trials][-1] == "user-twice-in-a-team"
    assert atlas.things == {}
    assert atlas.calls[-1].split("/")[0] == "DELETE "


def test_an_index_that_is_never_ready_ends_the_trial(prove, monkeypatch):
    """After an hour it is deleted."""
    times = iter(range(0, 10**9, 1800))
    monkeypatch.setattr(
        "shim.tools.trying.time",
        SimpleNamespace(monotonic=lambda: next(times), sleep=lambda seconds: None),
    )
    atlas = Atlas()
    atlas.looks = -(10**6)
    done = prove(atlas)
    assert done.trials["states-of-an-index"]["outcome"] == "otherwise"
    assert "but different: status" in done.trials["states-of-an-index"]["why"]
    assert atlas.things == {}


def test_a_different_state_on_the_new_side_has_its_field(prove):
    """The report has the field's name without its values."""
    answer = (
        200,
        {
            "name": "states",
            "status": "FAILED",
            "indexID": "i0",
            "collectionName": "secret-collection",
        },
    )
    done = prove(Atlas(answers={r"GET .*/search/indexes": answer}))
    (step,) = [
        one for one in done.trials["states-of-an-index"]["steps"] if one["differs"]
    ]
    assert "status" in step["differs"]
    assert "secret-collection" not in done.stdout


@pytest.mark.parametrize("typed", ["", "yes", NAME.upper(), GROUP])
def test_nothing_changes_before_the_name_is_typed(prove, typed):
    """Any other input is exit code 2."""
    atlas = Atlas()
    done = prove(atlas, typed=typed)
    assert "nothing was changed" in done.stderr
    assert done.exit_code == 2
    assert {call.split()[0] for call in atlas.calls} == {"GET"}


def test_a_project_without_a_name_is_refused(prove):
    """An empty line is not a confirmation."""
    atlas = Atlas(answers={rf"GET /groups/{GROUP}$": (200, {})})
    assert prove(atlas, typed="").exit_code == 2
    assert {call.split()[0] for call in atlas.calls} == {"GET"}


def test_a_plan_lists_every_call(prove):
    """It exists as text and JSON, and nothing is sent."""
    atlas = Atlas()
    done = prove(atlas, "--plan", typed="")
    assert atlas.calls == []
    assert {one["name"] for one in done.report["trials"]} == {
        trial.name for trial in trials()
    }


def test_a_plan_in_text_lists_what_is_missing(run):
    """It shows how each write is undone."""
    done = run("prove", "--writes", GROUP, "--plan", env=TOKEN)
    assert "user-twice-in-a-team needs --org" in done.stdout
    assert "then revert: DELETE" not in done.stdout
    assert (
        "then revert: DELETE"
        in run("prove", "--writes", GROUP, "--cluster", "c", "--plan", env=TOKEN).stdout
    )


def test_the_report_has_no_names(prove):
    """Neither the project nor its resources appear, whatever Atlas replies."""
    secret = {
        "errorCode": "secret-code",
        "detail": "secret",
        "parameters": ["secret"],
        "secretMember": 1,
    }
    done = prove(Atlas(answers={r"POST|PATCH|DELETE": (400, secret)}))
    assert [
        word
        for word in (GROUP, ORG, CLUSTER, EMAIL, NAME, "secret", "the-token")
        if word in done.stdout
    ] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--email", EMAIL, "--group", GROUP), "--email is for trials"),
        (("--writes", "clusters", "--upstream", "nonsense"), "--upstream"),
    ],
)
def test_wrong_arguments_are_refused(run, words, said):
    """That happens before anything is sent."""
    done = run("prove", *words, env=TOKEN)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_key_without_access_to_the_project_is_refused(prove):
    """The output has Atlas's error, and nothing is changed."""
    atlas = Atlas(
        answers={rf"GET /groups/{GROUP}$": (401, {"errorCode": "USER_UNAUTHORIZED"})}
    )
    done = prove(atlas)
    assert "USER_UNAUTHORIZED" in done.stderr
    assert done.exit_code == 1
    assert len(atlas.calls) == 1


@pytest.mark.parametrize("trial", trials(), ids=lambda trial: trial.name)
def test_each_trial_belongs_to_a_row_of_the_unknowns(trial):
    """It quotes words of that row, and refers only to earlier steps."""
    rows = [
        line
        for line in UNKNOWNS.read_text("utf-8").splitlines()
        if line.startswith("|")
    ]
    assert any(trial.unknown in row for row in rows)
    seen = set()
    for step in trial.steps:
        assert not step.alike or step.alike in seen
        seen.add(step.name)
