"""What the tests of drafts share: invented descriptions and pairs as files, and what is learned of two objects."""

import json

import pytest

from shim.tools.draft.descriptions import read_description
from shim.tools.draft.learning import Sample, learn
from shim.tools.draft.pairs import read_pairs


def as_file(folder, name, *lines):
    path = folder / name
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return path


@pytest.fixture
def described(tmp_path):
    """Return a function that reads what is said as a description."""
    return lambda said, name="api.json": read_description(as_file(tmp_path, name, said))


@pytest.fixture
def recorded(tmp_path):
    """Return a function that reads what is said as pairs."""
    return lambda *pairs: read_pairs(as_file(tmp_path, "pairs.jsonl", *pairs))


@pytest.fixture
def members(described):
    """Return a function that reads the members of an answer with a schema; others are what it refers to."""

    def members(schema, **schemas):
        answer = {"content": {"application/json": {"schema": schema}}}
        get = {"operationId": "getThing", "responses": {"200": answer, "404": answer}}
        paths = {"/things/{id}": {"get": get}}
        api = described({"openapi": "3.0.1", "paths": paths, "components": {"schemas": schemas}})
        return api.operation("getThing").answers[0].members

    return members


@pytest.fixture
def learned(members):
    """Return a function that learns a resource of two objects' members; pairs are (old, new) objects."""

    def learned(old, new, *pairs):
        before, after = (members({"type": "object", "properties": one}) for one in (old, new))
        return learn("thing", before, after, [Sample(one, two, {"thingName": "t0"}) for one, two in pairs])

    return learned


@pytest.fixture
def field(learned):
    """Return a function that learns one old member, ``x``; values are (old x, new object), None if there is no x."""

    def field(old, new, *values):
        resource = learned({"x": old}, new, *(({} if one is None else {"x": one}, two) for one, two in values))
        return next((one for one in resource.fields if one.name == "x"), None)

    return field
