"""The objects inside a legacy request body: which members they have, and which of those are passed over."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from shim.documents.fields import TYPES
from shim.documents.read import Declared, read_as
from shim.documents.tables import Rows, Table, key_path


def _inside(table: Table, key: str) -> Mapping[str, BodyObject]:
    found = table.each(key, table.around.objects.named)
    return {name: one for name, one in found.items() if one is not None}


@attrs.frozen(kw_only=True)
class BodyMembers(Declared):
    """What a request body, or an object inside it, may have."""

    members: Mapping[str, str] = read_as(lambda table, key: table.each(key, lambda sub, name: sub.word(name, TYPES)))
    """Their types."""
    inside: Mapping[str, BodyObject] = read_as(_inside, "of", factory=dict)
    """What the objects in a member have, where a table ``object`` describes it."""
    ignored: tuple[str, ...] = ()
    """BodyMembers that are passed over."""

    def wrong(self, table: Table) -> Rows:
        for name in self.ignored:
            yield "ignored", name in self.members, f"{name!r} is declared as a member, and would never be read"
        for name in self.inside:
            holds = self.members.get(name) in {"object", "objects"}
            yield key_path(".of", name), not holds, f"{name!r} is not a member of type object or objects"


@attrs.frozen(kw_only=True)
class BodyObject(BodyMembers):
    """What an object inside a request body may have."""

    keyed: bool = False
    """Whether such objects stand in it by names that the caller chooses."""


@attrs.define
class BodyObjects:
    """The descriptions of a document by name: each is read when it is first asked for."""

    tables: Mapping[str, Table] = attrs.field(factory=dict)
    read: dict[str, BodyObject] = attrs.field(factory=dict)
    _outer: list[str] = attrs.field(factory=list)

    def named(self, table: Table, key: str) -> BodyObject | None:
        """Return the description that a key of a table names, None if there is none of that name."""
        name = table.text(key)
        if name in self._outer:
            table.wrong(key, f"{name!r} stands inside itself: {' in '.join((name, *reversed(self._outer)))}")
        elif name in self.tables:
            return self._get(name)
        elif name:
            table.wrong(key, f"{name!r} is not an object of this document")
        return None

    def _get(self, name: str) -> BodyObject:
        if name not in self.read:
            self._outer.append(name)
            self.read[name] = BodyObject.read(self.tables[name])
            self._outer.pop()
        return self.read[name]
