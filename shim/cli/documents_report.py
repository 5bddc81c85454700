"""The mapping documents in force, and which of their rules an operator's own document replaced."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from shim.core.recognise import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.documents import Document, load_documents, mapping_folders
from shim.errors import DocumentError


@attrs.frozen
class OperationLine:
    """One operation: what it is called by, its tiers (``none`` without a successor), and its sunset in force."""

    id: str
    method: str
    path: str
    tiers: tuple[str, ...]
    sunset: str


@attrs.frozen
class DocumentLine:
    """One document with its operations, and ``overridden``: key paths with the file that set them."""

    name: str
    file: str
    title: str
    operations: tuple[OperationLine, ...]
    overridden: Mapping[str, str]


def engine_of(environ: Mapping[str, str], problems: list[str]) -> Engine | None:
    """Return the engine for the documents in force, or add every defect to ``problems``."""
    try:
        return Engine(load_documents(mapping_folders(environ)))
    except DocumentError as error:
        problems.extend(error.problems)
        return None


def document_lines(engine: Engine, settings: Settings) -> tuple[DocumentLine, ...]:
    """Return a line for each document."""
    return tuple(_line(document, settings) for document in engine.documents)


def _line(document: Document, settings: Settings) -> DocumentLine:
    operations = tuple(
        OperationLine(
            id=operation.id,
            method=operation.method,
            path=operation.path.text,
            tiers=tuple(operation.successors) or ("none",),
            sunset=sunset_of(operation, settings).date().isoformat(),
        )
        for operation in document.operations
    )
    return DocumentLine(document.name, document.file, document.title, operations, document.overridden)
