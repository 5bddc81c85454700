"""Read the legacy request's parts: body members, the one that selects the call, and the query's translation."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from shim.documents.fields import BARE
from shim.documents.objects import BodyMembers
from shim.documents.read import Declared
from shim.documents.tables import Rows, Table

OF_PAGES = frozenset({"pageNum", "itemsPerPage", "includeCount", "envelope", "pretty"})
"""Parameters that the shim handles itself (contract: each operation has them)."""


@attrs.frozen(kw_only=True)
class RequestBody(BodyMembers):
    """The legacy request body; nested members have dotted names."""

    choose: str = ""
    """The member whose value selects the call."""
    words: tuple[str, ...] = ()
    rest: bool = False
    """Whether members that are not declared are accepted unchanged."""
    bare: bool = False
    """Whether the body is the bare value of its only member."""

    def wrong(self, table: Table) -> Rows:
        yield from super().wrong(table)
        types = self.members
        lacking = not self.rest and "members" not in table.data
        has_others = self.bare and [*types] != [BARE]
        yield "bare", has_others, f"needs one member, {BARE!r}, whose value is the body"
        yield "members", lacking, "is missing; give the body's members and their types"
        yield (
            "choose",
            self.choose and self.choose not in types,
            f"{self.choose!r} is not a member of the body",
        )
        yield (
            "words",
            bool(self.choose) != bool(self.words),
            "and choose must be given together: they are the words of that member",
        )
        no_words = types.get(self.choose, "string") != "string"
        yield (
            "choose",
            no_words,
            f"{self.choose!r} must be of type string to have words",
        )


@attrs.frozen
class QueryRule(Declared):
    """The translation of a legacy query parameter: its words and its default, or why it is dropped."""

    values: Mapping[str, str] = attrs.field(factory=dict)
    default: str | None = None
    drop: bool = False
    why: str = ""

    def wrong(self, table: Table) -> Rows:
        name = table.name
        beside = table.data.keys() - {"drop", "why"}
        yield "", not table.data, "is empty; give values, default or drop"
        yield (
            "drop",
            self.drop and beside,
            f"can't be combined with {' and '.join(sorted(beside))}",
        )
        yield "values", table.data.get("values") == {}, "must be a table of words"
        yield (
            "why",
            self.drop and not self.why,
            "is missing; explain why the parameter is not sent",
        )
        unknown = bool(self.values) and self.default not in {None, *self.values}
        yield "default", unknown, f"{self.default!r} is not one of the words in values"
        yield (
            "",
            not name or name in OF_PAGES,
            "is not the name of a parameter that is passed on",
        )
