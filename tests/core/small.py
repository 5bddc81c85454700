"""Small mapping documents, written out for one test, or in a file of ``documents/texts``."""

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
    """Return a retired operation, whose successors a test adds; ``more`` are keys of its own.

    With ``before`` its versions end before one, such as 2026.1.1, and the successor may
    have the same path.
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
    """Return the call that takes an operation's place on a tier."""
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
    """Return a document that is a file."""
    return (ROOT / "tests" / "documents" / "texts" / f"{name}.toml").read_text("utf-8")


def parsed(data: dict[str, Any]) -> tuple[Document, list[str]]:
    """Return the document that tables are, and what is wrong with it."""
    source = DocumentSource("things.toml", data)
    document = parse_document(source)
    for _, at, what in check_documents([document]):
        source.add(at, what)
    return document, list(dict.fromkeys(source.problems))


@lru_cache(64)
def read(
    text: str, writes: tuple[str, ...] = (), reads: tuple[str, ...] = ()
) -> Engine:
    """Return an engine for one document, with the switches of successors that are on; raises DocumentError."""
    document, problems = parsed(tomllib.loads(text))
    if problems:
        raise DocumentError(tuple(problems))
    return Engine([document], reads, writes)


def field(name: str, kind: str, rule: str, more: str = "") -> str:
    """Return a field of the thing with one flex rule."""
    return f'\n[resource.thing."{name}"]\ntype = "{kind}"\n{more}\n[resource.thing."{name}".flex]\n{rule}\n'


NAME = field("name", "string", f'from = "name"\n{EXACT}')


def asked(
    text: str, upstream: Upstream | Sequence[Given], query: str = "", **more: Any
) -> Driven:
    """Ask for the thing of a document."""
    return drive(read(text), f"{TARGET}{query}", upstream, **more)


def translated(fields: str, source: Any, *, thing: str = "t1", **more: Any) -> Driven:
    """Return what the fields make of an object of the successor."""
    return drive(
        read(HEAD + fields), f"/api/atlas/v2/things/{thing}", [answers(source)], **more
    )


def made(fields: str, source: Any) -> tuple[Any, list[tuple[str, Any, str]]]:
    """Return what the fields make of an object of the successor, and (where, said, why) of what was dropped."""
    driven = translated(fields, source)
    return driven.document, dropped_of(driven)


def dropped_of(driven: Driven) -> list[tuple[str, Any, str]]:
    """Return (where, said, why) of the values that were dropped."""
    return [(one.where, one.said, one.why) for one in driven.outcome.record.dropped]
