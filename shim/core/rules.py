"""What generated functions (``translate``) apply a document's rules with: context, report, objects inside, and links.

Generated functions copy values that fit a rule themselves, and call this module for the others: a value that can't be
translated is left out and reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.core.messages import Dropped
from shim.documents.fields import BARE, Field, Rule
from shim.documents.sources import NoValue, Path, look_up, parse_source, unquoted
from shim.documents.templates import encoded
from shim.documents.vocabulary import Json, JsonObject


@attrs.frozen
class TranslationContext:
    """What rules may look at besides the object.

    ``raw`` are the path's parameters as they stand in it, ``parameters`` their decoded text; ``now`` is in
    seconds since the epoch; ``links_base`` is the origin and base path that links begin with, ``base`` its
    origin alone, and upstream's links that lead below ``api_bases`` are led back through it. ``here`` is the URL of the
    legacy call, without its query.
    """

    raw: Mapping[str, str]
    parameters: Mapping[str, str]
    now: float
    links_base: str
    base: str = ""
    api_bases: tuple[str, ...] = ()
    here: str = ""


@attrs.define
class TranslationReport:
    """What is to be reported of the objects that were translated.

    ``dropped`` are values that could not be used, until ``taken`` hands them on. By field: ``chosen`` counts the
    objects that got each of its rules, where it has several; ``left_out`` has for each object without a value the rule
    that gave it none, and the value that could not be used, None if the source is missing. ``parts`` are the reports of
    objects inside these, by field, and ``objects`` counts what was translated for this one.
    """

    dropped: list[Dropped] = attrs.field(factory=list)
    chosen: dict[str, list[int]] = attrs.field(factory=dict)
    left_out: dict[str, list[tuple[Rule, Dropped | None]]] = attrs.field(factory=dict)
    parts: dict[str, TranslationReport] = attrs.field(factory=dict)
    objects: int = 0

    def part(self, name: str) -> TranslationReport:
        """Return the report of the objects in one field."""
        return self.parts.setdefault(name, TranslationReport())

    def counts(self, name: str, rules: int) -> list[int]:
        """Return how many objects got each of a field's rules, to be counted on."""
        return self.chosen.setdefault(name, [0] * rules)

    def pass_over(self, field: Field, rule: Rule, count: int, source: JsonObject) -> Dropped | None:
        """Note and return the first unusable value among the first ``count`` sources of a rule, None without one."""
        for name in rule.sources[:count]:
            said = look_up(source, parse_source(name))
            if said is not NoValue.MISSING:
                self.dropped.append(Dropped(name, said, rule.verb.why_not(field, said)))
                return self.dropped[-1]
        return None

    def leave_out(self, field: Field, rule: Rule, source: JsonObject, made: JsonObject) -> None:
        """Note a field without a value, since its source is missing or unusable."""
        invalid, outer = self.pass_over(field, rule, len(rule.sources), source), unquoted(field.name)[:-1]
        self.left_out.setdefault(field.name, []).append((rule, invalid))
        # An object that upstream has by that name stays one, even when it is empty (recorded: connectionStrings);
        # one with nulls in it says nothing (recorded: desiredTimestamp).
        if invalid is None and outer and rule.verb.hands_on and unquoted(rule.sources[0])[:-1] == outer:
            held = look_up(source, outer)
            if type(held) is dict and None not in held.values():
                for part in outer:
                    inner = made.setdefault(part, {})
                    assert isinstance(inner, dict), "no field stands inside another"
                    made = inner

    def taken(self, where: str) -> list[Dropped]:
        """Return the values dropped since the last call; ``where`` is the object that they stood in."""
        values = [attrs.evolve(value, where=f"{where}{value.where}") for value in self.dropped]
        self.dropped.clear()
        return values


@attrs.frozen
class Nested:
    """The objects of one field, or of a list, in one call.

    ``translate`` makes a legacy object of one, and notes in ``report`` what is to be reported of it; ``outer`` is
    the report of the object that they stand in. If it ``wraps``, other values are read as ``value``.
    """

    translate: Callable[..., JsonObject]
    report: TranslationReport
    outer: TranslationReport
    wraps: bool = False

    def one(self, value: JsonObject, at: str, count: int = 1) -> JsonObject:
        """Return one object in the legacy shape; ``at`` is where it stands, and it is one of ``count`` in its group."""
        report = self.report
        report.objects += 1
        made = self.translate(value, count)
        if report.dropped:
            self.outer.dropped += report.taken(f"{at}." if at else "")
        return made

    def _objects(self, values: Iterable[Json], at: str, before: int = 0) -> Iterator[tuple[str, JsonObject]]:
        """Yield the items that are objects, with their places; the others are reported."""
        for number, value in enumerate(values, before):
            where = f"{at}[{number}]"
            if type(value) is dict:
                yield where, value
            elif self.wraps:
                yield where, {BARE: value}
            else:
                self.outer.dropped.append(Dropped(where, value, "not an object"))

    def each(self, values: Iterable[Json], at: str, before: int = 0) -> list[JsonObject]:
        """Return the objects of a list in the legacy shape; so many items are ``before`` them."""
        return [self.one(value, where) for where, value in self._objects(values, at, before)]

    def grouped(self, values: Sequence[Json], at: str, members: Sequence[Path]) -> list[JsonObject]:
        """Return an object for each group of items that have the same value in the first present one of ``members``."""
        groups: dict[object, list[tuple[str, JsonObject]]] = {}
        for where, value in self._objects(values, at):
            found = (look_up(value, path) for path in members)
            said = next((one for one in found if one is not NoValue.MISSING and one is not None), None)
            groups.setdefault(where if said is None else (type(said), repr(said)), []).append((where, value))
        return [self._group(group) for group in groups.values()]

    def _group(self, group: Sequence[tuple[str, JsonObject]]) -> JsonObject:
        (where, first), *others = group
        made = self.one(first, where, len(group))
        for place, value in others:
            other = self.one(value, place, len(group))
            for name in made.keys() | other.keys() if made != other else ():
                if made.get(name) != other.get(name):
                    dropped = Dropped(f"{place}.{name}", other.get(name), "not as in the first of its group")
                    self.outer.dropped.append(dropped)
        return made

    def keyed(self, values: Sequence[Json], at: str, member: Path) -> JsonObject:
        """Return an object with each item of a list under the text that it has in a member."""
        made: JsonObject = {}
        for where, value in self._objects(values, at):
            name = look_up(value, member)
            if type(name) is str and name not in made:
                made[name] = self.one(value, where)
            else:
                why = "another item has that name" if type(name) is str else "no name to stand under"
                self.outer.dropped.append(Dropped(where, value, why))
        return made


Claims = Mapping[str, "Claims | None"]
"""The members of an object that rules read or make: None for a whole one, else the claims on its parts."""


def claims_of(paths: Iterable[Sequence[str]]) -> Claims:
    """Return the tree of the members that dotted names claim."""
    below: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    return {name: claims_of(rests) if all(rests) else None for name, rests in below.items()}


def pass_rest(source: JsonObject, made: JsonObject, claims: Claims, report: TranslationReport, at: str = "") -> None:
    """Pass on, as they are, the members of an object that no rule reads or makes."""
    made.update({name: value for name, value in source.items() if name not in claims})
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
    return (encoded(str(value)) or "") if type(value) in {str, int} else ""


_origin_of = re.compile(r"https?://[^/?#]+", re.IGNORECASE).match


def led_back(links: list[Any], context: TranslationContext) -> list[Json]:
    """Return upstream's links with the caller's base in place of their origin, where they lead to the API."""
    made = list[Json]()
    for link in links:
        href = link.get("href") if type(link) is dict else None
        origin = _origin_of(href) if type(href) is str else None
        path = "" if origin is None else origin.string[origin.end() :]
        made.append({**link, "href": context.base + path} if path.startswith(context.api_bases) else link)
    return made
