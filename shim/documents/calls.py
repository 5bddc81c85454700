"""Read successors: the calls that replace an operation.

The attribute ``around`` of a table has the parts of the operation that are known so
far.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, Self

import attrs

from shim.documents.before import METHODS, Before, read_names
from shim.documents.errors import (
    ErrorRule,
    read_errors,
    unknown_parameters,
    wrong_errors,
)
from shim.documents.fields import BARE, BODY, TIERS, Field, Resource, When
from shim.documents.lens import FROM_LENS, Lens
from shim.documents.objects import RefusedChoice
from shim.documents.question import QueryRule, RequestBody
from shim.documents.read import Declared, given, named, nested, of_table, read_as, under
from shim.documents.resources import read_body
from shim.documents.sources import parse_source
from shim.documents.tables import Rows, Table, checked, key_path, read_template
from shim.documents.templates import Template, parse_template
from shim.documents.vocabulary import parse_date

PAGING = ("kept", "collected")
_IS_LEGACY = "is the legacy call itself; give another path, or end versions before the version of this call"


def _path(table: Table, key: str) -> Template:
    legacy = table.around.operation
    if table.around.tier in TIERS or key in table.data:
        return read_template(table, key, verbs=True)
    return checked(table, key, parse_template, legacy.full_path) or legacy.path


def _method(table: Table, key: str) -> str:
    return table.word(key, METHODS, default=table.around.operation.method)


def _body(table: Table, key: str) -> Resource | None:
    return read_body(table.table(key))


def _resource(table: Table, key: str) -> Resource:
    own = table.around.resources.named(table, key)
    legacy: Resource = table.around.operation.resource
    return own or legacy


def _before(table: Table, key: str) -> tuple[Before, ...]:
    found: list[Before] = []
    for sub in table.list_of_tables(key):
        sub.around = table.around
        found.append(Before.read(sub))
        given = (*table.around.given, *found[-1].gives)
        table.around = attrs.evolve(table.around, given=given)
    return tuple(found)


def _reads_all(table: Table) -> bool:
    """Return whether the answer is a complete list, which is read to its end."""
    shape = table.around.operation.shape
    if shape == "page":
        return table.data.get("bare") is True
    return bool(shape == "array")


def _paging(table: Table, key: str) -> str:
    default = "collected" if _reads_all(table) else "kept"
    return table.word(key, PAGING, default=default)


def _legacy_name(made: Field, items: str, given: Collection[str]) -> str:
    """Return the first legacy body member that the rules of a new member read, empty without one.

    For a write that is sent once for each of some ``items``, rules read an item; names
    from lookups aren't members.
    """
    for rule in made.rules.get(BODY, ()):
        for source in rule.sources:
            if items and source == BARE:
                name = items
            else:
                name = source
            if parse_source(name)[0] not in given:
                return name.replace("[only]", "[0]").replace("[first]", "[0]")
    return ""


@attrs.frozen
class Target(Declared):
    """One upstream call."""

    method: str = read_as(_method)
    path: Template = read_as(_path)
    version: str = read_as(Table.text)
    """The media type of the successor's resource."""
    paging: str = read_as(_paging, default="kept")
    """How its pages are used."""
    bare: bool = False
    """Whether the answer is the bare list or value."""
    query: Mapping[str, QueryRule] = named(QueryRule)
    """The query parameters, by the legacy call's parameter."""
    include_count: bool = under("includeCount", default=True)
    """Whether its query may contain ``includeCount``."""
    lens: Lens | None = given("lens", default=None)
    """How the legacy body is merged into the current resource."""
    body: Resource | None = read_as(_body, default=None)
    content: str = of_table("around.operation.content", default="json")
    before: tuple[Before, ...] = given("before", default=())
    """The calls before it: lookups, then writes."""

    @classmethod
    def part(cls, table: Table, **known: Any) -> Self:
        before = _before(table, "before")  # which define names for the others
        lens = Lens.maybe(table.table("lens"))
        if lens is not None:
            given = (*table.around.given, *FROM_LENS)
            table.around = attrs.evolve(table.around, given=given)
        return super().part(table, before=before, lens=lens, **known)

    @property
    def accept(self) -> str:
        """The media type that the call requests, and that of its content."""
        return f"application/vnd.atlas.{self.version}+{self.content}"

    @property
    def given(self) -> tuple[str, ...]:
        """The names that its lookups define."""
        return tuple(name for one in self.before for name in one.gives)

    @property
    def looks(self) -> tuple[Before, ...]:
        """The lookups before it, which come first."""
        return tuple(one for one in self.before if one.method == "GET")

    @property
    def writes(self) -> tuple[Before, ...]:
        """The writes before it."""
        return tuple(one for one in self.before if one.method != "GET")

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """Method, path and version of the writes before it, and its own unless it then only reads."""
        calls: list[Before | Target] = [*self.writes]
        if not self.writes or self.method != "GET":
            calls.append(self)
        changes = []
        for one in calls:
            path = one.path or self.path
            changes.append((one.method, path.text, one.version or self.version))
        return tuple(changes)

    @property
    def made(self) -> tuple[Resource, ...]:
        """The bodies and queries that rules build for it, and for the calls before it."""
        made = [] if self.body is None else [self.body]
        for before in self.before:
            made += before.made
        return tuple(made)

    @cached_property
    def legacy_names(self) -> Mapping[str, str]:
        """The legacy names of members in the bodies it sends, where they differ."""
        given = {*self.given, *FROM_LENS}
        found: dict[str, str] = {}
        bodies = [("", self.body)]
        bodies += [(one.each, one.body) for one in self.writes]
        for items, body in bodies:
            for field in body.fields if body else ():
                name = _legacy_name(field, items, given)
                if name and name != field.name:
                    found.setdefault(field.name, name)
        return found

    def wrong(self, table: Table) -> Rows:
        legacy = table.around.operation
        checked(table, "version", parse_date, self.version)
        kept = self.paging == "kept"
        is_one = legacy.shape == "one"
        is_read = legacy.method == "GET"
        known: tuple[str, ...] = ()
        for one in self.before:
            names = (one.path or self.path).parameters
            at = f"{one.at.removeprefix(table.path)}.path"
            yield from unknown_parameters(at, names, legacy, known)
            known = (*known, *one.gives)
        yield from unknown_parameters("path", self.path.parameters, legacy, known)
        if self.lens is not None:
            lists = {name.partition(".")[0] for name in self.lens.lists}
            if self.body:
                fields = {field.name for field in self.body.fields}
            else:
                fields = set()
            yield (
                "lens",
                self.body is None,
                "needs a body, whose rules read the merged resource",
            )
            yield "lens", self.before, "can't be combined with before"
            lacking = lists - fields
            said = " and ".join(sorted(lacking))
            yield "lens", lacking, f"compares {said}, which body does not define"
        yield (
            "before",
            self.before != self.looks + self.writes,
            "has a lookup after a write; put lookups first",
        )
        what = f"{self.method} can't replace {legacy.method}: a read must become a read, and a write a write"
        yield "method", (self.method == "GET" and not self.writes) != is_read, what
        for api in table.around.apis.values():
            old_path = f"{api.base}{legacy.path.text}"
            same = self.path.text == old_path and self.method == legacy.method
            is_new = api.version is None and self.version not in legacy.versions
            yield "path", same and not is_new, _IS_LEGACY
        yield (
            "paging",
            _reads_all(table) and kept,
            "must be collected, because the whole list is read",
        )
        yield (
            "includeCount",
            is_one and not self.include_count,
            "applies only to lists; this operation returns one resource",
        )
        yield (
            "paging",
            is_one and not kept,
            "applies only to lists; this operation returns one resource",
        )


@attrs.frozen
class Successor(Declared):
    """The successor of an operation on one tier."""

    tier: str = of_table("name")
    only: Target | None = given(*Target.keys(), default=None)
    """Its call."""
    choices: Mapping[str, Target | RefusedChoice] = given("choose", factory=dict)
    """Its calls or refusals, by a word in the body."""
    after: tuple[str, ...] = ()
    """The error codes of other sides that lead to this tier."""
    switch: str = ""
    """The switch that must be on."""
    adds: bool = False
    """Whether its list follows the other side's."""
    when: When | None = nested(When)
    """The condition for a body that is sent to this tier directly."""
    request: RequestBody | None = given("request", default=None)
    """The legacy body for this tier."""
    probe: Template | None = None
    """A GET that shows the tier without writing."""
    errors: Mapping[str, ErrorRule] = read_as(read_errors, factory=dict)
    """Legacy errors by the successor's code, and by the status of successes that mean an error."""
    resource: Resource = read_as(_resource, factory=Resource)
    """The legacy answer."""
    note: str = ""
    at: str = of_table("path", default="")

    @classmethod
    def read(cls, table: Table) -> Self:
        table.know(cls.keys())
        request = RequestBody.maybe(table.table("request"))
        if request is not None:
            operation = attrs.evolve(table.around.operation, request=request)
            table.around = attrs.evolve(table.around, operation=operation)
        tables = table.named_tables("choose")
        choices = {word: _choice(choice) for word, choice in tables.items()}
        if choices:
            table.know(cls.keys() - Target.keys())
        only = None if choices else Target.part(table)
        return cls.part(table, only=only, choices=choices, request=request)

    def wrong(self, table: Table) -> Rows:
        legacy = table.around.operation
        words = table.around.operation.words
        targets = list(self.targets())
        for word in self.choices:
            yield (
                "choose",
                word not in words,
                f"{word!r} is not in request.words",
            )
        for word in words if self.choices else ():
            yield "choose", word not in self.choices, f"has no entry for {word!r}"
        yield (
            "choose",
            not targets,
            "refuses every word; describe an operation without a successor by gone",
        )
        useless = self.probe is not None and len(targets) >= len(self.choices)
        yield (
            "probe",
            useless,
            "has no effect: it is for refused words, and no word is refused",
        )
        lacking = legacy.successors and not self.after and not self.switch
        yield (
            "after",
            lacking,
            "is missing; list the error codes of the other tier that lead to this one",
        )
        ways = [bool(self.after), self.adds, self.when is not None]
        yield (
            "switch",
            self.switch and ways.count(True) != 1,
            "needs exactly one of after, adds and when",
        )
        yield (
            "switch",
            not self.switch and any(ways[1:]),
            "is missing; adds and when need a switch",
        )
        kept = self.only is not None and self.only.paging == "kept"
        no_list = legacy.method != "GET" or legacy.shape != "page" or kept
        yield (
            "adds",
            self.adds and no_list,
            "applies only to lists whose pages are collected",
        )
        looks = any(target.before for _, target in targets)
        yield (
            "before",
            looks and (self.adds or self.when is not None),
            "can't be combined with adds or when",
        )
        for key, said in (("when", self.when), ("request", self.request)):
            yield (
                key,
                said and not legacy.has_body,
                f"applies only to calls with a body; {legacy.method} has none",
            )
        yield (
            "request",
            self.request and self.request.choose,
            "can't contain choose; only the operation's own request can",
        )
        yield from unknown_parameters(
            "probe", self.probe.parameters if self.probe else (), legacy
        )
        yield from wrong_errors(self.errors)
        is_read = legacy.content == "json"
        reads_errors = any(one.when for one in self.errors.values())
        yield (
            "errors",
            reads_errors and not is_read,
            "can't have a when: the content is passed through unread",
        )
        for _, target in targets:
            lists = (name for one in target.before for name in (one.each, one.but))
            used = {*self.texts, *read_names(target.made), *lists}
            for one in target.before:
                for name in one.gives:
                    at = key_path(f"{one.at.removeprefix(self.at)}.gives", name)
                    yield at, name not in used, f"{name!r} is never used"

    @cached_property
    def given(self) -> tuple[str, ...]:
        """The names that lookups define before each of its calls."""
        names = [target.given for _, target in self.targets()]
        every = dict.fromkeys(sum(names, ()))
        return tuple(name for name in every if all(name in one for one in names))

    @cached_property
    def texts(self) -> frozenset[str]:
        """The names that occur in paths, links and parameters.

        Their values must be texts.
        """
        targets = [target for _, target in self.targets()]
        made = [(self.resource, self.tier)]
        for target in targets:
            made += [(one, BODY) for one in target.made]
        names = set[str]()
        for resource, tier in made:
            for rule in resource.rules_for(tier):
                names.update(rule.verb.names)
        for target in targets:
            for path in (target.path, *(look.path for look in target.before)):
                if path:
                    names.update(path.parameters)
        return frozenset(names)

    def targets(self) -> Iterator[tuple[str, Target]]:
        """Return its upstream calls, each with its key."""
        if self.only is not None:
            yield "", self.only
        for word, choice in self.choices.items():
            if isinstance(choice, Target):
                yield key_path(".choose", word), choice


def _choice(table: Table) -> Target | RefusedChoice:
    if "refuse" in table.data:
        table.know(("refuse",))
    else:
        table.know((*Target.keys(), "refuse"))
    return RefusedChoice.maybe(table.table("refuse")) or Target.part(table)
