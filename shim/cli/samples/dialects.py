"""How a legacy field is computed from a successor's answer, as an expression of Python or of jq.

The rules are those of the mapping documents, so that printed code gives the values that the shim gives.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import attrs

from shim.cli.samples.names import variable
from shim.documents.model import Field, Rule, When
from shim.documents.vocabulary import Verb


class Dialect(Protocol):
    """What an expression is written in; all methods take and return expressions but where they say otherwise."""

    @property
    def none(self) -> str:
        """Return what stands for no value."""
        ...

    def get(self, source: str) -> str:
        """Return the member of this dotted name of ``item``, none where it is not given."""
        ...

    def parameter(self, name: str) -> str:
        """Return a parameter of the path."""
        ...

    def literal(self, value: Any) -> str:
        """Write a JSON value."""
        ...

    def either(self, values: Sequence[str]) -> str:
        """Return the first that is given."""
        ...

    def looked_up(self, value: str, table: Mapping[Any, Any]) -> str:
        """Return what a table has for a value, none where it has nothing."""
        ...

    def typed(self, value: str, kind: str) -> str:
        """Return a value as the language's own type."""
        ...

    def listed(self, value: str) -> str:
        """Return a list of the value, empty where it is not given."""
        ...

    def only(self, value: str) -> str:
        """Return the only item of a list, none where it has several or none."""
        ...

    def passed(self, value: str) -> str:
        """Tell whether an instant is over, none where it is not given."""
        ...

    def but(self, value: str, dropped: Sequence[Any]) -> str:
        """Return a value, none where it is one of those."""
        ...

    def known(self, value: str, words: Sequence[str]) -> str:
        """Return a value, none where it is not one of those."""
        ...

    def given(self, value: str, *, given: bool) -> str:
        """Return a condition: a value is given, or not."""
        ...

    def among(self, value: str, words: Sequence[Any], *, negated: bool) -> str:
        """Return a condition: a value is one of those, or none of them."""
        ...

    def chosen(self, cases: Sequence[tuple[str, str]], rest: str) -> str:
        """Return the value of the first case (condition, value) that holds, else the rest."""
        ...


_SHORT = 60
"""Characters of a table that stands on one line."""


def expression(field: Field, tier: str, dialect: Dialect) -> str | None:
    """Return a field's value on a tier as an expression; None when it has none or is made for the shim's links."""
    rules = field.rules[tier]
    if all(rule.verb in {Verb.LINK, Verb.ABSENT} for rule in rules):
        return None
    cases = [(_condition(rule.when, dialect), _value(field, rule, dialect)) for rule in rules if rule.when is not None]
    rest = next((_value(field, rule, dialect) for rule in rules if rule.when is None), dialect.none)
    while cases and cases[-1][1] == rest:
        cases.pop()
    return dialect.chosen(cases, rest) if cases else rest


def _condition(when: When, dialect: Dialect) -> str:
    value = dialect.get(when.source)
    if when.given is not None:
        return dialect.given(value, given=when.given)
    return dialect.among(value, sorted(when.words, key=str), negated=when.negated)


def _value(field: Field, rule: Rule, dialect: Dialect) -> str:
    match rule.verb:
        case Verb.PARAMETER:
            return dialect.parameter(rule.parameter)
        case Verb.CONSTANT:
            return dialect.literal(rule.constant)
        case Verb.LINK | Verb.ABSENT:
            return dialect.none
    first = dialect.get(rule.sources[0])
    match rule.verb:
        case Verb.LIST:
            return dialect.listed(first)
        case Verb.ONLY:
            return dialect.only(first)
        case Verb.PASSED:
            return dialect.passed(first)
        case Verb.EQUALS:
            return dialect.looked_up(first, {**dict.fromkeys(rule.others, False), **dict.fromkeys(rule.words, True)})
    value = dialect.either([dialect.get(source) for source in rule.sources])
    if rule.drop:
        value = dialect.but(value, rule.drop)
    if rule.values:
        return dialect.looked_up(value, rule.values)
    if field.words:
        return dialect.known(value, field.words)
    return dialect.typed(value, "whole" if rule.whole else field.type)


def tree_of(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return dotted names with their expressions as nested dicts."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        *outer, last = name.split(".")
        here = tree
        for part in outer:
            here = here.setdefault(part, {})
        here[last] = value
    return tree


@attrs.frozen
class Python:
    """Expressions of Python 3.11 over the dict ``item``, with the helpers ``get`` and ``time`` where they use them."""

    none: str = "None"

    def get(self, source: str) -> str:
        """See Dialect."""
        *outer, last = source.split(".")
        return f"item{''.join(f'.get({json.dumps(one)}, {{}})' for one in outer)}.get({json.dumps(last)})"

    def parameter(self, name: str) -> str:
        """See Dialect."""
        return variable(name)

    def literal(self, value: Any) -> str:
        """See Dialect."""
        return json.dumps(value) if isinstance(value, str) else repr(value)

    def either(self, values: Sequence[str]) -> str:
        """See Dialect."""
        return " or ".join(values)

    def looked_up(self, value: str, table: Mapping[Any, Any]) -> str:
        """See Dialect."""
        pairs = [f"{self.literal(word)}: {self.literal(means)}" for word, means in table.items()]
        short = f"{{{', '.join(pairs)}}}.get({value})"
        if len(short) < _SHORT:
            return short
        return "\n".join(["{", *(f"{pair}," for pair in pairs), f"}}.get({value})"])

    def typed(self, value: str, kind: str) -> str:
        """See Dialect."""
        return f"{'time' if kind == 'time' else 'whole'}({value})" if kind in {"time", "whole"} else value

    def listed(self, value: str) -> str:
        """See Dialect."""
        return f"[{value}] if {value} else []"

    def only(self, value: str) -> str:
        """See Dialect."""
        return f"{value}[0] if len({value} or []) == 1 else None"

    def passed(self, value: str) -> str:
        """See Dialect."""
        return f"time({value}) <= datetime.now(timezone.utc) if {value} else None"

    def but(self, value: str, dropped: Sequence[Any]) -> str:
        """See Dialect."""
        return f"None if {self.among(value, dropped, negated=False)} else {value}"

    def known(self, value: str, words: Sequence[str]) -> str:
        """See Dialect."""
        return f"{value} if {self.among(value, words, negated=False)} else None"

    def given(self, value: str, *, given: bool) -> str:
        """See Dialect."""
        return f"{value} is {'not ' if given else ''}None"

    def among(self, value: str, words: Sequence[Any], *, negated: bool) -> str:
        """See Dialect."""
        listed = ", ".join(self.literal(word) for word in words)
        if len(words) == 1:
            return f"{value} {'!=' if negated else '=='} {listed}"
        return f"{value} {'not ' if negated else ''}in [{listed}]"

    def chosen(self, cases: Sequence[tuple[str, str]], rest: str) -> str:
        """See Dialect."""
        lines = [f"{_held(value)}\nif {condition}\nelse " for condition, value in cases]
        return f"(\n{''.join(lines)}{_held(rest)}\n)"


def _held(value: str) -> str:
    return f"({value})" if " if " in value else value


@attrs.frozen
class Jq:
    """Expressions of jq 1.6 over an item as input, with a variable for each parameter of the path."""

    none: str = "null"

    def get(self, source: str) -> str:
        """See Dialect."""
        return "".join(f".{part}" for part in source.split("."))

    def parameter(self, name: str) -> str:
        """See Dialect."""
        return f"${variable(name)}"

    def literal(self, value: Any) -> str:
        """See Dialect."""
        return json.dumps(value)

    def either(self, values: Sequence[str]) -> str:
        """See Dialect."""
        return values[0] if len(values) == 1 else f"({' // '.join(values)})"

    def looked_up(self, value: str, table: Mapping[Any, Any]) -> str:
        """See Dialect."""
        return f'{json.dumps(dict(table))}[{value} // ""]'

    def typed(self, value: str, kind: str) -> str:
        """See Dialect."""
        return f"({value} | if . == null then . else floor end)" if kind == "whole" else value

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
