"""Generated functions that write the items of a list at once, a column at a time: one for each kind of items.

Columns are those of decoded items, or of their text, when a regular expression says that all are as usual. Unusual
items (a value of another type, a text that JSON writes with an escape, a rule that looks at each item) are left to the
functions that translate an item at a time (``translate``), whose answer and record are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

import attrs

from shim.core.messages import FieldReport
from shim.core.rules import TranslationContext, TranslationReport
from shim.core.translate import Translator, generated, reports
from shim.documents.fields import Rule
from shim.documents.script import HELP, Columns, Unusual, json_text
from shim.documents.vocabulary import Json

MISSES = 8
"""Texts one after the other that had other items than expected, after which no text is looked at any more."""

KINDS = 64
"""Kinds of items that have functions, of one list; Atlas has a few."""

NAMES = 1000
"""Characters of a kind's key: Atlas' have 214 (recorded), and preparing the longest takes 6 ms, once."""

_compiled = lru_cache(maxsize=KINDS)(re.compile)

Row = tuple[Any, ...]
"""What the sources of an item have, in the order of its members."""
Write = Callable[[Iterable[Row], float, bool], list[str]]
"""A function that writes items of their columns, given the time in seconds since the epoch, and whether they were
``looked`` at: in as many pieces for each as its kind has.

The first piece of an item begins with a comma. It raises Unusual for an unusual value."""
Written = tuple[list[str], int, tuple[FieldReport, ...]]
"""The pieces of items, how many each has, and what the fields are."""


@attrs.frozen(eq=False)
class Kind:
    """A kind of items: they have the same members, and the same words where conditions look.

    ``begin`` takes what a call is translated with, and returns the function that writes them, in ``pieces`` for each.
    ``members`` are those that it reads, and ``form`` what an item's text looks like if they are usual.
    ``order`` has what sorts them, the last key first: by a member, and backwards if True stands beside its name;
    ``ranks`` the same for rows. By field: ``chosen`` has the number of its rule, and how many it has; ``left_out`` the
    rule that gives no value. An item with all members that a ``complete`` kind looks at is of that kind.
    """

    begin: Callable[[TranslationContext], Write]
    pieces: int
    members: Sequence[str]
    form: str
    order: Sequence[tuple[str, bool]]
    ranks: Sequence[tuple[Callable[[Row], Any], bool]]
    complete: bool
    chosen: Sequence[tuple[str, int, int]]
    left_out: Sequence[tuple[str, Rule]]

    def rows(self, items: Sequence[Json]) -> list[Row]:
        """Return the rows of items; raises KeyError or TypeError for one of another kind."""
        get: Callable[[Any], Any] = itemgetter(*self.members)
        return [*map(get, items)] if len(self.members) > 1 else [(get(item),) for item in items]


def _make_kind(title: str, translator: Translator, order: Sequence[str], columns: Columns) -> Kind:
    """Return a kind; raises Unusual if a rule can't write it."""
    chosen, left_out = list[tuple[str, int, int]](), list[tuple[str, Rule]]()
    around, between, comma = ["',{'"], list[str](), ""
    for field, rules in translator.fields:
        number, rule = next((number, rule) for number, rule in enumerate(rules) if columns.holds(rule.when))
        if len(rules) > 1:
            chosen.append((field.name, number, len(rules)))
        part = rule.verb.column(columns, field)
        if part is None:
            left_out.append((field.name, rule))
        elif part:
            if "." in field.name:
                raise Unusual
            around[-1] += f" + {comma + json_text(field.name) + ':'!r} + {part[0]}"
            between += part[1::2]
            around += part[2::2]
            comma = ","
    around[-1] += " + '}'"
    names = {f"c{number}": member for number, member in enumerate(columns.sources)}
    by = list[tuple[str, bool]]()
    for key in reversed(order):
        member = names.get(columns.places.get(key.removeprefix("-"), ""))
        if member is None:
            raise Unusual
        by.append((member, key.startswith("-")))
    if not between:
        raise Unusual
    pieces = len(around) + len(between)
    members = [member for member in columns.members if member in columns.sources]
    lines = [
        "def begin(context):",
        f"    form = [''] * {pieces}",
        *(f"    form[{2 * number}] = {expression}" for number, expression in enumerate(around)),
        "    def write(columns, now, looked):",
        f"        {', '.join(f'c{columns.sources.index(member)}' for member in members)}, *_ = columns",
        f"        if not ({columns.condition()}):",
        "            raise Unusual",
        *(f"        {line}" for line in columns.lines),
        "        made = form * len(c0)",
        *(f"        made[{2 * number + 1}::{pieces}] = {column}" for number, column in enumerate(between)),
        "        return made",
        "    return write",
    ]
    begin, _ = generated(title, lines, {**HELP, **columns.names})
    ranks = [(itemgetter(members.index(member)), backwards) for member, backwards in by]
    return Kind(begin, pieces, members, columns.pattern(), by, ranks, not columns.lacks, chosen, left_out)


def _fields_of(translator: Translator, counts: tuple[tuple[Kind, int], ...]) -> tuple[FieldReport, ...]:
    """Return the fields' fidelity over the items of some kinds."""
    report = TranslationReport()
    for kind, items in counts:
        for name, number, rules in kind.chosen:
            report.counts(name, rules)[number] += items
        for name, rule in kind.left_out:
            report.left_out.setdefault(name, []).extend([(rule, None)] * items)
    return reports(translator, report, sum(items for _, items in counts))


@attrs.frozen(eq=False)
class ItemsWriter:
    """What writes one list's items on one tier and API.

    ``asked`` are the members whose words conditions look at; ``reported`` says what the fields are in so many items of
    each kind.
    """

    title: str
    parameters: Sequence[str]
    order: Sequence[str]
    api: str
    translator: Translator
    asked: tuple[str, ...] = attrs.field(init=False)
    _kinds: dict[Hashable, Kind | None] = attrs.field(factory=dict, init=False, repr=False)
    reported: Callable[..., tuple[FieldReport, ...]] = attrs.field(init=False, repr=False)

    @reported.default
    def _fields(self) -> Callable[..., tuple[FieldReport, ...]]:
        return lru_cache(maxsize=KINDS)(partial(_fields_of, self.translator))

    @asked.default
    def _asked(self) -> tuple[str, ...]:
        conditions = [rule.when for _, rules in self.translator.fields for rule in rules if rule.when is not None]
        return tuple(dict.fromkeys(when.source for when in conditions if when.given is None))

    def key_of(self, item: Json) -> tuple[Any, ...]:
        """Return the key of an item's kind: its members and words; raises Unusual if it is not an object."""
        if type(item) is not dict:
            raise Unusual
        return (tuple(item), *[item.get(name) for name in self.asked])

    def kind(self, key: tuple[Any, ...]) -> Kind:
        """Return the kind with a key; raises Unusual if it can't be written, TypeError if it has no word."""
        kind = self._kinds.get(key)
        if kind is None and key not in self._kinds:
            members, *words = key
            if len(self._kinds) >= KINDS or len(str(key)) > NAMES:
                raise Unusual
            columns = Columns(self.parameters, self.api, members, dict(zip(self.asked, words, strict=True)))
            with suppress(Unusual):
                kind = _make_kind(f"{self.title} {len(self._kinds)}", self.translator, self.order, columns)
            self._kinds[key] = kind
        if kind is None:
            raise Unusual
        return kind


@attrs.define(eq=False)
class ListWriter:
    """What writes the items of one call's list, given as values or as upstream's text."""

    _writer: ItemsWriter
    _context: TranslationContext
    _begun: dict[Kind, Write] = attrs.field(factory=dict, init=False)
    _expected: Kind | None = attrs.field(default=None, init=False)
    """The kind of the last list of values whose items were alike."""
    _missed: int = attrs.field(default=0, init=False)
    """Texts since the last one whose items were of it."""

    def values(self, items: Sequence[Json], now: float) -> Written | None:
        """Write items of all kinds, in their order; returns None for an unusual item."""
        writer = self._writer
        try:
            kind = writer.kind(writer.key_of(items[0]))
            if kind.complete:
                with suppress(KeyError, Unusual):  # perhaps the items are of several kinds
                    written = self._alike(kind, kind.rows(items), now)
                    self._expected = kind
                    return written
            for member, backwards in kind.order:
                rank: Callable[[Any], Any] = itemgetter(member)
                items = sorted(items, key=rank, reverse=backwards)
            places: dict[tuple[Any, ...], list[int]] = {}
            for place, item in enumerate(items):
                places.setdefault(writer.key_of(item), []).append(place)
            texts, counts = [""] * len(items), dict[Kind, int]()
            for key, where in places.items():
                order, kind = kind.order, writer.kind(key)
                if kind.order != order:
                    return None
                counts[kind] = len(where)
                made, each, _ = self._alike(kind, kind.rows([items[place] for place in where]), now)
                for number, place in enumerate(where):
                    texts[place] = "".join(made[number * each : (number + 1) * each])
        except (KeyError, TypeError, ValueError, Unusual):
            return None
        self._expected = kind if len(places) == 1 else self._expected
        return texts, 1, writer.reported((*counts.items(),))

    def text(self, content: bytes, now: float) -> tuple[str, Written, str] | None:
        """Write the items of a list in JSON text, and return what stands before and after them, too.

        Returns None unless all are of the kind that is expected, and nothing is unusual.
        """
        kind = self._expected
        if kind is None or self._missed > MISSES:
            return None
        self._missed += 1
        try:
            parts = _compiled(kind.form).split(content.decode("ascii"))
            each = len(kind.members) + 1  # with what stands behind an item
            if parts[each:-1:each].count(",") == len(parts) // each - 1 >= 0:
                rows = [*zip(*[iter(parts[1:])] * each, strict=True)]
                written = self._alike(kind, rows, now, looked=True)
                self._missed = 0
                return parts[0], written, parts[-1]
        except (KeyError, TypeError, ValueError, Unusual):
            return None
        return None

    def _alike(self, kind: Kind, rows: list[Row], now: float, *, looked: bool = False) -> Written:
        """Write items of one kind in their order; raises Unusual for an unusual one."""
        write = self._begun.get(kind)
        if write is None:
            write = self._begun[kind] = kind.begin(self._context)
        for rank, backwards in kind.ranks:
            rows.sort(key=rank, reverse=backwards)
        return write(zip(*rows, strict=True), now, looked), kind.pieces, self._writer.reported(((kind, len(rows)),))
