"""Translation of documents: an upstream object or list into the legacy shape, and a legacy body into a call's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from shim.core.documents.model import Field
from shim.core.kinds import parse_time
from shim.core.query import Query
from shim.core.record import Dropped, Fidelity, FieldReport
from shim.core.rules import Bad, Compiled, Scene, apply, as_dropped, worst


@attrs.frozen
class Translated:
    """A legacy document, what each of its fields is worth, and the values that were left out."""

    document: dict[str, Any]
    fields: tuple[FieldReport, ...]
    dropped: tuple[Dropped, ...]


@attrs.frozen
class Items:
    """Translated list items with their reports."""

    values: tuple[dict[str, Any], ...]
    fields: tuple[FieldReport, ...]
    dropped: tuple[Dropped, ...]


def translate_one(fields: Sequence[Compiled], source: dict[str, Any], scene: Scene) -> Translated:
    """Translate one resource."""
    made, bad, taken = apply(fields, source, scene)
    reports = _Reports(fields)
    reports.add(taken, bad)
    dropped = tuple(as_dropped(one, "") for _, one in bad)
    return Translated(document=made, fields=reports.result(), dropped=dropped)


def translate_items(fields: Sequence[Compiled], sources: Sequence[Any], scene: Scene, name: str) -> Items:
    """Translate list items; an item that is no object is left out and reported; ``name`` is the list's."""
    values: list[dict[str, Any]] = []
    dropped: list[Dropped] = []
    reports = _Reports(fields)
    for index, source in enumerate(sources):
        where = f"{name}[{index}]"
        if type(source) is not dict:
            dropped.append(Dropped(where=where, said=source, why="not an object"))
            continue
        made, bad, taken = apply(fields, source, scene)
        values.append(made)
        reports.add(taken, bad)
        dropped.extend(as_dropped(one, f"{where}.") for _, one in bad)
    return Items(values=tuple(values), fields=reports.result(), dropped=tuple(dropped))


class _Reports:
    """The level of each field over all items: the worst that any item got."""

    def __init__(self, fields: Sequence[Compiled]) -> None:
        self._fields = fields
        self._taken: list[Any] = [None] * len(fields)
        self._bad: dict[str, str] = {}

    def add(self, taken: Sequence[Any], bad: Sequence[tuple[str, Bad]]) -> None:
        """Add one item: the rule each field took, and the fields that got no value."""
        for index, rule in enumerate(taken):
            known = self._taken[index]
            if known is None or worst(known.fidelity, rule.fidelity) is not known.fidelity:
                self._taken[index] = rule
        for name, one in bad:
            self._bad.setdefault(name, f"upstream said {one.said!r}: {one.why}"[:200])

    def result(self) -> tuple[FieldReport, ...]:
        """Return a report for each field; without items the rule for all other cases stands."""
        reports = []
        for field, rule in zip(self._fields, self._taken, strict=True):
            shown = rule or field.rules[-1][2]
            if field.name in self._bad:
                report = FieldReport(field.name, Fidelity.ABSENT, self._bad[field.name], shown.owner)
            else:
                report = FieldReport(field.name, shown.fidelity, shown.why, shown.owner)
            reports.append(report)
        return tuple(reports)


def in_order(
    items: Sequence[dict[str, Any]], order: Sequence[str], fields: Sequence[Field]
) -> tuple[dict[str, Any], ...]:
    """Sort items by field names, ``-name`` descending; an item without the field counts as the newest."""
    types = {field.name: field.type for field in fields}
    ordered = list(items)
    for key in reversed(order):
        name = key.removeprefix("-")
        is_time = types[name] == "time"

        def rank(item: dict[str, Any], name: str = name, *, is_time: bool = is_time) -> tuple[bool, Any]:
            value = item.get(name)
            return (True, 0) if value is None else (False, parse_time(value) if is_time else value)

        ordered.sort(key=rank, reverse=key.startswith("-"))
    return tuple(ordered)


def page(results: Sequence[dict[str, Any]], query: Query, *, url: str, total: int | None, more: bool) -> dict[str, Any]:
    """Return a legacy page; ``url`` is the list's own URL, ``more`` tells whether another page follows."""
    links = [{"href": f"{url}?{query.link(query.page, own=True)}", "rel": "self"}]
    if query.page > 1:
        links.append({"href": f"{url}?{query.link(query.page - 1, own=False)}", "rel": "previous"})
    if more:
        links.append({"href": f"{url}?{query.link(query.page + 1, own=False)}", "rel": "next"})
    document: dict[str, Any] = {"links": links, "results": list(results)}
    if query.count and total is not None:
        document["totalCount"] = total
    return document


def has_next(document: dict[str, Any]) -> bool | None:
    """Tell whether a list document links to a next page; None when it has no links to tell by."""
    links = document.get("links")
    if type(links) is not list or not links:
        return None
    return any(type(link) is dict and link.get("rel") == "next" for link in links)
