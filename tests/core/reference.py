"""A second, slower implementation of the mapping rules, to compare the generated functions with."""

from collections.abc import Sequence
from typing import Any

from shim.core.messages import Dropped, FieldReport
from shim.documents.fields import Field, Rule, Verb, When
from shim.documents.links import LinkBack
from shim.documents.templates import encoded
from shim.documents.verbs import Absent, Constant, List, Parameter, Passed
from shim.documents.vocabulary import FITS, Fidelity, parse_time
from shim.documents.ways import From, Parts, Values

NOTHING: Any = object()
"""The mark of a missing value. It differs from null."""


class Useless(Exception):  # noqa: N818 - what a rule can't use is not an error
    """The part of a value that a rule can't use, and the reason."""


def at(source: Any, name: str) -> Any:
    """Return the value at a dotted name."""
    for part in name.split("."):
        if isinstance(source, dict) and part in source:
            source = source[part]
        else:
            source = NOTHING
    return source


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal in JSON, where true is not a number."""
    return bool(one == other) and (type(one) is bool) == (type(other) is bool)


def holds(when: When | None, source: Any) -> bool:
    if when is None:
        return True
    word = at(source, when.source)
    if when.given is not None:
        return when.given == (word is not NOTHING and word is not None)
    return when.negated != any(
        type(one) is type(word) and one == word for one in when.words
    )


def converted(field: Field, verb: Any, said: Any) -> Any:
    if said is None:
        raise Useless(said, "null is not a value")
    if any(same(said, one) for one in getattr(verb, "drop", ())):
        raise Useless(said, "it means not known")
    if isinstance(verb, Values):
        if not isinstance(said, str) or said not in verb.values:
            raise Useless(said, "an unknown word")
        return verb.values[said]
    if isinstance(verb, Parts):
        if isinstance(said, str):
            parts = [*said.split("."), ""][: verb.count]
        else:
            parts = [""]
        made = ".".join(parts)
        if "" in parts or (field.words and made not in field.words):
            raise Useless(said, "can't be made string")
        return made
    if field.type == "integer" and isinstance(said, float) and said == int(said):
        said = int(said)
    if not FITS[field.type](said):
        raise Useless(said, f"not of type {field.type}")
    if field.words and said not in field.words:
        raise Useless(said, "not one of the legacy words")
    return said


def of_one(field: Field, rule: Rule, said: Any, now: float) -> Any:
    """Return the result of a rule for the value of one of its sources."""
    match rule.verb:
        case From():
            if said is NOTHING:
                return said
            return converted(field, rule.verb, said)
        case List() if said is NOTHING:
            return NOTHING if "body" in field.rules else []
        case List() if said is None or not FITS[field.type]([said]):
            raise Useless(
                said,
                "null is not a value"
                if said is None
                else f"not an item of {field.type}",
            )
        case List():
            return [said]
        case _ if said is NOTHING:
            return NOTHING
        case _:
            assert isinstance(rule.verb, Passed), rule.verb
            when = parse_time(said)
            if when is None:
                raise Useless(said, "not of type time")
            return when.timestamp() < now


def links(verb: LinkBack, call: Any, api: str, made: Any) -> Any:
    found = []
    for link in verb.links:
        values = dict(call.raw)
        for name in link.path.parameters:
            member = made.get(name)
            if name not in values and type(member) in {str, int}:
                values[name] = encoded(str(member)) or NOTHING
        if all(
            values.get(name, NOTHING) is not NOTHING for name in link.path.parameters
        ):
            found.append(
                {
                    "href": call.base + call.bases[0] + link.path.build(values),
                    "rel": link.rel[api],
                }
            )
    return found or NOTHING


class Expected:
    """Return the result of the fields for each object in a list."""

    def __init__(self, fields: Sequence[Field], tier: str, api: str, call: Any) -> None:
        self.fields = sorted(fields, key=lambda field: field.type == "links")
        self.tier = tier
        self.api = api
        self.call = call
        self.values: list[Any] = []
        self.dropped: list[Dropped] = []
        self.got: dict[str, list[tuple[Rule, Any]]] = {
            field.name: [] for field in fields
        }
        """For each object and field: the rule, and why the field was left out (None if it is present)."""

    def add(self, items: Sequence[Any], name: str) -> None:
        """Translate the items of a list."""
        for index, source in enumerate(items):
            if not isinstance(source, dict):
                self.dropped.append(
                    Dropped(f"{name}[{index}]", source, "not an object")
                )
                continue
            made: Any = {}
            for field in self.fields:
                self._field(field, source, made, f"{name}[{index}].")
            self.values.append(made)

    def _field(self, field: Field, source: Any, made: Any, where: str) -> None:
        rule = next(rule for rule in field.rules[self.tier] if holds(rule.when, source))
        value, bad = self._value(field, rule, source, made)
        *outer, last = field.name.split(".")
        is_bare = False
        if value is NOTHING and not bad and isinstance(rule.verb, From) and outer:
            held = at(source, ".".join(outer))
            is_bare = (
                rule.sources[0].split(".")[:-1] == outer
                and isinstance(held, dict)
                and None not in held.values()
            )
        if value is not NOTHING or is_bare:
            for part in outer:
                made = made.setdefault(part, {})
        if value is not NOTHING:
            made[last] = value
        self.dropped += [
            Dropped(f"{where}{name}", said, why) for name, said, why in bad[:1]
        ]
        if value is not NOTHING:
            said = None
        else:
            said = bad[0] if bad else rule.verb
        self.got[field.name].append((rule, said))

    def _value(
        self, field: Field, rule: Rule, source: Any, made: Any
    ) -> tuple[Any, list[tuple[str, Any, str]]]:
        """Return the value, and the unusable values that were found before it."""
        bad: list[tuple[str, Any, str]] = []
        match rule.verb:
            case Absent():
                return NOTHING, bad
            case Constant(constant=constant):
                return constant, bad
            case Parameter(parameter=parameter):
                return self.call.parameters[parameter], bad
            case LinkBack() as verb:
                return links(verb, self.call, self.api, made), bad
        for name in rule.sources:
            try:
                value = of_one(field, rule, at(source, name), self.call.clock())
            except Useless as useless:
                bad.append((name, *useless.args))
            else:
                if value is not NOTHING:
                    return value, bad
        return NOTHING, bad

    def reports(self) -> list[FieldReport]:
        """Return the record of each field."""
        return [self._report(field) for field in self.fields]

    def _report(self, field: Field) -> FieldReport:
        levels = list(Fidelity)
        got = self.got[field.name]
        last = field.rules[self.tier][-1]
        if not got:
            return FieldReport(field.name, last.fidelity, last.why, last.owner)
        bad = [(rule, said) for rule, said in got if isinstance(said, tuple)]
        true: list[tuple[Fidelity, str, str]] = []
        for rule, said in got:
            if isinstance(said, tuple):
                first, (_, value, why) = bad[0]
                true.append(
                    (
                        Fidelity.ABSENT,
                        f"upstream has {value!r}: {why}"[:200],
                        first.owner,
                    )
                )
            elif isinstance(said, Verb) and not isinstance(said, Absent):
                names = " or ".join(rule.sources)
                if names:
                    what = f"upstream sent no {names}"
                else:
                    what = "a part of it is missing"
                true.append((Fidelity.MISSING, what, rule.owner))
            else:
                true.append((rule.fidelity, rule.why, rule.owner))
        # The worst comes first. At the same level, bad values come before the others,
        # in the document's order of rules.
        rules = [*field.rules[self.tier]]
        numbers = {id(rule): number for number, rule in enumerate(rules)}
        places = [
            -1 if isinstance(said, tuple) else numbers[id(rule)] for rule, said in got
        ]
        order = sorted(
            zip(true, places, strict=True),
            key=lambda one: (-levels.index(one[0][0]), one[1]),
        )
        kinds = list(dict.fromkeys(one for one, _ in order))
        level, why, owner = kinds[0]
        if len(kinds) > 1:
            why = f"{why.removesuffix('.')} in {true.count(kinds[0])} of {len(got)}".lstrip()
            for kind in kinds[1:]:
                if kind is kinds[-1]:
                    where = "elsewhere"
                else:
                    where = f"in {true.count(kind)}"
                why += f"; {where} it is {kind[0].value}" + (
                    f": {kind[1].removesuffix('.')}" if kind[1] else ""
                )
        return FieldReport(field.name, level, why, owner)


def unwound(source: Any, path: str) -> list[dict[str, Any]]:
    """Return the values at dotted names for each item of a list.

    That is the item itself and the plain values around it.
    """
    rows: list[tuple[dict[str, Any], Any]] = [({}, source)]
    outer = ""
    for name in path.split("."):
        found = []
        for plain, value in rows:
            for one in [
                one for one in flat(value) if isinstance(one, dict) and name in one
            ]:
                beside = {
                    f"{outer}{key}": said
                    for key, said in one.items()
                    if not isinstance(said, dict | list)
                }
                found.append(({**plain, **beside}, one[name]))
        rows = found
        outer = f"{outer}{name}."
    return [
        {**plain, path: item}
        for plain, value in rows
        if isinstance(value, list)
        for item in value
    ]


def flat(value: Any) -> list[Any]:
    """Return the items of a list, and the items inside them."""
    if isinstance(value, list):
        return [one for inner in value for one in flat(inner)]
    return [value]
