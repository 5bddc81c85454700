"""Casts: ways of ``from`` that make another type of a value, by its type, in units, joined or split."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from fractions import Fraction
from typing import ClassVar

import attrs

from shim.documents.columns import Columns, Part, Unusual
from shim.documents.fields import Branch, Field, Problems, Script
from shim.documents.tables import Table
from shim.documents.value_types import FITS, Json
from shim.documents.ways import AS_IS, BOOLEANS, SCALARS, Convert, Drop, Way, by_function, is_integer

_is_number = re.compile(r"-?(?:0|[1-9][0-9]{0,39})(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?").fullmatch
"""Tells numbers as JSON writes them, of a length that is read at once."""
_is_factor = re.compile(r"-?\d{1,17}(\.\d{1,17})?(e[+-]?\d{1,2}|/\d{1,17})?", re.ASCII).fullmatch
"""Tells the text of a number or a fraction of sensible size."""

_LARGEST = 10**4000
"""What may be multiplied: Python writes integers of 4300 digits at most, and a factor has a hundred or so."""


@attrs.frozen
class Cast(Way):
    """What all that make another type of a value have in common."""

    makes: ClassVar[tuple[str, ...]] = ()
    """The types of field that it makes."""
    copies = False

    def convert(self, field: Field) -> Convert:
        """Return the function that a value is converted with."""
        raise NotImplementedError

    def check(self, field: Field, at: str) -> Problems:
        if field.type not in self.makes:
            yield f"{at}.{self.key}", f"makes {' or '.join(self.makes)}, and the field's type is {field.type}"

    def branch(self, script: Script, field: Field, drop: Drop, found: str, source: str = "") -> Branch:
        return by_function(script, field, drop, found, self.convert(field))

    def column(self, columns: Columns, field: Field, drop: Drop, source: str) -> Part:
        raise Unusual

    def why_not(self, field: Field, said: Json) -> str:
        return f"can't be made {field.type}"


@attrs.frozen
class ToType(Cast):
    """Text becomes what the field's type says, or that becomes text."""

    key = "cast"
    makes = SCALARS

    @classmethod
    def read(cls, table: Table) -> Way:
        return cls() if table.flag("cast") else AS_IS

    def how(self) -> str:
        return "cast to its type"

    def takes(self, made: str) -> Collection[str]:
        return SCALARS

    def convert(self, field: Field) -> Convert:
        return {"string": _to_text, "integer": _to_integer, "number": _to_number, "boolean": _to_boolean}[field.type]


def _to_text(said: Json) -> Json:
    if type(said) is bool:
        return "true" if said else "false"
    return str(said) if type(said) in {str, int} or (type(said) is float and math.isfinite(said)) else None


def _to_integer(said: Json) -> Json:
    if type(said) is str:
        return int(said) if is_integer(said) else None
    return int(said) if type(said) is float and said.is_integer() else said


def _to_number(said: Json) -> Json:
    if type(said) is not str:
        return said
    return (int(said) if is_integer(said) else float(said)) if _is_number(said) else None


def _to_boolean(said: Json) -> Json:
    return BOOLEANS.get(said) if type(said) is str else said


@attrs.frozen
class Factor(Cast):
    """A number in other units."""

    key = "factor"
    makes = ("integer", "number")
    by: Fraction

    @classmethod
    def read(cls, table: Table) -> Way:
        said = table.get("factor")
        try:
            factor = Fraction(str(said)) if _is_factor(str(said)) else Fraction(0)
        except (ValueError, ZeroDivisionError):  # a fraction with a decimal point, or of nothing
            factor = Fraction(0)
        if factor in {0, 1}:
            table.wrong("factor", f"must be a number such as 1024 or '1/1024', and neither 0 nor 1, not {said!r}")
        return cls(factor)

    def how(self) -> str:
        return f"times {self.by}"

    def takes(self, made: str) -> Collection[str]:
        return ("number",)

    def convert(self, field: Field) -> Convert:
        times, per = self.by.numerator, self.by.denominator

        def multiplied(said: Json) -> Json:
            if (type(said) is not int and type(said) is not float) or not abs(said) <= _LARGEST:
                return None
            if type(said) is int:
                whole, left = divmod(said * times, per)
                if field.type == "integer" or not left:
                    return None if left else whole
            try:
                value = said * times / per
            except OverflowError:  # an integer beyond the range of floats
                return None
            return int(value) if field.type == "integer" and value.is_integer() else value

        return multiplied


def _text_between(table: Table, key: str, *, may_be_empty: bool) -> str:
    by = table.get(key)
    if isinstance(by, str) and (by or may_be_empty):
        return by
    table.wrong(key, f"must be the text between the parts, not {by!r}")
    return ","


@attrs.frozen
class Join(Cast):
    """A list of texts becomes one."""

    key = "join"
    makes = ("string",)
    by: str

    @classmethod
    def read(cls, table: Table) -> Way:
        return cls(_text_between(table, "join", may_be_empty=True))

    def how(self) -> str:
        return f"joined with {json.dumps(self.by)}"

    def takes(self, made: str) -> Collection[str]:
        return ("array",)

    def reads_list(self, field: Field) -> bool:
        return True

    def convert(self, field: Field) -> Convert:
        return lambda said: self.by.join(map(str, said)) if type(said) is list and FITS["strings"](said) else None


@attrs.frozen
class Split(Cast):
    """A text becomes a list of its parts."""

    key = "split"
    makes = ("strings",)
    by: str

    @classmethod
    def read(cls, table: Table) -> Way:
        return cls(_text_between(table, "split", may_be_empty=False))

    def how(self) -> str:
        return f"split at {json.dumps(self.by)}"

    def takes(self, made: str) -> Collection[str]:
        return ("string",)

    def reads_list(self, field: Field) -> bool:
        return False

    def convert(self, field: Field) -> Convert:
        return lambda said: (list(said.split(self.by)) if said else []) if type(said) is str else None


CASTS: tuple[type[Cast], ...] = (ToType, Factor, Join, Split)
