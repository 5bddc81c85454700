"""Every fault of an upstream, for every kind of call: the published table is what happens."""

import pytest

from tests.gateway_hostile.fault_table import CALLS, HEADER, PAGE, outcomes, rows, written
from tests.gateway_hostile.faults import CATALOGUE

FAULTS = [fault for faults in CATALOGUE.values() for fault in faults]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault(fault):
    """Each call has the outcome that the table says, is asked once at most, and is no defect of ours."""
    seen = outcomes(fault)
    assert seen.keys() == CALLS.keys()
    for name, one in seen.items():
        assert one.asked <= 1, name
        assert not one.got.startswith("500 SHIM"), name
        assert "changed" not in one.got, name
        assert bool(one.proxy_status) == ("SHIM_" in one.got), name
    page = PAGE.read_text(encoding="utf-8")
    published = [line for line in page.splitlines() if line.startswith(f"| {fault.name} | ")]
    again = "the table is old: python -m tests.gateway_hostile.fault_table"
    assert published == rows(fault, seen), again


def test_table_has_all_faults_and_no_others():
    """The page names the faults that are played, in their order."""
    page = PAGE.read_text(encoding="utf-8")
    for section, faults in CATALOGUE.items():
        table = written(page, section)
        assert table.startswith(HEADER)
        names = dict.fromkeys(line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()[2:])
        assert list(names) == [fault.name for fault in faults]
