"""Read the calls that precede a successor's own: lookups, and writes that are sent first."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from shim.documents.errors import ErrorRule, read_errors, wrong_errors
from shim.documents.fields import BARE, BODY, LISTS, Resource
from shim.documents.question import RequestBody
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
        plain = _members(request).get(str(table.data["each"])) == "strings"
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
        checked(table, "version", parse_date, self.version)
        is_look = self.method == "GET"
        of_looks = self.gives or self.members or self.errors
        yield (
            "method",
            not is_look and table.around.operation.method == "GET",
            "must be GET: the legacy call is a read, and nothing may be written before it",
        )
        yield (
            "",
            not is_look and of_looks,
            "is a write; gives, members and errors apply only to lookups",
        )
        yield (
            "",
            is_look and not self.gives and not self.errors,
            "is a lookup without effect; add gives or errors",
        )
        yield "body", self.body and is_look, "applies only to writes"
        yield "each", self.each and is_look, "applies only to writes"
        for key, made in (("query", self.query), ("body", self.body)):
            is_empty = made is not None and not made.fields
            yield key, is_empty, "is empty; give members, each with a rule"
        yield from self._wrong_lists(table)
        yield from self._wrong_values(table)
        yield from self._wrong_query()
        yield from wrong_errors(self.errors)
        for code, rule in self.errors.items():
            yield (
                key_path(".errors", code),
                rule.when is None,
                "is an error code; move its rule from before to the successor's errors",
            )

    def _wrong_lists(self, table: Table) -> Rows:
        """Yield the defects of the lists whose items become a write each."""
        given = table.around.given
        request = table.around.operation.request
        yield "but", self.but and not self.each, "applies only together with each"
        yield "but", self.but and self.but == self.each, "must differ from each"
        yield "by", self.by and not self.but, "applies only together with but"
        members = _members(request)
        required: Collection[str] = members
        if request and not request.bare:
            required = request.required
        for key, name in (("each", self.each), ("but", self.but)):
            is_list = name in given or members.get(name) in LISTS
            yield (
                key,
                name and not is_list,
                f"{name!r} is neither a list in the legacy body nor a value of an earlier lookup",
            )
            may_be_absent = is_list and name not in given and name not in required
            yield (
                key,
                may_be_absent,
                f"{name!r} may be absent from a body; add it to request.required",
            )

    def _wrong_values(self, table: Table) -> Rows:
        """Yield the defects of the values that a lookup gives to later rules."""
        legacy = table.around.operation
        members = _members(legacy.request)
        names = {*legacy.path.parameters, *table.around.given, *members, BARE}
        chooses = any("[only" in source for source in self.gives.values())
        yield (
            "several",
            self.several and not chooses,
            "has no effect: none of its values uses [only]",
        )
        for name, source in self.gives.items():
            checked(table, "gives", parse_source, source)
            at = key_path(".gives", name)
            is_name = name.isascii() and name.isalnum() and name[0].isalpha()
            yield at, name in names, f"{name!r} is already the name of another value"
            yield (
                at,
                not is_name,
                f"{name!r} must consist of letters and digits, and begin with a letter",
            )

    def _wrong_query(self) -> Rows:
        """Yield the defects of a lookup's query, and of the members that its parameters are compared with."""
        fields = self.query.fields if self.query else ()
        yield (
            "members",
            self.method == "GET" and self.members and self.query is None,
            "applies only together with query",
        )
        parameters = {field.name for field in fields}
        for name in self.members if parameters else ():
            yield (
                key_path(".members", name),
                name not in parameters,
                f"{name!r} is not a parameter of the query",
            )
        for field in fields:
            yield (
                key_path(".query", field.name),
                field.type not in _IN_QUERY,
                "must be a plain value: a query has no lists or objects",
            )


def _members(request: RequestBody | None) -> Mapping[str, str]:
    """Return the types of a legacy body's members."""
    if request is None:
        return {}
    return request.members


def read_names(resources: Collection[Resource]) -> set[str]:
    """Return the names with which the rules of bodies begin."""
    found = set()
    for resource in resources:
        for rule in resource.rules_for(BODY):
            for source in rule.reads:
                found.add(str(parse_source(source)[0]))
    return found
