"""What a mapping document says, as frozen values; ``mappings/README.md`` explains each for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs
from packaging.specifiers import SpecifierSet

from shim.documents.fields import Field, Resource
from shim.documents.read import maybe_text, read_as, sources_in, text, texts, word
from shim.documents.tables import Table, read_template
from shim.documents.templates import Template
from shim.documents.value_types import is_json

NO_CONTENT = (204, 205)
"""Success statuses whose answers have no content (RFC 9110, 15.3.5 and 15.3.6)."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SHAPES = ("one", "page", "array")


def _maybe_template(table: Table, key: str) -> Template | None:
    return read_template(table, key) if table.has(key) else None


def _json_value(table: Table, key: str) -> Any:
    value = table.get(key)
    if value is None:
        table.wrong(key, "is missing; give the answer")
    elif not is_json(value):
        table.wrong(key, f"{value!r} is no JSON value")
    return value


def _refusal(table: Table, key: str) -> int:
    status = table.integer(key)
    if status is None or not 400 <= status <= 499:
        table.wrong(key, f"must be that of an error, 400 to 499, not {status}")
    return status or 400


def _refused_value(table: Table, key: str) -> Any:
    if not table.has(key):
        table.wrong(key, "is missing; give the value that is refused")
    return table.get(key)


@attrs.frozen
class RefusedChoice:
    """A word of the body, or a parameter, that a call cannot serve: the 400 that says so, in Atlas' shape."""

    error_code: str = text("errorCode")
    detail: str = text()


@attrs.frozen
class ErrorShape:
    """Where the errors of an API say what: nested names, empty for what they do not say."""

    code: str = read_as(lambda table, key: _place(table, key, None))
    detail: str = read_as(lambda table, key: _place(table, key, ""))
    status: str = read_as(lambda table, key: _place(table, key, ""))
    reason: str = read_as(lambda table, key: _place(table, key, ""))


def _place(table: Table, key: str, default: str | None) -> str:
    return sources_in(table, key, (table.text(key, default=default),))[0]


ATLAS_ERRORS = ErrorShape("errorCode", "detail", "error", "reason")


@attrs.frozen
class QueryRule:
    """What becomes of a parameter of the legacy query: name, words and default there, or why it is dropped.

    With ``refuse`` a call that has it is answered with that error.
    """

    to: str
    values: Mapping[str, str] = attrs.field(factory=dict)
    default: str | None = maybe_text()
    drop: bool = read_as(Table.flag, default=False)
    why: str = text(default="")
    refuse: RefusedChoice | None = None


@attrs.frozen
class Alike:
    """What ``source`` leads to has to be the same everywhere, or else this error is the answer."""

    source: str = text()
    status: int = read_as(_refusal)
    error_code: str = text("errorCode")
    detail: str = text()


@attrs.frozen
class ErrorRule:
    """What an error of a successor is in legacy terms; what is None stays. ``detail`` may name path parameters."""

    code: str | None = maybe_text("errorCode")
    status: int | None = read_as(Table.integer, default=None)
    detail: str | None = maybe_text()


@attrs.frozen
class Target:
    """One upstream call: method, path, version of the successor's resource, and how its pages are used.

    With a ``media_type`` the call has that in Accept in place of a version. ``next`` leads to a page's link to the next
    one, or to the value of the parameter ``cursor`` that asks for it. ``items`` is the nested name of the list in an
    answer; a ``bare`` answer is itself the list or value. ``query`` is by parameter of the legacy call.
    """

    method: str
    path: Template
    version: str
    paging: str = "kept"
    items: str = "results"
    bare: bool = False
    query: Mapping[str, QueryRule] = attrs.field(factory=dict)
    body: Resource | None = None
    alike: Alike | None = None
    media_type: str = ""
    next: str = ""
    cursor: str = ""

    @property
    def accept(self) -> str:
        """The media type that the call asks for, which is also that of its content."""
        return self.media_type or f"application/vnd.atlas.{self.version}+json"


@attrs.frozen
class Successor:
    """What took an operation's place on one tier.

    ``only`` is its call; or ``choices`` has a call or a refusal by the word of the body or query. ``after`` lists
    the error codes of the other tier that lead here; ``probe`` is a GET that tells the tier
    without writing; ``errors`` are by the successor's error code, or its status. ``error`` is the shape of its errors.
    """

    tier: str
    owner: str
    only: Target | None = None
    choices: Mapping[str, Target | RefusedChoice] = attrs.field(factory=dict)
    after: tuple[str, ...] = texts()
    probe: Template | None = read_as(_maybe_template, default=None)
    errors: Mapping[str, ErrorRule] = attrs.field(factory=dict)
    error: ErrorShape = ATLAS_ERRORS
    note: str = text(default="")
    at: str = ""


@attrs.frozen
class Gone:
    """Nothing took the operation's place: what to tell the caller, and where that is documented."""

    detail: str = text()
    see: str = text()


@attrs.frozen
class Constant:
    """The one answer that an operation has left, with the reason; a bare JSON value."""

    value: Any = read_as(_json_value)
    why: str = text()


@attrs.frozen
class RefusedValue:
    """A value of a body's member that no successor can take: the Atlas-shaped 400 that says so."""

    value: Any = read_as(_refused_value)
    error_code: str = text("errorCode")
    detail: str = text()


@attrs.frozen
class RequestBody:
    """The legacy request body: member types, required members, and the member that chooses the call.

    Names of members are nested with dots; ``refused`` has what is answered to a member's value before
    anything is sent. With ``rest`` members that are not declared are taken as they are.
    """

    members: Mapping[str, str]
    required: tuple[str, ...] = texts()
    ignored: tuple[str, ...] = texts()
    choose: str = text(default="")
    words: tuple[str, ...] = texts()
    refused: Mapping[str, RefusedValue] = attrs.field(factory=dict)
    rest: bool = read_as(Table.flag, default=False)


@attrs.frozen
class QueryChoice:
    """The parameter of the legacy query that chooses the call, the words it may have, and the one it has left out."""

    choose: str = text()
    words: tuple[str, ...] = texts(required=True)
    default: str | None = maybe_text()


@attrs.frozen(kw_only=True)
class Operation:
    """One retired operation; ``version`` (YYYY-MM-DD) is what its answers name in their content type.

    From ``blank`` on, an answer of the legacy endpoint to a read means nothing, although it still comes.
    With a ``switch`` the successors are asked only where that word is switched on (``ATLAS_SHIM_WRITES``),
    and ``gone`` is the answer elsewhere. An operation without successors has ``gone`` or a ``constant``.
    ``items`` is the member of a page that holds the list.
    ``base`` is where the last api of its document has its paths, ``error`` the shape of its errors.
    """

    id: str
    document: str
    file: str
    at: str
    base: str
    version: str
    versions: SpecifierSet
    status: Mapping[str, int]
    resource: Resource
    successors: Mapping[str, Successor]
    gone: Gone | None
    constant: Constant | None
    request: RequestBody | None
    query: QueryChoice | None
    error: ErrorShape
    method: str = word(METHODS)
    path: Template = read_as(read_template)
    shape: str = word(SHAPES, default="one")
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
        if self.constant is not None:
            return f"The answer is always {json.dumps(self.constant.value)}. {self.constant.why}"
        return "" if self.gone is None else f"{self.gone.detail} See {self.gone.see}"


@attrs.frozen
class Api:
    """One base path of the legacy interface; ``version`` is fixed, or None when Accept names it."""

    name: str
    base: str
    version: str | None = maybe_text()
    content_type: str | None = maybe_text()


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
