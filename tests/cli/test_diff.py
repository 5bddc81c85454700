"""``diff``: both sides asked, announced differences told from surprises."""

import json

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_TOKEN, FakeReply

DIFF = ("diff", DEMO_GROUP, DEMO_CLUSTER)
LEGACY, FLEX = f"/serverless/{DEMO_CLUSTER}/", f"/flexClusters/{DEMO_CLUSTER}/"


@pytest.fixture
def both(atlas):
    """Let the retired endpoints answer, too."""
    atlas.fake.sunset = atlas.fake.instance_sunset = atlas.fake.sunset.replace(year=2100)
    atlas.fake.blank = None
    return atlas


@pytest.fixture
def diff(run, both):
    """Return a function that compares one resource and returns its comparison."""

    def diff(resource, code, cluster=DEMO_CLUSTER, env=None):
        done = run("diff", DEMO_GROUP, cluster, "--resource", resource, "-o", "json", env=env)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)["comparisons"][0]

    return diff


def rewrite(atlas, part, change):
    """Let a function change the JSON of every answer to a target that has ``part`` in it."""

    def answer(arrival):
        if part not in arrival.target:
            return None
        atlas.fake.overrides.remove(answer)
        real = atlas.fake.handle(arrival.method, arrival.target, arrival.headers, arrival.body)
        atlas.fake.overrides.append(answer)
        document = json.loads(real.body)
        change(document)
        return FakeReply(real.status, real.headers, json.dumps(document).encode())

    atlas.fake.overrides.append(answer)


def surprises(comparison):
    """Return (item, field) of each difference that is not announced."""
    return [(one["item"], one["field"]) for one in comparison["differences"] if not one["announced"]]


def first(document):
    """Return the first item of a list, or the one resource."""
    return document["results"][0] if "results" in document else document


def test_only_announced_differences_are_exit_code_0(run, both):
    """The fake's two sides differ where the documents say so, and nowhere else."""
    done = run(*DIFF, "-o", "json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["verdict"] == "announced"
    assert [(one["resource"], one["verdict"], one["compared"]) for one in found["comparisons"]] == [
        ("snapshots", "announced", 8),
        ("restores", "announced", 2),
        ("instance", "announced", 1),
    ]
    absent = found["comparisons"][0]["differences"][0]
    assert (absent["field"], absent["fidelity"], absent["successor"]) == ("storageSizeBytes", "absent", None)
    assert absent["why"]


def test_each_side_is_asked_for_itself(diff, both, monkeypatch):
    """The route of the environment has no say, and nothing is written."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "off")
    diff("snapshots", 0)
    assert [part for arrival in both.fake.arrivals for part in (LEGACY, FLEX) if part in arrival.target] == [
        LEGACY,
        FLEX,
    ]
    assert {arrival.method for arrival in both.fake.arrivals} == {"GET"}


@pytest.mark.parametrize(
    ("resource", "part", "name", "value"),
    [
        ("snapshots", LEGACY, "mongodVersion", "7.0.0"),
        ("snapshots", LEGACY, "id", "0" * 24),
        ("snapshots", LEGACY, "novelty", 1),
        ("restores", LEGACY, "snapshotId", None),
        ("instance", f"/flexClusters/{DEMO_CLUSTER}", "stateName", 5),
        ("instance", f"/serverless/{DEMO_CLUSTER}", "terminationProtectionEnabled", 0),
    ],
)
def test_what_no_level_announces_is_a_surprise(diff, both, resource, part, name, value):
    """Another value of an exact or renamed field, an unknown field, an unusable value, a missing item."""
    rewrite(both, part, lambda document: first(document).update({name: value}))
    assert diff(resource, 1)["verdict"] == "surprises"


@pytest.mark.parametrize(
    ("resource", "name", "value"),
    [
        ("snapshots", "frequencyType", "hourly"),
        ("snapshots", "createdAt", "2020-01-01T00:00:00Z"),
        ("restores", "oplogTs", 5),
        ("restores", "cancelled", True),
    ],
)
def test_what_a_level_announces_is_none(diff, both, resource, name, value):
    """Derived, constant and absent say that the value is not the old one, and the why is given."""
    rewrite(both, LEGACY, lambda document: first(document).update({name: value}))
    found = diff(resource, 0)
    told = next(one for one in found["differences"] if one["field"] == name)
    assert told["legacy"] == value
    assert told["why"]


def test_an_unusable_value_is_a_surprise(diff, both):
    """The record calls such a field absent, but no document announced that."""
    rewrite(both, FLEX, lambda document: first(document).update({"mongoDBVersion": 8}))
    found = diff("snapshots", 1)
    assert {field for _, field in surprises(found)} == {"mongodVersion"}
    assert "upstream said 8" in next(one["why"] for one in found["differences"] if one["field"] == "mongodVersion")


def test_another_spelling_of_an_instant_is_announced_by_renamed(diff, both):
    """The same time with milliseconds is the same time; another time is not."""

    def respell(document):
        for job in document.get("results", [document]):
            job["finishedAt"] = job["finishedAt"].replace("Z", ".000Z")

    rewrite(both, LEGACY, respell)
    assert {"finishedAt"} <= {one["field"] for one in diff("restores", 0)["differences"]}


def test_null_is_no_value(diff, both):
    """The shim leaves null out, so it is no difference to a member that is missing."""
    rewrite(both, LEGACY, lambda document: first(document).update({"oplogTs": None}))
    assert "oplogTs" not in {one["field"] for one in diff("restores", 0)["differences"]}


def test_one_item_is_judged_by_its_own_level(diff, both):
    """A download's derived target announces nothing about the target of a restore in the same list."""

    def redirect(document):
        for job in document["results"]:
            job["targetClusterName"] = "elsewhere"

    rewrite(both, LEGACY, redirect)
    jobs = {job.download: job.id for job in both.fake.cluster(DEMO_GROUP, DEMO_CLUSTER).jobs}
    assert surprises(diff("restores", 1)) == [(jobs[False], "targetClusterName")]


def test_items_of_one_side_only_and_another_order_are_surprises(diff, both):
    """A program that kept an id would miss it."""

    def change(document):
        document["results"].reverse()
        document["results"].pop()
        document["results"].append({"id": "new"})

    newest = both.fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]
    rewrite(both, LEGACY, change)
    found = surprises(diff("snapshots", 1))
    assert {("new", ""), (newest, ""), ("", "results")} == set(found)


def test_gone_everywhere_is_exit_code_4(run, atlas):
    """Nothing to compare, said clearly; the successor is not bothered."""
    atlas.fake.instance_sunset = atlas.fake.sunset
    done = run(*DIFF)
    assert done.exit_code == 4
    assert done.stdout.count("Nothing to compare: the legacy endpoint is gone") == 3
    assert atlas.fake.trips(part="flex") == []


def test_gone_without_a_version_error_is_gone_too(diff, both):
    """A 404 without an errorCode is what the shim takes for a retired endpoint."""
    both.fake.overrides.append(lambda arrival: FakeReply(404, (), b"<html>") if LEGACY in arrival.target else None)
    assert diff("snapshots", 4)["verdict"] == "gone"


def test_what_still_answers_is_compared(run, both):
    """With the backup endpoints gone and the instance there, the instance decides."""
    both.fake.sunset = both.fake.sunset.replace(year=2026)
    done = run(*DIFF)
    assert done.exit_code == 0
    assert done.stdout.count("Nothing to compare") == 2
    assert "Legacy beside flex: 1 on both sides, announced." in done.stdout


def test_an_error_of_legacy_is_exit_code_5(diff, both):
    """A dedicated cluster was never a serverless instance: legacy has nothing to compare with."""
    assert diff("snapshots", 5, cluster=DEMO_DEDICATED)["verdict"] == "error"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(404, b'{"errorCode": "FLEX_NOT_FOUND"}', 1), (403, b"{}", 5), (429, b"{}", 5), (500, b"{}", 5)],
)
def test_a_successor_that_does_not_answer(run, both, status, body, code):
    """A no to what legacy has is a surprise; who asks, how often, and a broken Atlas are errors."""
    both.fake.overrides.append(lambda arrival: FakeReply(status, (), body) if FLEX in arrival.target else None)
    done = run(*DIFF, "--resource", "snapshots")
    assert done.exit_code == code
    assert f"its successor does not: {status}" in done.stdout


def test_the_dedicated_tier_is_compared_where_it_took_the_place(diff, both):
    """The successor is found the way that the shim finds it."""
    legacy = both.fake.handle(
        "GET",
        f"/api/atlas/v2/groups/{DEMO_GROUP}{LEGACY}backup/snapshots",
        [
            ("Host", "a.example"),
            ("Authorization", f"Bearer {DEMO_TOKEN}"),
            ("Accept", "application/vnd.atlas.2023-01-01+json"),
        ],
    )
    moved = f"/serverless/{DEMO_DEDICATED}/"
    both.fake.overrides.append(
        lambda arrival: FakeReply(200, legacy.headers, legacy.body) if moved in arrival.target else None
    )
    found = diff("snapshots", 1, cluster=DEMO_DEDICATED)
    assert (found["successor"], found["compared"]) == ("dedicated", 0)


def test_the_text_groups_what_is_announced_and_lists_surprises(run, both):
    """A field that differs in all items takes one entry; each surprise has its item."""
    rewrite(both, LEGACY, lambda document: first(document).update({"mongodVersion": "7\x1b[2J"}))
    done = run(*DIFF, "--resource", "snapshots")
    newest = both.fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]
    assert f"surprise  {newest}  mongodVersion (renamed)" in done.stdout
    assert "legacy 7?[2J; successor 8.0.17." in done.stdout
    assert done.stdout.count("storageSizeBytes") == 1
    assert "storageSizeBytes (8 of 8)" in done.stdout
    assert "every six hours" in " ".join(done.stdout.split())


def test_empty_lists_are_the_same(diff, both):
    """There is nothing that differs."""
    both.fake.add_flex_cluster(DEMO_GROUP, "fresh", 0)
    assert diff("snapshots", 0, cluster="fresh")["verdict"] == "same"


def test_no_connection_is_exit_code_3(run, both):
    """A fault of the network is no difference."""
    assert run(*DIFF, env={"MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:1"}).exit_code == 3


def test_bad_usage_is_exit_code_2(run, both):
    """What can't be meant is refused before anything is sent."""
    assert run("diff", DEMO_GROUP, "..").exit_code == 2
    assert run(*DIFF, "--resource", "clusters").exit_code == 2
    assert both.fake.arrivals == []
