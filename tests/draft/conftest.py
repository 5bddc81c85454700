"""What the tests of drafts share: invented descriptions as files, and a draft as the tables that it writes."""

import json
import tomllib
from pathlib import Path

import pytest

from shim.draft.descriptions import read_description
from shim.draft.drafting import plan_document
from shim.draft.pairs import read_pairs
from shim.draft.sides import Asked
from shim.draft.writing import write
from tests.draft import shop

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "next_sunset"
SHARED = ROOT.parent / "shared"


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


@pytest.fixture(scope="session")
def greenhouses():
    """The invented API of the examples, in two versions."""
    return read_description(EXAMPLE / "greenhouses.json")


@pytest.fixture(scope="session")
def greenhouse_pairs():
    """What it answered in both."""
    return read_pairs(EXAMPLE / "greenhouse-pairs.jsonl")


@pytest.fixture
def shops(described):
    """The descriptions of an invented API without dates, whose successor has little in common with it."""
    return described(shop.OLD, "old.json"), described(shop.NEW, "new.json")


@pytest.fixture
def drafted():
    """Return a function that drafts a document and returns its tables."""

    def drafted(old, new, *asked, pairs=()):
        return tomllib.loads(write(plan_document(old, new, [Asked(*one) for one in asked], pairs)))

    return drafted


@pytest.fixture
def compared(described, recorded, drafted):
    """Return a function that drafts a resource of two objects' members; it returns the resource's tables.

    Pairs are (old, new) answers of it.
    """

    def compared(old, new, *pairs):
        def version(members, date):
            return {f"application/vnd.atlas.{date}+json": {"schema": {"type": "object", "properties": members}}}

        answer = {"content": version(old, "2023-01-01") | version(new, "2026-01-01")}
        path = "/api/atlas/v2/things/{thingName}"
        api = described(
            {"openapi": "3.0.1", "paths": {path: {"get": {"operationId": "it", "responses": {200: answer}}}}}
        )
        lines = [{"path": path.replace("{thingName}", f"t{at}"), "old": a, "new": b} for at, (a, b) in enumerate(pairs)]
        return drafted(api, api, ("it",), pairs=recorded(*lines) if lines else ())["resource"]

    return compared


@pytest.fixture
def rule(compared):
    """Return a function that drafts one old member and returns the rule for it, None where it passes unnamed.

    Each side's members but ``x`` pass; values are (old x, new object).
    """
    others = {f"same{number}": {"type": "string"} for number in range(4)}

    def rule(old, new, *values):
        pairs = [({} if one is None else {"x": one}, two) for one, two in values]
        field = compared({"x": old, **others}, {**others, **new}, *pairs)["thing"].get("x")
        if field is None:
            return None
        said = field["tier"]["successor"]
        return {name: value for name, value in said.items() if name not in {"fidelity", "why"}}

    return rule
