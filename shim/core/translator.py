"""Generated functions: one for each operation, tier and API, from an object of the other side to a legacy one.

A debugger shows their text, and steps through it.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Iterator, Mapping, Sequence

import attrs

from shim.core.messages import FieldReport
from shim.core.verbs import Begin, Script, reads_bare
from shim.documents.model import Field, Resource, Rule
from shim.documents.vocabulary import Verb


@attrs.frozen(eq=False)
class Translator:
    """The fields of one operation on one tier, ready for use.

    ``begin`` takes what a call is translated with, and returns the function that makes a legacy object of
    one of the other side. ``fields`` are in the order of its members, each with the rule for all other
    cases, and ``usual`` is what that rule says of them; ``text`` is the Python that was generated. ``inner`` are
    the translators of objects inside, by field. ``bare`` tells that the answer is the value of the one field,
    ``wraps`` that what is no object is read as ``value``.
    """

    fields: tuple[tuple[Field, Rule], ...]
    begin: Begin
    text: str = attrs.field(repr=False)
    inner: Mapping[str, Translator] = attrs.field(factory=dict)
    bare: bool = False
    wraps: bool = False
    usual: tuple[FieldReport, ...] = attrs.field(init=False, repr=False)

    @usual.default
    def _usual(self) -> tuple[FieldReport, ...]:
        found = list[FieldReport]()
        for field, rule in self.fields:
            found.append(FieldReport(field.name, rule.fidelity, rule.why, rule.owner))
            if field.name in self.inner and rule.verb is not Verb.ABSENT:
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
        if field.name not in inner:
            inner[field.name] = make_translator(f"{title} {of.name}", of, tier, parameters=parameters, api=api)
        return inner[field.name].begin

    ordered = sorted(resource.fields, key=lambda field: field.type == "links")
    script = Script(parameters, api, tier, begin_inner)
    for field in ordered:
        script.add(field, field.rules[tier])
    if resource.rest:
        script.pass_rest(resource)
    lines = [
        "def begin(context, report):",
        *(f"    {line}" for line in script.once),
        "    def translate(source, count=1):",
        "        made = {}",
        *(f"        {line}" for line in script.lines),
        "        return made",
        "    return translate",
    ]
    text = "".join(f"{line}\n" for line in lines)
    names = script.names
    name = _registered(title, text)
    exec(compile(text, name, "exec"), names)  # noqa: S102 - ``verbs`` says what is in it: no text of a document
    begin = names["begin"]
    weakref.finalize(begin, linecache.cache.pop, name, None).atexit = False
    last = tuple((field, field.rules[tier][-1]) for field in ordered)
    return Translator(last, begin, text, inner, resource.bare, reads_bare(resource, tier))


def _registered(title: str, text: str) -> str:
    """Return the name under which a text is shown by debuggers and in tracebacks; each is given once."""
    title = "".join(filter(str.isprintable, title))
    entry = (len(text), None, text.splitlines(keepends=True), "")
    name, number = f"<atlas-shim: {title}>", 1
    while linecache.cache.setdefault(name, entry) is not entry:
        number += 1
        name = f"<atlas-shim: {title} {number}>"
    return name
