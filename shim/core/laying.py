"""Lay a translated body over the successor's resource: match items, and decide which values stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from shim.core.responses import CallError
from shim.documents.lens import Lens, LensList
from shim.documents.vocabulary import Json, JsonObject

Key = tuple[str | None, ...]
"""The members that distinguish an item from the others in a list."""


@attrs.frozen
class Forms:
    """One part of a body (a value, an object or a list) in four forms, each None if absent."""

    made: Any
    """The rules' result for the caller's version."""
    shown: Any
    """The rules' result for the current version."""
    unsaid: Any
    """The part of ``current`` for which the caller gives no value."""
    there: Any
    """The resource's present value."""

    def member(self, name: str) -> Forms:
        """Return a member of each object."""
        forms = (self.made, self.shown, self.unsaid, self.there)
        values = [one.get(name) if type(one) is dict else None for one in forms]
        return Forms(*values)


@attrs.frozen
class Laying:
    """Merges the rules' result into the current resource."""

    lens: Lens
    asked: Sequence[str]
    """The caller's members that are mapped in both directions."""
    version: str
    """The member that can express every value."""

    def check_counts(self, name: str, legacy: Json, forms: Forms) -> None:
        """Raise CallError for a legacy item that corresponds to several of the successor's without a count."""
        spec = self.lens.lists[name]
        there = _grouped(forms.there, self.lens.lists[name])
        renamed = self._renamed(name, forms.made, there)
        for number, item in enumerate(_objects(legacy)):
            key = _key(item, spec)
            count = len(there.get(renamed.get(key, key), ()))
            if spec.counted and spec.counted not in item and count > 1:
                at = f"{name}[{number}].{spec.counted}"
                detail = f"{at} is missing: there are {count}, and without it only one would remain."
                raise CallError(400, "MISSING_ATTRIBUTE", detail, (at,))

    def lay_list(
        self, name: str, at: str, forms: Forms, *, is_new: bool = False
    ) -> list[Json]:
        """Return the items of a list, each laid over its match.

        ``name`` is the list's name without positions, ``at`` with them. An item that
        ``is_new`` resembles another and must contain all its members. Raises CallError
        if the match is unclear.
        """
        spec = self.lens.lists[name]
        shown = _grouped(forms.shown, spec)
        unsaid = _grouped(forms.unsaid, spec)
        there = _grouped(forms.there, spec)
        if _sizes(shown) != _sizes(there):
            raise self._cannot_say(at)
        renamed = self._renamed(name, forms.made, there)
        counts = Counter[Key]()
        laid = list[Json]()
        for number, item in enumerate(_objects(forms.made)):
            own = _key(item, spec)
            key = renamed.get(own, own)
            group = there.get(key, ())
            place = counts[key]
            counts[key] += 1
            if not group:
                self._check_new(spec, item, f"{at}[{number}]")
                laid.append(item)
                continue
            is_another = is_new or place >= len(group)
            place = place if place < len(group) else 0
            rest = unsaid.get(key, ())
            left = rest[place] if place < len(rest) else None
            one = Forms(item, shown[key][place], left, group[place])
            along = [*spec.keeps, *([] if is_another else [spec.identity])]
            if own in renamed:
                # without a name it keeps the present one
                if None in own:
                    along += spec.by
                else:
                    along += [spec.renamed]
            old = group[place]
            kept = {member: old[member] for member in along if member in old}
            where = f"{at}[{number}]"
            new = self._lay_object(name, where, one, is_new=is_another)
            laid.append({**kept, **new})
        return laid

    def _check_new(self, spec: LensList, item: JsonObject, at: str) -> None:
        """Raise CallError for an unmatched item that lacks a member which new items require."""
        for member in spec.needs:
            if member not in item:
                place = f"{at}.{member}"
                detail = f"{place} is missing: version {self.version} requires it, and no similar item has it."
                raise CallError(400, "MISSING_ATTRIBUTE", detail, (place,))

    def _lay_object(
        self, name: str, at: str, forms: Forms, *, is_new: bool
    ) -> JsonObject:
        laid: JsonObject = {}
        for member, value in forms.made.items():
            path = f"{name}.{member}"
            place = f"{at}.{member}"
            inner = forms.member(member)
            if path in self.lens.lists and type(inner.there) is list:
                laid[member] = self.lay_list(path, place, inner, is_new=is_new)
            elif type(value) is dict:
                one = self._lay_object(path, place, inner, is_new=is_new)
                laid |= {member: one} if one or not value else {}
            elif inner.there is None and value == inner.shown == inner.unsaid:
                continue  # the old shape shows it, but the resource doesn't have it
            else:
                laid[member] = self._lay_value(place, inner)
        if is_new and type(forms.shown) is dict:
            for member, value in forms.shown.items():
                if member not in forms.made and self._is_needed(member, value):
                    place = f"{at}.{member}"
                    what = "this body adds an item, and the others have this member. Give its value."
                    raise CallError(
                        400,
                        "MISSING_ATTRIBUTE",
                        f"{place} is missing: {what}",
                        (place,),
                    )
        return laid

    def _lay_value(self, at: str, forms: Forms) -> Json:
        made: Json = forms.made
        if forms.shown is None or forms.there is None or forms.shown == forms.there:
            return made
        # the old shape shows another value, and the caller gives none
        if made == forms.shown == forms.unsaid:
            there: Json = forms.there
            return there
        raise self._cannot_say(at)

    def _is_needed(self, member: str, value: Json) -> bool:
        """Return whether a new item needs a value that similar items have."""
        if type(value) is dict:
            return not self._stands_for_none(value)
        default: JsonObject = self.lens.default or {}
        return member in default and value != default[member]

    def _renamed(
        self, name: str, made: Json, there: Mapping[Key, object]
    ) -> Mapping[Key, Key]:
        """Return the key of the existing item that was renamed.

        Raises CallError if it is unclear. An item that is left out may be deleted, or
        may have a new name.
        """
        spec = self.lens.lists[name]
        asked = _grouped(made, spec)
        new = [key for key in asked if key not in there]
        left = [key for key in there if key not in asked]
        is_pair = len(new) == len(left) == 1
        if is_pair and (not spec.identity or len(there) == 1):
            return {new[0]: left[0]}
        if new and left and spec.identity:
            at = f"{name}[].{spec.by[0]}"
            names = " and ".join(str(key[0]) for key in new)
            lost = " and ".join(str(key[0]) for key in left)
            detail = f"{at} has {names} and leaves out {lost}: this version can't identify them."
            raise CallError(
                400, "INVALID_ATTRIBUTE", f"{detail} Use version {self.version}.", (at,)
            )
        return {}

    def _stands_for_none(self, value: JsonObject) -> bool:
        """Return whether an object represents an absent one: an empty member, or nothing enabled."""
        empty = self.lens.empty or {}
        is_empty = any(value.get(name) == none for name, none in empty.items())
        return is_empty or all(map(self._is_off, value.values()))

    def _is_off(self, value: Json) -> bool:
        return (
            self._stands_for_none(value) if isinstance(value, dict) else value is False
        )

    def _cannot_say(self, at: str) -> CallError:
        detail = f"{' and '.join(self.asked)} can't be changed by this version: it can't express the current {at}."
        return CallError(
            400,
            "INVALID_ATTRIBUTE",
            f"{detail} Use version {self.version}.",
            (*self.asked, at),
        )


def _objects(value: Json) -> list[JsonObject]:
    if type(value) is list:
        return [one for one in value if type(one) is dict]
    return []


def _key(item: JsonObject, spec: LensList) -> Key:
    values = [item.get(member) for member in spec.by]
    return tuple([value if type(value) is str else None for value in values])


def _sizes(groups: Mapping[Key, Sequence[object]]) -> dict[Key, int]:
    """Return the number of items in each group."""
    return {key: len(group) for key, group in groups.items()}


def _grouped(items: Json, spec: LensList) -> dict[Key, list[JsonObject]]:
    """Return the items of a list by key, in their order."""
    groups: dict[Key, list[JsonObject]] = {}
    for item in _objects(items):
        groups.setdefault(_key(item, spec), []).append(item)
    return groups
