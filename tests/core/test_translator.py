"""Generated functions equal their rules, and never contain text of a document."""

import ast
import gc
import json
import linecache
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shim.core.rules import TranslationContext, TranslationReport
from shim.core.translate import REPORTED, Translator, UpstreamPage, translate_items
from shim.documents.fields import Field, Resource, Rule, Verb, When
from shim.documents.verbs import Constant
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import From
from tests.core.driver import AFTER, BASE, ROOT, drive
from tests.core.fields_made_up import JSON, ODD, OF, PARAMETERS, fields, objects
from tests.core.reference import Expected
from tests.core.small import HEAD, field, read

CALL = TranslationContext(
    {"groupId": "g%201", "name": "n'{id}"},
    {"groupId": "g 1", "name": "n'{id}"},
    lambda: AFTER,
    BASE,
    ("/api", ""),
)


def made(translator: Translator, source: Any) -> Any:
    return translator.begin(CALL, TranslationReport())(source)


def of_rules(*rules: Rule, kind: str = "string", name: str = "x") -> Translator:
    return Translator(
        "t",
        Resource(fields=(Field(name, kind, (), {"flex": rules}, "at"),)),
        "flex",
        parameters=PARAMETERS,
    )


def a_rule(verb: Verb, when: When | None = None) -> Rule:
    return Rule(verb, "at", "owner", Fidelity.EXACT, when=when)


@pytest.mark.parametrize("kind", OF)
@given(st.data(), st.sampled_from(["v1", "v2"]))
def test_a_generated_function_equals_its_rules(kind, data, api):
    """For any fields and objects it has the same values in the same order, levels and dropped values."""
    declared = data.draw(fields(kind))
    items = data.draw(
        st.lists(
            objects(declared) | objects(declared) | objects(declared) | JSON,
            min_size=2,
            max_size=5,
        )
    )
    expected = Expected(declared, "flex", api, CALL)
    expected.add(items, "results")
    translator = Translator(
        "made up",
        Resource(fields=tuple(declared)),
        "flex",
        parameters=PARAMETERS,
        api=api,
    )
    got = translate_items(translator, [UpstreamPage({}, items)], CALL)
    assert repr(got.value) == repr(
        expected.values
    )  # 5.0 is not 5, and the order matters
    assert repr(got.dropped) == repr(tuple(expected.dropped))
    assert got.fields == tuple(expected.reports())


@settings(max_examples=2 * settings().max_examples)
@given(st.data(), st.sampled_from(sorted(OF)))
def test_a_request_body_follows_the_same_rules(data, kind):
    """An empty list is never created without a value."""
    declared = data.draw(fields(kind, body=True))
    body = data.draw(objects(declared))
    expected = Expected(declared, "body", "", CALL)
    expected.add([body], "body")
    report = TranslationReport()
    value = Translator("made up body", Resource(fields=tuple(declared)), "body").begin(
        CALL, report
    )(body)
    assert repr([value]) == repr(expected.values)
    assert repr(report.taken("body[0].")) == repr(expected.dropped)


def names_in(text: str) -> set[str]:
    """Return every name in a program that is loaded, called or assigned, including attributes."""
    nodes = list(ast.walk(ast.parse(text)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


WRITERS = [
    ROOT / "shim" / "core" / "translate.py",
    *(ROOT / "shim" / "documents").glob("*.py"),
]
OURS = {
    name
    for path in WRITERS
    for name in re.findall(r"[A-Za-z_]+", path.read_text("utf-8"))
}
"""Names in generated code; the generator numbers some of them."""


@given(st.sampled_from(sorted(OF)).flatmap(fields))
def test_generated_code_contains_no_text_of_a_document(declared):
    """All its names are the shim's own."""
    assert "__import__" not in OURS
    text = Translator(
        "made up",
        Resource(fields=tuple(declared)),
        "flex",
        parameters=PARAMETERS,
        api="v1",
    ).text
    assert {
        name for name in names_in(text) if re.sub(r"_?[0-9]*$", "", name) not in OURS
    } == set()


HOSTILE = [
    "') or boom() #", '"""\nboom()\n"""', "\\", "x\n    boom()\n", "\r boom()", "{boom()}", "%(boom())s",
    "# boom()",
]  # fmt: skip


@pytest.mark.parametrize("text", [*HOSTILE, *filter(None, ODD)])
def test_a_malicious_document_runs_no_code(text):
    """Text that looks like Python stays text in every place: names, sources, words and constants."""
    # A name with a dot needs quotes; other texts need a backslash.
    name = text.replace("'", "").rstrip("\\")
    quoted, source = (
        '"' + "".join(f"\\U{ord(letter):08x}" for letter in one) + '"'
        for one in (text, name or "q")
    )
    exact = 'fidelity = "exact"'
    document = HEAD.replace("getThing", "one").replace(
        "[operation.one", f"[operation.{quoted}"
    )
    document += f'\n[resource.thing.{source}]\ntype = "string"\n'
    document += f"[[resource.thing.{source}.flex]]\nwhen = {{ source = {source}, is = {quoted} }}\n"
    document += f"constant = {quoted}\nwhy = {quoted}\n"
    document += f"[[resource.thing.{source}.flex]]\nfrom = {source}\nvalues = {{ {quoted} = {quoted} }}\n{exact}\n"
    document += field(
        "deep.y", "string", f"from = [{source}, 'z']\n{exact}", f"words = [{quoted}]"
    )
    document += field(
        "is",
        "boolean",
        f"from = {source}\nvalues = {{ {quoted} = true }}\nwhy = 'W'\n{exact}",
    )
    document += field(
        "links",
        "links",
        f"link = {{ rel = {quoted}, path = '/things/{{thing}}' }}\n{exact}",
    )
    driven = drive(
        read(document),
        "/api/atlas/v2/things/t1",
        [(200, (), json.dumps({name or "q": text}).encode())],
    )
    made = dict(driven.document)
    if "." not in text:
        assert made.pop(name or "q") == text
    assert made["deep"] == {"y": text} or "." in text
    assert made["links"][0]["rel"] == text


def test_records_are_cached_for_a_limited_number_of_combinations():
    """An upstream with ever-changing items costs no memory, and a cached record equals a new one."""
    cases = (
        a_rule(Constant(constant="c"), When("k", frozenset({"w"}))),
        a_rule(From(sources=("x",))),
    )
    kept = of_rules(*cases)
    for number in [*range(REPORTED + 9), 7, 7]:
        pages = [
            UpstreamPage({}, [{"k": "w"}] * number + [{"x": "a"}, {}, {"x": number}])
        ]
        made = translate_items(kept, pages, CALL)
        assert made == translate_items(of_rules(*cases), pages, CALL)
        assert len(kept.reported) <= REPORTED


def test_many_cases_and_sources_are_generated_without_nesting():
    """A field with hundreds of rules works like one with two."""
    whens = [When("k", frozenset({f"w{number}"})) for number in range(300)]
    cases = [
        a_rule(Constant(constant=f"c{number}"), when)
        for number, when in enumerate(whens)
    ]
    sources = tuple(f"s{number}" for number in range(300))
    translator = of_rules(*cases, a_rule(From(sources=sources)))
    assert made(translator, {"k": "w299"}) == {"x": "c299"}
    assert made(translator, {"s299": "last"}) == {"x": "last"}


def shown(translator: Translator) -> str:
    """Return the name under which a translator's text is registered."""
    begin: Callable[..., Any] = translator.begin
    return str(begin.__code__.co_filename)


def test_each_generated_text_has_a_unique_name():
    """Two engines may have operations of the same name. A reload leaves no text behind."""
    one = of_rules(a_rule(From(sources=("a",))))
    other = of_rules(a_rule(From(sources=("b",))))
    assert shown(one) != shown(other)
    assert "".join(linecache.getlines(shown(one))) == one.text
    assert "".join(linecache.getlines(shown(other))) == other.text
    gone = shown(other)
    del other
    gc.collect()
    assert gone not in linecache.cache
    assert "".join(linecache.getlines(shown(one))) == one.text
