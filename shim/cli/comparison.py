"""Legacy's answers compared with a successor's, field by field, and judged by the fidelity table.

A level announces a difference when the value is no longer the old one: ``derived``, ``constant`` and
``absent``. ``exact`` and ``renamed`` promise the same value, so a difference is a surprise; but another
spelling of the same instant is announced by ``renamed``. Null counts as no value, as the shim leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.atlas.convert import Model, instant
from shim.cli.resource_tables import members
from shim.core.recognise import Engine
from shim.core.record import FieldReport, Record
from shim.documents.vocabulary import Fidelity

ANNOUNCING = frozenset({Fidelity.DERIVED, Fidelity.CONSTANT, Fidelity.ABSENT})


@attrs.frozen
class Difference:
    """One difference: in the ``field`` of an ``item`` (its id), or of the whole item when ``field`` is empty.

    ``legacy`` and ``successor`` are the values, None where there is none. ``fidelity`` is the field's
    level, empty when the table has no such field.
    """

    item: str
    field: str
    legacy: Any
    successor: Any
    announced: bool = False
    fidelity: str = ""
    why: str = ""


def compare_lists(
    engine: Engine, legacy: Sequence[Model], successor: Sequence[Model], again: Callable[[str], Record | None]
) -> Iterator[Difference]:
    """Yield the differences of two lists whose items have ids.

    ``again`` reads one item by id from the successor: the record of a list has for each field the worst
    level of all its items, and one of them may have a better one.
    """
    old, new = _by_id(legacy), _by_id(successor)
    for name in [name for name in old if name not in new]:
        yield Difference(name, "", old[name].raw, None, why="only the legacy list has it")
    for name in [name for name in new if name not in old]:
        yield Difference(name, "", None, new[name].raw, why="only the successor's list has it")
    both = [name for name in old if name in new]
    order = [name for name in new if name in old]
    if both != order:
        yield Difference("", "results", both, order, why="the order is another")
    for name in both:
        found = list(compare(engine, old[name], new[name], name))
        if any(not _is_certain(engine, new[name].record, one) for one in found):
            found = list(compare(engine, old[name], attrs.evolve(new[name], record=again(name)), name))
        yield from found


def compare(engine: Engine, legacy: Model, successor: Model, item: str) -> Iterator[Difference]:
    """Yield the differences of one resource, in the order of its members."""
    record = successor.record
    assert record is not None, "the successor's answer went through the shim"
    old, new = _values(legacy.raw), _values(successor.raw)
    for name in dict.fromkeys((*old, *new)):
        values = (old.get(name), new.get(name))
        if _same(*values):
            continue
        report = _report(record, name)
        if report is None:
            yield Difference(item, name, *values, why="the fidelity table has no such field")
            continue
        level = report.fidelity
        announced = (level is Fidelity.RENAMED and _same_instant(*values)) or (
            level in ANNOUNCING and level in _declared(engine, record, report)
        )
        yield Difference(item, name, *values, announced=announced, fidelity=level.value, why=report.why)


def _by_id(items: Sequence[Model]) -> dict[str, Model]:
    """Return items by id, one without it by its place."""
    return {str(item.raw.get("id") or f"#{index}"): item for index, item in enumerate(items)}


def _values(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members(raw).items() if value is not None and value != {}}


def _same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal: true is not 1, as it is to Python; 5.0 is 5, as to JSON."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _same_instant(one: Any, other: Any) -> bool:
    return instant(one) is not None and instant(one) == instant(other)


def _report(record: Record, name: str) -> FieldReport | None:
    """Return the report of a field, or of the field that it is a part of."""
    by_name = {report.name: report for report in record.fields}
    while name not in by_name and "." in name:
        name = name.rpartition(".")[0]
    return by_name.get(name)


def _declared(engine: Engine, record: Record, report: FieldReport) -> frozenset[Fidelity]:
    """Return the levels that the documents give a field: a value that could not be used is absent without them."""
    operation = engine.named(record.operation)
    assert operation is not None, "a record names an operation of this engine"
    field = next(field for field in operation.fields if field.name == report.name)
    return frozenset(rule.fidelity for rule in field.rules[record.route])


def _is_certain(engine: Engine, record: Record | None, difference: Difference) -> bool:
    """Tell whether every item of a list has the level that the list's record has."""
    report = _report(record, difference.field) if record else None
    return record is None or report is None or _declared(engine, record, report) == {report.fidelity}
