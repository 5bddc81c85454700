"""The page of error codes has a section for each code of the shim, and no others."""

import ast
import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest

from shim.cli.error_codes import meaning_of
from shim.codes import cure_of, error_codes
from shim.core.responses import error_body
from shim.gateway.checks import not_allowed
from shim.gateway.options import TABLE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/errors.md").read_text("utf-8")
OWN = re.compile(r"SHIM_[A-Z_]+")
SECTIONS = dict(
    re.findall(r"^## (SHIM_\w+)\n\n(.+?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
)


def trees():
    """Return the sources that create replies, without the fake Atlas, as syntax trees."""
    texts = [
        path.read_text("utf-8")
        for path in (ROOT / "shim").rglob("*.py")
        if "fake" not in path.parts
    ]
    return [
        ast.parse(text) for text in texts if "SHIM_" in text or "CallError(" in text
    ]


def documents():
    """Return our own codes with which the shipped mapping documents refuse a body; each is a 400."""

    def codes(value):
        members = (
            value.items()
            if isinstance(value, dict)
            else enumerate(value)
            if isinstance(value, list)
            else ()
        )
        for key, member in members:
            yield from (member,) if key == "errorCode" else codes(member)

    paths = (ROOT / "mappings").rglob("*.toml")
    found = {
        code for path in paths for code in codes(tomllib.loads(path.read_text("utf-8")))
    }
    return {code for code in found if OWN.fullmatch(code)}


@pytest.fixture(scope="module")
def source():
    """Every code of the source, with the statuses directly before one in a call."""
    found = {code: {400} for code in documents()}
    for tree in trees():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and OWN.fullmatch(node.value)
            ):
                found.setdefault(node.value, set())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            values = [
                one.value if isinstance(one, ast.Constant) else None
                for one in call.args
            ]
            for status, code in pairwise(values):
                if (
                    type(status) is int
                    and isinstance(code, str)
                    and re.fullmatch(r"[A-Z]+_[A-Z_]+", code)
                ):
                    found.setdefault(code, set()).add(status)
    return found


def test_codes_and_sections_match(source):
    """The codes are those of the source and the mapping documents."""
    own = {code for code in source if OWN.fullmatch(code)}
    assert len(own) > 25
    assert SECTIONS.keys() == own
    assert list(SECTIONS) == sorted(SECTIONS, key=lambda code: code.split("_"))


def test_each_section_is_complete(source):
    """It has the source's status, the sender, whether something was executed, the cause and the cure."""
    for code, text in SECTIONS.items():
        points = re.findall(r"^- \*\*(\w+):\*\* (.)", text, re.MULTILINE)
        assert [name for name, _ in points] == [
            "Status",
            "Executed",
            "Cause",
            "Cure",
        ], code
        said = set(
            map(int, re.findall(r"\b[45]\d\d\b", text.partition("- **Executed")[0]))
        )
        assert source[code] <= said, code


def test_the_command_prints_each_section():
    """Each point is one line; a link becomes its text and an existing file."""
    for code, text in SECTIONS.items():
        said = meaning_of(code)
        assert list(said) == ["Status", "Executed", "Cause", "Cure"]
        assert len(" ".join(said.values())) > 0.7 * len(text)
        pages = re.findall(r"\(((?:docs|mappings)/[^)]+)\)", " ".join(said.values()))
        assert [(ROOT / page).is_file() for page in pages] == [True] * text.count("](")


def test_atlas_s_codes_that_the_shim_uses_are_listed(source):
    """They are all codes other than its own, with their status."""
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d+), from Atlas", PAGE, re.MULTILINE))
    assert rows.pop("VERSION_GONE") == "410"  # which Atlas alone gives
    assert {code: {int(status)} for code, status in rows.items()} == {
        code: statuses for code, statuses in source.items() if not OWN.fullmatch(code)
    }


def test_a_cure_fits_a_log_line():
    """It is one sentence or two. A command for a run starts the program again."""
    for code, known in error_codes().items():
        assert 20 < len(known.cure) <= 180, code
        assert "`" not in cure_of(code), code
        assert "{again}" not in known.cure, code
        assert "{" not in known.cure_under_run("atlas-shim run -- x"), code
        words = known.cure_under_run("x").split()
        # A run has no such flags.
        assert not {option.flag for option in TABLE}.intersection(words), code


def test_an_error_fits_atlas_s_schema():
    """A client that refuses all members outside the contract can still show the error."""
    contract = json.loads(
        (ROOT / "tests/cases/contract/legacy-serverless-2026-08.json").read_text(
            "utf-8"
        )
    )
    schema = {
        **contract["components"]["schemas"]["ApiError"],
        "additionalProperties": False,
    }
    # Parameters are texts in recorded errors.
    schema["properties"] = {name: {} for name in schema["properties"]}
    for code in SECTIONS:
        jsonschema.validate(error_body(400, code, "No.", ("x",)), schema)


def test_the_example_of_the_page_is_a_real_reply():
    """A gateway with a list of allowed calls sends it for a POST."""
    example = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
    assert json.loads(not_allowed("POST").reply().body or b"") == example
