"""Resources, their fields, and the members of request bodies, from TOML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

from shim.documents.fields import BARE, BODY, TIERS, TYPES, Field, Resource, Rule
from shim.documents.model import Api, RequestBody
from shim.documents.parse_rules import parse_rule
from shim.documents.tables import Table

_NO_TIERS = frozenset({"legacy", "none", "auto", "date", "off", BODY})
"""Words that mean something else where a tier is named."""

_SETTINGS = {"rest": bool, "without": list, "bare": bool}
"""Keys of a resource that are no fields, and the types that tell them from fields of the same names."""


def tiers_of(table: Table) -> Iterator[tuple[str, Table, str]]:
    """Return each tier that a table names, with the table and the key it stands under, in the order of asking."""
    table.know(*TIERS)
    seen = [tier for tier in TIERS if table.has(tier)]
    yield from ((tier, table, tier) for tier in seen)
    named = table.table("tier")
    if named is None:
        return
    for name in named.names():
        if re.fullmatch("[a-z][a-z0-9]*", name) is None or name in _NO_TIERS:
            named.wrong(name, "is no name of a tier; give one of small letters and digits")
        elif name in seen:
            named.wrong(name, f"is there already, without tier: {table.at(name)}")
        else:
            yield name, named, name


def parse_resources(
    tables: Mapping[str, Table], apis: Mapping[str, Api], shared: Mapping[str, Resource]
) -> dict[str, Resource]:
    """Return the resources of a document by name; ``shared`` are those of another one, which fields may name too."""
    return _Reading(tables, apis, shared).all()


@attrs.define
class _Reading:
    """The resources of a document while they are read: one may stand in another."""

    tables: Mapping[str, Table]
    apis: Mapping[str, Api]
    shared: Mapping[str, Resource]
    read: dict[str, Resource] = attrs.field(factory=dict)
    outer: list[str] = attrs.field(factory=list)

    def all(self) -> dict[str, Resource]:
        return {name: self.named(name) for name in self.tables}

    def named(self, name: str) -> Resource:
        if name not in self.read:
            self.outer.append(name)
            self.read[name] = self._resource(name, self.tables[name])
            self.outer.pop()
        return self.read[name]

    def _resource(self, name: str, table: Table) -> Resource:
        given = {key: table.get(key) for key, kind in _SETTINGS.items() if _is_of(table, key, kind)}
        fields = tuple(
            self._field(key, sub) for key in table.names() if key not in given and (sub := table.table(key)) is not None
        )
        resource = Resource(
            name=name,
            fields=fields,
            rest=given.get("rest", False),
            without=table.texts("without") if "without" in given else (),
            bare=given.get("bare", False),
            at=table.path,
        )
        if resource.bare and ([field.name for field in fields] != [BARE] or resource.rest):
            table.wrong("bare", f"needs one field, {BARE!r}, whose value is the answer, and no rest")
        if resource.without and not resource.rest:
            table.wrong("without", "can never apply: without rest = true no other member passes")
        return resource

    def _field(self, name: str, table: Table) -> Field:
        rules = {
            tier: tuple(parse_rule(rule, self.apis) for rule in found)
            for tier, where, key in tiers_of(table)
            if (found := where.list_of_tables(key))
        }
        if found := table.list_of_tables(BODY):
            rules[BODY] = tuple(parse_rule(rule, self.apis, plain=True) for rule in found)
        field = Field(
            name=name,
            type=table.word("type", TYPES),
            words=table.texts("words"),
            rules=rules,
            at=table.path,
            file=table.owner,
            of=self.of(table),
        )
        if not field.rules:
            table.wrong("", "has no rule; give one for a tier: flex, dedicated or tier.NAME")
        table.finish(needs=(*TIERS, "tier"))
        return field

    def of(self, table: Table) -> Resource | None:
        """Return the resource that a field's objects are."""
        name = table.text("of", default="")
        if not name:
            return None
        if table.word("type", TYPES) not in {"object", "objects"}:
            table.wrong("of", "belongs to fields of type object or objects")
        if name in self.outer:
            table.wrong("of", f"{name!r} stands inside itself: {' in '.join((name, *reversed(self.outer)))}")
        elif name in self.tables:
            return self.named(name)
        elif name in self.shared:
            return self.shared[name]
        else:
            table.wrong("of", f"{name!r} is no resource of this document")
        return None


def _is_of(table: Table, key: str, kind: type) -> bool:
    return table.has(key) and type(table.get(key)) is kind


def parse_body(table: Table, request: RequestBody | None, resources: Mapping[str, Resource]) -> Resource:
    """Return the members of a successor's request body, whose rules read the legacy body."""
    if request is None:
        table.wrong("", "needs [….request], which declares the legacy body")
    given = {key for key, kind in _SETTINGS.items() if key != "bare" and _is_of(table, key, kind)}
    rest = "rest" in given and table.flag("rest")
    without = table.texts("without") if "without" in given else ()
    if without and not rest:
        table.wrong("without", "can never apply: without rest = true no other member passes")
    fields = [
        field for name in table.names() if name not in given for field in _member(name, table, request, resources)
    ]
    return Resource(name="", fields=tuple(fields), rest=rest, without=without, at=table.path)


def _member(name: str, table: Table, request: RequestBody | None, resources: Mapping[str, Resource]) -> Iterator[Field]:
    rules = list[Rule]()
    kinds, inside = dict[str, None](), dict[str, None]()  # in their order
    for sub in table.list_of_tables(name):
        of = sub.text("of", default="")
        if of and of not in resources:
            sub.wrong("of", f"{of!r} is no resource of this document")
        kinds[kind := sub.word("type", TYPES)] = inside[of or "none"] = None
        if of and kind not in {"object", "objects"}:
            sub.wrong("of", "belongs to fields of type object or objects")
        rules.append(parse_rule(sub, {}, plain=True))
        for source in rules[-1].sources:
            declared = () if request is None else request.members.keys()
            if request is not None and not request.rest and not {source, re.split(r"[.\[]", source)[0]} & set(declared):
                sub.wrong("", f"reads {source!r}, which is no member of the legacy body")
    for what, found in (("type", kinds), ("of", inside)):
        if len(found) > 1:
            table.wrong(name, f"has more than one {what}: {', '.join(found)}")
    for kind, of in [*zip(kinds, inside, strict=False)][:1]:
        one = resources.get(of)
        yield Field(name, kind, words=(), rules={BODY: tuple(rules)}, at=table.at(name), file=table.owner, of=one)
