"""Fields of an answer or of a body, the rules that give them values, and the base of all verbs."""

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
"""The tiers of Atlas's own that documents may name without ``tier.``, in the order in which they are asked."""
BODY = "body"
"""What stands for a tier in rules that make a request body."""
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
"""The types a field may have; objects pass unchanged, unless ``of`` is given."""
LISTS = ("strings", "objects", "array", "links")
"""Those whose values are lists."""


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
    """The words, or booleans, of which it is one."""
    negated: bool = read_as(
        lambda table, _: "is_not" in table.data, "is_not", default=False
    )
    """Whether it must be none of them."""
    given: bool | None = None
    """Whether there must be a value, or none; None where words decide."""
    alike: bool | None = None
    """Whether all values of a list that ``[each]`` makes must be the same; None where something else decides."""

    def holds(self, document: Json) -> bool:
        """Return whether it holds for a document."""
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
    """How a field gets its value: how that is read, what it may make, the lines it becomes, and why it failed.

    ``verbs`` has a class for each. ``sources`` are the members that it reads of the other side's
    object.
    """

    key: ClassVar[str] = ""
    """The key that names it in a rule."""
    makes: ClassVar[tuple[str, ...]] = ()
    """The types of field that it gives a value to, any of them if empty."""
    hands_on: ClassVar[bool] = False
    """Whether its values may be objects, which a resource translates, and links, which are led back."""
    nests: ClassVar[bool] = False
    """Whether it makes objects of which the field has to name the resource."""
    changes: ClassVar[bool] = False
    """Whether it makes another value of the one that it takes."""
    of_lists: ClassVar[bool] = False
    """Whether it makes one value of a list, also of one that ``[each]`` makes."""
    timeless: ClassVar[bool] = True
    """Whether its value is the same at any time."""
    levels: ClassVar[tuple[Fidelity, ...]] = ()
    """The fidelities that its rules may have, with the default first; if empty, rules have to say theirs."""
    says: ClassVar[str] = ""
    """How a value is made, in words that name attributes of the verb; empty when the level or the reason says it."""
    unlike: ClassVar[str] = ""
    """What is wrong with a value that can't be used."""

    sources: tuple[str, ...] = given(default=())

    @property
    def claims(self) -> tuple[str, ...]:
        """The members that do not pass on where it reads them."""
        return self.sources

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that it may name: of the legacy path, or given by a look."""
        return ()

    def how(self, name: str) -> str:
        """Say how the value of a field of that name is made."""
        return self.says.format(self)

    def misused(self, field: Field, use: Use) -> Rows:
        """Yield defects of a rule of that field: parts that can never apply."""
        return iter(())

    def lines(self, script: Script, field: Field, which: str) -> list[str]:
        """Return the lines that give a field its value; ``which`` are the names of field and rule."""
        return chosen(
            field.name, self.branches(script, field), which, len(self.sources)
        )

    def branches(self, script: Script, field: Field) -> list[Branch]:
        """Return the tests of the sources, each with the value if it holds."""
        found = []
        for source in self.sources:
            member = script.member(source, noted=self.hands_on)
            found.append((member, source))
        return [self.branch(script, field, *one) for one in found]

    def branch(self, script: Script, field: Field, found: str, source: str) -> Branch:
        """Return the test of a source, found by an expression, and the value if it holds."""
        raise NotImplementedError

    def why_not(self, field: Field, said: Json) -> str:
        """Say why the field can't have a value that stands at a source."""
        return self.unlike


def unfit(field: Field, said: Json) -> str:
    """Say why a value can't be that of a field."""
    if said is None:
        return "null is not a value"
    if not FITS[field.type](said):
        return f"not of type {field.type}"
    if field.words:
        return "not one of the legacy words"
    return "not a list of one"


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
        if self.when and self.when.source:
            return (self.when.source,)
        return ()

    @property
    def reads(self) -> tuple[str, ...]:
        """What its verb and its condition read."""
        return (*self.sources, *self.looked_at)


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
    of: Resource | None = None


@attrs.frozen
class Resource:
    """The fields of an answer, of a part of one, or of a request body."""

    name: str = ""
    fields: tuple[Field, ...] = ()
    rest: bool = False
    """Whether all other members are passed on as they are."""
    without: tuple[str, ...] = ()
    """Members that are not passed on."""
    at: str = ""

    size: int = attrs.field(init=False, repr=False, eq=False)

    @size.default
    def _size(self) -> int:
        inner = (field.of.size for field in self.fields if field.of is not None)
        return len(self.fields) + sum(inner)

    def walk(self) -> Iterator[Field]:
        """Return all fields, those of the resources in them too."""
        for field in self.fields:
            yield field
            if field.of is not None:
                yield from field.of.walk()

    def rules_for(self, tier: str) -> Iterator[Rule]:
        """Yield the rules by which a tier's values become its fields, and those of the resources in them."""
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
    """How a document uses a resource, and where its successors stand."""

    resource: Resource
    known: dict[tuple[str, str], tuple[str, ...]] = attrs.field(factory=dict)
    """The names that rules know, by tier and operation."""
    tiers: dict[str, list[str]] = attrs.field(factory=dict)
    grouped: set[str] = attrs.field(factory=set)
    """Tiers on which several items become one such object."""
    tier: str = ""
    """The one that is looked at."""

    def names(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the operations of the tier, each with the names that rules know there."""
        for (tier, operation), names in self.known.items():
            if tier == self.tier:
                yield operation, names
