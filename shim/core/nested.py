"""Objects inside a document: translated each by the functions of their own resource, alone, in lists, or in groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from shim.core.rules import InvalidValue, TranslationReport
from shim.documents.fields import BARE
from shim.documents.sources import NoValue, Path, look_up
from shim.documents.value_types import Json, JsonObject


@attrs.frozen
class Nested:
    """The objects of one field in one call.

    ``translate`` makes a legacy object of one, and notes in ``report`` what is to be reported of it; ``outer`` is
    the report of the object that they stand in. ``wraps`` tells that what is no object is read as ``value``.
    """

    translate: Callable[..., JsonObject]
    report: TranslationReport
    outer: TranslationReport
    wraps: bool = False

    def one(self, value: JsonObject, at: str) -> JsonObject:
        """Return one object in the legacy shape; ``at`` is where it stands."""
        return self._made(value, at, 1)

    def _made(self, value: JsonObject, at: str, count: int) -> JsonObject:
        report = self.report
        report.objects += 1
        made = self.translate(value, count)
        if report.passed_over or report.refused:
            self.outer.take(report, f"{at}.")
        return made

    def _objects(self, values: Sequence[Json], at: str) -> list[tuple[int, JsonObject]]:
        """Return the items that are objects, with their places; the others are reported."""
        found = list[tuple[int, JsonObject]]()
        for number, value in enumerate(values):
            if type(value) is dict:
                found.append((number, value))
            elif self.wraps:
                found.append((number, {BARE: value}))
            else:
                self.outer.refused.append(InvalidValue(f"{at}[{number}]", value, "not an object"))
        return found

    def each(self, values: Sequence[Json], at: str) -> list[JsonObject]:
        """Return the objects of a list in the legacy shape."""
        return [self._made(value, f"{at}[{number}]", 1) for number, value in self._objects(values, at)]

    def grouped(self, values: Sequence[Json], at: str, members: Sequence[Path]) -> list[JsonObject]:
        """Return one object for all items that have the same in the first of ``members`` that is there.

        It is made of the first of them; what the others have otherwise is reported.
        """
        groups: dict[object, list[tuple[int, JsonObject]]] = {}
        for number, value in self._objects(values, at):
            found = [look_up(value, path) for path in members]
            told = next((one for one in found if one is not NoValue.MISSING and one is not None), None)
            key = number if told is None else (type(told), repr(told))
            groups.setdefault(key, []).append((number, value))
        return [self._group(group, at) for group in groups.values()]

    def _group(self, group: Sequence[tuple[int, JsonObject]], at: str) -> JsonObject:
        (number, first), *others = group
        made = self._made(first, f"{at}[{number}]", len(group))
        for number, value in others:
            other = self._made(value, f"{at}[{number}]", len(group))
            for name in made.keys() | other.keys() if made != other else ():
                if made.get(name) != other.get(name):
                    why = "not as in the first of its group"
                    self.outer.refused.append(InvalidValue(f"{at}[{number}].{name}", other.get(name), why))
        return made

    def keyed(self, values: Sequence[Json], at: str, member: Path) -> JsonObject:
        """Return an object with each item of a list under the text that it has in a member."""
        made: JsonObject = {}
        for number, value in self._objects(values, at):
            name = look_up(value, member)
            if type(name) is not str or name in made:
                why = "another item has that name" if type(name) is str else "no name to stand under"
                self.outer.refused.append(InvalidValue(f"{at}[{number}]", value, why))
                continue
            made[name] = self._made(value, f"{at}[{number}]", 1)
        return made


@attrs.frozen
class Claims:
    """The members of an object that rules read or make: whole ones, and such of which they take a part, by name."""

    whole: frozenset[str]
    parts: Mapping[str, Claims]
    all: frozenset[str]


def claims_of(paths: Iterable[Sequence[str]]) -> Claims:
    """Return the claims of some names, each split at its dots."""
    below: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    whole = frozenset(name for name, rests in below.items() if () in map(tuple, rests))
    parts = {name: claims_of(rests) for name, rests in below.items() if name not in whole}
    return Claims(whole, parts, frozenset(below))


def pass_rest(source: JsonObject, made: JsonObject, claims: Claims, report: TranslationReport, at: str = "") -> None:
    """Pass on, as they are, the members of an object that no rule reads or makes."""
    known = claims.all
    made.update({name: value for name, value in source.items() if name not in known})
    for name, below in claims.parts.items():
        value = source.get(name)
        if type(value) is dict:
            inner = made.get(name, {})
            assert type(inner) is dict, "a field inside it makes an object of it"
            pass_rest(value, inner, below, report, f"{at}{name}.")
            if inner:
                made[name] = inner
        elif name in source:
            report.refused.append(InvalidValue(f"{at}{name}", value, "not an object"))
