"""Ways of ``from`` that make another value: other words, another type, other units, joined or split."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import attrs

from shim.documents.fields import Field, Use
from shim.documents.read import read_as, that, true
from shim.documents.script import Branch, Script
from shim.documents.tables import Rows, Table, key_path
from shim.documents.vocabulary import FITS, Json, is_json
from shim.documents.ways import From, check_value

_SCALARS = ("string", "integer", "number", "boolean")
_NUMBER = r"-?(?:0|[1-9][0-9]{0,39})"
_is_integer = re.compile(_NUMBER).fullmatch
_is_literal = re.compile(rf"true|false|{_NUMBER}(?:\.[0-9]{{1,40}})?(?:[eE][+-]?[0-9]{{1,3}})?").fullmatch
"""Tells booleans, and numbers as JSON writes them (RFC 8259, 6), of a length that is read at once."""
_is_factor = re.compile(r"-?\d{1,17}((\.\d{1,17})?(e[+-]?\d{1,2})?|/(?!0*$)\d{1,17})", re.ASCII).fullmatch
"""Tells the text of a number or a fraction of sensible size."""
_LARGEST = 10**4000
"""What may be multiplied: Python writes integers of 4300 digits at most, and a factor has a hundred or so."""


@attrs.frozen(kw_only=True)
class Values(From):
    """Words become others; those for booleans and integers too (``true``, ``5``)."""

    key = "values"
    changes = True
    mark = ": "
    unlike = "an unknown word"
    values: Mapping[str, Any] = that(lambda said: isinstance(said, dict) and said, "must be a table of words", {})
    _meanings: Mapping[tuple[type, Any], Any] = attrs.field(init=False, eq=False, repr=False)

    @_meanings.default
    def _of_words(self) -> Mapping[tuple[type, Any], Any]:
        words: dict[tuple[type, Any], Any] = {(str, word): value for word, value in self.values.items()}
        plain = [word for word in self.values if word in {"true", "false"} or _is_integer(word)]
        return words | {(type(said := json.loads(word)), said): self.values[word] for word in plain}

    def becomes(self) -> str:
        turned: dict[Any, list[str]] = {}
        for said, means in self.values.items():
            turned.setdefault(means if isinstance(means, str) else json.dumps(means), []).append(said)
        return "; ".join(f"{' or '.join(said)} is {means}" for means, said in turned.items())

    def misused(self, field: Field, use: Use) -> Rows:
        for word, value in self.values.items():
            yield from check_value(field, key_path(".values", word), value)

    def made(self, field: Field, said: Json) -> Json:
        return self._meanings.get((type(said), said)) if type(said) in {str, bool, int} else None

    def branch(self, script: Script, field: Field, found: str, source: str) -> Branch:
        if len(self._meanings) > len(self.values):  # some words stand for booleans and integers, too
            return super().branch(script, field, found, source)
        means = {word: value for word in self.values if (value := self.converted(field, word)) is not None}
        got = f"{script.name('means', means)}.get(value)"
        return f"type(value := {found}) is str and (value := {got}) is not None", "value"


@attrs.frozen(kw_only=True)
class ToType(From):
    """Text becomes what the field's type says, or that becomes text."""

    key = "cast"
    makes = _SCALARS
    changes = True
    says = "cast to its type"
    cast: bool = true()

    def made(self, field: Field, said: Json) -> Json:
        if field.type == "string":
            return json.dumps(said) if type(said) in {bool, int, float} and is_json(said) else said
        if type(said) is str:
            return json.loads(said) if _is_literal(said) else None
        return int(said) if field.type == "integer" and type(said) is float and said.is_integer() else said


def _read_factor(table: Table, key: str) -> Fraction:
    said = table.data.get(key)
    factor = Fraction(str(said)) if _is_factor(str(said)) else Fraction(0)
    if factor in {0, 1}:
        table.wrong(key, f"must be a number such as 1024 or '1/1024', and neither 0 nor 1, not {said!r}")
    return factor


@attrs.frozen(kw_only=True)
class Factor(From):
    """A number in other units."""

    key = "factor"
    makes = ("integer", "number")
    changes = True
    says = "times {0.by}"
    by: Fraction = read_as(_read_factor, "factor")

    def made(self, field: Field, said: Json) -> Json:
        if (type(said) is not int and type(said) is not float) or not abs(said) <= _LARGEST:
            return None
        value = Fraction(repr(said)) * self.by  # as it is written: 19.99 times 100 is 1999
        try:
            near = float(value)
        except OverflowError:
            near = None
        is_whole = value.denominator == 1
        if field.type == "integer" or (is_whole and type(said) is int):
            return int(value) if is_whole and (near is not None or type(said) is int) else None
        return near


_BETWEEN = "must be the text between the parts, not {!r}"


@attrs.frozen(kw_only=True)
class Join(From):
    """A list of texts becomes one."""

    key = "join"
    makes = ("string",)
    changes = True
    of_lists = True
    by: str = that(lambda said: isinstance(said, str), _BETWEEN, ",", "join")

    def becomes(self) -> str:
        return f"joined with {json.dumps(self.by)}"

    def made(self, field: Field, said: Json) -> Json:
        return self.by.join(map(str, said)) if type(said) is list and FITS["strings"](said) else None


@attrs.frozen(kw_only=True)
class Split(From):
    """A text becomes a list of its parts."""

    key = "split"
    makes = ("strings",)
    changes = True
    by: str = that(lambda said: isinstance(said, str) and said, _BETWEEN, ",", "split")

    def becomes(self) -> str:
        return f"split at {json.dumps(self.by)}"

    def made(self, field: Field, said: Json) -> Json:
        return (list(said.split(self.by)) if said else []) if type(said) is str else None


@attrs.frozen(kw_only=True)
class Parts(From):
    """The first parts of a text between dots, such as a version's."""

    key = "parts"
    makes = ("string",)
    changes = True
    says = "its first {0.count} parts between dots"
    count: int = that(
        lambda said: type(said) is int and said > 0, "must be how many parts, 1 or more, not {!r}", 1, "parts"
    )

    def made(self, field: Field, said: Json) -> Json:
        parts = said.split(".")[: self.count] if type(said) is str else []
        return ".".join(parts) if len(parts) == self.count and all(parts) else None
