"""Translation of documents: an upstream object or list into the legacy shape, and a legacy body into a call's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from shim.core.query import LegacyQuery
from shim.core.record import Dropped, FieldReport
from shim.core.rules import MISSING, Compiled, TranslationContext, TranslationReport, apply, as_dropped, look_up
from shim.documents.model import Fidelity, Field
from shim.documents.value_types import parse_time


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


def translate_one(fields: Sequence[Compiled], source: dict[str, Any], scene: TranslationContext) -> Translated:
    """Translate one resource."""
    seen = TranslationReport()
    made = apply(fields, source, scene, seen)
    dropped = tuple(as_dropped(bad, "") for _, bad in seen.bad)
    return Translated(document=made, fields=reports(fields, seen), dropped=dropped)


def translate_items(fields: Sequence[Compiled], sources: Sequence[Any], scene: TranslationContext, name: str) -> Items:
    """Translate list items; an item that is no object is left out and reported; ``name`` is the list's."""
    values: list[dict[str, Any]] = []
    dropped: list[Dropped] = []
    seen = TranslationReport()
    for index, source in enumerate(sources):
        if type(source) is not dict:
            dropped.append(Dropped(where=f"{name}[{index}]", said=source, why="not an object"))
            continue
        known = len(seen.bad)
        values.append(apply(fields, source, scene, seen))
        if len(seen.bad) > known:
            dropped.extend(as_dropped(bad, f"{name}[{index}].") for _, bad in seen.bad[known:])
    return Items(values=tuple(values), fields=reports(fields, seen), dropped=tuple(dropped))


def reports(fields: Sequence[Compiled], seen: TranslationReport) -> tuple[FieldReport, ...]:
    """Return the level of each field over all items: the worst that any item got.

    A field with a value that could not be used counts as absent; without items the rule for all
    other cases stands.
    """
    bad: dict[str, str] = {}
    for name, one in seen.bad:
        bad.setdefault(name, f"upstream said {one.said!r}: {one.why}"[:200])
    made = []
    for field in fields:
        rule = seen.rules.get(field.name) or field.cases[-1][2]
        if field.name in bad:
            made.append(FieldReport(field.name, Fidelity.ABSENT, bad[field.name], rule.owner))
        else:
            made.append(FieldReport(field.name, rule.fidelity, rule.why, rule.owner))
    return tuple(made)


def in_order(
    items: Sequence[dict[str, Any]], order: Sequence[str], fields: Sequence[Field]
) -> tuple[dict[str, Any], ...]:
    """Sort items by field names, ``-name`` descending; an item without the field counts as the newest."""
    types = {field.name: field.type for field in fields}
    ordered = list(items)
    for key in reversed(order):
        name = key.removeprefix("-")
        is_time, parts = types[name] == "time", tuple(name.split("."))

        def rank(item: dict[str, Any], parts: tuple[str, ...] = parts, *, is_time: bool = is_time) -> tuple[bool, Any]:
            value = look_up(item, parts)
            return (True, 0) if value is MISSING else (False, parse_time(value) if is_time else value)

        ordered.sort(key=rank, reverse=key.startswith("-"))
    return tuple(ordered)


def page(
    results: Sequence[dict[str, Any]], query: LegacyQuery, *, url: str, total: int | None, more: bool
) -> dict[str, Any]:
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
