"""The table of errors: it is complete, every row is used, and the parameters fill the gaps."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from shim import fake as room
from shim.fake.refusals import ERRORS, AtlasRefusal


def _codes() -> set[str]:
    """Every text in the room, outside the table, that is written like an error code."""
    found: set[str] = set()
    for path in Path(room.__file__).parent.glob("*.py"):
        if path.name not in {"__init__.py", "refusals.py"}:
            texts = (
                node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)
            )
            found |= {text for text in texts if isinstance(text, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)+", text)}
    return found


def test_the_table_holds_the_codes_that_are_used():
    """Every code that the room names has a row, and every row is used."""
    assert _codes() == ERRORS.keys()


def test_a_refusal_is_the_row_with_its_gaps_filled():
    """The parameters stand in the text and in the body, in order, and braces in them stay braces."""
    refusal = AtlasRefusal("CLUSTER_NOT_FOUND", "{0}", "{name}")
    assert refusal.status == 404
    assert json.dumps(refusal.document) == json.dumps(
        {
            "detail": "No cluster named {0} exists in group {name}.",
            "error": 404,
            "errorCode": "CLUSTER_NOT_FOUND",
            "parameters": ["{0}", "{name}"],
            "reason": "Not Found",
        }
    )


def test_a_code_without_a_row_is_a_defect_of_the_fake():
    """An unknown code is a KeyError where it is raised."""
    with pytest.raises(KeyError):
        AtlasRefusal("NO_SUCH_CODE")
