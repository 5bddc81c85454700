"""Resources, their fields and rules, and the members of request bodies, from TOML."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import attrs

from shim.documents.casts import WAYS
from shim.documents.fields import BARE, BODY, TIERS, TYPES, Field, Resource, Rule, Verb, When
from shim.documents.tables import Table
from shim.documents.verbs import VERBS, Absent
from shim.documents.vocabulary import Fidelity

_NO_TIERS = frozenset({"legacy", "none", "auto", "date", "off", BODY})
"""Words that mean something else where a tier is named."""
_SETTINGS = {"rest": bool, "without": list, "bare": bool}
"""Keys of a resource that are no fields, and the types that tell them from fields of the same names."""
_SAYS_WHY = (Fidelity.DERIVED, Fidelity.CONSTANT, Fidelity.ABSENT)


def tiers_of(table: Table) -> Iterator[tuple[str, Table, str]]:
    """Return each tier that a table names, with the table and the key it stands under, in the order of asking."""
    table.know(*TIERS)
    seen = [tier for tier in TIERS if table.has(tier)]
    yield from ((tier, table, tier) for tier in seen)
    named = table.table("tier")
    for name in () if named is None else named.names():
        assert named is not None
        if re.fullmatch("[a-z][a-z0-9]*", name) is None or name in _NO_TIERS:
            named.wrong(name, "is no name of a tier; give one of small letters and digits")
        elif name in seen:
            named.wrong(name, f"is there already, without tier: {table.at(name)}")
        else:
            yield name, named, name


def read_resources(tables: Mapping[str, Table]) -> dict[str, Resource]:
    """Return the resources of a document by name; fields may name those of another one, which are ``around``, too."""
    reading = _Reading(tables)
    return {name: reading.named(name) for name in tables}


@attrs.define
class _Reading:
    """The resources of a document while they are read: one may stand in another."""

    tables: Mapping[str, Table]
    read: dict[str, Resource] = attrs.field(factory=dict)
    outer: list[str] = attrs.field(factory=list)

    def named(self, name: str) -> Resource:
        if name not in self.read:
            self.outer.append(name)
            table = self.tables[name]
            made = self.read[name] = _resource(table, name, _SETTINGS, lambda one, key: self._fields(one.table(key)))
            self.outer.pop()
            if made.bare and ([field.name for field in made.fields] != [BARE] or made.rest):
                table.wrong("bare", f"needs one field, {BARE!r}, whose value is the answer, and no rest")
        return self.read[name]

    def _fields(self, table: Table | None) -> Iterator[Field]:
        if table is None:
            return
        rules = dict[str, tuple[Rule, ...]]()
        for tier, where, key in (*tiers_of(table), (BODY, table, BODY)):
            if found := where.list_of_tables(key):
                rules[tier] = tuple(_read_rule(rule, in_body=tier == BODY) for rule in found)
        kind, words, name = table.word("type", TYPES), table.texts("words"), table.text("of", default="")
        of, lent = None, table.around.resources
        if name:
            _check_of(table, kind)
            if name in self.outer:
                table.wrong("of", f"{name!r} stands inside itself: {' in '.join((name, *reversed(self.outer)))}")
            elif name in self.tables or name in lent:
                of = self.named(name) if name in self.tables else lent[name]
            else:
                table.wrong("of", f"{name!r} is no resource of this document")
        if not rules:
            table.wrong("", "has no rule; give one for a tier: flex, dedicated or tier.NAME")
        table.finish(needs=(*TIERS, "tier"))
        yield Field(table.name, kind, words, rules, table.path, table.owner, of)


def _check_of(table: Table, kind: str) -> None:
    if kind not in {"object", "objects"}:
        table.wrong("of", "belongs to fields of type object or objects")


def _resource(
    table: Table, name: str, settings: Collection[str], read: Callable[[Table, str], Iterator[Field]]
) -> Resource:
    """Return what a table says whose keys are ``settings``, if of their types, and else fields."""
    given: dict[str, Any] = {key: value for key in settings if type(value := table.get(key)) is _SETTINGS[key]}
    fields = tuple(field for key in table.names() if key not in given for field in read(table, key))
    without = table.texts("without") if "without" in given else ()
    if without and not given.get("rest"):
        table.wrong("without", "can never apply: without rest = true no other member passes")
    return Resource(name, fields, given.get("rest", False), without, given.get("bare", False), table.path)


def read_body(table: Table | None) -> Resource | None:
    """Return the members of a successor's request body, whose rules read the legacy body; None without a table."""
    if table is None:
        return None
    if table.around.operation.request is None:
        table.wrong("", "needs [….request], which declares the legacy body")
    return _resource(table, "", ("rest", "without"), _members)


def _members(table: Table, name: str) -> Iterator[Field]:
    request, resources = table.around.operation.request, table.around.resources
    rules = list[Rule]()
    kinds, inside = dict[str, None](), dict[str, None]()  # in their order
    for sub in table.list_of_tables(name):
        of, kind = sub.text("of", default=""), sub.word("type", TYPES)
        kinds[kind] = inside[of or "none"] = None
        rules.append(rule := _read_rule(sub, in_body=True))
        if of and of not in resources:
            sub.wrong("of", f"{of!r} is no resource of this document")
        if of:
            _check_of(sub, kind)
        for source in rule.sources if request is not None and not request.rest else ():
            if not {source, re.split(r"[.\[]", source)[0]} & request.members.keys():
                sub.wrong("", f"reads {source!r}, which is no member of the legacy body")
    for what, found in (("type", kinds), ("of", inside)):
        if len(found) > 1:
            table.wrong(name, f"has more than one {what}: {', '.join(found)}")
    for kind, of in [*zip(kinds, inside, strict=False)][:1]:
        yield Field(name, kind, (), {BODY: tuple(rules)}, table.at(name), table.owner, resources.get(of))


def _read_rule(table: Table, *, in_body: bool) -> Rule:
    """Return one rule; those in a request body say nothing of fidelity."""
    verbs = [key for key, verb in VERBS.items() if verb.in_body or not in_body]
    present = [key for key in verbs if table.has(key)]
    if len(present) != 1:
        table.wrong("", f"needs exactly one of {', '.join(verbs)}, not {', '.join(present) or 'none'}")
    table.know(*present)
    if not present:  # what else the rule lacks is not known
        table.know(*verbs, *(way.key for way in WAYS), "drop", "null", "fidelity", "why")
    verb = VERBS[present[0]].read(table) if present else Absent()
    fidelity = Fidelity.EXACT if in_body or not present else _read_fidelity(table, verb)
    why, when = table.text("why", default=""), When.maybe(table.table("when"))
    if not in_body and fidelity in _SAYS_WHY and not why:
        table.wrong("why", f"is missing; a field that is {fidelity} says why")
    # The type of a body member stands in the rule's own table.
    table.finish(*(("type", "of") if in_body else ()), needs=verbs)
    return Rule(verb, table.path, table.owner, fidelity, why, when)


def _read_fidelity(table: Table, verb: Verb) -> Fidelity:
    levels = tuple(level.value for level in Fidelity if level is not Fidelity.MISSING)
    level = Fidelity(table.word("fidelity", levels, default=verb.levels[0] if verb.levels else None))
    if verb.levels and level not in verb.levels:
        table.wrong("fidelity", f"of this rule can only be {' or '.join(verb.levels)}")
    if not verb.levels and level in {Fidelity.CONSTANT, Fidelity.ABSENT}:
        table.wrong("fidelity", f"{level} is for the rules constant and absent")
    return level
