"""One rule of a field, from TOML."""

from __future__ import annotations

from collections.abc import Collection

from shim.documents.casts import CASTS
from shim.documents.fields import Rule, Verb, When
from shim.documents.read import sources_in
from shim.documents.tables import Table
from shim.documents.verbs import VERBS, Absent
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import WAYS

_SAYS_WHY = (Fidelity.DERIVED, Fidelity.CONSTANT, Fidelity.ABSENT)


def parse_rule(table: Table, apis: Collection[str], *, plain: bool = False) -> Rule:
    """Return one rule; a plain one stands in a request body and says nothing of fidelity."""
    verbs = [key for key, verb in VERBS.items() if verb.in_body or not plain]
    present = [key for key in verbs if table.has(key)]
    if len(present) != 1:
        table.wrong("", f"needs exactly one of {', '.join(verbs)}, not {', '.join(present) or 'none'}")
    table.know(*present)
    if not present:  # what else the rule lacks is not known
        table.know(*verbs, *(way.key for way in (*WAYS, *CASTS)), "drop", "null", "fidelity", "why")
    verb = VERBS[present[0]].read(table, apis) if present else Absent()
    rule = Rule(
        verb=verb,
        at=table.path,
        owner=table.owner,
        fidelity=Fidelity.EXACT if plain or not present else _parse_fidelity(table, verb),
        why=table.text("why", default=""),
        when=_parse_when(table),
    )
    if not plain and rule.fidelity in _SAYS_WHY and not rule.why:
        table.wrong("why", f"is missing; a field that is {rule.fidelity} says why")
    # The type of a body member stands in the rule's own table.
    table.finish(*(("type", "of") if plain else ()), needs=verbs)
    return rule


def _parse_fidelity(table: Table, verb: Verb) -> Fidelity:
    levels = tuple(level.value for level in Fidelity if level is not Fidelity.MISSING)
    level = Fidelity(table.word("fidelity", levels, default=verb.levels[0] if verb.levels else None))
    if verb.levels and level not in verb.levels:
        table.wrong("fidelity", f"of this rule can only be {' or '.join(verb.levels)}")
    if not verb.levels and level in {Fidelity.CONSTANT, Fidelity.ABSENT}:
        table.wrong("fidelity", f"{level} is for the rules constant and absent")
    return level


def _parse_when(table: Table) -> When | None:
    sub = table.table("when")
    if sub is None:
        return None
    form = [key for key in ("is", "is_not", "given") if sub.has(key)]
    if len(form) != 1:
        sub.wrong("", "needs exactly one of is, is_not and given")
    (source,) = sources_in(sub, "source", (sub.text("source"),))
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
