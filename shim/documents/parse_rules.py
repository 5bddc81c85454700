"""One rule of a field, from TOML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from shim.documents.model import Api, LinkRule, Rule, When
from shim.documents.sources import Step, parse_source
from shim.documents.tables import Table, checked, read_template
from shim.documents.vocabulary import Cast, Fidelity, Verb

_VERBS = tuple(Verb)
_BODY_VERBS = tuple(verb for verb in Verb if verb not in {Verb.LINK, Verb.ABSENT})
_is_factor = re.compile(r"-?\d{1,17}(\.\d{1,17})?(e[+-]?\d{1,2}|/\d{1,17})?", re.ASCII).fullmatch
"""Tells the text of a number or a fraction of sensible size."""

_SAYS_WHY = (Fidelity.DERIVED, Fidelity.CONSTANT, Fidelity.ABSENT)


def parse_rule(table: Table, apis: Mapping[str, Api], *, plain: bool = False) -> Rule:
    """Return one rule; a plain one stands in a request body and says nothing of fidelity."""
    verbs = _BODY_VERBS if plain else _VERBS
    present = [verb for verb in verbs if table.has(verb)]
    if len(present) != 1:
        table.wrong("", f"needs exactly one of {', '.join(verbs)}, not {', '.join(present) or 'none'}")
    verb = present[0] if present else Verb.ABSENT
    known: dict[str, Any] = {}
    match verb:
        case Verb.FROM:
            known = _parse_from(table)
        case Verb.COUNT if isinstance(table.get(verb), str):
            known = {"sources": _sources(table, verb, (table.text(verb),))}
        case Verb.LIST | Verb.ONLY | Verb.PASSED:
            known = {"sources": _sources(table, verb, (table.text(verb),))}
        case Verb.EQUALS:
            known = _parse_equals(table)
        case Verb.PARAMETER:
            known = {"parameter": table.text("parameter")}
        case Verb.CONSTANT:
            known = {"constant": table.get("constant")}
        case Verb.LINK:
            known = {"links": tuple(_parse_link(link, apis) for link in table.list_of_tables("link"))}
        case _:
            if not table.flag(verb):
                table.wrong(verb, "must be true")
    rule = Rule(
        verb=verb,
        at=table.path,
        owner=table.owner,
        fidelity=Fidelity.EXACT if plain else _parse_fidelity(table, verb),
        why=table.text("why", default=""),
        when=_parse_when(table),
        **known,
    )
    if not plain and rule.fidelity in _SAYS_WHY and not rule.why:
        table.wrong("why", f"is missing; a field that is {rule.fidelity} says why")
    # The type of a body member stands in the rule's own table.
    table.finish(*(("type", "of") if plain else ()))
    return rule


def _sources(table: Table, key: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in filter(None, texts):
        checked(table, key, parse_source, text)
    return texts


def _members(table: Table, key: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return sources that each item of a list has one value at."""
    for text in _sources(table, key, texts):
        if f"[{Step.EACH}]" in text:
            table.wrong(key, f"{text!r} is a list, and can't tell one item from another")
    return texts


def _parse_from(table: Table) -> dict[str, Any]:
    cast, by = _parse_cast(table)
    known = {
        "sources": _sources(table, "from", table.texts("from")),
        "values": _parse_values(table),
        "whole": table.flag("whole"),
        "cast": cast,
        "by": by,
        "group": _members(table, "group", table.texts("group")),
        "keyed": "".join(_members(table, "keyed", (table.text("keyed", default=""),))),
        "drop": _parse_drop(table),
    }
    ways = [key for key in ("values", "whole", *filter(None, Cast), "group", "keyed") if table.has(key)]
    if len(ways) > 1:
        table.wrong("", f"{' and '.join(ways)} can't stand together; a rule makes one thing of a value")
    return known


def _parse_cast(table: Table) -> tuple[Cast, Fraction | str]:
    """Return what a value is cast by, and the factor or text for it."""
    if table.flag(Cast.TEXT):
        return Cast.TEXT, ""
    for cast in (Cast.JOIN, Cast.SPLIT):
        if table.has(cast):
            by = table.get(cast)
            if not isinstance(by, str) or (not by and cast is Cast.SPLIT):
                table.wrong(cast, f"must be the text between the parts, not {by!r}")
                by = ","
            return cast, by
    if not table.has(Cast.FACTOR):
        return Cast.NONE, ""
    said = table.get(Cast.FACTOR)
    try:
        factor = Fraction(str(said)) if _is_factor(str(said)) else Fraction(0)
    except (ValueError, ZeroDivisionError):  # a fraction with a decimal point, or of nothing
        factor = Fraction(0)
    if factor in {0, 1}:
        table.wrong(Cast.FACTOR, f"must be a number such as 1024 or '1/1024', and neither 0 nor 1, not {said!r}")
    return Cast.FACTOR, factor


def _parse_fidelity(table: Table, verb: Verb) -> Fidelity:
    fixed = {Verb.ABSENT: Fidelity.ABSENT, Verb.CONSTANT: Fidelity.CONSTANT}
    levels = tuple(level.value for level in Fidelity if level is not Fidelity.MISSING)
    default = fixed.get(verb)
    level = Fidelity(table.word("fidelity", levels, default=default))
    if default is not None and level is not default:
        table.wrong("fidelity", f"of this rule can only be {default}")
    if default is None and level in fixed.values():
        table.wrong("fidelity", f"{level} is for the rules {Verb.CONSTANT} and {Verb.ABSENT}")
    return level


def _parse_values(table: Table) -> Mapping[str, Any]:
    values = table.get("values")
    if values is None:
        return {}
    if not isinstance(values, dict) or not values:
        table.wrong("values", "must be a table of words")
        return {}
    return values


def _parse_drop(table: Table) -> tuple[Any, ...]:
    drop = table.get("drop")
    if drop is None:
        return ()
    if not isinstance(drop, list) or not drop:
        table.wrong("drop", "must be a list of values that mean 'not known'")
        return ()
    return tuple(drop)


def _parse_equals(table: Table) -> dict[str, Any]:
    sub = table.table("equals")
    if sub is None:
        return {}
    found = {
        "sources": _sources(sub, "source", (sub.text("source"),)),
        "words": sub.texts("word", required=True),
        "others": sub.texts("others"),
    }
    sub.finish()
    return found


def _parse_when(table: Table) -> When | None:
    sub = table.table("when")
    if sub is None:
        return None
    form = [key for key in ("is", "is_not", "given") if sub.has(key)]
    if len(form) != 1:
        sub.wrong("", "needs exactly one of is, is_not and given")
    (source,) = _sources(sub, "source", (sub.text("source"),))
    if form == ["given"]:
        when = When(source=source, given=sub.flag("given"))
    else:
        words = _parse_words(sub, form[0]) if form else frozenset[str | bool]()
        when = When(source=source, words=words, negated=form == ["is_not"])
    sub.finish()
    return when


def _parse_words(table: Table, key: str) -> frozenset[str | bool]:
    """Return the words of a condition; a boolean stands alone."""
    value = table.get(key)
    return frozenset({value}) if isinstance(value, bool) else frozenset(table.texts(key, required=True))


def _parse_link(table: Table, apis: Mapping[str, Api]) -> LinkRule:
    rel = table.get("rel")
    by_api = rel if isinstance(rel, dict) else dict.fromkeys(apis, rel)
    if by_api.keys() != apis.keys() or not all(isinstance(word, str) and word for word in by_api.values()):
        table.wrong("rel", f"must be a text, or a table with one for each of {', '.join(apis)}")
    path = read_template(table, "path")
    table.finish()
    return LinkRule(rel=by_api, path=path)
