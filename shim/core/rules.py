"""What the rules of a document are applied with: the context of a call, and the report of what they made.

Generated functions (``translator``) put the values in place that are as a rule wants them. All that isn't comes
here: what can't be translated is left out and reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from shim.core.messages import Dropped
from shim.documents.fields import Field, Rule
from shim.documents.sources import NoValue, look_up, parse_source
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
        """Note the value that made the first ``count`` sources of a rule of no use, if there was one."""
        invalid = _invalid(field, rule, rule.sources[:count], source)
        if invalid is not None:
            self.passed_over.append(invalid)

    def leave_out(self, field: Field, rule: Rule, source: JsonObject, made: JsonObject) -> None:
        """Note a field that an object got no value for, since a source is missing or what it says of no use."""
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
        """Return the values that were left out since it was last asked, ``where`` being the object they stood in."""
        values = [*self.passed_over, *self.refused]
        self.passed_over.clear()
        self.refused.clear()
        return [Dropped(where=f"{where}{value.source}", said=value.said, why=value.why) for value in values]

    def take(self, part: TranslationReport, where: str) -> None:
        """Take the values over that could not be used in an object inside, ``where`` being its place."""
        for mine, values in ((self.passed_over, part.passed_over), (self.refused, part.refused)):
            mine += [attrs.evolve(value, source=f"{where}{value.source}") for value in values]
            values.clear()


def _invalid(field: Field, rule: Rule, sources: Sequence[str], source: JsonObject) -> InvalidValue | None:
    """Return the first value of some sources, none of which gave one of use; None when all are missing."""
    for name in sources:
        said = look_up(source, parse_source(name))
        if said is not NoValue.MISSING and not rule.verb.is_missing(said):
            return InvalidValue(name, *rule.verb.why_not(field, said))
    return None
