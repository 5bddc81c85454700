"""The mapping documents in force, and which of their rules an operator's own document replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from shim.core.documents import Document, load_documents, mapping_folders
from shim.core.documents.model import Operation, Target
from shim.core.engine import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.errors import DocumentError

_NESTED = frozenset({"fields", "successors"})


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
    shipped = {one.id: one for document in load_documents(mapping_folders({})) for one in document.operations}
    return tuple(_line(document, settings, shipped) for document in engine.documents)


def _line(document: Document, settings: Settings, shipped: Mapping[str, Operation]) -> DocumentLine:
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
    changed: dict[str, str] = {}
    for operation in document.operations:
        changed.update(_replaced(operation, shipped.get(operation.id)))
    return DocumentLine(document.name, document.file, document.title, operations, changed)


def _replaced(operation: Operation, before: Operation | None) -> Iterator[tuple[str, str]]:
    """Yield (key path, file) of each rule that stands in another file than its operation, and of changed members."""
    fields = list(operation.fields)
    for successor in operation.successors.values():
        if successor.owner != operation.file:
            yield f"{operation.at}.{successor.tier}", successor.owner
        targets = (successor.only, *successor.choices.values())
        fields += [field for target in targets if isinstance(target, Target) for field in target.body or ()]
    for field in fields:
        for rule in (rule for rules in field.rules.values() for rule in rules):
            if rule.owner != operation.file:
                yield rule.at, rule.owner
    for attribute in attrs.fields(Operation):
        name = attribute.name
        if before is not None and name not in _NESTED and getattr(before, name) != getattr(operation, name):
            yield f"{operation.at}.{name}", "an own document"
