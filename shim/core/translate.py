"""Translate an upstream object or list to the legacy shape, with a report.

Generated functions do it, one for each operation, tier and API. A debugger shows their
text and steps through it. No text of a document becomes code: where a line needs one,
it is a literal that ``repr`` wrote, and every other value is passed under a generated
name.
"""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.core.messages import Dropped, FieldReport, Translated
from shim.core.rules import (
    FieldRule,
    Nested,
    TranslationContext,
    TranslationReport,
    claims_of,
    led_back,
    pass_rest,
    segment_of,
)
from shim.documents.fields import BARE, Field, Resource, When
from shim.documents.script import Begin, Script
from shim.documents.sources import NoValue, Path, is_step, look_up, parse_source, taken
from shim.documents.vocabulary import (
    Fidelity,
    Json,
    JsonObject,
    are_usual_times,
    is_no_time,
    parse_time,
)

_HELP: dict[str, Any] = {
    "MISSING": NoValue.MISSING, "NOTHING": {}, "Nested": Nested, "led_back": led_back, "look_up": look_up,
    "parse_time": parse_time, "pass_rest": pass_rest, "segment_of": segment_of, "taken": taken,
}  # fmt: skip
"""The names that generated functions may use in addition to their own values."""

RESULTS = "results"
"""The member of a page that contains its list (contract: Paginated…View)."""

_numbers = itertools.count(1)

REPORTED = 256
"""How many combined reports of a resource's fields are stored, a few KiB each."""

_LEVELS = {level: number for number, level in enumerate(Fidelity)}
_NONE = (0, 0)


class Translator:
    """The fields of a resource on one tier, ready for use.

    ``title`` names its generated text in tracebacks. Links come last, since they may
    use other members and the legacy path's ``parameters``; they have the relations of
    ``api``.
    """

    def __init__(
        self,
        title: str,
        resource: Resource,
        tier: str,
        *,
        parameters: Sequence[str] = (),
        api: str = "",
    ) -> None:
        self.inner: dict[str, Translator] = {}
        """The translators of nested objects, by field."""
        self.wraps = resource.reads_bare(tier)
        """Whether rules read values that are not objects, as ``value``."""
        ordered = sorted(resource.fields, key=lambda field: field.type == "links")
        rules_of = []
        for field in ordered:
            rules_of.append(
                (field, [FieldRule(field, one) for one in field.rules[tier]])
            )
        self.fields = tuple(rules_of)
        """Each field with its rules, in the order of members."""

        def begin_inner(field: str, of: Resource) -> tuple[Begin, bool]:
            made = self.inner[field] = Translator(
                f"{title} {of.name}", of, tier, parameters=parameters, api=api
            )
            return made.begin, made.wraps

        script = Script(parameters, api, tier, begin_inner)
        for field, rules in self.fields:
            _add(script, field, rules)
        if resource.rest:
            every = [*(field.name for field in ordered), *resource.without]
            names = [name.split(".") for name in every]
            paths = list[Path]()
            for _, rules in self.fields:
                for one in rules:
                    paths += map(parse_source, one.rule.verb.claims)
            # Values inside a list can't be removed from it: such a list is identified
            # by the field with its name.
            read = [path for path in paths if not any(is_step(part) for part in path)]
            claims = script.name("claims", claims_of([*names, *read]))
            script.lines.append(f"pass_rest(source, made, {claims}, report)")
        lines = ["def begin(context, report):"]
        for expression, name in script.once.items():
            lines.append(f"    {name} = {expression}")
        lines.append("    def translate(source, count=1):")
        lines.append("        made = {}")
        lines.extend(f"        {line}" for line in script.lines)
        lines.append("        return made")
        lines.append("    return translate")
        self.begin, self.text = generated(title, lines, {**_HELP, **script.names})
        """Takes the inputs of a call, returns the function that builds a legacy object from an upstream one."""
        self.reported: dict[Hashable, tuple[FieldReport, ...]] = {}
        """The reports of the fields in translated lists, by key."""


def generated(
    title: str, lines: Sequence[str], names: dict[str, Any]
) -> tuple[Callable[..., Any], str]:
    """Return the function ``begin`` of some lines, and their text, which debuggers show.

    The lines may use the names in ``names``.
    """
    text = "".join(f"{line}\n" for line in lines)
    name = f"<atlas-shim: {''.join(filter(str.isprintable, title))} {next(_numbers)}>"
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    exec(compile(text, name, "exec"), names)  # noqa: S102 - no text of a document is in it
    begin: Callable[..., Any] = names["begin"]
    weakref.finalize(begin, linecache.cache.pop, name, None).atexit = False
    return begin, text


def _add(script: Script, field: Field, rules: Sequence[FieldRule]) -> None:
    """Add the lines that set one field by the first of its rules whose condition holds."""
    lines, several = [f"# {field.name!r}"], len(rules) > 1
    if several:
        chosen = script.once_a_call(
            "chosen", f"report.counts({field.name!r}, {len(rules)})"
        )
    for number, one in enumerate(rules):
        rule = one.rule
        of_rule = rule.verb.lines(script, field, script.name("rule", one))
        if several:
            word = "elif" if number else "if"
            if rule.when is None:
                lines.append("else:")
            else:
                lines.append(f"{word} {_condition(script, rule.when)}:")
            of_rule = [f"    {line}" for line in (f"{chosen}[{number}] += 1", *of_rule)]
        lines += of_rule
    script.lines += lines  # after those of enclosing objects, which always hold


def _condition(script: Script, when: When) -> str:
    found = script.member(when.source)
    if when.given is not None:
        return f"{found} {'is not' if when.given else 'is'} None"
    kinds = {type(word).__name__ for word in when.words}  # in Python, True equals 1
    is_one = f"is {kinds.pop()}" if len(kinds) == 1 else "in {str, bool}"
    words = script.name("words", when.words)
    return f"{'not ' if when.negated else ''}(type(value := {found}) {is_one} and value in {words})"


def translate_one(
    translator: Translator, source: Json, context: TranslationContext
) -> Translated:
    """Translate one resource."""
    report = TranslationReport(objects=1)
    translate = translator.begin(context, report)
    made = translate(source if type(source) is dict else {BARE: source})
    return Translated(made, reports(translator, report), tuple(report.dropped))


@attrs.frozen
class UpstreamPage:
    """One page of an upstream list."""

    document: JsonObject
    """The page's document, empty for a bare list."""
    items: list[Json]
    """The list in it."""
    size: int = 0
    """The size of its content, in bytes."""


def items_of(pages: Sequence[UpstreamPage], moved: list[Dropped]) -> Iterator[Json]:
    """Yield the items of all pages.

    One that ``moved`` to a later page counts once, as first read.
    """
    seen = set[str]()
    place = -1
    for number, page in enumerate(pages):
        for item in page.items:
            place += 1
            identity = item.get("id") if type(item) is dict else None
            if type(identity) is str:
                if number and identity in seen:
                    moved.append(
                        Dropped(
                            f"{RESULTS}[{place}]", item, "it is also in an earlier page"
                        )
                    )
                    continue
                seen.add(identity)
            yield item


def translate_items(
    translator: Translator,
    pages: Sequence[UpstreamPage],
    context: TranslationContext,
    before: int = 0,
) -> Translated:
    """Translate the items of all pages.

    ``before`` is the number of earlier items in the list. Their times are collected and
    checked together. If one isn't valid, the list is translated again with a check of
    each.
    """
    moved: list[Dropped] = []
    if len(pages) == 1:
        items = pages[0].items
    else:
        items = [*items_of(pages, moved)]
    times: list[str] = []
    dropped: list[Dropped] = []
    look: Callable[[str], object] = times.append
    while True:
        report = TranslationReport(look)
        nested = Nested(
            translator.begin(context, report), report, dropped, translator.wraps
        )
        made = nested.each(items, RESULTS, before)
        if (
            look is is_no_time
            or are_usual_times(times)
            or not any(map(is_no_time, times))
        ):
            return Translated(made, reports(translator, report), (*dropped, *moved))
        look = is_no_time
        dropped.clear()


def together(one: Translated, other: Translated) -> Translated:
    """Return the items of two lists as one.

    A field that one of them doesn't report is exact there.
    """
    fields = list[FieldReport]()
    counts = (len(one.value), len(other.value))
    by_name = [{report.name: report for report in made.fields} for made in (one, other)]
    for name in by_name[0] | by_name[1]:
        exact = FieldReport(name, Fidelity.EXACT)
        found = Counter[FieldReport]()
        for named, items in zip(by_name, counts, strict=True):
            report = named.get(name, exact)
            found[exact if report.fidelity is Fidelity.EXACT else report] += items
        fields.append(_worst(found, sum(counts)))
    values = [*one.value, *other.value]
    return Translated(values, tuple(fields), (*one.dropped, *other.dropped))


def reports(
    translator: Translator, report: TranslationReport
) -> tuple[FieldReport, ...]:
    """Return the level of each field over all objects: the worst of them, and how many had which."""
    combination = report.combination()
    known = translator.reported
    found = known.get(combination)
    if found is None:
        if len(known) >= REPORTED:
            known.clear()
        found = known[combination] = tuple(_reports(translator, report))
    return found


def _reports(
    translator: Translator, report: TranslationReport
) -> Iterator[FieldReport]:
    for field, rules in translator.fields:
        found: dict[FieldReport, int] = {}
        name, inner = field.name, translator.inner.get(field.name)
        counts = report.chosen.get(name, (0,) * len(rules))
        used = [one for one in zip(rules, counts, strict=True) if one[1]]
        if not used:
            used = [(rules[-1], report.objects)]
        if name in report.unusable:
            first, why = report.unusable[name]
            worst = FieldReport(name, Fidelity.ABSENT, why, first.rule.owner)
            found[worst] = sum(report.left_out.get(one, _NONE)[1] for one in rules)
        for one, count in used:
            missing, unusable = report.left_out.get(one, _NONE)
            found[one.missing] = found.get(one.missing, 0) + missing
            before = found.get(one.usual, 0)
            found[one.usual] = before + count - missing - unusable
        yield _worst(found, report.objects)
        levels = {one.rule.fidelity for one, _ in used}
        if inner is not None and levels != {Fidelity.ABSENT}:
            if field.type == "objects":
                start = f"{name}[]"
            else:
                start = name
            part = report.part(name)
            for of_part in reports(inner, part):
                yield attrs.evolve(of_part, name=f"{start}.{of_part.name}")


def _worst(found: Mapping[FieldReport, int], items: int) -> FieldReport:
    """Return the worst of several reports, with the number of items for each."""
    # the usual one if there are none
    true = [one for one, count in found.items() if count > 0]
    if not true:
        true = [*found][-1:]
    if len(true) == 1:
        return true[0]
    worst, *others = sorted(true, key=lambda one: _LEVELS[one.fidelity], reverse=True)
    why = f"{worst.why.removesuffix('.')} in {found[worst]} of {items}".lstrip()
    for number, one in enumerate(others, 1):
        if number == len(others):
            where = "elsewhere"
        else:
            where = f"in {found[one]}"
        why += f"; {where} it is {one.fidelity.value}"
        if one.why:
            why += f": {one.why.removesuffix('.')}"
    return attrs.evolve(worst, why=why)
