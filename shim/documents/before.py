"""Read the calls that precede a successor's own: lookups, and writes that are sent first."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from shim.documents.errors import ErrorRule, read_errors, wrong_errors
from shim.documents.fields import BARE, BODY, LISTS, Resource
from shim.documents.read import Declared, of_table, read_as
from shim.documents.resources import read_body
from shim.documents.sources import parse_source
from shim.documents.tables import Rows, Table, checked, key_path
from shim.documents.templates import Template
from shim.documents.vocabulary import parse_date

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_IN_QUERY = frozenset({"boolean", "integer", "number", "string"})


def _made(table: Table, key: str) -> Resource | None:
    sub = table.table(key)
    # no document declares the members of the list's objects
    if sub is not None and "each" in table.data:
        request = table.around.operation.request
        members = {} if request is None else request.members
        plain = members.get(str(table.data["each"])) == "strings"
        given = (*table.around.given, BARE) if plain else None
        sub.around = attrs.evolve(table.around, given=given)
    return read_body(sub, settings=())


@attrs.frozen
class Before(Declared):
    """A call that precedes the answering one: a lookup, or a write that is sent first."""

    method: str = read_as(lambda table, key: table.word(key, METHODS, default="GET"))
    path: Template | None = None
    """Its base path, by default that of the answering call; ``version`` likewise."""
    version: str = ""
    each: str = ""
    """The list; the call is made once for each item."""
    but: str = ""
    """The list whose items are left out."""
    by: str = ""
    """The member that identifies an object in these lists.

    Without it, whole items are compared.
    """
    query: Resource | None = read_as(_made, default=None)
    """Its rules, like those of ``body``.

    They read the legacy body, an item, and the names from earlier lookups.
    """
    body: Resource | None = read_as(_made, default=None)
    gives: Mapping[str, str] = attrs.field(factory=dict)
    """The names of values in its reply, for later rules and paths."""
    members: Mapping[str, str] = attrs.field(factory=dict)
    """The member of an item that a query parameter compares, where the two have different names."""
    errors: Mapping[str, ErrorRule] = read_as(read_errors, factory=dict)
    """Its successes that mean errors."""
    several: str = ""
    """Advice for the caller if ``[only]`` finds several items for one of its values."""
    at: str = of_table("path", default="")

    @property
    def made(self) -> tuple[Resource, ...]:
        """The parts that rules build for it."""
        return tuple(one for one in (self.query, self.body) if one is not None)

    def wrong(self, table: Table) -> Rows:
        legacy = table.around.operation
        given = table.around.given
        is_look = self.method == "GET"
        if legacy.request:
            members = legacy.request.members
        else:
            members = {}
        if legacy.request and not legacy.request.bare:
            required = legacy.request.required
        else:
            required = members
        checked(table, "version", parse_date, self.version)
        yield (
            "method",
            not is_look and legacy.method == "GET",
            "writes before a read: a read stays a read",
        )
        for key, made in (("query", self.query), ("body", self.body)):
            yield (
                key,
                made and not made.fields,
                "makes nothing: give members, each with a rule",
            )
        yield "body", self.body and is_look, "belongs to writes"
        yield "each", self.each and is_look, "belongs to writes"
        yield "but", self.but and not self.each, "belongs to each"
        yield "but", self.but and self.but == self.each, "is the same list as each"
        yield "by", self.by and not self.but, "belongs to but"
        chooses = any("[only" in source for source in self.gives.values())
        yield (
            "several",
            self.several and not chooses,
            "can never be used: none of its values is [only]",
        )
        for key, name in (("each", self.each), ("but", self.but)):
            is_list = name in given or members.get(name) in LISTS
            yield (
                key,
                name and not is_list,
                f"{name!r} is neither a list of the legacy body nor given by a look before",
            )
            maybe = is_list and name not in given and name not in required
            yield key, maybe, f"{name!r} may be missing: name it in request.required"
        of_looks = self.gives or self.members or self.errors
        yield (
            "",
            not is_look and of_looks,
            "writes; gives, members and errors belong to looks",
        )
        yield (
            "",
            is_look and not self.gives and not self.errors,
            "looks in vain: it gives nothing and refuses nothing",
        )
        for name, said in self.gives.items():
            checked(table, "gives", parse_source, said)
            known = {*legacy.path.parameters, *given, *members, BARE}
            yield (
                key_path(".gives", name),
                name in known,
                f"{name!r} is the name of something else already",
            )
            no_name = not (name.isascii() and name.isalnum() and name[0].isalpha())
            yield (
                key_path(".gives", name),
                no_name,
                f"{name!r} is not a name of letters and digits",
            )
        if self.query:
            parameters = {field.name for field in self.query.fields}
        else:
            parameters = set()
        yield (
            "members",
            is_look and self.members and self.query is None,
            "has no query to belong to",
        )
        for name in self.members if parameters else ():
            yield (
                key_path(".members", name),
                name not in parameters,
                f"{name!r} is not a parameter of the query",
            )
        yield from wrong_errors(self.errors)
        for code, rule in self.errors.items():
            yield (
                key_path(".errors", code),
                rule.when is None,
                "is an error; its rule goes next to before",
            )
        for field in self.query.fields if self.query else ():
            yield (
                key_path(".query", field.name),
                field.type not in _IN_QUERY,
                "is not a plain value, as a query has",
            )


def read_names(resources: Collection[Resource]) -> set[str]:
    """Return the names with which the rules of bodies begin."""
    found = set()
    for resource in resources:
        for rule in resource.rules_for(BODY):
            for source in rule.reads:
                found.add(str(parse_source(source)[0]))
    return found
