"""Support the functions that ``translate`` generates: context, reports, nested objects, and links.

Generated functions copy simple values themselves and call this module for the others. A
value that can't be translated is left out and reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.core.budget import BodyBudget
from shim.core.messages import Dropped, FieldReport
from shim.core.unwind import ItemPath, items_at, list_at, placed
from shim.documents.fields import BARE, Field, Rule
from shim.documents.sources import NoValue, Path, lacking, look_up, parse_source, taken
from shim.documents.templates import encoded
from shim.documents.vocabulary import Fidelity, Json, JsonObject, is_no_time

MOST_TIMES = 100
"""How often one object may be repeated: a cluster has at most 70 shards."""


@attrs.frozen
class TranslationContext:
    """Everything that rules may read in addition to the object."""

    raw: Mapping[str, str]
    """The path's parameters as written."""
    parameters: Mapping[str, str]
    """Their decoded texts."""
    clock: Callable[[], float]
    """Returns seconds since the epoch.

    Called once for an answer, and only if a rule needs it.
    """
    base: str
    """The URL with which links begin, before the path of an API."""
    bases: tuple[str, ...] = ("",)
    """The base paths of the legacy and the successor's API: links below these are moved to the base URL."""
    budget: BodyBudget | None = None
    """The limit for a request body; None for an answer, whose content is limited already."""


class FieldRule:
    """One rule of a field on one tier.

    Compared by identity, so that objects can be counted by rule.
    """

    def __init__(self, field: Field, rule: Rule) -> None:
        self.field, self.rule, sources = field, rule, rule.sources
        self.sources = [(name, parse_source(name)) for name in sources]
        """The source that the rule reads, as written and as a path."""
        if rule.verb.hands_on and sources:
            outer = field.name.split(".")[:-1]
        else:
            outer = []
        if outer and sources[0].split(".")[:-1] == outer:
            self.stays = outer
        else:
            self.stays = []
        """The place of the object that stays even if the field has no value; empty without one."""
        self.usual = FieldReport(field.name, rule.fidelity, rule.why, rule.owner)
        """The report for objects in which the rule sets the field."""
        if sources:
            why = f"upstream sent no {' or '.join(sources)}"
        else:
            why = "a part of it is missing"
        self.missing = FieldReport(field.name, Fidelity.MISSING, why, rule.owner)
        """The report for objects that lack the rule's source."""


@attrs.define
class TranslationReport:
    """The report about the objects that were translated."""

    is_no_time: Callable[[str], object] = is_no_time
    """Checks a text that should be a time.

    It may collect the texts and return None for each.
    """
    dropped: list[Dropped] = attrs.field(factory=list)
    """Unusable values, until ``taken`` returns them."""
    chosen: dict[str, list[int]] = attrs.field(factory=dict)
    """How many objects used each rule of a field, by field, where it has several."""
    left_out: dict[FieldRule, list[int]] = attrs.field(factory=dict)
    """By rule, how many objects got no value because its source is missing or unusable."""
    unusable: dict[str, tuple[FieldRule, str]] = attrs.field(factory=dict)
    """The first unusable value, by field: the rule, and the defect."""
    parts: dict[str, TranslationReport] = attrs.field(factory=dict)
    """The reports of nested objects, by field."""
    objects: int = 0
    """How many objects were translated."""

    def part(self, name: str) -> TranslationReport:
        """Return the report of the objects in one field."""
        return self.parts.setdefault(name, TranslationReport(self.is_no_time))

    def counts(self, name: str, rules: int) -> list[int]:
        """Return the counters of a field's rules, for the caller to update."""
        return self.chosen.setdefault(name, [0] * rules)

    def combination(self) -> tuple[Hashable, ...]:
        """Return a key that reports with the same notes share; empty if there are no notes."""
        if not (self.chosen or self.left_out or self.parts):
            return ()
        chosen = map(tuple, self.chosen.values())
        left_out = [(one, *counts) for one, counts in self.left_out.items()]
        parts = [part.combination() for part in self.parts.values()]
        return self.objects, *chosen, *left_out, *self.unusable.items(), *parts

    def each(self, source: JsonObject, path: Path, name: str) -> Json:
        """Return a source's value in each item of a list, None without the list.

        Note the items that lack it.
        """
        for at, item in lacking(source, path, name):
            self.dropped.append(Dropped(at, item, "has no value there"))
        return taken(source, path)

    def pass_over(
        self, of: FieldRule, count: int, source: JsonObject
    ) -> Dropped | None:
        """Note and return the first unusable value among the first ``count`` sources of a rule, None without one."""
        for name, path in of.sources[:count]:
            said = look_up(source, path)
            if said is not NoValue.MISSING:
                why = of.rule.verb.why_not(of.field, said)
                self.dropped.append(Dropped(name, said, why))
                return self.dropped[-1]
        return None

    def leave_out(self, of: FieldRule, source: JsonObject, made: JsonObject) -> None:
        """Note a field without a value, because its source is missing or unusable."""
        invalid = self.pass_over(of, len(of.sources), source)
        self.left_out.setdefault(of, [0, 0])[invalid is not None] += 1
        if invalid is not None and of.field.name not in self.unusable:
            why = f"upstream has {invalid.said!r}: {invalid.why}"
            self.unusable[of.field.name] = (of, why[:200])
        # An upstream object of that name stays, even when empty (recorded:
        # connectionStrings). An object with only nulls counts as absent (recorded:
        # desiredTimestamp).
        if invalid is None and of.stays:
            held = look_up(source, of.stays)
            if type(held) is dict and None not in held.values():
                for part in of.stays:
                    inner = made.setdefault(part, {})
                    assert isinstance(inner, dict), "no field stands inside another"
                    made = inner

    def taken(self, where: str) -> list[Dropped]:
        """Return the values dropped since the last call.

        ``where`` is the object that contained them.
        """
        values = []
        for value in self.dropped:
            values.append(attrs.evolve(value, where=f"{where}{value.where}"))
        self.dropped.clear()
        return values


@attrs.define(eq=False)
class Nested:
    """The objects of one field, or of a list, in one call."""

    translate: Callable[..., JsonObject]
    """Builds a legacy object from one upstream object."""
    report: TranslationReport
    """Where it notes values for the report."""
    dropped: list[Dropped]
    """The report of the enclosing object, or of the list."""
    wraps: bool = False
    """Whether values that aren't objects are read as ``value``."""
    budget: BodyBudget | None = None
    """The limit for a request body's objects, None for those of an answer."""

    def one(self, value: JsonObject, at: str, count: int = 1) -> JsonObject:
        """Return one object in the legacy shape.

        ``at`` is its place, and its group has ``count`` objects.
        """
        report = self.report
        report.objects += 1
        made = self.translate(value, count)
        if report.dropped:
            self.dropped += report.taken(f"{at}." if at else "")
        return made

    def each(
        self, values: Sequence[Json], at: str, before: int = 0
    ) -> list[JsonObject]:
        """Return the objects of a list in the legacy shape.

        ``before`` is the number of earlier items.
        """
        if self.budget is not None:
            self.budget.take(len(values))
        made: list[JsonObject] = []
        translate = self.translate
        report = self.report
        dropped = report.dropped
        add = made.append
        for value in values:
            if type(value) is dict:
                add(translate(value))
            elif self.wraps:
                add(translate({BARE: value}))
            else:
                before += 1
                number = before + len(made) - 1
                odd = Dropped(f"{at}[{number}]", value, "not an object")
                self.dropped.append(odd)
            if dropped:
                self.dropped += report.taken(f"{at}[{before + len(made) - 1}].")
        report.objects += len(made)
        return made

    def _objects(
        self, values: Iterable[Json], at: str
    ) -> Iterator[tuple[str, JsonObject]]:
        """Yield the items that are objects, with their places; report the others."""
        for number, value in enumerate(values):
            where = f"{at}[{number}]"
            if type(value) is dict:
                yield where, value
            elif self.wraps:
                yield where, {BARE: value}
            else:
                self.dropped.append(Dropped(where, value, "not an object"))

    def grouped(
        self, values: Sequence[Json], at: str, members: Sequence[Path]
    ) -> list[JsonObject]:
        """Return an object for each group of items that share the value of the first present member in ``members``."""
        groups: dict[object, list[tuple[str, JsonObject]]] = {}
        for where, value in self._objects(values, at):
            found = (look_up(value, path) for path in members)
            present = (one for one in found if one is not NoValue.MISSING)
            said = next((one for one in present if one is not None), None)
            key = where if said is None else (type(said), repr(said))
            groups.setdefault(key, []).append((where, value))
        return [self._group(group) for group in groups.values()]

    def unwound(
        self,
        source: JsonObject,
        lists: Sequence[Path],
        times: Path | None,
        keyed: str = "",
    ) -> list[JsonObject] | None:
        """Return objects for the items of each of the ``lists``, repeated by a count in the item.

        Returns None without a list. Each object contains the item at the list's place.
        An empty object that encloses a list has no items. With ``keyed`` the items are
        in an object by name, and each gets its name as that member.
        """
        held = [(path, list_at(source, path)) for path in lists]
        kind = dict if keyed else list
        are_there = [type(value) in {list, kind} for _, value in held]
        are_empty = [source.get(path[0]) == {} for path, _ in held]
        if not any(are_there) and not any(are_empty):
            return None
        found: list[tuple[Path, ItemPath, JsonObject]] = []
        for path, value in held:
            if type(value) not in {list, kind} and value is not None:
                self.dropped.append(
                    Dropped(
                        ".".join(path),
                        value,
                        "not an object" if keyed else "not a list",
                    )
                )
            elif type(value) in {list, dict} and self.budget is not None:
                self.budget.check(len(value))  # type: ignore[arg-type]  # which one of these has
            for at, one in items_at(
                source, path, keyed, bodily=self.budget is not None
            ):
                said = None if times is None else taken(one, times)
                count = 1 if said is None else said
                if type(count) is not int or not 0 < count <= MOST_TIMES:
                    where = placed(".".join(times or ()), path, at)
                    self.dropped.append(
                        Dropped(where, said, f"not a number of 1 to {MOST_TIMES}")
                    )
                    continue
                if self.budget is not None:  # before the first one is built
                    self.budget.take(count)
                found += [(path, at, one)] * count
        return [self._in_place(one, path, at) for path, at, one in found]

    def _in_place(self, source: JsonObject, path: Path, at: ItemPath) -> JsonObject:
        """Return one object whose sources begin with the path of the list that contains it."""
        number = len(self.dropped)
        made = self.one(source, "")
        for place in range(number, len(self.dropped)):
            one = self.dropped[place]
            where = placed(one.where, path, at)
            self.dropped[place] = attrs.evolve(one, where=where)
        return made

    def _group(self, group: Sequence[tuple[str, JsonObject]]) -> JsonObject:
        (where, first), *others = group
        made = self.one(first, where, len(group))
        for place, value in others:
            other = self.one(value, place, len(group))
            for name in made.keys() | other.keys() if made != other else ():
                if made.get(name) != other.get(name):
                    dropped = Dropped(
                        f"{place}.{name}",
                        other.get(name),
                        "differs from the first item of its group",
                    )
                    self.dropped.append(dropped)
        return made

    def keyed(self, values: Sequence[Json], at: str, member: Path) -> JsonObject:
        """Return an object with each item of a list, keyed by the text of a member."""
        made: JsonObject = {}
        for where, value in self._objects(values, at):
            name = look_up(value, member)
            if type(name) is str and name not in made:
                made[name] = self.one(value, where)
            else:
                if type(name) is str:
                    why = "another item has that name"
                else:
                    why = "it has no name"
                self.dropped.append(Dropped(where, value, why))
        return made


Claims = Mapping[str, "Claims | None"]
"""The members of an object that rules read or set:

None for all of it, otherwise a tree of its parts.
"""


def claims_of(paths: Iterable[Sequence[str]]) -> Claims:
    """Return the tree of the members that dotted names claim."""
    below: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    claims = {}
    for name, rests in below.items():
        claims[name] = claims_of(rests) if all(rests) else None
    return claims


def pass_rest(
    source: JsonObject,
    made: JsonObject,
    claims: Claims,
    report: TranslationReport,
    at: str = "",
) -> None:
    """Pass on unchanged the members of an object that no rule reads or sets."""
    for name, value in source.items():
        if name not in claims:
            made[name] = value
    for name, below in claims.items():
        value = source.get(name)
        if below is None or name not in source:
            continue
        if type(value) is dict:
            inner = made.get(name, {})
            assert type(inner) is dict, "a field inside it turns it into an object"
            pass_rest(value, inner, below, report, f"{at}{name}.")
            if inner:
                made[name] = inner
        else:
            report.dropped.append(Dropped(f"{at}{name}", value, "not an object"))


def segment_of(value: Json) -> str:
    """Return the raw path segment for a member of the answer, empty without one."""
    if type(value) in {str, int}:
        return encoded(str(value)) or ""
    return ""


_origin_of = re.compile(r"https?://[^/?#]+", re.IGNORECASE).match


def led_back(links: list[Any], context: TranslationContext) -> list[Json]:
    """Return upstream's links with the caller's base URL where they lead to the API."""
    made: list[Json] = []
    # Only links below the root may be shown.
    bases = tuple([f"{one}/" for one in context.bases if one])
    for link in links:
        if type(link) is dict:
            href = link.get("href")
        else:
            href = None
        if type(href) is str:
            origin = _origin_of(href)
        else:
            origin = None
        if origin is None:
            path = ""
        else:
            path = origin.string[origin.end() :]
        if path.startswith(bases):
            made.append({**link, "href": context.base + path})
        else:
            made.append(link)
    return made
