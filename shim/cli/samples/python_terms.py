"""Expressions of Python, and the helpers that printed programs get where they use them."""

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

_SHORT = 60
"""Characters of a table that stands on one line."""

_HELPERS = {
    "time": '''
def time(text):
    """Return an RFC 3339 instant as a datetime, None for none; this takes Python 3.11."""
    return datetime.fromisoformat(text) if text else None
''',
    "whole": '''
def whole(number):
    """Return a number as a whole one, None where it is none."""
    return None if number is None or number != int(number) else int(number)
''',
    "at": '''
def at(item, path):
    """Return what stands at a dotted path, None where nothing does."""
    for name in path.split("."):
        item = item.get(name) if isinstance(item, dict) else None
    return item
''',
    "steps": '''
def at(item, path):
    """Return what stands at a path, None where nothing does; [first], [only] and [each] lead into lists."""
    here, _, rest = path.partition(".")
    name, _, step = here.rstrip("]").partition("[")
    found = item.get(name) if isinstance(item, dict) else None
    if step and not isinstance(found, list):
        return None
    if step == "each":
        inner = [at(one, rest) if rest else one for one in found]
        inner = [one for one in inner if one is not None]
        return sum(inner, []) if "[each]" in rest else inner
    if step:
        found = found[0] if len(found) == 1 or (found and step == "first") else None
    return at(found, rest) if rest else found
''',
    "first": '''
def first(*values):
    """Return the first value that is given."""
    return next((one for one in values if one is not None), None)
''',
    "cast": '''
def cast(value, kind):
    """Return a value as text, or what a text says; None where it says nothing of this kind."""
    if kind == "string":
        return value if value is None or isinstance(value, str) else json.dumps(value)
    try:
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    kinds = {"integer": [int], "number": [int, float], "boolean": [bool]}
    return value if type(value) in kinds[kind] else None
''',
    "times": '''
def times(number, factor, per=1):
    """Return a number in other units, None for none."""
    if number is None:
        return None
    return number * factor / per if number * factor % per else int(number * factor // per)
''',
    "joined": '''
def joined(texts, by):
    """Return texts as one, None for none."""
    return None if texts is None else by.join(texts)
''',
    "split": '''
def split(text, by):
    """Return the parts of a text, None for none."""
    return None if text is None else text.split(by) if text else []
''',
    "length": '''
def length(items):
    """Return how many items a list has, None where there is no list."""
    return None if items is None else len(items)
''',
    "inside": '''
def inside(make, item):
    """Return what is made of an object, None where there is none."""
    return None if item is None else make(item)
''',
    "each": '''
def each(make, items):
    """Return what is made of each item, None where there is no list."""
    return None if items is None else [make(one) for one in items]
''',
    "keyed": '''
def keyed(make, items, path):
    """Return what is made of each item under the name that it has at a path, None where there is no list."""
    if items is None:
        return None
    return {at(one, path): make(one) for one in reversed(items) if isinstance(at(one, path), str)}
''',
    "grouped": '''
def grouped(make, items, *paths):
    """Return what is made of the first of all items that have the same at a path, and of how many they are."""
    if items is None:
        return None
    groups = {}
    for number, item in enumerate(items):
        same = next((repr(one) for path in paths if (one := at(item, path)) is not None), number)
        groups.setdefault(same, []).append(item)
    return [make(group[0], len(group)) for group in groups.values()]
''',
    "rest": '''
def rest(item, taken, outer=""):
    """Return the members of an item that pass as they are: all but those that have one of these names."""
    passed = {}
    for name, value in item.items():
        whole_name = f"{outer}{name}"
        if not any(one.startswith(f"{whole_name}.") for one in taken):
            if whole_name not in taken:
                passed[name] = value
        elif isinstance(value, dict) and (left := rest(value, taken, f"{whole_name}.")):
            passed[name] = left
    return passed
''',
}


def helpers(code: str) -> list[str]:
    """Return the helpers that a printed program uses, as programs of their own."""
    found: list[str] = []
    text, size = code, -1
    while size != len(found):
        size = len(found)
        named = [name for name in _HELPERS if re.search(rf"(?<![\w.]){name}\(", text)]
        if "at" in named:
            named[named.index("at")] = "steps" if re.search(r"\[(?:first|only|each)\]", code) else "at"
        found = [_HELPERS[name] for name in _HELPERS if name in named]
        text = "\n".join([code, *found])
    return found


@attrs.frozen
class Python:
    """Expressions of Python 3.11 over the dict ``item``, with the helpers where they use them.

    ``counts`` are the resources whose functions are told how many items became one.
    """

    counts: frozenset[str] = frozenset()
    none: str = "None"
    count: str = "count"

    def get(self, source: str) -> str:
        """See Dialect."""
        if "." in source or "[" in source:
            return f"at(item, {json.dumps(source)})"
        return f"item.get({json.dumps(source)})"

    def parameter(self, name: str) -> str:
        """See Dialect."""
        return variable(name)

    def literal(self, value: Any) -> str:
        """See Dialect."""
        return json.dumps(value) if isinstance(value, str) else repr(value)

    def either(self, values: Sequence[str], *, worded: bool) -> str:
        """See Dialect."""
        if worded or len(values) == 1:
            return " or ".join(values)
        short = f"first({', '.join(values)})"
        return short if len(short) < _SHORT else "\n".join(["first(", *(f"{value}," for value in values), ")"])

    def looked_up(self, value: str, table: Mapping[Any, Any], *, spelled: bool = False) -> str:
        """See Dialect."""
        value = self.cast(value, "string") if spelled else value
        pairs = [f"{self.literal(word)}: {self.literal(means)}" for word, means in table.items()]
        short = f"{{{', '.join(pairs)}}}.get({value})"
        if len(short) < _SHORT:
            return short
        return "\n".join(["{", *(f"{pair}," for pair in pairs), f"}}.get({value})"])

    def typed(self, value: str, kind: str) -> str:
        """See Dialect."""
        return f"{kind}({value})" if kind in {"time", "whole"} else value

    def cast(self, value: str, kind: str) -> str:
        """See Dialect."""
        return f'cast({value}, "{kind}")'

    def times(self, value: str, factor: Fraction) -> str:
        """See Dialect."""
        per = f", {factor.denominator}" if factor.denominator > 1 else ""
        return f"times({value}, {factor.numerator}{per})"

    def joined(self, value: str, by: str) -> str:
        """See Dialect."""
        return f"joined({value}, {json.dumps(by)})"

    def split(self, value: str, by: str) -> str:
        """See Dialect."""
        return f"split({value}, {json.dumps(by)})"

    def objects(self, value: str, field: Field, rule: Rule) -> str:
        """See Dialect."""
        assert field.of is not None, "a field with objects inside"
        make = function_of(field.of)
        if rule.group or rule.keyed:
            paths = ", ".join(map(json.dumps, rule.group or (rule.keyed,)))
            return f"{'grouped' if rule.group else 'keyed'}({make}, {value}, {paths})"
        return f"{'each' if field.type == 'objects' else 'inside'}({make}, {value})"

    def length(self, value: str) -> str:
        """See Dialect."""
        return f"length({value})"

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
        if len(words) == 1 and isinstance(words[0], bool):
            return f"{value} is {'not ' if negated else ''}{listed}"
        if len(words) == 1:
            return f"{value} {'!=' if negated else '=='} {listed}"
        return f"{value} {'not ' if negated else ''}in [{listed}]"

    def chosen(self, cases: Sequence[tuple[str, str]], rest: str) -> str:
        """See Dialect."""
        lines = [f"{_held(value)}\nif {condition}\nelse " for condition, value in cases]
        return f"(\n{''.join(lines)}{_held(rest)}\n)"


def _held(value: str) -> str:
    return f"({value})" if " if " in value else value
