"""Define the fields of an answer or body, their rules, and the base class of all verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import attrs

from shim.documents.read import Declared, given, read_as, source_text
from shim.documents.script import Branch, Script, chosen
from shim.documents.sources import Step, parse_source, taken
from shim.documents.tables import Rows, Table, same
from shim.documents.vocabulary import FITS, Fidelity, Json

TIERS = ("flex", "dedicated")
"""Atlas's own tiers, in the order of requests.

Documents may name them without ``tier.``.
"""
BODY = "body"
"""The word for a tier in rules that build a request body."""
BARE = "value"
"""The name under which rules read values that are not objects."""

TYPES = (
    "string",
    "integer",
    "number",
    "boolean",
    "time",
    "strings",
    "object",
    "objects",
    "array",
    "links",
    "any",
)
"""The types of a field; objects pass unchanged unless ``of`` is set."""
LISTS = ("strings", "objects", "array", "links")
"""The types whose values are lists."""


def _words(table: Table, _: str) -> frozenset[str | bool]:
    for key in [key for key in ("is", "is_not") if key in table.data][:1]:
        word = table.data.get(key)
        return frozenset({word} if isinstance(word, bool) else table.texts(key))
    return frozenset()


@attrs.frozen
class When(Declared):
    """A condition on the value at a source."""

    source: str = source_text()
    words: frozenset[str | bool] = read_as(_words, "is", "is_not", default=frozenset())
    """The allowed words or booleans."""
    negated: bool = read_as(
        lambda table, _: "is_not" in table.data, "is_not", default=False
    )
    """Whether the value must be none of them."""
    given: bool | None = None
    """Whether a value must be present or absent; None where words decide."""
    alike: bool | None = None
    """Whether all values of an ``[each]`` list must be equal; None where another key decides."""

    def holds(self, document: Json) -> bool:
        """Return whether the condition holds for a document."""
        said = taken(document, parse_source(self.source))
        if self.given is not None:
            return self.given == (said is not None)
        if self.alike is not None:
            values = said if type(said) is list else []
            return self.alike == all(same(one, values[0]) for one in values)
        is_one = type(said) in {str, bool} and said in self.words
        return is_one != self.negated

    def wrong(self, table: Table) -> Rows:
        ways = ("is", "is_not", "given", "alike")
        present = table.data.keys() & {*ways}
        yield "", len(present) != 1, f"needs exactly one of {', '.join(ways)}"
        each = f"[{Step.EACH}]" in self.source
        yield (
            "alike",
            self.alike is not None and not each,
            "needs [each]: a single value always equals itself",
        )


@attrs.frozen(kw_only=True)
class Verb(Declared):
    """How a field gets its value: its keys, its result, its generated lines, and its failures.

    ``verbs`` has a class for each. ``sources`` are the members that it reads from the
    other side's object.
    """

    key: ClassVar[str] = ""
    """Its key in a rule."""
    makes: ClassVar[tuple[str, ...]] = ()
    """The types of field that it can set, all of them if empty."""
    hands_on: ClassVar[bool] = False
    """Whether its values may be objects (which a resource translates) and links (which are moved to the base URL)."""
    nests: ClassVar[bool] = False
    """Whether it builds objects, for which the field must name the resource."""
    changes: ClassVar[bool] = False
    """Whether it converts the value that it reads."""
    of_lists: ClassVar[bool] = False
    """Whether it makes one value from a list, including an ``[each]`` list."""
    timeless: ClassVar[bool] = True
    """Whether its value never changes."""
    levels: ClassVar[tuple[Fidelity, ...]] = ()
    """The fidelity levels that its rules may have, the default first.

    If empty, each rule must set one.
    """
    says: ClassVar[str] = ""
    """How a value is computed, in words with attributes of the verb; empty if level or reason is enough."""
    unlike: ClassVar[str] = ""
    """The defect of a value that can't be used."""

    sources: tuple[str, ...] = given(default=())

    @property
    def claims(self) -> tuple[str, ...]:
        """The members that are not passed on if it reads them."""
        return self.sources

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that it may use: of the legacy path, or defined by a lookup."""
        return ()

    def how(self, name: str) -> str:
        """Describe how the value of this field is computed."""
        return self.says.format(self)

    def misused(self, field: Field, use: Use) -> Rows:
        """Yield defects of a rule of this field: parts without effect."""
        return iter(())

    def lines(self, script: Script, field: Field, which: str) -> list[str]:
        """Return the lines that set a field.

        ``which`` has the variables of field and rule.
        """
        return chosen(
            field.name, self.branches(script, field), which, len(self.sources)
        )

    def branches(self, script: Script, field: Field) -> list[Branch]:
        """Return the tests of the sources, each with the value to use if it holds."""
        found = []
        for source in self.sources:
            member = script.member(source, noted=self.hands_on)
            found.append((member, source))
        return [self.branch(script, field, *one) for one in found]

    def branch(self, script: Script, field: Field, found: str, source: str) -> Branch:
        """Return the test of a source, given as an expression, and the value if it holds."""
        raise NotImplementedError

    def why_not(self, field: Field, said: Json) -> str:
        """Explain why a value at a source can't be used for the field."""
        return self.unlike


def unfit(field: Field, said: Json) -> str:
    """Explain why a value can't be that of a field."""
    if said is None:
        return "null is not a value"
    if not FITS[field.type](said):
        return f"not of type {field.type}"
    if field.words:
        return "not one of the legacy words"
    return "not a list of one"


@attrs.frozen
class Rule:
    """One way for a field to get its value, with its fidelity, the reason, and its document."""

    verb: Verb
    at: str
    owner: str
    fidelity: Fidelity
    why: str = ""
    when: When | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The members that its verb reads."""
        return self.verb.sources

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The members that its condition reads."""
        if self.when and self.when.source:
            return (self.when.source,)
        return ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The members that its verb and its condition read."""
        return (*self.sources, *self.looked_at)


@attrs.frozen
class Field:
    """One field: dotted name, type, allowed words, and its rules by tier (the first match wins).

    ``of`` is the resource that translates each object in it.
    """

    name: str
    type: str
    words: tuple[str, ...]
    rules: Mapping[str, tuple[Rule, ...]]
    at: str
    of: Resource | None = None


@attrs.frozen
class Resource:
    """The fields of an answer, of a part of one, or of a request body."""

    name: str = ""
    fields: tuple[Field, ...] = ()
    rest: bool = False
    """Whether all other members are passed on unchanged."""
    without: tuple[str, ...] = ()
    """Members that are not passed on."""
    at: str = ""

    size: int = attrs.field(init=False, repr=False, eq=False)

    @size.default
    def _size(self) -> int:
        inner = (field.of.size for field in self.fields if field.of is not None)
        return len(self.fields) + sum(inner)

    def walk(self) -> Iterator[Field]:
        """Return all fields, including those of nested resources."""
        for field in self.fields:
            yield field
            if field.of is not None:
                yield from field.of.walk()

    def rules_for(self, tier: str) -> Iterator[Rule]:
        """Yield the rules that set this resource's fields on a tier, including those of nested resources."""
        for field in self.walk():
            yield from field.rules.get(tier, ())

    def reads_bare(self, tier: str) -> bool:
        """Return whether its rules read a bare value (not an object), under the name ``value``."""
        for field in self.fields:
            for rule in field.rules.get(tier, ()):
                if any(parse_source(one)[0] == BARE for one in rule.sources):
                    return True
        return False


@attrs.define
class Use:
    """How a document uses a resource, and the place of its successors."""

    resource: Resource
    known: dict[tuple[str, str], tuple[str, ...]] = attrs.field(factory=dict)
    """The names that rules can use, by tier and operation."""
    tiers: dict[str, list[str]] = attrs.field(factory=dict)
    grouped: set[str] = attrs.field(factory=set)
    """Tiers on which several items become one such object."""
    tier: str = ""
    """The tier to look at."""

    def names(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the operations of the tier, each with the names that rules can use there."""
        for (tier, operation), names in self.known.items():
            if tier == self.tier:
                yield operation, names
