"""Translation of documents: an upstream object or list into the legacy shape, and what is to be reported of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from shim.core.messages import Dropped, FieldReport
from shim.core.rules import InvalidValue, TranslationContext, TranslationReport
from shim.core.translator import Translator, named_in
from shim.documents.fields import BARE, Rule
from shim.documents.value_types import Json, JsonObject
from shim.documents.vocabulary import Fidelity


@attrs.frozen
class Translated:
    """What was made of upstream's, what each of its fields is worth, and the values that were left out.

    ``value`` is a legacy document, the items of a list, or the content of an answer.
    """

    value: Any
    fields: tuple[FieldReport, ...]
    dropped: tuple[Dropped, ...] = ()


def translate_one(translator: Translator, source: Json, context: TranslationContext) -> Translated:
    """Translate one resource; the document of a bare one is its value, None where it has none."""
    report = TranslationReport()
    made = translator.begin(context, report)(source if type(source) is dict else {BARE: source})
    document = made.get(BARE) if translator.bare else made
    return Translated(document, reports(translator, report), tuple(report.dropped("")))


@attrs.frozen
class UpstreamPage:
    """One page of an upstream list: its document, which is empty for a bare list, and the list in it.

    ``size`` is that of its content in bytes, ``link`` the target of its Link field to the next page, if that is read.
    """

    document: JsonObject
    items: list[Json]
    size: int = 0
    link: str = ""


def translate_items(
    translator: Translator, pages: Sequence[UpstreamPage], context: TranslationContext, name: str
) -> Translated:
    """Translate the items of all pages; ``name`` is the member that holds them.

    An item that is no object is left out and reported. One that moved to a later page while they were
    read counts once.
    """
    values: list[Json] = []
    report, dropped = TranslationReport(), list[Dropped]()
    translate = translator.begin(context, report)
    seen: set[str] = set()
    index = lost = 0
    for number, page in enumerate(pages):
        for source in page.items:
            if type(source) is not dict:
                if not translator.wraps:
                    dropped.append(Dropped(where=f"{name}[{index}]", said=source, why="not an object"))
                    index += 1
                    continue
                source = {BARE: source}  # noqa: PLW2901 - what rules read of it
            if len(pages) > 1 and type(identity := source.get("id")) is str:
                if number and identity in seen:
                    continue
                seen.add(identity)
            made = translate(source)
            if not translator.bare:
                values.append(made)
            elif BARE in made:
                values.append(made[BARE])
            else:
                lost += 1
            if report.passed_over or report.refused:
                dropped += report.dropped(f"{name}[{index}].")
            index += 1
    return Translated(values, reports(translator, report, len(values) + lost), tuple(dropped))


def reports(translator: Translator, report: TranslationReport, items: int = 1) -> tuple[FieldReport, ...]:
    """Return the level of each field over all items: the worst that any item got, and how many got which.

    A field with a value that could not be used counts as absent, and one whose source upstream did not
    send as missing; without items the rule for all other cases stands.
    """
    if not (report.left_out or report.chosen or report.parts):
        return translator.usual
    found = list[FieldReport]()
    for field, rules in translator.fields:
        name = field.name
        counts = report.chosen.get(name, (0,) * len(rules))
        used = [one for one in zip(rules, counts, strict=True) if one[1]] or [(rules[-1], items)]
        outcomes = _outcomes(name, used, report.left_out.get(name, ()))
        found.append(outcomes[0][0] if len(outcomes) == 1 else _several(outcomes, items))
        if name in translator.inner and any(rule.fidelity is not Fidelity.ABSENT for rule, _ in used):
            part = report.part(name)
            found += named_in(field, reports(translator.inner[name], part, part.objects))
    return tuple(found)


def _outcomes(
    name: str, used: Sequence[tuple[Rule, int]], left_out: Sequence[tuple[Rule, InvalidValue | None]]
) -> list[tuple[FieldReport, int]]:
    """Return what is true of a field, the worst first, each with the number of items of which it is true.

    ``used`` are the rules that items got, with how many of them; ``left_out`` are those that gave one no value.
    """
    found = dict[FieldReport, int]()
    invalid = [(rule, value) for rule, value in left_out if value is not None]
    if invalid:
        rule, first = invalid[0]
        why = f"upstream said {first.said!r}: {first.why}"[:200]
        found[FieldReport(name, Fidelity.ABSENT, why, rule.owner)] = len(invalid)
    for rule, count in used:
        without = [value for one, value in left_out if one is rule]
        lacking = f"upstream sent no {' or '.join(rule.sources)}" if rule.sources else "a part of it is missing"
        for level, why, times in (
            (Fidelity.MISSING, lacking, without.count(None)),
            (rule.fidelity, rule.why, count - len(without)),
        ):
            outcome = FieldReport(name, level, why, rule.owner)
            found[outcome] = found.get(outcome, 0) + times
    true = [one for one in found.items() if one[1]] or [*found.items()][-1:]  # the usual one where nothing was made
    levels = list(Fidelity)
    return sorted(true, key=lambda one: levels.index(one[0].fidelity), reverse=True)


def _several(outcomes: Sequence[tuple[FieldReport, int]], items: int) -> FieldReport:
    """Return the report of the worst outcome, which says of how many items each is true."""
    (worst, count), *others = outcomes
    why = f"{worst.why.removesuffix('.')} in {count} of {items}".lstrip()
    for number, (one, times) in enumerate(others, 1):
        where = "elsewhere" if number == len(others) else f"in {times}"
        why += f"; {where} it is {one.fidelity.value}" + (f": {one.why.removesuffix('.')}" if one.why else "")
    return attrs.evolve(worst, why=why)
