"""``instances``: from the legacy endpoint while it answers, from flex afterwards, in one shape."""

import json

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP


@pytest.fixture(params=["legacy", "flex"])
def side(request, monkeypatch, atlas):
    """Ask one side and then the other; the legacy one is not blank."""
    atlas.fake.blank = None
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", request.param)
    return request.param


def test_a_list_as_json_is_the_legacy_json(run, atlas, side):
    """Both sides tell the same instance in the same shape."""
    found = json.loads(run("instances", "list", DEMO_GROUP, "-o", "json").stdout)
    assert [one["name"] for one in found["results"]] == [DEMO_CLUSTER]
    assert found["results"][0]["providerSettings"]["providerName"] == "SERVERLESS"


def test_the_table_shows_where_an_instance_runs(run, atlas, side):
    """Provider and region come from the nested settings."""
    lines = run("instances", "list", DEMO_GROUP).stdout.splitlines()
    assert lines[0].split()[:4] == ["NAME", "STATE", "MONGODB", "PLACE"]
    assert "AWS US_EAST_1" in lines[1]


def test_all_pages(run, atlas, side):
    """``--all`` collects what ``--items-per-page`` splits."""
    for name in ("a", "b"):
        atlas.fake.add_flex_cluster(DEMO_GROUP, name)
    found = json.loads(run("instances", "list", DEMO_GROUP, "--all", "--items-per-page", "1", "-o", "json").stdout)
    assert {one["name"] for one in found["results"]} == {DEMO_CLUSTER, "a", "b"}


def test_one_instance_as_json(run, atlas, side):
    """``get`` gives the one resource."""
    found = json.loads(run("instances", "get", DEMO_GROUP, DEMO_CLUSTER, "-o", "json").stdout)
    assert found["groupId"] == DEMO_GROUP


def test_levels_are_shown_when_there_are_any(run, atlas, side):
    """A nested field has the level of its dotted name; legacy's own answer has none."""
    rows = [line.split() for line in run("instances", "get", DEMO_GROUP, DEMO_CLUSTER).stdout.splitlines()]
    assert (rows[0] == ["FIELD", "VALUE", "FIDELITY"]) is (side == "flex")
    level = ["constant"] if side == "flex" else []
    assert ["providerSettings.effectiveInstanceSizeName", "FLEX", *level] in rows


def test_what_changed_beyond_fields_is_told_on_stderr(run, atlas, monkeypatch):
    """The notes of the documents are for people."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flex")
    assert "every flex cluster of the project" in " ".join(run("instances", "list", DEMO_GROUP).stderr.split())


@pytest.mark.parametrize(
    "words",
    [
        ("instances", "list", DEMO_GROUP, "--all", "--page-num", "2"),
        ("instances", "list", ".."),
        ("instances", "get", DEMO_GROUP),
    ],
)
def test_bad_usage_is_exit_code_2(run, atlas, words):
    """What can't be meant is refused before anything is sent."""
    assert run(*words).exit_code == 2
    assert atlas.fake.arrivals == []


def test_an_answer_of_atlas_is_exit_code_1(run, atlas):
    """Status, error code and detail are shown."""
    done = run("instances", "get", DEMO_GROUP, "nope")
    assert done.exit_code == 1
    assert "404" in done.stderr
