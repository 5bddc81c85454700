"""What is reported of a translation, and the order of lists."""

import pytest

from shim.core.messages import FieldReport
from shim.documents.vocabulary import Fidelity
from tests.core.driver import JOBS, LIST, SNAPSHOT, answers, drive
from tests.core.small import HEAD, field, read, translated

V2 = f"/api/atlas/v2{LIST}"


def report(driven, name):
    return next(one for one in driven.outcome.record.fields if one.name == name)


def test_every_field_of_the_legacy_shape_is_reported(engine):
    """The record says of each field what it is, why, and whose rule that is."""
    driven = drive(engine, V2, [answers({"results": [SNAPSHOT]})])
    assert {one.name: one.fidelity.value for one in driven.outcome.record.fields} == {
        "createdAt": "derived",
        "expiresAt": "derived",
        "frequencyType": "constant",
        "id": "exact",
        "links": "derived",
        "mongodVersion": "renamed",
        "serverlessInstanceName": "renamed",
        "snapshotType": "constant",
        "status": "renamed",
        "storageSizeBytes": "absent",
    }
    assert all(one.owner.endswith("snapshots.toml") for one in driven.outcome.record.fields)
    assert all(one.why for one in driven.outcome.record.fields if one.fidelity not in {"exact", "renamed"})


def test_a_value_that_was_left_out_makes_its_field_absent(engine):
    """One bad value on a page is reported for the field, and where it stood for the value."""
    items = [SNAPSHOT, SNAPSHOT | {"status": "LOST"}, SNAPSHOT | {"status": None}]
    driven = drive(engine, V2, [answers({"results": items})])
    assert report(driven, "status").fidelity is Fidelity.ABSENT
    why = "upstream said 'LOST': an unknown word in 2 of 3; elsewhere it is renamed"
    assert report(driven, "status").why == why
    assert [(one.where, one.said) for one in driven.outcome.record.dropped] == [
        ("results[1].status", "LOST"),
        ("results[2].status", None),
    ]
    assert [item.get("status") for item in driven.document["results"]].count("completed") == 1


def test_a_report_stays_short(engine):
    """However long a bad value is, its report is short."""
    driven = drive(engine, V2, [answers({"results": [SNAPSHOT | {"status": "x" * 10000}]})])
    assert len(report(driven, "status").why) == 200


@pytest.mark.parametrize("item", [None, 5, "x", [], [SNAPSHOT], True])
def test_an_item_that_is_no_object_is_left_out_and_reported(engine, item):
    """It is neither passed on nor counted."""
    driven = drive(engine, V2, [answers({"results": [item, SNAPSHOT], "totalCount": 2})])
    assert [one["id"] for one in driven.document["results"]] == [SNAPSHOT["id"]]
    assert driven.document["totalCount"] == 1
    dropped = driven.outcome.record.dropped
    assert [(one.where, one.said, one.why) for one in dropped] == [("results[0]", item, "not an object")]


def test_an_empty_page_reports_the_general_rules(engine):
    """Without items the rule for all other cases stands."""
    driven = drive(engine, V2, [answers({"results": []})])
    assert report(driven, "createdAt").fidelity is Fidelity.DERIVED
    assert driven.outcome.record.dropped == ()


def test_a_field_whose_source_upstream_did_not_send_is_missing(engine):
    """A snapshot of an id alone is not reported as if its version and status had been renamed."""
    driven = drive(engine, V2, [answers({"results": [{"id": SNAPSHOT["id"]}]})])
    levels = {one.name: one.fidelity.value for one in driven.outcome.record.fields}
    assert {name for name, level in levels.items() if level == "missing"} == {
        "createdAt", "expiresAt", "mongodVersion", "status",
    }  # fmt: skip
    assert report(driven, "createdAt").why == "upstream sent no startTime or scheduledTime"
    assert (levels["id"], levels["frequencyType"], levels["storageSizeBytes"]) == ("exact", "constant", "absent")


def test_a_source_that_some_items_lack_is_reported_with_their_number(engine):
    """The report says what the field is elsewhere."""
    queued = {key: value for key, value in SNAPSHOT.items() if key != "mongoDBVersion"}
    driven = drive(engine, V2, [answers({"results": [SNAPSHOT, queued, SNAPSHOT]})])
    assert report(driven, "mongodVersion").fidelity is Fidelity.MISSING
    assert report(driven, "mongodVersion").why == "upstream sent no mongoDBVersion in 1 of 3; elsewhere it is renamed"


def test_an_invalid_source_that_gave_way_to_another_is_reported(engine):
    """The field keeps its level; the value that was passed over is in the record."""
    items = [SNAPSHOT, SNAPSHOT | {"startTime": "yesterday"}]
    driven = drive(engine, V2, [answers({"results": items})])
    assert {item["createdAt"] for item in driven.document["results"]} == {
        SNAPSHOT["startTime"], SNAPSHOT["scheduledTime"],
    }  # fmt: skip
    assert report(driven, "createdAt").fidelity is Fidelity.DERIVED
    dropped = driven.outcome.record.dropped
    assert [(one.where, one.said, one.why) for one in dropped] == [
        ("results[1].startTime", "yesterday", "not of type time")
    ]


JOB = {"id": "6a6f78e0cab84da5c4476b25", "deliveryType": "RESTORE", "status": "RUNNING"}


@pytest.mark.parametrize("status", ["EXPIRED", None, 5])
def test_a_job_of_an_unknown_status_may_be_over(engine, status):
    """Whether it was cancelled or has expired is not said."""
    made = drive(engine, f"/api/atlas/v2{JOBS}/{JOB['id']}", [answers(JOB | {"status": status})]).document
    assert made["deliveryType"] == "automated"
    assert not {"cancelled", "expired", "failed"} & made.keys()


def test_a_record_of_a_list_says_of_how_many_items_each_level_is_true(engine):
    """The worst level that an item got stands first, with its number; then all others."""
    kinds = ["RESTORE", "RESTORE", "DOWNLOAD", "MIRROR"]
    jobs = [JOB | {"deliveryType": kind, "expirationDate": "2020-01-01T00:00:00Z"} for kind in kinds]
    driven = drive(engine, f"/api/atlas/v2{JOBS}", [answers({"results": jobs})])
    assert report(driven, "expired") == FieldReport(
        "expired",
        Fidelity.ABSENT,
        "Flex had no such delivery type when this was written in 1 of 4; in 1 it is derived: Legacy spoke of"
        " the job; flex says when the download link expires; elsewhere it is derived: Legacy spoke of the job; flex"
        " speaks of a download link, and this job has none",
        report(driven, "expired").owner,
    )
    assert report(driven, "deliveryType").why == (
        "upstream said 'MIRROR': an unknown word in 1 of 4; elsewhere it is renamed"
    )


def test_an_unknown_status_of_a_job_makes_no_value(engine):
    """Whoever waits for its end does not read that it neither failed nor was cancelled."""
    driven = drive(engine, f"/api/atlas/v2{JOBS}/1", [answers(JOB | {"status": "CANCELLED"})])
    assert not {"failed", "cancelled"} & driven.document.keys()
    assert report(driven, "failed").why == "upstream said 'CANCELLED': an unknown word"
    assert report(driven, "cancelled").fidelity is Fidelity.ABSENT
    assert [(one.where, one.said) for one in driven.outcome.record.dropped] == [("status", "CANCELLED")]


CASES = """
[resource.thing.x]
type = "string"
[[resource.thing.x.flex]]
when = { source = "k", is = "A" }
from = "x"
fidelity = "exact"
[[resource.thing.x.flex]]
when = { source = "k", is = "B" }
absent = true
why = "B has none."
[[resource.thing.x.flex]]
from = "y"
fidelity = "renamed"
"""
PAGE = (
    HEAD.replace("getThing", "listThings")
    .replace("/{thing}", "")
    .replace('resource = "', 'shape = "page"\nresource = "')
)


@pytest.mark.parametrize(
    ("kinds", "level"),
    [("A", "exact"), ("AC", "renamed"), ("CA", "renamed"), ("ABC", "absent"), ("BA", "absent"), ("", "renamed")],
)
def test_a_field_counts_as_the_worst_that_any_item_got(kinds, level):
    """Over a page the level furthest from the old meaning is reported, in any order of items."""
    results = [{"k": kind, "x": "1", "y": "2"} for kind in kinds]
    driven = drive(read(PAGE + CASES), "/api/atlas/v2/things", [answers({"results": results})])
    assert report(driven, "x").fidelity.value == level


SORTED = PAGE.replace('version = "2024', 'paging = "collected"\nversion = "2024')


def sorted_by(order, results):
    fields = "".join(
        field(name, kind, f'from = "{name}"\nfidelity = "exact"')
        for name, kind in (("n", "integer"), ("s", "string"), ("b", "boolean"), ("deep.t", "time"))
    )
    head = SORTED.replace('shape = "page"', f'shape = "page"\norder = {order}')
    return drive(read(head + fields), "/api/atlas/v2/things", [answers({"results": results})]).document["results"]


def test_sorting_goes_by_every_kind():
    """Numbers by value, texts by letter, booleans with false first."""
    rows = [{"n": 10, "s": "b", "b": True}, {"n": 9, "s": "a", "b": False}, {"n": -1, "s": "a", "b": True}]
    assert [row["n"] for row in sorted_by('["n"]', rows)] == [-1, 9, 10]
    assert [row["n"] for row in sorted_by('["-n"]', rows)] == [10, 9, -1]
    assert [row["n"] for row in sorted_by('["s", "-n"]', rows)] == [9, -1, 10]
    assert [row["n"] for row in sorted_by('["b", "n"]', rows)] == [9, -1, 10]


def test_sorting_reaches_into_objects():
    """A nested field sorts like any other, and a missing one counts as the newest."""
    times = ["2026-01-01T10:00:00Z", "2026-01-01T09:30:00-05:00", None, "2026-01-01T10:30:00Z"]
    rows = [{"n": number} | ({"deep": {"t": time}} if time else {}) for number, time in enumerate(times)]
    assert [row["n"] for row in sorted_by('["deep.t"]', rows)] == [0, 3, 1, 2]
    assert [row["n"] for row in sorted_by('["-deep.t"]', rows)] == [2, 1, 3, 0]


def test_equals_stay_in_upstreams_order():
    """What the order does not tell apart stays as it came, in both directions."""
    rows = [{"n": number, "s": "same"} for number in (3, 1, 2)]
    assert [row["n"] for row in sorted_by('["s"]', rows)] == [3, 1, 2]
    assert [row["n"] for row in sorted_by('["-s"]', rows)] == [3, 1, 2]


def test_one_resource_reports_where_values_stood():
    """Nested sources are named as they are declared."""
    driven = translated(field("x", "integer", 'from = "a.b"\nfidelity = "exact"'), {"a": {"b": "no"}})
    assert [one.where for one in driven.outcome.record.dropped] == ["a.b"]
