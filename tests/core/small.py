"""Small mapping documents for one test, written in the test or in a file in ``documents/texts``."""

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from shim.core.recognize import Engine
from shim.documents import Document
from shim.documents.check import check_documents
from shim.documents.load import parse_document
from shim.documents.tables import DocumentSource
from shim.errors import DocumentError
from tests.core.driver import ROOT, Driven, Given, Upstream, answers, drive


def operation(
    name: str,
    method: str,
    path: str,
    more: str = 'resource = "thing"',
    before: str = "",
) -> str:
    """Return a retired operation; the test adds its successors, and ``more`` adds keys.

    ``before`` is the version in which the operation ends, for example 2026.1.1. Then
    the successor may have the same path.
    """
    return f"""
[operation.{name}]
method = "{method}"
path = "{path}"
versions = ">=2023.1.1{f",<{before}" if before else ""}"
deprecated = 2026-01-01
sunset = 2026-01-01
{more}
"""


def successor(of: str, path: str, tier: str = "flex") -> str:
    """Return the call that replaces an operation on a tier."""
    return f'\n[operation.{of}.{tier}]\npath = "{path}"\nversion = "2024-01-01"\n'


START = 'format = 1\nname = "things"\n'
TARGET = "/api/atlas/v2/things/t"
EXACT = 'fidelity = "exact"'
WHY = 'fidelity = "derived"\nwhy = "Because."'
HEAD = (
    START
    + operation("getThing", "GET", "/things/{thing}")
    + successor("getThing", "/new/{thing}")
)
ARRAY, PAGE = (
    HEAD.replace("resource =", f'shape = "{shape}"\nresource =')
    for shape in ("array", "page")
)


def text_of(name: str) -> str:
    """Return the document that a file describes."""
    return (ROOT / "tests" / "documents" / "texts" / f"{name}.toml").read_text("utf-8")


def parsed(data: dict[str, Any]) -> tuple[Document, list[str]]:
    """Return the document that tables describe, and its problems."""
    source = DocumentSource("things.toml", data)
    document = parse_document(source)
    for _, at, what in check_documents([document]):
        source.add(at, what)
    return document, list(dict.fromkeys(source.problems))


@lru_cache(64)
def read(
    text: str, writes: tuple[str, ...] = (), reads: tuple[str, ...] = ()
) -> Engine:
    """Return an engine for one document, with these successors switched on. Raises DocumentError."""
    document, problems = parsed(tomllib.loads(text))
    if problems:
        raise DocumentError(tuple(problems))
    return Engine([document], reads, writes)


def field(name: str, kind: str, rule: str, more: str = "") -> str:
    """Return a field of the resource ``thing`` with one rule for flex."""
    return f'\n[resource.thing."{name}"]\ntype = "{kind}"\n{more}\n[resource.thing."{name}".flex]\n{rule}\n'


NAME = field("name", "string", f'from = "name"\n{EXACT}')


def asked(
    text: str, upstream: Upstream | Sequence[Given], query: str = "", **more: Any
) -> Driven:
    """Call the operation of a small document."""
    return drive(read(text), f"{TARGET}{query}", upstream, **more)


def translated(fields: str, source: Any, *, thing: str = "t1", **more: Any) -> Driven:
    """Return the result of the fields for an object of the successor."""
    return drive(
        read(HEAD + fields), f"/api/atlas/v2/things/{thing}", [answers(source)], **more
    )


def made(fields: str, source: Any) -> tuple[Any, list[tuple[str, Any, str]]]:
    """Return the result of the fields for an object of the successor, and each value that was dropped."""
    driven = translated(fields, source)
    return driven.document, dropped_of(driven)


def dropped_of(driven: Driven) -> list[tuple[str, Any, str]]:
    """Return (where, value, why) of each dropped value."""
    return [(one.where, one.said, one.why) for one in driven.outcome.record.dropped]
