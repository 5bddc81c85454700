"""The record of an exchange."""

from datetime import UTC, datetime

from shim.core.messages import FieldReport, Record
from shim.documents.vocabulary import Fidelity


def test_fields_are_listed_by_level_but_the_exact_ones():
    """What is no longer what it was, by how far it is from that."""
    when = datetime(2026, 1, 22, tzinfo=UTC)
    fields = (
        FieldReport("a", Fidelity.ABSENT),
        FieldReport("b", Fidelity.EXACT),
        FieldReport("c", Fidelity.RENAMED),
        FieldReport("d", Fidelity.ABSENT),
    )
    record = Record("op", "v2", "flex", "why", when, when, fields=fields)
    assert record.by_level() == {"absent": ("a", "d"), "renamed": ("c",)}


def test_the_levels_are_known_in_order():
    """The words stand in every document and in every reply, each further from the old meaning than the one before."""
    assert [level.value for level in Fidelity] == ["exact", "renamed", "constant", "derived", "missing", "absent"]
