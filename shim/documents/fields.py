"""Fields of an answer or of a body, the rules that give them values, and what every verb has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import attrs

from shim.documents.columns import Columns, Part, Unusual
from shim.documents.read import read_declared
from shim.documents.sources import Step, parse_source
from shim.documents.tables import Rows, Table
from shim.documents.templates import Template
from shim.documents.value_types import FITS, Json
from shim.documents.vocabulary import Fidelity

TIERS = ("flex", "dedicated")
"""The tiers of Atlas' own that documents may name without ``tier.``, in the order in which they are asked."""
BODY = "body"
"""What stands for a tier in rules that make a request body."""
BARE = "value"
"""The name under which rules read what is no object, and of the one field of a bare answer."""

TYPES = ("string", "integer", "number", "boolean", "time", "strings", "object", "objects", "array", "links", "any")
"""The types a field may have; objects and what may be one are handed over as they are, unless ``of`` is said."""
LISTS = ("strings", "objects", "array", "links")
"""Those whose values are lists."""

Branch = tuple[str, str]
"""A test, and the expression for the value that a field gets if it is the first that holds."""


@attrs.frozen
class When:
    """A condition: ``source`` has one of ``words``, or the boolean among them (or none of them).

    When ``given`` is not None: it has a value at all, or not.
    """

    source: str
    words: frozenset[str | bool] = frozenset()
    negated: bool = False
    given: bool | None = None


@attrs.frozen(kw_only=True)
class Verb:
    """How a field gets its value: how that is read, what it may make, the lines it becomes, and why it failed.

    ``verbs`` has a class for each. ``sources`` are what it reads of the other side's object.
    """

    key: ClassVar[str] = ""
    """The key that names it in a rule."""
    makes: ClassVar[tuple[str, ...]] = ()
    """The types of field that it gives a value to, any of them if empty."""
    hands_on: ClassVar[bool] = False
    """Whether objects may be its values, to be translated by a resource, and links, to be led back."""
    timeless: ClassVar[bool] = True
    """Whether its value is the same at any time."""
    levels: ClassVar[tuple[Fidelity, ...]] = ()
    """The fidelities that its rules may have, the first if they say none; if empty, they say which."""
    in_body: ClassVar[bool] = True
    """Whether it makes members of a request body, too."""
    says: ClassVar[str] = ""
    """How a value is made, in words that name attributes of the verb; empty when the level or the reason says it."""
    unlike: ClassVar[str] = ""
    """What a value is not that gives none."""

    sources: tuple[str, ...] = ()

    @classmethod
    def read(cls, table: Table) -> Self:
        """Return what a rule's table says."""
        return read_declared(cls, table)

    def how(self, name: str) -> str:
        """Say how the value of a field of that name is made."""
        return self.says.format(self)

    def wrong(self, field: Field, use: Use) -> Rows:
        """Yield what could never apply or never be true in a rule of that field."""
        return iter(())

    def reads_list(self, field: Field) -> bool | None:
        """Return whether the sources are lists; None if nothing is known of them."""
        return None

    def lines(self, script: Script, field: Field, which: str) -> list[str]:
        """Return the lines that give a field its value; ``which`` are the names of field and rule."""
        return chosen(field, self.branches(script, field), which, len(self.sources))

    def branches(self, script: Script, field: Field) -> list[Branch]:
        """Return the tests of what the sources say, each with the value where it holds."""
        raise NotImplementedError

    def column(self, columns: Columns, field: Field) -> Part | None:
        """Return the field's text in all items of a list, None if they have no value for it.

        Raises Unusual if it can't be written a column at a time.
        """
        source = next(filter(columns.has, self.sources), None)
        if source is not None or not self.sources:
            return self.column_of(columns, field, source or "")
        return None

    def column_of(self, columns: Columns, field: Field, source: str) -> Part:
        """Return the field's text in all items of a list, which have something at a source."""
        raise Unusual

    def is_missing(self, said: Json) -> bool:
        """Return whether a value counts as none at all."""
        return False

    def why_not(self, field: Field, said: Json) -> tuple[Json, str]:
        """Return what can't be used of a value that gave none, and why not; a verb without sources is never asked."""
        return said, self.unlike


def unfit(field: Field, said: Json) -> str:
    """Say why a value can't be that of a field."""
    if said is None:
        return "null is no value"
    if not FITS[field.type](said):
        return f"not of type {field.type}"
    return "not one of the legacy words" if field.words else "not a list of one"


@attrs.frozen
class Rule:
    """One way for a field to get its value, with its fidelity, the reason, and the document it stands in."""

    verb: Verb
    at: str
    owner: str
    fidelity: Fidelity
    why: str = ""
    when: When | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """What its verb reads."""
        return self.verb.sources

    @property
    def looked_at(self) -> tuple[str, ...]:
        """What its condition reads."""
        return () if self.when is None else (self.when.source,)


@attrs.frozen
class Field:
    """One field: dotted name, type, the words it may have, and its rules by tier (first match wins).

    ``of`` is the resource that each object in it is, where they are translated too.
    """

    name: str
    type: str
    words: tuple[str, ...]
    rules: Mapping[str, tuple[Rule, ...]]
    at: str
    file: str
    of: Resource | None = None

    def all_rules(self) -> list[Rule]:
        """Return its rules of all tiers."""
        return [rule for rules in self.rules.values() for rule in rules]


@attrs.frozen
class Resource:
    """The fields of an answer, of a part of one, or of a request body.

    With ``rest`` all other members are passed on as they are, but those in ``without``; ``bare`` says that the
    value of the one field stands alone.
    """

    name: str = ""
    fields: tuple[Field, ...] = ()
    rest: bool = False
    without: tuple[str, ...] = ()
    bare: bool = False
    at: str = ""

    def walk(self) -> Iterator[Field]:
        """Return all fields, those of the resources in them too."""
        for field in self.fields:
            yield field
            if field.of is not None:
                yield from field.of.walk()

    def reads_bare(self, tier: str) -> bool:
        """Return whether its rules read what is no object, under the name ``value``."""
        rules = [rule for field in self.fields for rule in field.rules.get(tier, ())]
        return any(parse_source(source)[0] == BARE for rule in rules for source in rule.sources)


@attrs.define
class Use:
    """How a document uses a resource: the paths of operations by id, and where its tiers' successors stand.

    On ``grouped`` tiers it is what several items become together; ``tier`` is the one that is looked at.
    """

    resource: Resource
    paths: dict[str, Template] = attrs.field(factory=dict)
    tiers: dict[str, list[str]] = attrs.field(factory=dict)
    grouped: set[str] = attrs.field(factory=set)
    tier: str = ""


Begin = Callable[..., Callable[..., dict[str, Json]]]
"""A function that takes what a call is translated with, and returns the one that makes a legacy object of another."""


@attrs.define
class Script:
    """The parts of one generated function.

    ``once`` are the lines that run once a call, ``holders`` and ``lines`` those that run for each object, and
    ``names`` the values that they name. ``parameters`` are those of the legacy path, which links may name beside
    members of the answer; ``api`` is the API whose relations links have. ``inner`` makes the translator of a
    resource that objects inside are.
    """

    parameters: Sequence[str]
    api: str
    tier: str
    inner: Callable[[Field, Resource], Begin]
    once: list[str] = attrs.field(factory=list)
    holders: dict[str, str] = attrs.field(factory=dict)
    inside: dict[str, str] = attrs.field(factory=dict)
    lines: list[str] = attrs.field(factory=list)
    names: dict[str, Any] = attrs.field(factory=dict)

    def name(self, stem: str, value: object) -> str:
        """Return a name of ours for a value."""
        name = f"{stem}_{len(self.names)}"
        self.names[name] = value
        return name

    def once_a_call(self, stem: str, expression: str) -> str:
        """Return the name of what an expression is worth in all objects of a call."""
        name = f"{stem}_{len(self.once)}"
        self.once.append(f"{name} = {expression}")
        return name

    def holder(self, outer: str) -> str:
        """Return the name of upstream's object at a dotted name, which is NOTHING where it has none."""
        if not outer:
            return "source"
        if outer not in self.holders:
            found = self.member(outer)
            self.holders[outer] = f"holder_{len(self.holders)}"
            self.lines.append(f"{self.holders[outer]} = found if type(found := {found}) is dict else NOTHING")
        return self.holders[outer]

    def member(self, source: str) -> str:
        """Return the expression for the value at a source, None if there is no source."""
        before, is_each, after = source.partition(f"[{Step.EACH}]")
        if is_each:
            path = parse_source(f"{BARE}{after}")[1:]
            return f"each({self.member(before)}, {self.name('path', path)})"
        outer, _, last = source.rpartition(".")
        name, *step = parse_source(last)
        found = f"{self.holder(outer)}.get({name!r})"
        return f"{step[0]}({found})" if step else found

    def nested(self, field: Field, resource: Resource) -> str:
        """Return the name of what translates the objects in a field, in one call."""
        if field.name not in self.inside:
            begin, part = self.name("begin", self.inner(field, resource)), f"report.part({field.name!r})"
            made = f"Nested({begin}(context, {part}), {part}, report, {resource.reads_bare(self.tier)})"
            self.inside[field.name] = self.once_a_call("nested", made)
        return self.inside[field.name]


def put(field: Field, value: str) -> str:
    """Return the line that puts a value in a field's place, and makes the objects that it stands in."""
    *outer, last = field.name.split(".")
    return f"made{''.join(f'.setdefault({part!r}, {{}})' for part in outer)}[{last!r}] = {value}"


def chosen(field: Field, branches: Sequence[Branch], which: str, sources: int = 1) -> list[str]:
    """Return the lines that put the value of the first test that holds in a field's place.

    As many look at each of the ``sources``: of those before it, what could not be used is reported.
    """
    lines, each = list[str](), max(1, len(branches) // sources)
    for number, (test, value) in enumerate(branches):
        lines += [f"{'elif' if number else 'if'} {test}:", f"    {put(field, value)}"]
        if 0 < number // each < sources:
            lines.append(f"    report.pass_over({which}, {number // each}, source)")
    return [*lines, "else:", f"    report.leave_out({which}, source, made)"]
