"""Generated functions: one for each operation, tier and API, from an object of the other side to a legacy one.

A debugger shows their text, and steps through it.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable, Sequence

import attrs

from shim.core.record import FieldReport
from shim.core.rules import TranslationContext, TranslationReport
from shim.core.verbs import Script
from shim.documents.model import Field, Rule
from shim.documents.value_types import JsonObject

Translate = Callable[[JsonObject], JsonObject]


@attrs.frozen(eq=False)
class Translator:
    """The fields of one operation on one tier, ready for use.

    ``begin`` takes what a call is translated with, and returns the function that makes a legacy object of
    one of the other side. ``fields`` are in the order of its members, each with the rule for all other
    cases, and ``usual`` is what that rule says of them; ``text`` is the Python that was generated.
    """

    fields: tuple[tuple[Field, Rule], ...]
    begin: Callable[[TranslationContext, TranslationReport], Translate]
    text: str = attrs.field(repr=False)
    usual: tuple[FieldReport, ...] = attrs.field(init=False, repr=False)

    @usual.default
    def _usual(self) -> tuple[FieldReport, ...]:
        return tuple([FieldReport(field.name, rule.fidelity, rule.why, rule.owner) for field, rule in self.fields])


def make_translator(
    title: str, fields: Sequence[Field], tier: str, *, parameters: Sequence[str] = (), api: str = ""
) -> Translator:
    """Return the translator of fields on one tier; links come last, since they may name other members.

    ``parameters`` are those of the legacy path, which links may name too, and ``api`` is the API whose relations
    links have. ``title`` names the generated text in tracebacks.
    """
    ordered = sorted(fields, key=lambda field: field.type == "links")
    script = Script(parameters, api)
    for field in ordered:
        script.add(field, field.rules[tier])
    lines = [
        "def begin(context, report):",
        *(f"    {line}" for line in script.once),
        "    def translate(source):",
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
    return Translator(tuple((field, field.rules[tier][-1]) for field in ordered), begin, text)


def _registered(title: str, text: str) -> str:
    """Return the name under which a text is shown by debuggers and in tracebacks; each is given once."""
    title = "".join(filter(str.isprintable, title))
    entry = (len(text), None, text.splitlines(keepends=True), "")
    name, number = f"<atlas-shim: {title}>", 1
    while linecache.cache.setdefault(name, entry) is not entry:
        number += 1
        name = f"<atlas-shim: {title} {number}>"
    return name
