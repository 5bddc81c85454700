"""Define and read the parts of a mapping document as frozen values, and note every defect.

``mappings/README.md`` explains each key for people.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Self

import attrs

from shim.documents.before import METHODS
from shim.documents.calls import Successor, Target
from shim.documents.errors import unknown_parameters
from shim.documents.fields import TIERS, Field, Resource
from shim.documents.lens import Lens
from shim.documents.objects import BodyObjects
from shim.documents.question import RequestBody
from shim.documents.read import Declared, given, nested, of_table, read_as
from shim.documents.resources import Resources, tiers_of
from shim.documents.tables import NEVER, Rows, Table, checked, read_template
from shim.documents.templates import Template
from shim.documents.vocabulary import (
    Versions,
    is_json,
    one_of,
    parse_date,
    parse_versions,
)

FORMAT = 1
"""The document format that this code reads."""
NO_CONTENT = (204, 205)
"""Success statuses whose answers have no content (RFC 9110, 15.3.5 and 15.3.6)."""
SHAPES = ("one", "page", "array")
CONTENT = ("json", "gzip")
"""The kinds of answers: JSON, or a file that passes unchanged."""
_SORTABLE = frozenset({"boolean", "integer", "number", "string", "time"})
DEFAULT_APIS: Mapping[str, Mapping[str, str]] = {
    "v1.0": {
        "base": "/api/atlas/v1.0",
        "version": "2023-01-01",
        "content_type": "application/json",
    },
    "v2": {"base": "/api/atlas/v2"},
}


@attrs.frozen
class Gone(Declared):
    """An operation without a successor: what callers can do, and where it is documented."""

    detail: str
    see: str


@attrs.frozen
class ConstantAnswer(Declared):
    """The only remaining answer of an operation, with the reason; a bare JSON value."""

    why: str
    value: Any

    def wrong(self, table: Table) -> Rows:
        yield "value", not is_json(self.value), f"{self.value!r} is not a JSON value"


@attrs.frozen
class Api(Declared):
    """One base path of the legacy interface.

    ``version`` is fixed, or None if Accept selects it.
    """

    name: str = of_table("name")
    base: str = read_as(lambda table, key: read_template(table, key).text)
    version: str | None = None
    content_type: str | None = None

    def wrong(self, table: Table) -> Rows:
        yield (
            "base",
            "{" in self.base,
            "can't have parameters; put them into the paths of operations",
        )
        yield (
            "base",
            self.base in table.around,
            "is the base of another api of this document",
        )
        checked(table, "version", parse_date, self.version or "")


@attrs.frozen
class Around:
    """What is known about a document when its operations and their successors are read."""

    name: str
    apis: Mapping[str, Api]
    base: str
    resources: Resources
    objects: BodyObjects = attrs.field(factory=BodyObjects)
    """The members of the objects in request bodies."""
    operation: Operation | None = None
    tier: str = ""
    given: tuple[str, ...] | None = ()
    """The names from lookups so far, None where rules read the items of a list."""


def _status(table: Table, key: str) -> Mapping[str, int]:
    value = table.data.get(key)
    apis = table.around.apis
    if isinstance(value, dict):
        return value
    return dict.fromkeys(apis, 200 if value is None else value)


def _lent(table: Table, key: str) -> bool:
    overridden = [
        path for path in table.source.overridden if path.startswith(f"{table.path}.")
    ]
    return table.flag(key) and table.source.shipped and not overridden


def _end(table: Table, key: str) -> datetime:
    if table.data.get("lives") is True and key not in table.data:
        return NEVER
    return table.day(key)


def _versions(table: Table, key: str) -> Versions:
    found = checked(table, key, parse_versions, table.text(key))
    return found or Versions("2023-01-01")


def _resource(table: Table, key: str) -> Resource:
    return table.around.resources.named(table, key) or Resource()


def _is_success(status: object) -> bool:
    return type(status) is int and 200 <= status <= 299


@attrs.frozen(kw_only=True)
class Operation(Declared):
    """One retired operation; it has successors, ``gone`` or a ``constant``."""

    id: str = of_table("name")
    document: str = of_table("around.name")
    file: str = of_table("source.file")
    at: str = of_table("path", default="")
    base: str = of_table("around.base")
    """Where its paths are in the last API of its document."""
    versions: Versions = read_as(_versions)
    oldest: bool = True
    """Whether a call without a version means this operation."""
    method: str = read_as(lambda table, key: table.word(key, METHODS))
    path: Template
    shape: str = read_as(lambda table, key: table.word(key, SHAPES, default="one"))
    request: RequestBody | None = nested(RequestBody)
    successors: Mapping[str, Successor] = given(*TIERS, "tier", factory=dict)
    status: Mapping[str, int] = read_as(_status)
    resource: Resource = read_as(_resource)
    gone: Gone | None = nested(Gone)
    constant: ConstantAnswer | None = nested(ConstantAnswer)
    aliases: tuple[str, ...] = ()
    lives: bool = False
    """Atlas announced no sunset: the legacy answer stands, unless it leads to a successor with a switch."""
    deprecated: datetime = read_as(_end)
    sunset: datetime = read_as(_end)
    blank: datetime | None = None
    """From this date, legacy's answer to a read means nothing."""
    switch: str = ""
    """The switch in ``ATLAS_SHIM_WRITES`` without which successors and constant are ignored."""
    lent: bool = read_as(_lent, default=False)
    """Whether a gateway signs it with its own key for every caller.

    An operator's document can't set this.
    """
    order: tuple[str, ...] = ()
    note: str = ""
    cluster: tuple[str, ...] = ()
    content: str = read_as(
        lambda table, key: table.word(key, CONTENT, default="json"), default="json"
    )

    @classmethod
    def read(cls, table: Table) -> Self:
        table.know(cls.keys())
        made = cls.unchecked(table)
        for tier, where, key in tiers_of(table):
            if (sub := where.table(key)) is not None:
                sub.around = attrs.evolve(table.around, operation=made, tier=tier)
                made = attrs.evolve(
                    made, successors={**made.successors, tier: Successor.read(sub)}
                )
        table.refuse(made.wrong(table))
        return made

    @property
    def has_body(self) -> bool:
        """Whether its calls have a body."""
        return self.method not in {"GET", "DELETE"}

    @property
    def version(self) -> str:
        """The version in the media type of its answers."""
        return self.versions.first

    @property
    def accept(self) -> str:
        """The media type of its answers."""
        return f"application/vnd.atlas.{self.version}+{self.content}"

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the body that select the call."""
        return self.request.words if self.request else ()

    def wrong(self, table: Table) -> Rows:
        apis = table.around.apis
        successors = [*self.successors.values()]
        needed = f"needs a success status such as 200 for each of {', '.join(apis)}"
        are_good = all(map(_is_success, self.status.values()))
        yield "status", self.status.keys() != apis.keys() or not are_good, needed
        for api in apis.values():
            inside = api.base and self.path.text.startswith(f"{api.base}/")
            yield (
                "path",
                inside,
                f"is relative to the base of its api; leave out {api.base}",
            )
        yield (
            "sunset",
            self.sunset < self.deprecated,
            "is earlier than deprecated (RFC 9745, 4)",
        )
        yield (
            "sunset",
            self.lives and self.sunset != NEVER,
            "can't be combined with lives",
        )
        is_read = self.method == "GET" and successors
        yield (
            "blank",
            self.blank and not is_read,
            "applies only to reads that have a successor",
        )
        yield (
            "blank",
            self.blank and self.blank >= self.sunset,
            "has no effect: the sunset is not later",
        )
        answers = [successors or None, self.gone, self.constant]
        ways = len(answers) - answers.count(None)
        both = bool(successors) == (self.constant is not None)
        yield (
            "switch",
            self.switch and both,
            "needs either a successor or [….constant], to be used when it is on",
        )
        yield "switch", self.switch and self.method == "GET", "applies only to writes"
        source = table.source
        given = table.data.get("lent") is True
        may_lend = source.shipped and table.at("lent") not in source.overridden
        yield (
            "lent",
            given and not may_lend,
            "applies only to shipped documents; name the calls in --allow",
        )
        two = "needs exactly one of a successor ([….flex]), [….gone] and [….constant]"
        yield "", not self.switch and ways != 1, two
        switched = [one for one in successors if one.switch]
        others = len(successors) - len(switched)
        yield (
            "lives",
            self.lives and (others or len(switched) != 1),
            "needs one successor, which has a switch",
        )
        last = others and switched == successors[-1:]
        yield (
            "",
            not self.lives and switched and not last,
            "needs a successor without a switch as its first one",
        )
        yield from unknown_parameters("cluster", self.cluster, self)
        lacking = others > 1 and not self.cluster
        yield (
            "cluster",
            lacking,
            "is missing; name the path parameters that identify a cluster",
        )
        yield (
            "request",
            self.request and not self.has_body,
            f"applies only to calls with a body; {self.method} has none",
        )
        for one in successors[:1]:
            alone = len(successors) == 1 and one.after and not self.lives
            yield (
                f"{one.at.removeprefix(self.at)}.after",
                alone,
                "has no effect: there is no other tier",
            )
        yield from self._wrong_order()
        if successors:
            yield from self._wrong_content(table)

    def _wrong_order(self) -> Rows:
        types = {field.name: field.type for field in self.fields}
        for key in self.order:
            kind = types.get(key.removeprefix("-"))
            both = key.startswith("-") and key[1:] in self.order
            yield "order", kind is None, f"{key!r} is not a field of the resource"
            yield (
                "order",
                kind and kind not in _SORTABLE,
                f"{key!r} can't be part of the order: its type is {kind}",
            )
            yield "order", both, f"{key!r} and {key[1:]!r} can't be combined"
        for tier, one in self.successors.items():
            pagings = {target.paging for _, target in one.targets()}
            kept = self.order and not pagings <= {"collected"}
            yield (
                "order",
                kept,
                f"has no effect: {tier} keeps upstream's pages; set paging to collected",
            )

    def _wrong_content(self, table: Table) -> Rows:
        """Yield the defects of ``resource`` and ``status``: answers with content need a resource."""
        bare = [*self.status.values()]
        if self.content == "json":
            bare = [code for code in bare if code in NO_CONTENT]
        has = len(bare) < len(self.status)
        named = "resource" in table.data
        own = all(one.resource.name for one in self.successors.values())
        yield (
            "resource",
            has and not named and not own,
            "is missing; name the resource that describes the response",
        )
        yield (
            "resource",
            named and not has,
            "has no effect: a response with this status has no content",
        )
        yield (
            "status",
            bare and self.shape != "one",
            "means a response without content, but this operation returns a list",
        )
        yield (
            "content",
            self.content != "json" and self.method != "GET",
            "applies only to reads",
        )

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of its answers."""
        return self.resource.fields

    @property
    def switched(self) -> Successor | None:
        """The successor that has a switch."""
        return next((one for one in self.successors.values() if one.switch), None)

    @property
    def lens(self) -> Lens | None:
        """The lens for those of its bodies that need a lookup."""
        targets = []
        for one in self.successors.values():
            for _, target in one.targets():
                targets.append(target)
        for target in targets:
            if target.lens is not None and target.lens.version:
                return target.lens
        return None

    @property
    def switches(self) -> tuple[str, ...]:
        """The switches in ``ATLAS_SHIM_WRITES`` that its calls need after the sunset."""
        words = [self.switch]
        if self.lens:
            words.append(self.lens.switch)
        return tuple(filter(None, words))

    def where_on(self, reads: Collection[str], writes: Collection[str]) -> Operation:
        """Return it without a successor whose switch is off."""
        one = self.switched
        on = reads if self.method == "GET" else writes
        if one is None or one.switch in on:
            return self
        others = dict(self.successors)
        del others[one.tier]
        return attrs.evolve(self, successors=others)

    @property
    def first(self) -> str:
        """The tier that is asked first, empty if nothing replaced the operation."""
        return next(iter(self.successors), "")

    @property
    def full_path(self) -> str:
        """Its path from the root, as a template."""
        return f"{self.base}{self.path.text}"

    @property
    def without_successor(self) -> str:
        """The message or answer when no successor may be asked; empty when one always may be."""
        if self.constant is not None and not self.switch:
            return f"The answer is always {json.dumps(self.constant.value)}. {self.constant.why}"
        said = []
        if self.gone:
            said.append(self.gone.detail)
        if self.switch:
            said.extend(self._how_to_switch_on())
        if self.gone:
            said.append(f"See {self.gone.see}")
        return " ".join(said)

    def _how_to_switch_on(self) -> Iterator[str]:
        """Yield the sentences about its switch: the call that replaced it, and the setting."""
        target = self._first_target()
        if target is None:
            done = "accept this call, and ignore it"
        elif self.lens:
            done = f"send bodies with {one_of(self.lens.members)} there"
        else:
            done = "send this call there"
        if target and not self.gone:
            method, path, _ = target.changes[0]
            yield f"{method} {path} took its place."
        yield f"Set ATLAS_SHIM_WRITES={self.switch} to let atlas-shim {done}."

    def _first_target(self) -> Target | None:
        targets = list[Target]()
        for successor in self.successors.values():
            targets += [target for _, target in successor.targets()]
        return targets[0] if targets else None


@attrs.frozen
class Document:
    """One mapping document."""

    name: str
    title: str
    file: str
    apis: Mapping[str, Api]
    operations: tuple[Operation, ...]
    overridden: Mapping[str, str] = attrs.field(factory=dict)
    """The key paths that other files set, with the names of those files."""
    resources: Mapping[str, Resource] = attrs.field(factory=dict)
    """The fields of its answers by name; other documents may use them, too."""
    callers: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    """Operations by the names that sources use: a client's method, a command, a provider's resource."""

    def where_on(self, reads: Collection[str], writes: Collection[str]) -> Document:
        """Return it with the operations of these switches."""
        operations = [one.where_on(reads, writes) for one in self.operations]
        served = [one for one in operations if one.successors or not one.lives]
        return attrs.evolve(self, operations=tuple(served))
