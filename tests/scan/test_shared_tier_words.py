"""The names by which client libraries call the shared tier's backups and writes of instances.

The names were looked up in atlas-sdk-go (v20241113005, v20250312), in wtrocki's ``atlas`` package, in pyatlassdk, and
in what openapi-python-client makes of an operationId.
"""

import json
import re
from pathlib import Path

import pytest

from shim.core.recognise import load_engine

CONTRACTS = Path(__file__).parents[1] / "cases" / "contract"
ENGINE = load_engine({})


def contract_operations():
    """Yield each operation of the contracts of March 2026, with its method and path."""
    for name in ("legacy-shared-tier-2026-03.json", "legacy-serverless-writes-2026-03.json"):
        for path, methods in json.loads((CONTRACTS / name).read_text("utf-8"))["paths"].items():
            for method, operation in methods.items():
                yield pytest.param(method.upper(), path, operation, id=operation["operationId"])


def snake_case(name):
    """Write an operationId as generators for Python do."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize(("method", "path", "operation"), [*contract_operations()])
def test_both_names_of_the_contract_are_words(method, path, operation):
    """Old generators name methods by the operationId, new SDKs by its override, in Go's spelling and in Python's."""
    target = re.sub(r"\{\w+\}", "a", path)
    match = ENGINE.recognise(method, target, (("Accept", "application/vnd.atlas.2023-01-01+json"),))
    assert match is not None
    names = {match.operation.id, operation["operationId"], operation["x-xgen-operation-id-override"]}

    assert names == {match.operation.id, *match.operation.aliases}
    words = {snake_case(name) for name in names} | {match.operation.id[0].upper() + match.operation.id[1:]}
    words.add(operation["x-xgen-operation-id-override"][0].upper() + operation["x-xgen-operation-id-override"][1:])
    assert words <= set(match.operation.sdk)
