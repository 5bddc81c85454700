"""What is reported of a translation, and the order of lists."""

import pytest

from shim.core.messages import FieldReport
from shim.documents.vocabulary import Fidelity
from tests.core.driver import JOBS, LIST, answers, drive
from tests.core.small import PAGE, TARGET, field, read

V2, V2_JOBS = f"/api/atlas/v2{LIST}", f"/api/atlas/v2{JOBS}"


def listed(engine, *items, target=V2):
    """Ask for a list whose successor has these items; return the answer, and the reports by the fields' names."""
    driven = drive(engine, target, [answers({"results": items})])
    return driven, {one.name: one for one in driven.outcome.record.fields}


JOB = {"id": "6a6f78e0cab84da5c4476b25", "deliveryType": "RESTORE", "status": "RUNNING"}


def test_a_record_of_a_list_says_of_how_many_items_each_level_is_true(engine):
    """The worst level that an item got stands first, with its number; then all others."""
    kinds = ["RESTORE", "RESTORE", "DOWNLOAD", "MIRROR"]
    jobs = [JOB | {"deliveryType": kind, "expirationDate": "2020-01-01T00:00:00Z"} for kind in kinds]
    _, reports = listed(engine, *jobs, target=V2_JOBS)
    assert reports["expired"] == FieldReport(
        "expired",
        Fidelity.ABSENT,
        "Flex had no such delivery type when this was written in 1 of 4; in 1 it is derived: Legacy spoke of"
        " the job; flex says when the download link expires; elsewhere it is derived: Legacy spoke of the job; flex"
        " speaks of a download link, and this job has none",
        reports["expired"].owner,
    )
    assert reports["deliveryType"].why == "upstream said 'MIRROR': an unknown word in 1 of 4; elsewhere it is renamed"


def sorted_by(order, results):
    """Return the numbers of results in an order."""
    types = {"n": "integer", "s": "string", "b": "boolean", "deep.t": "time"}
    fields = "".join(field(name, kind, f'from = "{name}"\nfidelity = "exact"') for name, kind in types.items())
    head = PAGE.replace('version = "2024', 'paging = "collected"\nversion = "2024')
    head = head.replace('shape = "page"', f'shape = "page"\norder = {order}')
    return [row["n"] for row in listed(read(head + fields), *results, target=TARGET)[0].document["results"]]


ROWS = [{"n": 10, "s": "b", "b": True}, {"n": 9, "s": "a", "b": False}, {"n": -1, "s": "a", "b": True}]
TIMES = ["2026-01-01T10:00:00Z", "2026-01-01T09:30:00-05:00", None, "2026-01-01T10:30:00Z"]
DEEP = [{"n": number} | ({"deep": {"t": time}} if time else {}) for number, time in enumerate(TIMES)]
SAME = [{"n": number, "s": "same"} for number in (3, 1, 2)]


@pytest.mark.parametrize(
    ("order", "rows", "numbers"),
    [
        ('["n"]', ROWS, [-1, 9, 10]),
        ('["-n"]', ROWS, [10, 9, -1]),
        ('["s", "-n"]', ROWS, [9, -1, 10]),
        ('["b", "n"]', ROWS, [9, -1, 10]),
        ('["deep.t"]', DEEP, [0, 3, 1, 2]),
        ('["-deep.t"]', DEEP, [2, 1, 3, 0]),
        ('["s"]', SAME, [3, 1, 2]),
        ('["-s"]', SAME, [3, 1, 2]),
    ],
)
def test_sorting_goes_by_every_kind(order, rows, numbers):
    """Numbers by value, texts by letter, booleans with false first, a missing one as the newest, also in objects.

    What the order does not tell apart stays as it came, in both directions.
    """
    assert sorted_by(order, rows) == numbers
