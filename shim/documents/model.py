"""What a mapping document says, as frozen values, and how it is read; every defect is noted, none stops the reading.

``mappings/README.md`` explains each key for people.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Self

import attrs
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from shim.documents.calls import ATLAS_ERRORS, METHODS, ErrorShape, Successor
from shim.documents.fields import TIERS, Field, Resource
from shim.documents.question import QueryChoice, Question, RequestBody
from shim.documents.read import Declared, maybe_text, nested, place, read_as, text, texts
from shim.documents.resources import read_resources, tiers_of
from shim.documents.tables import DocumentSource, Rows, Table, checked, read_template, same
from shim.documents.templates import Template
from shim.documents.value_types import is_json
from shim.documents.versions import parse_date, parse_specifiers, written

FORMAT = 1
"""The document format this code reads."""
NO_CONTENT = (204, 205)
"""Success statuses whose answers have no content (RFC 9110, 15.3.5 and 15.3.6)."""
SHAPES = ("one", "page", "array")
DEFAULT_APIS: Mapping[str, Mapping[str, str]] = {
    "v1.0": {"base": "/api/atlas/v1.0", "version": "2023-01-01", "content_type": "application/json"},
    "v2": {"base": "/api/atlas/v2"},
}


def _json_value(table: Table, key: str) -> Any:
    value = table.get(key)
    if value is None:
        table.wrong(key, "is missing; give the answer")
    elif not is_json(value):
        table.wrong(key, f"{value!r} is no JSON value")
    return value


@attrs.frozen
class Gone(Declared):
    """Nothing took the operation's place: what to tell the caller, and where that is documented."""

    detail: str = text()
    see: str = text()


@attrs.frozen
class Constant(Declared):
    """The one answer that an operation has left, with the reason; a bare JSON value."""

    value: Any = read_as(_json_value)
    why: str = text()


@attrs.frozen
class Api(Declared):
    """One base path of the legacy interface; ``version`` is fixed, or None when Accept names it."""

    name: str = read_as(lambda table, _: table.name)
    base: str = read_as(lambda table, key: read_template(table, key).text)
    version: str | None = maybe_text()
    content_type: str | None = maybe_text()

    def wrong(self, table: Table) -> Rows:
        yield "base", "{" in self.base, "can't have parameters; they stand in the paths of operations"
        yield "base", self.base in table.around, "is the base of another api of this document"
        if self.version is not None:
            checked(table, "version", parse_date, self.version)


_ANY = (SpecifierSet(), Version("2023.1.1"))
"""What stands in for versions that were noted as a problem."""


def _versions(table: Table) -> tuple[SpecifierSet, Version]:
    versions = table.text("versions")
    return (checked(table, "versions", parse_specifiers, versions) if versions else None) or _ANY


def _status(table: Table, key: str) -> Mapping[str, int]:
    value, apis = table.get(key), table.around.apis
    by_api = value if isinstance(value, dict) else dict.fromkeys(apis, 200 if value is None else value)
    for api, status in by_api.items():
        if api not in apis:
            table.wrong(key, f"{api!r} is not one of {', '.join(apis)}")
        if type(status) is not int or not 200 <= status <= 299:
            table.wrong(key, f"must be a success status such as 200, not {status!r}")
    for api in apis:
        if api not in by_api:
            table.wrong(key, f"says nothing of {api}")
    return by_api


def _resource(table: Table, key: str) -> Resource:
    name = table.text(key, default="")
    resources: Mapping[str, Resource] = table.around.resources
    if name and name not in resources:
        table.wrong(key, f"{name!r} is no resource of this document")
    return resources.get(name, Resource())


def _successors(table: Table, question: Question) -> Mapping[str, Successor]:
    found = dict[str, Successor]()
    base = list(table.around.apis.values())[-1].base
    for tier, where, key in tiers_of(table):
        if (sub := where.table(key)) is not None:
            same_path = "" if tier in TIERS else f"{base}{question.path.text}"
            sub.around = attrs.evolve(question, is_first=not found, same_path=same_path)
            found[tier] = Successor.read(sub)
    return found


@attrs.frozen(kw_only=True)
class Operation(Declared):
    """One retired operation; ``version`` (YYYY-MM-DD) is what its answers name in their content type.

    From ``blank`` on, an answer of the legacy endpoint to a read means nothing, although it still comes.
    With a ``switch`` the successors are asked, or the ``constant`` answered, only where that word is switched on
    (``ATLAS_SHIM_WRITES``), and ``gone`` is the answer elsewhere. An operation without successors has ``gone`` or a
    ``constant``. A call that names no version is one to the ``oldest``.
    ``items`` is the member of a page that holds the list.
    ``base`` is where the last api of its document has its paths, ``error`` the shape of its errors.
    """

    needs = (*TIERS, "tier", "gone", "constant")

    id: str = read_as(lambda table, _: table.name)
    document: str = read_as(lambda table, _: table.around.name)
    file: str = read_as(lambda table, _: table.source.file)
    at: str = place()
    base: str = read_as(lambda table, _: list(table.around.apis.values())[-1].base)
    error: ErrorShape = read_as(lambda table, _: table.around.error)
    versions: SpecifierSet
    version: str
    oldest: bool = read_as(lambda table, key: not table.has(key) or table.flag(key), default=True)
    method: str
    path: Template
    shape: str
    request: RequestBody | None
    query: QueryChoice | None
    successors: Mapping[str, Successor]
    status: Mapping[str, int] = read_as(_status)
    resource: Resource = read_as(_resource)
    gone: Gone | None = nested(Gone)
    constant: Constant | None = nested(Constant)
    aliases: tuple[str, ...] = texts()
    deprecated: datetime = read_as(Table.instant)
    sunset: datetime = read_as(Table.instant)
    blank: datetime | None = read_as(Table.maybe_instant)
    switch: str = text(default="")
    order: tuple[str, ...] = texts()
    note: str = text(default="")
    cluster: tuple[str, ...] = texts()
    sdk: tuple[str, ...] = texts()
    items: str = text(default="results")

    @classmethod
    def read(cls, table: Table, **known: Any) -> Self:
        versions, version = _versions(table)
        method, path = table.word("method", METHODS), read_template(table, "path")
        shape = table.word("shape", SHAPES, default="one")
        request, query = RequestBody.maybe(table.table("request")), QueryChoice.maybe(table.table("query"))
        asked = Question(method, path, shape, request, query, table.around.resources, table.around.error)
        known |= {"versions": versions, "version": written(version), "method": method, "path": path, "shape": shape}
        known |= {"request": request, "query": query, "successors": _successors(table, asked)}
        return super().read(table, **known)

    def wrong(self, table: Table) -> Rows:
        ways = [bool(self.successors), self.gone is not None, self.constant is not None]
        two = "needs either a successor ([….flex]), [….gone] or [….constant], and no two of them"
        both = self.request is not None and self.request.choose and self.query is not None
        yield "query", both, "can't choose the call: the body does"
        on_off = "needs a successor or [….constant] for on, and [….gone] for off"
        yield "switch", self.switch and (self.gone is None or ways.count(True) != 2), on_off
        yield "", not self.switch and ways.count(True) != 1, two
        if self.successors:
            yield from self._wrong_content(table)

    def _wrong_content(self, table: Table) -> Rows:
        """Yield what keeps an operation from saying what its answers are made of, if they have content."""
        bare = [code for code in self.status.values() if code in NO_CONTENT]
        said, code = table.get("resource"), (*bare, 0)[0]
        has, named = len(bare) < len(self.status), isinstance(said, str) and bool(said)
        yield "resource", has and not named, "is missing; name the resource whose fields an answer has"
        yield "resource", bare and not has and named, f"can never apply: an answer with status {code} has no content"
        yield "status", bare and self.shape != "one", f"{code} has no content, and a list is one"
        lists = table.has("items") and self.shape != "page"
        yield "items", lists, "belongs to pages: it names the member that holds the list"

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of its answers."""
        return self.resource.fields

    @property
    def first(self) -> str:
        """The tier that is asked first, empty where nothing took the operation's place."""
        return next(iter(self.successors), "")

    @property
    def full_path(self) -> str:
        """Its path from the root, as a template."""
        return f"{self.base}{self.path.text}"

    @property
    def without_successor(self) -> str:
        """What is said or answered where no successor may be asked; empty when one always may be."""
        if self.constant is not None and self.gone is None:
            return f"The answer is always {json.dumps(self.constant.value)}. {self.constant.why}"
        return "" if self.gone is None else f"{self.gone.detail} See {self.gone.see}"


@attrs.frozen
class Document:
    """One mapping document; ``overridden`` has the key paths that other files set, with their names.

    ``resources`` are the fields of its answers by name, which other documents may use too.
    """

    name: str
    title: str
    file: str
    apis: Mapping[str, Api]
    operations: tuple[Operation, ...]
    overridden: Mapping[str, str] = attrs.field(factory=dict)
    resources: Mapping[str, Resource] = attrs.field(factory=dict)


@attrs.frozen
class _Whole:
    """What is known of a document when its operations are read."""

    name: str
    apis: Mapping[str, Api]
    resources: Mapping[str, Resource]
    error: ErrorShape


def parse_document(
    data: Mapping[str, Any], source: DocumentSource, others: Mapping[str, Document] | None = None
) -> Document:
    """Return the document that a TOML file says; defects go to ``source.problems``.

    ``others`` are documents by name, whose resources it may use.
    """
    top = Table(data, source)
    if not same(top.get("format"), FORMAT):
        top.wrong("format", f"must be {FORMAT}, the only format this version of atlas-shim reads")
    name, title = top.text("name"), top.text("title", default="")
    apis = _read_apis(top)
    error = ErrorShape.maybe(top.table("error")) or ATLAS_ERRORS
    for key, said in attrs.asdict(error).items():
        if "[" in said:
            top.wrong("error", f"{key} is no name: {said!r} leads through a list, and errors of the shim have none")
    shared = _shared(top, others or {})
    own = read_resources(top.named_tables("resource"), apis, shared)
    top.around = _Whole(name, apis, {**shared, **own}, error)
    common = top.get("all")
    if common is not None and not isinstance(common, dict):
        top.wrong("all", f"must be a table, not {common!r}")
    operations = tuple(map(Operation.read, top.named_tables("operation", common).values()))
    if not operations:
        top.wrong("operation", "is missing; a document describes at least one operation")
    used = {resource.name for operation in operations for resource in resources_of(operation)}
    for key in own:
        if key not in used and not any(path.endswith(".resource") for path in source.misspelt):
            top.wrong("resource", f"{key!r} is used by no operation")
    top.finish()
    return Document(name, title, source.file, apis, operations, dict(source.overridden), own)


def _read_apis(top: Table) -> Mapping[str, Api]:
    tables = top.named_tables("api") or {
        name: Table(api, top.source, f"api.{name}", name) for name, api in DEFAULT_APIS.items()
    }
    apis = dict[str, Api]()
    for name, table in tables.items():
        table.around = {api.base for api in apis.values()}
        apis[name] = Api.read(table)
    return apis


def _shared(top: Table, others: Mapping[str, Document]) -> Mapping[str, Resource]:
    """Return the resources of the document that this one names with ``resources_of``."""
    name = top.text("resources_of", default="")
    if name and name not in others:
        top.wrong("resources_of", f"{name!r} is the name of no document that has resources of its own")
    return others[name].resources if name in others else {}


def resources_of(operation: Operation) -> Iterator[Resource]:
    """Return the resources that an operation's answers and bodies are made of, those inside others too."""
    found = [operation.resource]
    for successor in operation.successors.values():
        found += [target.body for _, target in successor.targets() if target.body is not None]
    for resource in found:
        yield resource
        found += [field.of for field in resource.fields if field.of is not None]
