"""The record of a translation, and the order of lists."""

import pytest

from shim.core.messages import FieldReport
from shim.documents.vocabulary import Fidelity
from tests.core.driver import JOBS, LIST, SNAPSHOT, answers, drive
from tests.core.small import PAGE, TARGET, field, read

V2 = f"/api/atlas/v2{LIST}"
V2_JOBS = f"/api/atlas/v2{JOBS}"


def listed(engine, *items, target=V2):
    """Request a list with these upstream items; return the response, and the record by field name."""
    driven = drive(engine, target, [answers({"results": items})])
    return driven, {one.name: one for one in driven.outcome.record.fields}


JOB = {"id": "6a6f78e0cab84da5c4476b25", "deliveryType": "RESTORE", "status": "RUNNING"}


def test_the_record_of_a_list_counts_the_items_of_each_level(engine):
    """The worst level comes first, with its number of items, then the others."""
    kinds = ["RESTORE", "RESTORE", "DOWNLOAD", "MIRROR"]
    jobs = [
        JOB | {"deliveryType": kind, "expirationDate": "2020-01-01T00:00:00Z"}
        for kind in kinds
    ]
    _, reports = listed(engine, *jobs, target=V2_JOBS)
    assert reports["expired"] == FieldReport(
        "expired",
        Fidelity.ABSENT,
        "Flex had no such delivery type when this was written in 1 of 4; in 1 it is derived: The legacy value was"
        " the job's expiration; flex reports when the download link expires; elsewhere it is derived: A restore"
        " never expires: flex's expirationDate is six hours after the order (recorded), and a restore has no link",
        reports["expired"].owner,
    )
    assert (
        reports["deliveryType"].why
        == "upstream has 'MIRROR': an unknown word in 1 of 4; elsewhere it is renamed"
    )


def sorted_by(order, results):
    """Return the numbers of the results in order."""
    types = {"n": "integer", "s": "string", "b": "boolean", "deep.t": "time"}
    fields = "".join(
        field(name, kind, f'from = "{name}"\nfidelity = "exact"')
        for name, kind in types.items()
    )
    head = PAGE.replace('version = "2024', 'paging = "collected"\nversion = "2024')
    head = head.replace('shape = "page"', f'shape = "page"\norder = {order}')
    return [
        row["n"]
        for row in listed(read(head + fields), *results, target=TARGET)[0].document[
            "results"
        ]
    ]


def test_items_without_a_member_are_sorted_with_the_others(engine):
    """They have a place in the order of the list."""
    items = [
        SNAPSHOT
        | {"id": f"{number}", "startTime": f"2026-08-0{number % 3 + 1}T00:00:00Z"}
        for number in range(9)
    ]
    for item in items[::2]:
        del item["mongoDBVersion"]
    driven, reports = listed(engine, *items)
    assert [one["id"] for one in driven.document["results"]] == [
        "8",
        "5",
        "2",
        "7",
        "4",
        "1",
        "6",
        "3",
        "0",
    ]
    assert (
        reports["mongodVersion"].why
        == "upstream sent no mongoDBVersion in 5 of 9; elsewhere it is renamed"
    )


def test_an_invalid_time_is_dropped_only_from_its_own_item(engine):
    """All times of a list are checked together. An invalid one is dropped, and another format is accepted."""
    times = [
        "2026-08-01T00:00:00Z",
        "soon",
        "2026-08-01T02:00:00.5+01:00",
        "2026-02-30T00:00:00Z",
        "x" * 21,
    ]
    driven, reports = listed(
        engine,
        *[
            SNAPSHOT | {"id": f"{at}", "expiration": time}
            for at, time in enumerate(times)
        ],
    )
    made = {one["id"]: one.get("expiresAt") for one in driven.document["results"]}
    assert made == {"0": times[0], "1": None, "2": times[2], "3": None, "4": None}
    dropped = [(one.where, one.why) for one in driven.outcome.record.dropped]
    assert dropped == [
        (f"results[{place}].expiration", "not of type time") for place in (1, 3, 4)
    ]
    assert reports["expiresAt"].why.startswith(
        "upstream has 'soon': not of type time in 3 of 5; elsewhere"
    )


ROWS = [
    {"n": 10, "s": "b", "b": True},
    {"n": 9, "s": "a", "b": False},
    {"n": -1, "s": "a", "b": True},
]
TIMES = [
    "2026-01-01T10:00:00Z",
    "2026-01-01T09:30:00-05:00",
    None,
    "2026-01-01T10:30:00Z",
]
DEEP = [
    {"n": number} | ({"deep": {"t": time}} if time else {})
    for number, time in enumerate(TIMES)
]
SAME = [{"n": number, "s": "same"} for number in (3, 1, 2)]


@pytest.mark.parametrize(("order", "rows", "numbers"), [
    ('["n"]', ROWS, [-1, 9, 10]), ('["-n"]', ROWS, [10, 9, -1]), ('["s", "-n"]', ROWS, [9, -1, 10]),
    ('["b", "n"]', ROWS, [9, -1, 10]), ('["deep.t"]', DEEP, [0, 3, 1, 2]), ('["-deep.t"]', DEEP, [2, 1, 3, 0]),
    ('["s"]', SAME, [3, 1, 2]), ('["-s"]', SAME, [3, 1, 2]),
])  # fmt: skip
def test_values_of_every_type_can_be_sorted(order, rows, numbers):
    """Numbers sort by value, texts by character, false before true, and a missing value as the newest.

    Equal items keep their order in both directions.
    """
    assert sorted_by(order, rows) == numbers
