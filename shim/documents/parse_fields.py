"""Fields and their rules, from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shim.documents.model import TIERS, Api, Fidelity, Field, LinkRule, RequestBody, Rule, Verb, When
from shim.documents.tables import Table, read_template

TYPES = ("string", "integer", "number", "boolean", "time", "strings", "object", "objects", "links")
"""The types a field may have; ``object`` and ``objects`` are handed over as they are."""

_VERBS = tuple(Verb)
_BODY_VERBS = tuple(verb for verb in Verb if verb not in {Verb.LINK, Verb.ABSENT})
_SAYS_WHY = (Fidelity.DERIVED, Fidelity.CONSTANT, Fidelity.ABSENT)


def parse_resource(table: Table, apis: Mapping[str, Api]) -> tuple[Field, ...]:
    """Return the fields of a resource in file order, which is the order of the answer's members."""
    return tuple(_parse_field(name, sub, apis) for name in table.names() if (sub := table.table(name)) is not None)


def _parse_field(name: str, table: Table, apis: Mapping[str, Api]) -> Field:
    field = Field(
        name=name,
        type=table.word("type", TYPES),
        words=table.texts("words"),
        rules={
            tier: tuple(_parse_rule(rule, apis) for rule in rules)
            for tier in TIERS
            if (rules := table.list_of_tables(tier))
        },
        at=table.path,
        file=table.owner,
    )
    if not field.rules:
        table.wrong("", "has no rule; give one for flex or dedicated")
    table.finish()
    return field


def parse_body(table: Table, request: RequestBody | None) -> tuple[Field, ...]:
    """Return the members of a successor's request body, whose rules read the legacy body."""
    if request is None:
        table.wrong("", "needs [….request], which declares the legacy body")
    fields = []
    for name in table.names():
        rules = []
        kinds = {}
        for sub in table.list_of_tables(name):
            kinds[sub.word("type", TYPES)] = sub
            rules.append(_parse_rule(sub, {}, plain=True))
            for source in rules[-1].sources:
                if request is not None and not {source, source.split(".")[0]} & request.members.keys():
                    sub.wrong("", f"reads {source!r}, which is no member of the legacy body")
        if len(kinds) > 1:
            table.wrong(name, f"has more than one type: {', '.join(kinds)}")
        if rules:
            kind, at = next(iter(kinds)), table.at(name)
            fields.append(Field(name, kind, words=(), rules={"body": tuple(rules)}, at=at, file=table.owner))
    return tuple(fields)


def _parse_rule(table: Table, apis: Mapping[str, Api], *, plain: bool = False) -> Rule:
    """Read one rule; a plain one stands in a request body and says nothing of fidelity."""
    verbs = _BODY_VERBS if plain else _VERBS
    present = [verb for verb in verbs if table.has(verb)]
    if len(present) != 1:
        table.wrong("", f"needs exactly one of {', '.join(verbs)}, not {', '.join(present) or 'none'}")
    verb = present[0] if present else Verb.ABSENT
    known: dict[str, Any] = {}
    match verb:
        case Verb.FROM:
            known = {
                "sources": table.texts("from"),
                "values": _parse_values(table),
                "whole": table.flag("whole"),
                "drop": _parse_drop(table),
            }
        case Verb.LIST | Verb.ONLY | Verb.PASSED:
            known = {"sources": (table.text(verb),)}
        case Verb.EQUALS:
            known = _parse_equals(table)
        case Verb.PARAMETER:
            known = {"parameter": table.text("parameter")}
        case Verb.CONSTANT:
            known = {"constant": table.get("constant")}
        case Verb.LINK:
            known = {"links": tuple(_parse_link(link, apis) for link in table.list_of_tables("link"))}
        case _:
            if not table.flag("absent"):
                table.wrong("absent", "must be true")
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
    table.finish(*(("type",) if plain else ()))
    return rule


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
        "sources": (sub.text("source"),),
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
    source = sub.text("source")
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
