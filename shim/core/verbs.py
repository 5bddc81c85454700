"""The verbs of mapping documents, each as the lines of Python that make one field's value.

No text of a document becomes code: where a line needs one it is a literal that ``repr`` wrote, and every other
value is passed under a name of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import attrs

from shim.core.conversions import converter, led_back, needs_converter
from shim.core.nested import Nested, claims_of, pass_rest
from shim.core.rules import TranslationContext, TranslationReport, is_dropped
from shim.documents.model import BARE, Field, LinkRule, Resource, Rule, When
from shim.documents.sources import NoValue, Step, each, first, look_up, only, parse_source
from shim.documents.templates import encoded
from shim.documents.value_types import FITS, LONGEST_TIME, PLAIN, Json, JsonObject, instant, is_usual_time
from shim.documents.vocabulary import Verb


def segment_of(value: Json) -> str:
    """Return the raw path segment that stands for a member of the answer, empty when none does."""
    return (encoded(str(value)) or "") if type(value) in {str, int} else ""


_HELP: dict[str, Any] = {
    "MISSING": NoValue.MISSING, "NOTHING": {}, "Nested": Nested, "each": each, "first": first, "instant": instant,
    "is_usual_time": is_usual_time, "led_back": led_back, "look_up": look_up, "only": only, "pass_rest": pass_rest,
    "segment_of": segment_of,
}  # fmt: skip
"""What generated functions may name besides their own values."""


Translate = Callable[..., JsonObject]
"""A function from an object of the other side, and the number of those that it stands for (1), to a legacy one."""
Begin = Callable[[TranslationContext, TranslationReport], Translate]
"""A function that takes what a call is translated with, and returns its ``Translate``."""


@attrs.define
class Script:
    """The parts of one generated function.

    ``once`` are the lines that run once a call, ``holders`` and ``lines`` those that run for each object, and
    ``names`` the values that they name. ``parameters`` are those of the legacy path, which links may name beside
    members of the answer; ``api`` is the API whose relations links have. ``inner`` makes the translator of a
    resource that objects inside are.
    """

    parameters: Sequence[str]
    api: str
    tier: str
    inner: Callable[[Field, Resource], Begin]
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
        """Return the expression for the value at a source, None where there is none."""
        before, is_each, after = source.partition(f"[{Step.EACH}]")
        if is_each:
            path = parse_source(f"{BARE}{after}")[1:]
            return f"each({self.member(before)}, {self.name('path', path)})"
        outer, _, last = source.rpartition(".")
        name, *step = parse_source(last)
        found = f"{self.holder(outer)}.get({name!r})"
        return f"{step[0]}({found})" if step else found

    def nested(self, field: Field, resource: Resource) -> str:
        """Return the name of what translates the objects in a field, in one call."""
        begin, part = self.name("begin", self.inner(field, resource)), f"report.part({field.name!r})"
        wraps = reads_bare(resource, self.tier)
        return self.once_a_call("nested", f"Nested({begin}(context, {part}), {part}, report, {wraps})")

    def pass_rest(self, resource: Resource) -> None:
        """Add the line that passes on what no field of a resource names and no rule reads."""
        rules = [rule for field in resource.fields for rule in field.rules[self.tier]]
        names = [field.name for field in resource.fields] + list(resource.without)
        paths = [parse_source(source) for rule in rules for source in rule.sources]
        # What lies in a list can't be taken out of it: such a list is known by the field that has its name.
        known = [path for path in paths if not any(isinstance(part, Step) for part in path)]
        claims = self.name("claims", claims_of([*(name.split(".") for name in names), *known]))
        self.lines.append(f"pass_rest(source, made, {claims}, report)")

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


def reads_bare(resource: Resource, tier: str) -> bool:
    """Tell whether a resource's rules read what is no object, under the name ``value``."""
    rules = [rule for field in resource.fields for rule in field.rules.get(tier, ())]
    return any(parse_source(source)[0] == BARE for rule in rules for source in rule.sources)


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
        case Verb.COUNT if not rule.sources:
            return [_put(field, "count")]
        case Verb.FROM if field.of is not None:
            nested = script.nested(field, field.of)
            branches = [_nested(script, field, rule, source, nested) for source in rule.sources]
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
        case Verb.COUNT:
            return [(f"type(value := {found}) is list", "len(value)")]
        case Verb.LIST:
            outer, _, last = rule.sources[0].rpartition(".")
            wrapped = (f"type(value := {found}) is {'str' if field.type == 'strings' else 'dict'}", "[value]")
            empty = (f"{last!r} not in {script.holder(outer)}", "[]")
            if last.endswith("]"):
                path = script.name("path", parse_source(rule.sources[0]))
                empty = (f"look_up(source, {path}) is MISSING", "[]")
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
    if needs_converter(rule):
        return f"(value := {script.name('convert', converter(field, rule))}({found})) is not None", "value"
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
    if field.type == "links":
        return test, "led_back(value, context)"
    return test, "int(value)" if rule.whole else "value"


def _nested(script: Script, field: Field, rule: Rule, source: str, nested: str) -> tuple[str, str]:
    """Return the test of a value with objects inside, and the expression for them in the legacy shape."""
    is_list = field.type == "objects" or rule.keyed
    test = f"type(value := {script.member(source)}) is {'list' if is_list else 'dict'}"
    if rule.group:
        members = script.name("members", tuple(map(parse_source, rule.group)))
        return test, f"{nested}.grouped(value, {source!r}, {members})"
    if rule.keyed:
        return test, f"{nested}.keyed(value, {source!r}, {script.name('member', parse_source(rule.keyed))})"
    return test, f"{nested}.{'each' if is_list else 'one'}(value, {source!r})"


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
