"""Generate ``fields`` tables that are valid in a document, and objects that upstream could send."""

from typing import Any

import attrs
from hypothesis import strategies as st

from shim.documents.fields import Field, Rule, Verb, When
from shim.documents.links import LinkBack, LinkRule
from shim.documents.templates import parse_template
from shim.documents.verbs import Absent, Constant, List, Parameter, Passed
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import From, Parts, Values

PARAMETERS = ("groupId", "name")
ODD = [
    "it's",
    'a"b',
    "\\",
    "{id}",
    "%s",
    "\n#",
    "'''",
    '"""',
    "\x00",
    "ä\u2028",
    "__import__('os')",
    "1 or 1",
    "",
]
"""Texts that would change their meaning if generated code included them unescaped."""
PARTS = ["id", "a", "b", "c", *ODD[:-1]]
SOURCES = st.one_of(
    st.sampled_from([*PARTS, "a.b", "a.c", "b.b", "a.b.c", "o.x", "o.y", "o.p.z"]),
    st.lists(st.sampled_from([*PARTS, "o"]), min_size=1, max_size=3).map(".".join),
)
WORDS = st.sampled_from(["UP", "DOWN", *ODD])
TIMES = st.sampled_from(
    ["2026-01-01T00:00:00Z", "2026-08-01t11:59:59.5z", "0001-01-01T00:00:00+14:00"]
)

OF: dict[str, st.SearchStrategy[Any]] = {
    "string": WORDS,
    "integer": st.integers(-1, 2) | st.integers(2**70, 2**71),
    "number": st.integers(-1, 2) | st.sampled_from([0.5, 5.0, -0.0]),
    "boolean": st.booleans(),
    "time": TIMES,
    "strings": st.lists(WORDS, max_size=2),
    "object": st.dictionaries(WORDS, st.integers(), max_size=2),
    "objects": st.lists(st.dictionaries(WORDS, st.integers(), max_size=2), max_size=2),
}
"""Example values of each type."""

SCALARS = (
    st.none()
    | st.one_of(*OF.values())
    | st.sampled_from(["2026-02-30T00:00:00Z", "x" * 300, 1.5, 1e300])
)
JSON = (
    SCALARS
    | st.lists(SCALARS, max_size=2)
    | st.dictionaries(st.sampled_from(["a", "x", "o"]), SCALARS, max_size=2)
)

Chosen = st.SearchStrategy[tuple[type[From], dict[str, Any]]]
"""The kinds of ``from``, with the keys that each one needs beside its sources."""
AS_IT_IS: Chosen = st.just((From, {}))
PARTED: Chosen = st.integers(1, 2).map(lambda count: (Parts, {"count": count}))
TEXTS = ["8", "8.0", "8.0.4", "8..4", ".", ["8.0"], 8]
"""The kinds that may have parts."""

NAMES = [
    *PARTS[:4],
    "o.x",
    "o.y",
    "o.p.z",
    *(f"q.{odd}" for odd in ODD[:-1]),
    *(f"{odd}r" for odd in ODD[:-1]),
]
"""Names of members; none is inside another one, and none is ``links``."""
PATHS = [
    "/x",
    "/{groupId}/x",
    "/x/{id}",
    "/{name}/{id}/it's/{a}",
    "/{b}",
    "/a'b/{id}/{name}/{id2}",
]


@st.composite
def rules(draw: st.DrawFn, name: str, kind: str, *, body: bool) -> Rule:
    """Draw one rule without a condition for a member of this name and type."""
    sources = st.just(name) | SOURCES
    verbs: list[type[Verb]] = [From, From, Constant]
    verbs += [] if body else [Absent]
    verbs += [Passed] if kind == "boolean" else [Parameter] if kind == "string" else []
    verbs += [List] if kind in {"strings", "objects"} else []
    known: dict[str, Any] = {}
    verb = draw(st.sampled_from(verbs))
    if verb is From:
        known["sources"] = tuple(
            draw(st.lists(sources, min_size=1, max_size=3, unique=True))
        )
        meant = st.dictionaries(
            WORDS, st.booleans() if kind == "boolean" else WORDS, min_size=1, max_size=3
        )
        words: Chosen = meant.map(lambda one: (Values, {"values": one}))
        ways: dict[str, Chosen] = {"boolean": words, "string": words | PARTED}
        way, more = draw(AS_IT_IS | AS_IT_IS | ways.get(kind, AS_IT_IS))
        verb = way
        known |= more
        declared = more.get("values", {})
        dropped = st.sampled_from([*declared, 0, 1, False, True, 5.0]) | OF[kind]
        known["drop"] = tuple(draw(st.just([]) | st.lists(dropped, max_size=2)))
    elif verb in {List, Passed}:
        known["sources"] = (draw(sources),)
    elif verb is Constant:
        known["constant"] = draw(OF[kind])
    elif verb is Parameter:
        known["parameter"] = draw(st.sampled_from(PARAMETERS))
    levels = (Fidelity.EXACT, Fidelity.RENAMED, Fidelity.DERIVED)
    level = draw(st.sampled_from(verb.levels or levels))
    return Rule(verb(**known), "at", draw(WORDS), level, why=draw(WORDS))


CONDITIONS = st.one_of(
    st.builds(When, SOURCES, given=st.booleans()),
    st.builds(
        When,
        SOURCES,
        st.frozensets(WORDS, min_size=1, max_size=2),
        negated=st.booleans(),
    ),
    st.builds(
        When,
        SOURCES,
        st.booleans().map(lambda one: frozenset({one})),
        negated=st.booleans(),
    ),
)


@st.composite
def fields(draw: st.DrawFn, kind: str, *, body: bool = False) -> list[Field]:
    """Draw the fields of a resource or request body: one type, rules of one tier, and sometimes links."""
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True)):
        if kind == "string":
            words = tuple(draw(st.just([]) | st.lists(WORDS, max_size=3, unique=True)))
        else:
            words = ()
        made = [
            *draw(
                st.lists(
                    st.builds(with_condition, rules(name, kind, body=body), CONDITIONS),
                    max_size=2,
                )
            ),
            draw(rules(name, kind, body=body)),
        ]
        tables = [
            rule.verb.values for rule in made if words and isinstance(rule.verb, Values)
        ]
        meant: list[str] = []
        for table in tables:
            meant.extend(table.values())
        words = tuple(
            dict.fromkeys([*words, *meant])
        )  # the loader of documents checks the same
        found.append(
            Field(name, kind, words, {"body" if body else "flex": tuple(made)}, "at")
        )
    if not body and draw(st.booleans()):
        links = draw(
            st.lists(
                st.builds(link, st.sampled_from(PATHS), WORDS), min_size=1, max_size=3
            )
        )
        rule = Rule(LinkBack(links=tuple(links)), "at", "owner", Fidelity.DERIVED)
        found.insert(0, Field("links", "links", (), {"flex": (rule,)}, "at"))
    return found


@st.composite
def objects(draw: st.DrawFn, fields: list[Field]) -> Any:
    """Draw an upstream object that has many of the members that the rules read, some of them invalid."""
    made: Any = {}
    for field in fields:
        for rule in next(iter(field.rules.values())):
            declared = declared_by(rule.verb)
            for source in rule.sources:
                put(made, source, draw(values(field.type, declared or [None])))
            if rule.when is not None:
                put(
                    made,
                    rule.when.source,
                    draw(values(field.type, [*rule.when.words, None])),
                )
    return made


def declared_by(verb: Verb) -> list[Any]:
    """Return the texts that a verb can translate."""
    match verb:
        case Values(values=words, drop=drop):
            return [*drop, *words]
        case From(drop=drop):
            return [*drop, *(TEXTS if verb.changes else ())]
    return []


@st.composite
def values(draw: st.DrawFn, kind: str, declared: list[Any]) -> Any:
    """Draw a value for a source: usually of the declared type or close to it, sometimes another one or none."""
    near: dict[str, list[Any]] = {
        "integer": [5.0, 5.5],
        "time": ["2026-02-30T00:00:00Z"],
        "boolean": ["2026-01-01T00:00:00Z", "UP"],
    }
    way = draw(st.integers(0, 6))
    if way == 0:
        return MISSING
    of_any = [
        JSON,
        st.sampled_from(near.get(kind, [None])),
        st.sampled_from(declared),
        st.sampled_from(declared),
    ]
    return draw((of_any[way - 1]) if way < 5 else OF.get(kind, WORDS))


MISSING = object()


def put(made: Any, name: str, value: Any) -> None:
    """Set a value at a dotted name. Without a value, create only the objects around it."""
    *outer, last = name.split(".")
    for part in outer:
        made = made.setdefault(part, {})
        if not isinstance(made, dict):
            return
    if value is not MISSING:
        made.setdefault(last, value)


def with_condition(rule: Rule, when: When) -> Rule:
    return attrs.evolve(rule, when=when)


def link(path: str, rel: str) -> LinkRule:
    return LinkRule(parse_template(path), {"v1": rel, "v2": f"{rel}2"})
