"""The verbs of mapping documents, each as the lines of Python that make one field's value.

No text of a document becomes code: where a line needs one it is a literal that ``repr`` wrote, and every other
value is passed under a name of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import attrs

from shim.core.rules import is_dropped
from shim.documents.model import Field, LinkRule, Rule, Verb, When
from shim.documents.templates import encoded
from shim.documents.value_types import FITS, LONGEST_TIME, PLAIN, Json, instant, is_usual_time


def segment_of(value: Json) -> str:
    """Return the raw path segment that stands for a member of the answer, empty when none does."""
    return (encoded(str(value)) or "") if type(value) in {str, int} else ""


_HELP: dict[str, Any] = {
    "NOTHING": {}, "instant": instant, "is_usual_time": is_usual_time, "segment_of": segment_of,
}  # fmt: skip
"""What generated functions may name besides their own values."""


@attrs.define
class Script:
    """The parts of one generated function.

    ``once`` are the lines that run once a call, ``holders`` and ``lines`` those that run for each object, and
    ``names`` the values that they name. ``parameters`` are those of the legacy path, which links may name beside
    members of the answer; ``api`` is the API whose relations links have.
    """

    parameters: Sequence[str]
    api: str
    once: list[str] = attrs.field(factory=list)
    holders: dict[str, str] = attrs.field(factory=dict)
    lines: list[str] = attrs.field(factory=list)
    names: dict[str, Any] = attrs.field(factory=_HELP.copy)

    def name(self, stem: str, value: object) -> str:
        """Return a name of ours for a value."""
        name = f"{stem}_{len(self.names) - len(_HELP)}"
        self.names[name] = value
        return name

    def once_a_call(self, stem: str, expression: str) -> str:
        """Return the name of what an expression is worth in all objects of a call."""
        name = f"{stem}_{len(self.once)}"
        self.once.append(f"{name} = {expression}")
        return name

    def holder(self, outer: str) -> str:
        """Return the name of upstream's object at a dotted name, which is NOTHING where it has none."""
        if not outer:
            return "source"
        if outer not in self.holders:
            found = self.member(outer)
            self.holders[outer] = f"holder_{len(self.holders)}"
            self.lines.append(f"{self.holders[outer]} = found if type(found := {found}) is dict else NOTHING")
        return self.holders[outer]

    def member(self, source: str) -> str:
        """Return the expression for the value at a dotted name, None where there is none."""
        outer, _, last = source.rpartition(".")
        return f"{self.holder(outer)}.get({last!r})"

    def add(self, field: Field, rules: Sequence[Rule]) -> None:
        """Add the lines that give one field its value, by the first of its rules whose condition holds."""
        named = self.name("field", field)
        lines = [f"# {field.name!r}"]
        for number, rule in enumerate(rules):
            which = self.name("rule", rule)
            of_rule = _lines(self, field, rule, f"{named}, {which}")
            if len(rules) > 1:
                word = "elif" if number else "if"
                lines.append("else:" if rule.when is None else f"{word} {_condition(self, rule.when)}:")
                lines += [f"    if report.rules.get({field.name!r}) is not {which}:"]
                lines += [f"        report.choose({named}, {which})"]
                of_rule = [f"    {line}" for line in of_rule]
            lines += of_rule
        self.lines += lines  # after those of holders, which hold in all cases


Branches = list[tuple[str, str]]
"""Tests, each with the expression for the value that a field gets where it is the first that holds."""


def _condition(script: Script, when: When) -> str:
    found = script.member(when.source)
    if when.given is not None:
        return f"{found} {'is not' if when.given else 'is'} None"
    word = script.name("words", when.words)
    return f"{'not ' if when.negated else ''}(type(value := {found}) in {{str, bool}} and value in {word})"


def _lines(script: Script, field: Field, rule: Rule, which: str) -> list[str]:
    """Return the lines of one rule; ``which`` are the names of field and rule."""
    lines: list[str] = []
    branches: Branches
    match rule.verb:
        case Verb.ABSENT:
            return ["pass"]
        case Verb.PARAMETER:
            return [_put(field, script.once_a_call("parameter", f"context.parameters[{rule.parameter!r}]"))]
        case Verb.CONSTANT:
            is_plain = type(rule.constant) in {str, bool}
            return [_put(field, repr(rule.constant) if is_plain else script.name("constant", rule.constant))]
        case Verb.LINK:
            lines, branches = _links(script, rule.links)
        case Verb.FROM:
            branches = [_converted(script, field, rule, script.member(source)) for source in rule.sources]
        case _:
            branches = _of_one(script, field, rule, script.member(rule.sources[0]))
    for number, (test, value) in enumerate(branches):
        lines += [f"{'elif' if number else 'if'} {test}:", f"    {_put(field, value)}"]
        if number and rule.verb is Verb.FROM:
            lines.append(f"    report.pass_over({which}, {number}, source)")
    return [*lines, "else:", f"    report.leave_out({which}, source, made)"]


def _put(field: Field, value: str) -> str:
    """Return the line that puts a value in a field's place, and makes the objects that it stands in."""
    *outer, last = field.name.split(".")
    return f"made{''.join(f'.setdefault({part!r}, {{}})' for part in outer)}[{last!r}] = {value}"


def _of_one(script: Script, field: Field, rule: Rule, found: str) -> Branches:
    """Return the branches of a verb that looks at one value, which stands at an expression."""
    match rule.verb:
        case Verb.ONLY:
            test, value = _converted(script, field, rule, "items[0]")
            return [(f"type(items := {found}) is list and len(items) == 1 and {test}", value)]
        case Verb.LIST:
            outer, _, last = rule.sources[0].rpartition(".")
            wrapped = (f"type(value := {found}) is {'str' if field.type == 'strings' else 'dict'}", "[value]")
            empty = (f"{last!r} not in {script.holder(outer)}", "[]")
            # In a request body an empty list would be an order that the caller did not give.
            return [wrapped] if "body" in field.rules else [wrapped, empty]
        case Verb.EQUALS:
            known = f" and value in {script.name('known', {*rule.words, *rule.others})}" if rule.others else ""
            words = script.name("words", frozenset(rule.words))
            return [(f"type(value := {found}) is str{known}", f"value in {words}")]
        case _:
            return [(_is_time(found), "instant(value).timestamp() < context.now")]


def _is_time(found: str) -> str:
    second_look = f"len(value) <= {LONGEST_TIME} and instant(value)"
    return f"type(value := {found}) is str and (is_usual_time(value) or {second_look})"


def _converted(script: Script, field: Field, rule: Rule, found: str) -> tuple[str, str]:
    """Return the test of the value at an expression, and the expression for the legacy value."""
    if rule.values:
        words = script.name("words", {word: new for word, new in rule.values.items() if not is_dropped(rule, word)})
        return f"type(value := {found}) is str and (word := {words}.get(value)) is not None", "word"
    if field.type == "time":
        test = _is_time(found)
    elif rule.whole:
        test = f"(type(value := {found}) is int or type(value) is float and value.is_integer())"
    elif field.type in PLAIN:
        test = f"type(value := {found}) is {PLAIN[field.type].__name__}"
    else:
        test = f"{script.name('fits', FITS[field.type])}(value := {found})"
    if rule.drop:
        test += f" and not {script.name('is_dropped', partial(is_dropped, rule))}(value)"
    if field.words:
        test += f" and value in {script.name('words', frozenset(field.words))}"
    return test, "int(value)" if rule.whole else "value"


def _links(script: Script, links: Sequence[LinkRule]) -> tuple[list[str], Branches]:
    """Return lines that make those links whose members are all there, and the test of whether there are any."""
    lines, segments = list[str](), dict[str, str]()
    made: Branches = []
    for link in links:
        named: list[str] = []
        href: list[list[str]] = [["context.links_base"]]  # what lies between the members that it names
        for number, piece in enumerate(link.path.pieces):
            if number % 2 == 0:
                href[-1] += [repr(piece)] if piece else []
            elif piece in script.parameters:
                href[-1].append(f"context.raw[{piece!r}]")
            else:
                if piece not in segments:
                    one = segments[piece] = f"segment_{len(segments)}"
                    lines.append(f"{one} = made.get({piece!r})")
                    lines.append(f"if type({one}) is not str or not ({one}.isascii() and {one}.isalnum()):")
                    lines.append(f"    {one} = segment_of({one})")
                named.append(segments[piece])
                href.append([])
        parts = [script.once_a_call("href", " + ".join(part)) if part else "" for part in href]
        whole = [parts[0], *(one for pair in zip(named, parts[1:], strict=True) for one in pair if one)]
        made.append((" and ".join(named), f"{{'href': {' + '.join(whole)}, 'rel': {link.rel[script.api]!r}}}"))
    if len(made) == 1 and made[0][0]:
        return lines, [(made[0][0], f"[{made[0][1]}]")]
    lines.append("links = []")
    for test, one in made:
        lines += [f"if {test}:", f"    links.append({one})"] if test else [f"links.append({one})"]
    return lines, [("links", "links")]
