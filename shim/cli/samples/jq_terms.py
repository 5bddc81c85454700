"""Expressions of jq, and the functions that printed filters get where they use them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs

from shim.cli.samples.dialects import function_of
from shim.cli.samples.names import variable
from shim.documents.model import Field, Rule
from shim.documents.sources import Step, parse_source

KNOWN = "def known: with_entries(select(.value != null));"
"""Leaves out of an object what there is none of."""

GROUPS = (
    "def groups(same): [to_entries[] | .same = (first(.value | same | values) // [.key])]\n"
    "  | group_by(.same) | sort_by(.[0].key) | map(map(.value));"
)
"""Makes lists of items that have the same, in the order of their first ones."""


@attrs.frozen
class Jq:
    """Expressions of jq 1.6 over an item as input, with a variable for each parameter of the path.

    ``counts`` are the resources whose functions are told how many items became one.
    """

    counts: frozenset[str] = frozenset()
    none: str = "null"
    count: str = "$count"

    def get(self, source: str) -> str:
        """See Dialect."""
        return path_of(source)

    def parameter(self, name: str) -> str:
        """See Dialect."""
        return f"${variable(name)}"

    def literal(self, value: Any) -> str:
        """See Dialect."""
        return json.dumps(value)

    def either(self, values: Sequence[str], *, worded: bool) -> str:
        """See Dialect."""
        if len(values) == 1:
            return values[0]
        return f"({' // '.join(values)})" if worded else f"([{', '.join(values)}] | map(values) | .[0])"

    def looked_up(self, value: str, table: Mapping[Any, Any], *, spelled: bool = False) -> str:
        """See Dialect."""
        return (
            f"{json.dumps(dict(table))}[{value} | tostring]" if spelled else f'{json.dumps(dict(table))}[{value} // ""]'
        )

    def typed(self, value: str, kind: str) -> str:
        """See Dialect."""
        return f"({value} | if . == null or . != floor then null else floor end)" if kind == "whole" else value

    def cast(self, value: str, kind: str) -> str:
        """See Dialect."""
        if kind == "string":
            return f"(({value} | values | tostring) // null)"
        if kind == "boolean":
            return f'{{"true": true, "false": false}}[{value} | tostring]'
        whole = " | select(. == floor)" if kind == "integer" else ""
        return f"(({value} | values | tonumber?{whole}) // null)"

    def times(self, value: str, factor: Fraction) -> str:
        """See Dialect."""
        per = f" / {factor.denominator}" if factor.denominator > 1 else ""
        return f"({value} | if . == null then . else . * {factor.numerator}{per} end)"

    def joined(self, value: str, by: str) -> str:
        """See Dialect."""
        return f"({value} | if . == null then . else join({json.dumps(by)}) end)"

    def split(self, value: str, by: str) -> str:
        """See Dialect."""
        return f"({value} | if . == null then . else split({json.dumps(by)}) end)"

    def objects(self, value: str, field: Field, rule: Rule) -> str:
        """See Dialect."""
        assert field.of is not None, "a field with objects inside"
        name = function_of(field.of)
        make = f"{name}(1)" if field.of.name in self.counts else name
        if rule.group:
            same = ", ".join(map(path_of, rule.group))
            made = f"groups({same}) | map(length as $count | .[0] | {name}($count))"
        elif rule.keyed:
            key = path_of(rule.keyed)
            named = f'select({key} | type == "string")'
            made = f"map({named} | {{key: {key}, value: {make}}}) | reverse | from_entries"
        else:
            made = f"map({make})" if field.type == "objects" else make
        return f"({value} | if . == null then . else {made} end)"

    def length(self, value: str) -> str:
        """See Dialect."""
        return f"({value} | if . == null then . else length end)"

    def listed(self, value: str) -> str:
        """See Dialect."""
        return f"[{value} | values]"

    def only(self, value: str) -> str:
        """See Dialect."""
        return f"({value} | if length == 1 then .[0] else null end)"

    def passed(self, value: str) -> str:
        """See Dialect."""
        return f'({value} | if . == null then . else (sub("\\\\.[0-9]+"; "") | fromdateiso8601) <= now end)'

    def but(self, value: str, dropped: Sequence[Any]) -> str:
        """See Dialect."""
        return f"(if {self.among(value, dropped, negated=False)} then null else {value} end)"

    def known(self, value: str, words: Sequence[str]) -> str:
        """See Dialect."""
        return f"(if {self.among(value, words, negated=False)} then {value} else null end)"

    def given(self, value: str, *, given: bool) -> str:
        """See Dialect."""
        return f"{value} {'!=' if given else '=='} null"

    def among(self, value: str, words: Sequence[Any], *, negated: bool) -> str:
        """See Dialect."""
        listed = ", ".join(self.literal(word) for word in words)
        if len(words) == 1:
            return f"{value} {'!=' if negated else '=='} {listed}"
        return f"({value} | IN({listed}){' | not' if negated else ''})"

    def chosen(self, cases: Sequence[tuple[str, str]], rest: str) -> str:
        """See Dialect."""
        return f"(if {' elif '.join(f'{condition} then {value}' for condition, value in cases)} else {rest} end)"


_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def path_of(source: str) -> str:
    """Return a source as a path of jq, which is null where nothing stands there."""
    made = ""
    path = parse_source(source)
    for number, part in enumerate(path):
        match part:
            case Step.FIRST:
                made += "[0]"
            case Step.ONLY:
                made = f"({made} | if length == 1 then .[0] else null end)"
            case Step.EACH:
                return f"({made} | if . == null then . else [{_each(path[number + 1 :])}] end)"
            case _:
                made += f".{part}" if _IDENTIFIER.fullmatch(part) else f".{json.dumps(part)}"
    return made


def _each(path: Sequence[str | Step]) -> str:
    """Return what stands at a path below each item, one after the other."""
    made = ".[]"
    rest: list[str] = []
    for number, part in enumerate(path):
        if part is Step.EACH:
            inner = path_of(".".join(rest)) if rest else "."
            return f"{made} | {inner} | values | {_each(path[number + 1 :])}"
        rest = [*rest[:-1], f"{rest[-1]}[{part}]"] if isinstance(part, Step) else [*rest, part]
    return f"{made} | {path_of('.'.join(rest))} | values" if rest else f"{made} | values"
