"""Read resources, their fields and rules, and the members of request bodies, from TOML."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import attrs

from shim.documents.fields import BODY, TIERS, TYPES, Field, Resource, Rule, Verb, When
from shim.documents.sources import MAX_NAME_LENGTH
from shim.documents.tables import Rows, Table
from shim.documents.verbs import VERBS, WAYS, Absent
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import From

_NO_TIERS = frozenset({"legacy", "none", "auto", "date", "off", BODY})
"""Words that settings or documents use instead of a tier."""
_SETTINGS = {"rest": bool, "without": list}
"""Keys of a resource that are settings.

A key of another type is a field of that name.
"""
_OWN = {
    False: frozenset({"why", "when", "fidelity"}),
    True: frozenset({"why", "when", "type", "of"}),
}
_VERBS_AND_WAYS = (*VERBS.values(), *WAYS)
_OF_VERBS = frozenset().union(*(one.keys() for one in _VERBS_AND_WAYS))
_KEYS = {in_body: own | _OF_VERBS for in_body, own in _OWN.items()}
"""Keys of every rule, with those of verbs; False for rules of answers, True for those of bodies."""
MOST_FIELDS = 10_000
"""The maximum number of fields of a resource and its nested objects, since resources can nest repeatedly."""
_NEAR = (Fidelity.EXACT, Fidelity.RENAMED)
_LEVELS = (*_NEAR, Fidelity.DERIVED)
"""The levels that need no reason, and those of rules whose verb defines no others."""


def tiers_of(table: Table) -> Iterator[tuple[str, Table, str]]:
    """Yield (tier, table, key) for each tier in a table, in the order of requests."""
    seen = [tier for tier in TIERS if tier in table.data]
    yield from ((tier, table, tier) for tier in seen)
    named = table.table("tier") or Table({}, table.source)
    for name in named.data:
        if re.fullmatch("[a-z][a-z0-9]*", name) is None or name in _NO_TIERS:
            named.wrong(
                name, "is not a name of a tier; use lowercase letters and digits"
            )
        elif name in seen:
            named.wrong(name, f"already exists as {table.at(name)}")
        else:
            yield name, named, name


@attrs.define
class Resources:
    """The resources of a document by name, including borrowed ones.

    Each is read when first requested.
    """

    tables: Mapping[str, Table] = attrs.field(factory=dict)
    read: dict[str, Resource] = attrs.field(factory=dict)
    _outer: list[str] = attrs.field(factory=list)

    def named(self, table: Table, key: str) -> Resource | None:
        """Return the resource that a key of a table names, None if it names none."""
        name = table.text(key, default="")
        if name in self._outer:
            chain = " in ".join((name, *reversed(self._outer)))
            table.wrong(key, f"{name!r} contains itself: {chain}")
        elif name in self.tables or name in self.read:
            found = self.get(name)
            if found.size <= MOST_FIELDS:
                return found
            table.wrong(
                key,
                f"{name!r} has more than {MOST_FIELDS} fields, including the fields of its objects",
            )
        elif name:
            table.wrong(key, f"{name!r} is not a resource of this document")
        return None

    def get(self, name: str) -> Resource:
        """Return the resource of a name that exists."""
        if name not in self.read:
            self._outer.append(name)
            self.read[name] = _resource(self.tables[name], name, _SETTINGS, _field)
            self._outer.pop()
        return self.read[name]


def _resource(
    table: Table,
    name: str,
    settings: Collection[str],
    read: Callable[[Table, str], Iterator[Field]],
) -> Resource:
    """Return the resource in a table.

    Keys of ``settings`` with the right type are settings, all others are fields.
    """
    given: dict[str, Any] = {}
    for key in settings:
        value = table.data.get(key)
        if type(value) is _SETTINGS[key]:
            given[key] = value
    fields = list[Field]()
    for key in table.data:
        if key not in given:
            fields += read(table, key)
    if "without" in given:
        given["without"] = tuple(
            one[: MAX_NAME_LENGTH + 1] for one in table.texts("without")
        )
    made = Resource(name, tuple(fields), at=table.path, **given)
    table.refuse(_wrong_without(made))
    return made


def _wrong_without(resource: Resource) -> Rows:
    is_long = any(len(one) > MAX_NAME_LENGTH for one in resource.without)
    yield "without", is_long, f"has a name of more than {MAX_NAME_LENGTH} characters"
    never = resource.without and not resource.rest
    what = "has no effect: without rest = true no other member passes"
    yield "without", never, what


def _field(resource: Table, name: str) -> Iterator[Field]:
    table = resource.table(name)
    if table is None:
        return
    if len(name) > MAX_NAME_LENGTH:
        table.wrong("", f"has a name of more than {MAX_NAME_LENGTH} characters")
        name = name[:MAX_NAME_LENGTH]
    table.know((*TIERS, "tier", BODY, "type", "words", "of"))
    rules = dict[str, tuple[Rule, ...]]()
    for tier, where, key in (*tiers_of(table), (BODY, table, BODY)):
        if found := where.list_of_tables(key):
            in_body = tier == BODY
            rules[tier] = tuple(_read_rule(rule, in_body=in_body) for rule in found)
    if not rules:
        table.wrong("", "has no rule; add one for a tier: flex, dedicated or tier.NAME")
    kind, of = _type_of(table)
    yield Field(name, kind, table.texts("words"), rules, table.path, of)


def _type_of(table: Table) -> tuple[str, Resource | None]:
    """Return the type of a field, and the resource of its objects."""
    kind = table.word("type", TYPES)
    if "of" in table.data and kind not in {"object", "objects"}:
        table.wrong("of", "applies only to fields of type object or objects")
    return kind, table.around.resources.named(table, "of")


def read_body(
    table: Table | None, settings: Collection[str] = ("rest", "without")
) -> Resource | None:
    """Return the members of a successor's request body, None without a table.

    Their rules read the legacy body.
    """
    if table is None:
        return None
    request = table.around.operation.request
    lacks = request is None and table.around.operation.has_body and "rest" in settings
    table.refuse([("", lacks, "needs [….request], which declares the legacy body")])
    return _resource(table, "", settings, _member)


def _member(body: Table, name: str) -> Iterator[Field]:
    """Yield the field of a body's member; each of its rules has type and resource."""
    tables = body.list_of_tables(name)
    request = body.around.operation.request
    rules = tuple(_read_rule(table, in_body=True) for table in tables)
    types = [_type_of(table) for table in tables]
    for number, what in enumerate(("type", "of")):
        if any(one[number] != types[0][number] for one in types):
            body.wrong(name, f"has more than one {what}")
    for table, rule in zip(tables, rules, strict=True):
        given = body.around.given
        for source in rule.reads if given is not None else ():
            first = re.split(r"[.\[]", source)[0]
            known = {*given, *(request.members if request else ())}
            unknown = not (request and request.rest) and not {source, first} & known
            ignored = (
                "",
                request and first in request.ignored,
                f"reads {source!r}, which is ignored",
            )
            table.refuse(
                [
                    ignored,
                    (
                        "",
                        unknown,
                        f"reads {source!r}, which is not a member of the legacy body",
                    ),
                ]
            )
    for kind, of in types[:1]:
        yield Field(name, kind, (), {BODY: rules}, body.at(name), of)


def _read_rule(table: Table, *, in_body: bool) -> Rule:
    """Return one rule; rules of a request body have no fidelity."""
    table.know(_KEYS[in_body])
    present = [key for key in VERBS if key in table.data]
    verb: Verb = Absent()
    if len(present) == 1:
        cls = VERBS[present[0]]
        ways = list[type[Verb]]()
        if cls is From:
            ways = [way for way in WAYS if way.key in table.data]
        keys = " and ".join(way.key for way in ways)
        table.refuse(
            [
                (
                    "",
                    len(ways) > 1,
                    f"{keys} can't be combined in one rule",
                )
            ]
        )
        allowed = [one.keys() for one in ways or [cls]]
        table.know(_OWN[in_body].union(*allowed))
        verb = (*ways, cls)[0].part(table)
    else:
        table.wrong(
            "",
            f"needs exactly one of {', '.join(VERBS)}, not {', '.join(present) or 'none'}",
        )
    fidelity = Fidelity.EXACT
    why = table.text("why", default="")
    if len(present) == 1 and not in_body:
        # A constant under a condition depends on it, so it is derived.
        if "when" in table.data and len(verb.levels) > 1:
            known = verb.levels[1:]
        else:
            known = verb.levels
        levels = tuple(level.value for level in known or _LEVELS)
        fidelity = Fidelity(
            table.word("fidelity", levels, default=levels[0] if known else None)
        )
    if fidelity not in _NEAR and not why:
        table.wrong("why", f"is missing; explain why the field is {fidelity}")
    owner = table.source.owner(table.path)
    when = When.maybe(table.table("when"))
    return Rule(verb, table.path, owner, fidelity, why, when)
