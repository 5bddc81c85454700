"""What generated functions (``translator``) apply a document's rules with: context, report, and objects inside.

They put the values in place that are as a rule wants them. All that isn't comes here: what can't be translated is left
out and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from shim.core.messages import Dropped
from shim.documents.fields import BARE, Field, Rule
from shim.documents.sources import NoValue, Path, look_up, parse_source
from shim.documents.value_types import Json, JsonObject


@attrs.frozen
class InvalidValue:
    """A value that upstream sent and that cannot be used: where it stood, what it was, and why not."""

    source: str
    said: Json
    why: str


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

    ``passed_over`` are invalid values that a later source made up for, ``refused`` those that left their field
    out, both until ``dropped`` hands them on. By field: ``chosen`` counts the objects that got each of its rules,
    where it has several; ``left_out`` has for each object without a value the rule that gave it none, and the
    invalid value, None if the source is missing. ``parts`` are the reports of objects inside these, by field, and
    ``objects`` counts what was translated for this one.
    """

    passed_over: list[InvalidValue] = attrs.field(factory=list)
    refused: list[InvalidValue] = attrs.field(factory=list)
    chosen: dict[str, list[int]] = attrs.field(factory=dict)
    left_out: dict[str, list[tuple[Rule, InvalidValue | None]]] = attrs.field(factory=dict)
    parts: dict[str, TranslationReport] = attrs.field(factory=dict)
    objects: int = 0

    def part(self, name: str) -> TranslationReport:
        """Return the report of the objects in one field."""
        return self.parts.setdefault(name, TranslationReport())

    def counts(self, name: str, rules: int) -> list[int]:
        """Return how many objects got each of a field's rules, to be counted on."""
        return self.chosen.setdefault(name, [0] * rules)

    def pass_over(self, field: Field, rule: Rule, count: int, source: JsonObject) -> None:
        """Note the invalid value, if any, among the first ``count`` sources of a rule."""
        invalid = _invalid(field, rule, rule.sources[:count], source)
        if invalid is not None:
            self.passed_over.append(invalid)

    def leave_out(self, field: Field, rule: Rule, source: JsonObject, made: JsonObject) -> None:
        """Note a field without a value, since its source is missing or invalid."""
        name, invalid = field.name, _invalid(field, rule, rule.sources, source)
        self.left_out.setdefault(name, []).append((rule, invalid))
        if invalid is not None:
            self.refused.append(invalid)
            return
        # An object that upstream has by that name stays one, even when it is empty (recorded: connectionStrings);
        # one with nulls in it says nothing (recorded: desiredTimestamp).
        outer = name.rpartition(".")[0]
        if outer and rule.verb.hands_on and rule.sources[0].rpartition(".")[0] == outer:
            held = look_up(source, parse_source(outer))
            if type(held) is dict and None not in held.values():
                for part in outer.split("."):
                    inner = made.setdefault(part, {})
                    assert isinstance(inner, dict), "no field stands inside another"
                    made = inner

    def dropped(self, where: str) -> list[Dropped]:
        """Return the values left out since the last call; ``where`` is the object that they stood in."""
        values = [*self.passed_over, *self.refused]
        self.passed_over.clear()
        self.refused.clear()
        return [Dropped(where=f"{where}{value.source}", said=value.said, why=value.why) for value in values]

    def take(self, part: TranslationReport, where: str) -> None:
        """Add the values that could not be used in an inner object; ``where`` is its place."""
        for mine, values in ((self.passed_over, part.passed_over), (self.refused, part.refused)):
            mine += [attrs.evolve(value, source=f"{where}{value.source}") for value in values]
            values.clear()


def _invalid(field: Field, rule: Rule, sources: Sequence[str], source: JsonObject) -> InvalidValue | None:
    """Return the first invalid value of some sources, None if all are missing."""
    for name in sources:
        said = look_up(source, parse_source(name))
        if said is not NoValue.MISSING and not rule.verb.is_missing(said):
            return InvalidValue(name, *rule.verb.why_not(field, said))
    return None


@attrs.frozen
class Nested:
    """The objects of one field in one call.

    ``translate`` makes a legacy object of one, and notes in ``report`` what is to be reported of it; ``outer`` is
    the report of the object that they stand in. ``wraps`` tells that what is no object is read as ``value``.
    """

    translate: Callable[..., JsonObject]
    report: TranslationReport
    outer: TranslationReport
    wraps: bool = False

    def one(self, value: JsonObject, at: str) -> JsonObject:
        """Return one object in the legacy shape; ``at`` is where it stands."""
        return self._made(value, at, 1)

    def _made(self, value: JsonObject, at: str, count: int) -> JsonObject:
        report = self.report
        report.objects += 1
        made = self.translate(value, count)
        if report.passed_over or report.refused:
            self.outer.take(report, f"{at}." if at else "")
        return made

    def _objects(self, values: Sequence[Json], at: str) -> list[tuple[int, JsonObject]]:
        """Return the items that are objects, with their places; the others are reported."""
        found = list[tuple[int, JsonObject]]()
        for number, value in enumerate(values):
            if type(value) is dict:
                found.append((number, value))
            elif self.wraps:
                found.append((number, {BARE: value}))
            else:
                self.outer.refused.append(InvalidValue(f"{at}[{number}]", value, "not an object"))
        return found

    def each(self, values: Sequence[Json], at: str) -> list[JsonObject]:
        """Return the objects of a list in the legacy shape."""
        return [self._made(value, f"{at}[{number}]", 1) for number, value in self._objects(values, at)]

    def grouped(self, values: Sequence[Json], at: str, members: Sequence[Path]) -> list[JsonObject]:
        """Return one object for all items that have the same in the first of ``members`` that is there.

        It is made of the first of them; what the others have otherwise is reported.
        """
        groups: dict[object, list[tuple[int, JsonObject]]] = {}
        for number, value in self._objects(values, at):
            found = [look_up(value, path) for path in members]
            told = next((one for one in found if one is not NoValue.MISSING and one is not None), None)
            key = number if told is None else (type(told), repr(told))
            groups.setdefault(key, []).append((number, value))
        return [self._group(group, at) for group in groups.values()]

    def _group(self, group: Sequence[tuple[int, JsonObject]], at: str) -> JsonObject:
        (number, first), *others = group
        made = self._made(first, f"{at}[{number}]", len(group))
        for number, value in others:
            other = self._made(value, f"{at}[{number}]", len(group))
            for name in made.keys() | other.keys() if made != other else ():
                if made.get(name) != other.get(name):
                    why = "not as in the first of its group"
                    self.outer.refused.append(InvalidValue(f"{at}[{number}].{name}", other.get(name), why))
        return made

    def keyed(self, values: Sequence[Json], at: str, member: Path) -> JsonObject:
        """Return an object with each item of a list under the text that it has in a member."""
        made: JsonObject = {}
        for number, value in self._objects(values, at):
            name = look_up(value, member)
            if type(name) is not str or name in made:
                why = "another item has that name" if type(name) is str else "no name to stand under"
                self.outer.refused.append(InvalidValue(f"{at}[{number}]", value, why))
                continue
            made[name] = self._made(value, f"{at}[{number}]", 1)
        return made


@attrs.frozen
class Claims:
    """The members of an object that rules read or make: whole ones, and such of which they take a part, by name."""

    whole: frozenset[str]
    parts: Mapping[str, Claims]
    all: frozenset[str]


def claims_of(paths: Iterable[Sequence[str]]) -> Claims:
    """Return the claims of some names, each split at its dots."""
    below: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    whole = frozenset(name for name, rests in below.items() if () in map(tuple, rests))
    parts = {name: claims_of(rests) for name, rests in below.items() if name not in whole}
    return Claims(whole, parts, frozenset(below))


def pass_rest(source: JsonObject, made: JsonObject, claims: Claims, report: TranslationReport, at: str = "") -> None:
    """Pass on, as they are, the members of an object that no rule reads or makes."""
    known = claims.all
    made.update({name: value for name, value in source.items() if name not in known})
    for name, below in claims.parts.items():
        value = source.get(name)
        if type(value) is dict:
            inner = made.get(name, {})
            assert type(inner) is dict, "a field inside it makes an object of it"
            pass_rest(value, inner, below, report, f"{at}{name}.")
            if inner:
                made[name] = inner
        elif name in source:
            report.refused.append(InvalidValue(f"{at}{name}", value, "not an object"))
