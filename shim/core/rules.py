"""What generated functions (``translate``) apply a document's rules with: context, report, objects inside, and links.

Generated functions copy values that fit a rule themselves, and call this module for the
others: a value that can't be translated is left out and reported.
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
"""How often one object is repeated at most: a cluster has 70 shards at most."""


@attrs.frozen
class TranslationContext:
    """What rules may look at besides the object."""

    raw: Mapping[str, str]
    """The path's parameters as they stand in it."""
    parameters: Mapping[str, str]
    """Their decoded text."""
    clock: Callable[[], float]
    """Returns the time in seconds since the epoch; it is asked once for an answer, if a rule looks at it."""
    base: str
    """The URL that links begin with, before the path of an API."""
    bases: tuple[str, ...] = ("",)
    """The base path of the legacy API, and the successor's: links below these are led back through the base."""
    budget: BodyBudget | None = None
    """What bounds a request body; None for an answer, whose content is bounded."""


class FieldRule:
    """One rule of a field on one tier; compared by identity, so that objects can be counted by it."""

    def __init__(self, field: Field, rule: Rule) -> None:
        self.field, self.rule, sources = field, rule, rule.sources
        self.sources = [(name, parse_source(name)) for name in sources]
        """What the rule reads, as it is written and as a path."""
        if rule.verb.hands_on and sources:
            outer = field.name.split(".")[:-1]
        else:
            outer = []
        if outer and sources[0].split(".")[:-1] == outer:
            self.stays = outer
        else:
            self.stays = []
        """Where the object stands that stays although the field has no value, empty if none does."""
        self.usual = FieldReport(field.name, rule.fidelity, rule.why, rule.owner)
        """What is reported where it gives the field its value."""
        if sources:
            why = f"upstream sent no {' or '.join(sources)}"
        else:
            why = "a part of it is missing"
        self.missing = FieldReport(field.name, Fidelity.MISSING, why, rule.owner)
        """What is reported where nothing stands that it reads."""


@attrs.define
class TranslationReport:
    """What is to be reported of the objects that were translated."""

    is_no_time: Callable[[str], object] = is_no_time
    """What looks at a text where a time belongs; it may collect the texts, and say None of each."""
    dropped: list[Dropped] = attrs.field(factory=list)
    """Values that could not be used, until ``taken`` hands them on."""
    chosen: dict[str, list[int]] = attrs.field(factory=dict)
    """How many objects got each of a field's rules, by field, where it has several."""
    left_out: dict[FieldRule, list[int]] = attrs.field(factory=dict)
    """By rule, how many objects got no value: nothing stands where it reads, or something that can't be used."""
    unusable: dict[str, tuple[FieldRule, str]] = attrs.field(factory=dict)
    """The first value that could not be used, by field: the rule, and the defect."""
    parts: dict[str, TranslationReport] = attrs.field(factory=dict)
    """The reports of objects inside these, by field."""
    objects: int = 0
    """How many objects were translated."""

    def part(self, name: str) -> TranslationReport:
        """Return the report of the objects in one field."""
        return self.parts.setdefault(name, TranslationReport(self.is_no_time))

    def counts(self, name: str, rules: int) -> list[int]:
        """Return how many objects got each of a field's rules, to be counted on."""
        return self.chosen.setdefault(name, [0] * rules)

    def combination(self) -> tuple[Hashable, ...]:
        """Return the key of reports with the same notes on their fields; empty if nothing is special."""
        if not (self.chosen or self.left_out or self.parts):
            return ()
        chosen = map(tuple, self.chosen.values())
        left_out = [(one, *counts) for one, counts in self.left_out.items()]
        parts = [part.combination() for part in self.parts.values()]
        return self.objects, *chosen, *left_out, *self.unusable.items(), *parts

    def each(self, source: JsonObject, path: Path, name: str) -> Json:
        """Return a source's value in each item of a list, None without the list; note the items that lack it."""
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
        """Note a field without a value, since its source is missing or unusable."""
        invalid = self.pass_over(of, len(of.sources), source)
        self.left_out.setdefault(of, [0, 0])[invalid is not None] += 1
        if invalid is not None and of.field.name not in self.unusable:
            why = f"upstream has {invalid.said!r}: {invalid.why}"
            self.unusable[of.field.name] = (of, why[:200])
        # An object that upstream has by that name stays one, even when it is empty
        # (recorded: connectionStrings); one with nulls in it says nothing (recorded:
        # desiredTimestamp).
        if invalid is None and of.stays:
            held = look_up(source, of.stays)
            if type(held) is dict and None not in held.values():
                for part in of.stays:
                    inner = made.setdefault(part, {})
                    assert isinstance(inner, dict), "no field stands inside another"
                    made = inner

    def taken(self, where: str) -> list[Dropped]:
        """Return the values dropped since the last call; ``where`` is the object that they stood in."""
        values = []
        for value in self.dropped:
            values.append(attrs.evolve(value, where=f"{where}{value.where}"))
        self.dropped.clear()
        return values


@attrs.define(eq=False)
class Nested:
    """The objects of one field, or of a list, in one call."""

    translate: Callable[..., JsonObject]
    """Makes a legacy object of one."""
    report: TranslationReport
    """Where it notes values for the report."""
    dropped: list[Dropped]
    """Those of the object that they stand in, or of the list."""
    wraps: bool = False
    """Whether other values are read as ``value``."""
    budget: BodyBudget | None = None
    """What bounds the objects of a request body, None for those of an answer."""

    def one(self, value: JsonObject, at: str, count: int = 1) -> JsonObject:
        """Return one object in the legacy shape; ``at`` is where it stands, and it is one of ``count`` in its group."""
        report = self.report
        report.objects += 1
        made = self.translate(value, count)
        if report.dropped:
            self.dropped += report.taken(f"{at}." if at else "")
        return made

    def each(
        self, values: Sequence[Json], at: str, before: int = 0
    ) -> list[JsonObject]:
        """Return the objects of a list in the legacy shape; so many items are ``before`` them."""
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
        """Yield the items that are objects, with their places; the others are reported."""
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
        """Return an object for each group of items that have the same value in the first present one of ``members``."""
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
        """Return an object for each item of each of the ``lists``, so many as a number in it says; None without a list.

        Each has the item in its list's place. An empty object around a list has no
        items. With ``keyed`` the items stand in an object by name, which each has as
        that member.
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
                if self.budget is not None:  # before the first one is made
                    self.budget.take(count)
                found += [(path, at, one)] * count
        return [self._in_place(one, path, at) for path, at, one in found]

    def _in_place(self, source: JsonObject, path: Path, at: ItemPath) -> JsonObject:
        """Return one object, whose sources begin with the path of a list in which it stands at a place."""
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
                        "not as in the first of its group",
                    )
                    self.dropped.append(dropped)
        return made

    def keyed(self, values: Sequence[Json], at: str, member: Path) -> JsonObject:
        """Return an object with each item of a list under the text that it has in a member."""
        made: JsonObject = {}
        for where, value in self._objects(values, at):
            name = look_up(value, member)
            if type(name) is str and name not in made:
                made[name] = self.one(value, where)
            else:
                if type(name) is str:
                    why = "another item has that name"
                else:
                    why = "no name to stand under"
                self.dropped.append(Dropped(where, value, why))
        return made


Claims = Mapping[str, "Claims | None"]
"""The members of an object that rules read or make: None for a whole one, else the claims on its parts."""


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
    """Pass on, as they are, the members of an object that no rule reads or makes."""
    for name, value in source.items():
        if name not in claims:
            made[name] = value
    for name, below in claims.items():
        value = source.get(name)
        if below is None or name not in source:
            continue
        if type(value) is dict:
            inner = made.get(name, {})
            assert type(inner) is dict, "a field inside it makes an object of it"
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
    """Return upstream's links with the caller's base in place of their origin, where they lead to the API."""
    made: list[Json] = []
    # Below the root is all that any link may name.
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
