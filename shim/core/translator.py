"""Generated functions: one for each operation, tier and API, from an object of the other side to a legacy one.

A debugger shows their text, and steps through it. No text of a document becomes code: where a line needs one it is a
literal that ``repr`` wrote, and every other value is passed under a name of ours.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.core.links import led_back, segment_of
from shim.core.messages import FieldReport
from shim.core.rules import Nested, claims_of, pass_rest
from shim.documents.fields import Begin, Field, Resource, Rule, Script, When
from shim.documents.sources import NoValue, Step, each, first, look_up, only, parse_source
from shim.documents.value_types import instant, is_usual_time
from shim.documents.vocabulary import Fidelity

_HELP: dict[str, Any] = {
    "MISSING": NoValue.MISSING, "NOTHING": {}, "Nested": Nested, "each": each, "first": first, "instant": instant,
    "is_usual_time": is_usual_time, "led_back": led_back, "look_up": look_up, "only": only, "pass_rest": pass_rest,
    "segment_of": segment_of,
}  # fmt: skip
"""What generated functions may name besides their own values."""


@attrs.frozen(eq=False)
class Translator:
    """The fields of one operation on one tier, ready for use.

    ``begin`` takes what a call is translated with, and returns the function that makes a legacy object of
    one of the other side. ``fields`` are in the order of its members, each with its rules, and ``usual`` is
    what the rule for all other cases says of them; ``text`` is the Python that was generated. ``inner`` are
    the translators of objects inside, by field. ``bare`` tells that the answer is the value of the one field,
    ``wraps`` that what is no object is read as ``value``.
    """

    fields: tuple[tuple[Field, tuple[Rule, ...]], ...]
    begin: Begin
    text: str = attrs.field(repr=False)
    inner: Mapping[str, Translator] = attrs.field(factory=dict)
    bare: bool = False
    wraps: bool = False
    usual: tuple[FieldReport, ...] = attrs.field(init=False, repr=False)

    @usual.default
    def _usual(self) -> tuple[FieldReport, ...]:
        found = list[FieldReport]()
        for field, (*_, rule) in self.fields:
            found.append(FieldReport(field.name, rule.fidelity, rule.why, rule.owner))
            if field.name in self.inner and rule.fidelity is not Fidelity.ABSENT:
                found += named_in(field, self.inner[field.name].usual)
        return tuple(found)


def named_in(field: Field, reports: Sequence[FieldReport]) -> Iterator[FieldReport]:
    """Return the reports of an object's fields under the name of the field that it stands in."""
    start = f"{field.name}[]" if field.type == "objects" else field.name
    return (attrs.evolve(report, name=f"{start}.{report.name}") for report in reports)


def make_translator(
    title: str, resource: Resource, tier: str, *, parameters: Sequence[str] = (), api: str = ""
) -> Translator:
    """Return the translator of a resource on one tier; links come last, since they may name other members.

    ``parameters`` are those of the legacy path, which links may name too, and ``api`` is the API whose relations
    links have. ``title`` names the generated text in tracebacks.
    """
    inner: dict[str, Translator] = {}

    def begin_inner(field: Field, of: Resource) -> Begin:
        inner[field.name] = make_translator(f"{title} {of.name}", of, tier, parameters=parameters, api=api)
        return inner[field.name].begin

    ordered = sorted(resource.fields, key=lambda field: field.type == "links")
    script = Script(parameters, api, tier, begin_inner)
    for field in ordered:
        _add(script, field, field.rules[tier])
    if resource.rest:
        _add_rest(script, resource)
    lines = [
        "def begin(context, report):",
        *(f"    {line}" for line in script.once),
        "    def translate(source, count=1):",
        "        made = {}",
        *(f"        {line}" for line in script.lines),
        "        return made",
        "    return translate",
    ]
    begin, text = generated(title, lines, {**_HELP, **script.names})
    fields = tuple((field, field.rules[tier]) for field in ordered)
    return Translator(fields, begin, text, inner, resource.bare, resource.reads_bare(tier))


def generated(title: str, lines: Sequence[str], names: dict[str, Any]) -> tuple[Callable[..., Any], str]:
    """Return the function ``begin`` of some lines, and their text, which debuggers show; it may name ``names``."""
    text = "".join(f"{line}\n" for line in lines)
    name = _registered(title, text)
    exec(compile(text, name, "exec"), names)  # noqa: S102 - no text of a document is in it
    begin: Callable[..., Any] = names["begin"]
    weakref.finalize(begin, linecache.cache.pop, name, None).atexit = False
    return begin, text


def _add(script: Script, field: Field, rules: Sequence[Rule]) -> None:
    """Add the lines that give one field its value, by the first of its rules whose condition holds."""
    named = script.name("field", field)
    lines = [f"# {field.name!r}"]
    if len(rules) > 1:
        chosen = script.once_a_call("chosen", f"report.counts({field.name!r}, {len(rules)})")
    for number, rule in enumerate(rules):
        which = script.name("rule", rule)
        of_rule = rule.verb.lines(script, field, f"{named}, {which}")
        if len(rules) > 1:
            word = "elif" if number else "if"
            lines.append("else:" if rule.when is None else f"{word} {_condition(script, rule.when)}:")
            lines.append(f"    {chosen}[{number}] += 1")
            of_rule = [f"    {line}" for line in of_rule]
        lines += of_rule
    script.lines += lines  # after those of holders, which hold in all cases


def _condition(script: Script, when: When) -> str:
    found = script.member(when.source)
    if when.given is not None:
        return f"{found} {'is not' if when.given else 'is'} None"
    word = script.name("words", when.words)
    return f"{'not ' if when.negated else ''}(type(value := {found}) in {{str, bool}} and value in {word})"


def _add_rest(script: Script, resource: Resource) -> None:
    """Add the line that passes on what no field of a resource names and no rule reads."""
    rules = [rule for field in resource.fields for rule in field.rules[script.tier]]
    names = [field.name for field in resource.fields] + list(resource.without)
    paths = [parse_source(source) for rule in rules for source in rule.sources]
    # What lies in a list can't be taken out of it: such a list is known by the field that has its name.
    known = [path for path in paths if not any(isinstance(part, Step) for part in path)]
    claims = script.name("claims", claims_of([*(name.split(".") for name in names), *known]))
    script.lines.append(f"pass_rest(source, made, {claims}, report)")


def _registered(title: str, text: str) -> str:
    """Return the name under which a text is shown by debuggers and in tracebacks; each is given once."""
    title = "".join(filter(str.isprintable, title))
    entry = (len(text), None, text.splitlines(keepends=True), "")
    name, number = f"<atlas-shim: {title}>", 1
    while linecache.cache.setdefault(name, entry) is not entry:
        number += 1
        name = f"<atlas-shim: {title} {number}>"
    return name
