"""Resources, their fields and rules, and the members of request bodies, from TOML."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import attrs

from shim.documents.casts import WAYS
from shim.documents.fields import BARE, BODY, TIERS, TYPES, Field, Resource, Rule, Verb, When
from shim.documents.read import sources_in
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


def read_resources(
    tables: Mapping[str, Table], apis: Collection[str], shared: Mapping[str, Resource]
) -> dict[str, Resource]:
    """Return the resources of a document by name; ``shared`` are those of another one, which fields may name too."""
    reading = _Reading(tables, apis, shared)
    return {name: reading.named(name) for name in tables}


@attrs.define
class _Reading:
    """The resources of a document while they are read: one may stand in another."""

    tables: Mapping[str, Table]
    apis: Collection[str]
    shared: Mapping[str, Resource]
    read: dict[str, Resource] = attrs.field(factory=dict)
    outer: list[str] = attrs.field(factory=list)

    def named(self, name: str) -> Resource:
        if name not in self.read:
            self.outer.append(name)
            table = self.tables[name]
            made = _resource(table, _settings(table), [self._field(one) for one in _fields(table)], name)
            self.read[name] = made
            self.outer.pop()
            wrong = made.bare and ([field.name for field in made.fields] != [BARE] or made.rest)
            if wrong:
                table.wrong("bare", f"needs one field, {BARE!r}, whose value is the answer, and no rest")
        return self.read[name]

    def _field(self, table: Table) -> Field:
        rules = {
            tier: tuple(_read_rule(rule, self.apis) for rule in found)
            for tier, where, key in tiers_of(table)
            if (found := where.list_of_tables(key))
        }
        if found := table.list_of_tables(BODY):
            rules[BODY] = tuple(_read_rule(rule) for rule in found)
        field = Field(
            name=table.name,
            type=table.word("type", TYPES),
            words=table.texts("words"),
            rules=rules,
            at=table.path,
            file=table.owner,
            of=self._of(table),
        )
        if not field.rules:
            table.wrong("", "has no rule; give one for a tier: flex, dedicated or tier.NAME")
        table.finish(needs=(*TIERS, "tier"))
        return field

    def _of(self, table: Table) -> Resource | None:
        """Return the resource that a field's objects are."""
        name = table.text("of", default="")
        if not name:
            return None
        if table.word("type", TYPES) not in {"object", "objects"}:
            table.wrong("of", "belongs to fields of type object or objects")
        if name in self.outer:
            table.wrong("of", f"{name!r} stands inside itself: {' in '.join((name, *reversed(self.outer)))}")
            return None
        found = self.named(name) if name in self.tables else self.shared.get(name)
        if found is None:
            table.wrong("of", f"{name!r} is no resource of this document")
        return found


def _settings(table: Table, *keys: str) -> dict[str, Any]:
    return {key: table.get(key) for key in keys or _SETTINGS if table.has(key) and _is_setting(table, key)}


def _is_setting(table: Table, key: str) -> bool:
    return type(table.get(key)) is _SETTINGS[key]


def _fields(table: Table) -> list[Table]:
    given = _settings(table)
    return [sub for key in table.names() if key not in given and (sub := table.table(key)) is not None]


def _resource(table: Table, given: Mapping[str, Any], fields: Collection[Field], name: str = "") -> Resource:
    without = table.texts("without") if "without" in given else ()
    if without and not given.get("rest"):
        table.wrong("without", "can never apply: without rest = true no other member passes")
    rest, bare = given.get("rest", False), given.get("bare", False)
    return Resource(name, tuple(fields), rest=rest, without=without, bare=bare, at=table.path)


def read_body(table: Table) -> Resource:
    """Return the members of a successor's request body, whose rules read the legacy body."""
    if table.around.request is None:
        table.wrong("", "needs [….request], which declares the legacy body")
    given = _settings(table, "rest", "without")
    fields = [field for name in table.names() if name not in given for field in _member(name, table)]
    return _resource(table, given, fields)


def _member(name: str, table: Table) -> Iterator[Field]:
    request, resources = table.around.request, table.around.resources
    rules = list[Rule]()
    kinds, inside = dict[str, None](), dict[str, None]()  # in their order
    for sub in table.list_of_tables(name):
        of, kind = sub.text("of", default=""), sub.word("type", TYPES)
        kinds[kind] = inside[of or "none"] = None
        rules.append(rule := _read_rule(sub))
        if of and of not in resources:
            sub.wrong("of", f"{of!r} is no resource of this document")
        if of and kind not in {"object", "objects"}:
            sub.wrong("of", "belongs to fields of type object or objects")
        for source in rule.sources if request is not None and not request.rest else ():
            if not {source, re.split(r"[.\[]", source)[0]} & request.members.keys():
                sub.wrong("", f"reads {source!r}, which is no member of the legacy body")
    for what, found in (("type", kinds), ("of", inside)):
        if len(found) > 1:
            table.wrong(name, f"has more than one {what}: {', '.join(found)}")
    for kind, of in [*zip(kinds, inside, strict=False)][:1]:
        one = resources.get(of)
        yield Field(name, kind, words=(), rules={BODY: tuple(rules)}, at=table.at(name), file=table.owner, of=one)


def _read_rule(table: Table, apis: Collection[str] | None = None) -> Rule:
    """Return one rule; without ``apis`` it stands in a request body and says nothing of fidelity."""
    plain = apis is None
    verbs = [key for key, verb in VERBS.items() if verb.in_body or not plain]
    present = [key for key in verbs if table.has(key)]
    if len(present) != 1:
        table.wrong("", f"needs exactly one of {', '.join(verbs)}, not {', '.join(present) or 'none'}")
    table.know(*present)
    if not present:  # what else the rule lacks is not known
        table.know(*verbs, *(way.key for way in WAYS), "drop", "null", "fidelity", "why")
    verb = VERBS[present[0]].read(table, apis or ()) if present else Absent()
    rule = Rule(
        verb=verb,
        at=table.path,
        owner=table.owner,
        fidelity=Fidelity.EXACT if plain or not present else _read_fidelity(table, verb),
        why=table.text("why", default=""),
        when=_read_when(table),
    )
    if not plain and rule.fidelity in _SAYS_WHY and not rule.why:
        table.wrong("why", f"is missing; a field that is {rule.fidelity} says why")
    # The type of a body member stands in the rule's own table.
    table.finish(*(("type", "of") if plain else ()), needs=verbs)
    return rule


def _read_fidelity(table: Table, verb: Verb) -> Fidelity:
    levels = tuple(level.value for level in Fidelity if level is not Fidelity.MISSING)
    level = Fidelity(table.word("fidelity", levels, default=verb.levels[0] if verb.levels else None))
    if verb.levels and level not in verb.levels:
        table.wrong("fidelity", f"of this rule can only be {' or '.join(verb.levels)}")
    if not verb.levels and level in {Fidelity.CONSTANT, Fidelity.ABSENT}:
        table.wrong("fidelity", f"{level} is for the rules constant and absent")
    return level


def _read_when(table: Table) -> When | None:
    sub = table.table("when")
    if sub is None:
        return None
    form = [key for key in ("is", "is_not", "given") if sub.has(key)]
    if len(form) != 1:
        sub.wrong("", "needs exactly one of is, is_not and given")
    (source,) = sources_in(sub, "source", (sub.text("source"),))
    given = sub.flag("given") if form == ["given"] else None
    words = _read_words(sub, form[0]) if form and given is None else frozenset[str | bool]()
    sub.finish()
    return When(source, words, negated=form == ["is_not"], given=given)


def _read_words(table: Table, key: str) -> frozenset[str | bool]:
    """Return the words of a condition; a boolean stands alone."""
    value = table.get(key)
    return frozenset({value}) if isinstance(value, bool) else frozenset(table.texts(key, required=True))
