"""Any document is either read or refused with its file and key."""

import datetime as dt
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.recognize import Engine
from shim.core.settings import RouteWord, Settings
from shim.documents.tables import key_path
from tests.core.driver import SHIPPED, answers, drive
from tests.core.small import parsed
from tests.documents.language.sound import SOUND

FILES = sorted(SHIPPED.rglob("*.toml"))

VALUES = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        float("nan"),
        "",
        " ",
        "x",
        "/x",
        "{a}",
        "flex",
        "2023-01-01",
        "\ud800",
    ]
) | st.recursive(
    st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.dates()
    | st.datetimes()
    | st.times(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key and index in nested tables and lists."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [
        place
        for key, inner in pairs
        for place in ((*path, key), *places(inner, (*path, key)))
    ]


def mutated(data: Any, place: tuple[Any, ...], change: Any) -> None:
    """Delete the value at a place, or replace it."""
    for key in place[:-1]:
        data = data[key]
    if change is None:
        del data[place[-1]]
    else:
        data[place[-1]] = change


class RefusedError(Exception):
    """The document has defects."""


def engine_of(data: dict[str, Any]) -> Engine:
    """The engine of a file's tables."""
    document, problems = parsed(data)
    if problems:
        assert all(
            line.startswith("things.toml: ") and line.count(": ") >= 2
            for line in problems
        )
        raise RefusedError
    return Engine([document])


def path_of(place: tuple[Any, ...]) -> str:
    """A place in the form of error lines."""
    path = ""
    for key in place:
        if isinstance(key, int):
            path = f"{path}[{key}]"
        else:
            path = key_path(path, key)
    return path


def test_each_key_has_a_type():
    """A time of day is no key's value, so the error is at the key, or at its table or list."""
    table = tomllib.loads(SOUND)
    for place in places(table):
        changed = copied(table)
        mutated(changed, place, dt.time(12))
        keys = [line.split(": ")[1] for line in parsed(changed)[1]]
        assert (
            any(path_of(place).startswith(one) for one in keys if one)
            or place[-2] == "drop"
        ), place


def test_a_misspelled_key_is_one_problem():
    """Its consequences are not reported as well, and neither is the intended key."""
    table = tomllib.loads(SOUND.replace(".dedicated]", ".tier.successor]"))
    misspelled = 0
    for place in [place for place in places(table) if isinstance(place[-1], str)]:
        changed = copied(table)
        meant = place[-1]
        inner = changed
        for key in place[:-1]:
            inner = inner[key]
        inner[f"{meant}x"] = inner.pop(meant)
        _, problems = parsed(changed)
        if any("did you mean" in line for line in problems):
            misspelled += 1
            (line,) = problems
            assert line.startswith(
                f"things.toml: {path_of((*place[:-1], f'{meant}x'))}: "
            )
            assert line.endswith(f"did you mean {meant!r}?")
    assert misspelled > 130


def test_a_misspelled_key_with_a_wrong_value_is_one_problem():
    """The value is checked once the key is right."""
    _, problems = parsed(tomllib.loads(SOUND.replace('method = "GET"', "methd = 5", 1)))
    assert problems == [
        "things.toml: operation.listThings.methd: is not a key of this table; did you mean 'method'?"
    ]


ITEM = {
    "id": "1",
    "status": "FAILED",
    "state": "up",
    "width": 0,
    "url": "u",
    "until": "2026-01-01T00:00:00Z",
}


def exercise(engine: Engine) -> None:
    """Make each call once: a loaded document must be usable."""
    for operation in engine.operations:
        for api in next(
            one for one in engine.documents if operation in one.operations
        ).apis.values():
            target = api.base + operation.path.build(
                dict.fromkeys(operation.path.parameters, "x")
            )
            accept = (("Accept", f"application/vnd.atlas.{operation.version}+json"),)
            match = engine.recognize(operation.method, target, accept)
            if match is None:
                continue
            if match.needs_body:
                body = b'{"kind":"plain","deliveryType":"automated"}'
            else:
                body = None
            drive(
                engine,
                target,
                lambda call: answers(ITEM | {"results": [ITEM, {}], "data": []}),
                method=operation.method,
                headers=accept,
                body=body,
                settings=Settings(route=RouteWord.FLEX),
            )


TABLES = [
    tomllib.loads(text)
    for text in [SOUND, *(path.read_text("utf-8") for path in FILES)]
]
EACH = [
    0,
    *(pytest.param(index, marks=pytest.mark.slow) for index in range(1, len(TABLES))),
]
"""Each table by its index; the shipped ones are long."""
ODD: list[Any] = [None, 5, {"x": 5}, ["x", "x"], "", [], {}, True, [5]]
"""None removes a key."""


def copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [copied(inner) for inner in value]
    return value


@given(data=st.data(), table=st.sampled_from(TABLES))
def test_any_change_of_a_valid_document_is_read_or_refused(data, table):
    """After deleting or mistyping anything the document works, or is refused with file and key."""
    changed = copied(table)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(changed)))
        mutated(changed, place, data.draw(VALUES))
        if not changed:
            return
    try:
        engine = engine_of(changed)
    except RefusedError:
        return
    exercise(engine)


@pytest.mark.parametrize("index", EACH)
def test_every_single_change_is_read_or_refused(index):
    """Each key and each item is removed, or gets a value of another type; shipped documents get one change."""
    refused = tried = 0
    for number, place in enumerate(places(TABLES[index])):
        for value in ODD if index == 0 else (ODD[number % len(ODD)],):
            changed = copied(TABLES[index])
            tried = tried + 1
            mutated(changed, place, value)
            try:
                exercise(engine_of(changed))
            except RefusedError:
                refused += 1
    assert refused > tried / 3
