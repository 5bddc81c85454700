"""What ``from`` rules make of a value: casts, units, joined and split words, words for booleans and numbers, links."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from shim.core.rules import TranslationContext, is_dropped
from shim.documents.model import Field, Rule
from shim.documents.value_types import FITS, Json
from shim.documents.vocabulary import Cast

Convert = Callable[[Json], Json]
"""A function to the legacy value, or to None where there is none."""

_is_integer = re.compile(r"-?(?:0|[1-9][0-9]{0,39})").fullmatch
_is_number = re.compile(r"-?(?:0|[1-9][0-9]{0,39})(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?").fullmatch
"""Tell numbers as JSON writes them (RFC 8259, 6), of a length that is read at once."""

_LARGEST = 10**4000
"""What may be multiplied: Python writes integers of 4300 digits at most, and a factor has a hundred or so."""


def converter(field: Field, rule: Rule) -> Convert:
    """Return the function that a rule with a cast, or with words for more than texts, converts with."""
    convert = _words(rule.values) if rule.values else _CASTS[rule.cast](field, rule)

    def converted(said: Json) -> Json:
        if is_dropped(rule, said):
            return None
        value = convert(said)
        if value is None or not FITS[field.type](value) or (field.words and value not in field.words):
            return None
        return value

    return converted


def needs_converter(rule: Rule) -> bool:
    """Tell whether a rule has a cast, or words for booleans or integers."""
    return bool(rule.cast) or any(word in _BOOLEANS or _is_integer(word) for word in rule.values)


_BOOLEANS = {"true": True, "false": False}


def _words(values: Mapping[str, Any]) -> Convert:
    by_type: dict[type, dict[Any, Any]] = {str: dict(values), bool: {}, int: {}}
    for word, value in values.items():
        if word in _BOOLEANS:
            by_type[bool][_BOOLEANS[word]] = value
        elif _is_integer(word):
            by_type[int][int(word)] = value
    return lambda said: by_type[type(said)].get(said) if type(said) in by_type else None


def _to_text(said: Json) -> Json:
    if type(said) is bool:
        return "true" if said else "false"
    return str(said) if type(said) in {str, int} or (type(said) is float and math.isfinite(said)) else None


def _to_integer(said: Json) -> Json:
    if type(said) is str:
        return int(said) if _is_integer(said) else None
    return int(said) if type(said) is float and said.is_integer() else said


def _to_number(said: Json) -> Json:
    if type(said) is not str:
        return said
    return (int(said) if _is_integer(said) else float(said)) if _is_number(said) else None


def _to_boolean(said: Json) -> Json:
    return _BOOLEANS.get(said) if type(said) is str else said


_TO: Mapping[str, Convert] = {
    "string": _to_text, "integer": _to_integer, "number": _to_number, "boolean": _to_boolean,
}  # fmt: skip


def _times(field: Field, rule: Rule) -> Convert:
    assert isinstance(rule.by, Fraction), "a document says so"
    times, per = rule.by.numerator, rule.by.denominator

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


def _joined(_: Field, rule: Rule) -> Convert:
    by = str(rule.by)
    return lambda said: by.join(map(str, said)) if type(said) is list and FITS["strings"](said) else None


def _split(_: Field, rule: Rule) -> Convert:
    by = str(rule.by)
    return lambda said: (list(said.split(by)) if said else []) if type(said) is str else None


_CASTS: Mapping[Cast, Callable[[Field, Rule], Convert]] = {
    Cast.TEXT: lambda field, _: _TO[field.type],
    Cast.FACTOR: _times,
    Cast.JOIN: _joined,
    Cast.SPLIT: _split,
}


def led_back(links: list[Json], context: TranslationContext) -> list[Json]:
    """Return upstream's links with the caller's base in place of their origin, where they lead to the API."""
    return [_led_back(link, context) for link in links]


def _led_back(link: Json, context: TranslationContext) -> Json:
    href = link.get("href") if type(link) is dict else None
    if type(link) is not dict or type(href) is not str:
        return link
    origin = _origin_of(href)
    if origin is None or not href.startswith(context.api_bases, origin.end()):
        return link
    return {**link, "href": context.base + href[origin.end() :]}


_origin_of = re.compile(r"https?://[^/?#]+", re.IGNORECASE).match
