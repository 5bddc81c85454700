"""Which operation takes the place of which, and in which versions."""

from __future__ import annotations

import re

import attrs

from shim.draft.descriptions import AnswerVersion, DescribedOperation, Description
from shim.draft.names import likeness
from shim.errors import SettingsError


@attrs.frozen
class Asked:
    """What is wanted: the operation, its successor if it has another id, and the versions of both."""

    operation: str
    successor: str = ""
    old_version: str = ""
    new_version: str = ""


@attrs.frozen
class Side:
    """One side: an operation in one version, and the version that comes after it, if one does."""

    operation: DescribedOperation
    answer: AnswerVersion
    later: str = ""

    @property
    def path(self) -> str:
        """The whole path, as a template."""
        return f"{self.operation.base}{self.operation.path}"


def find_sides(old: Description, new: Description, asked: Asked) -> tuple[Side, Side]:
    """Return what ends and what takes its place; raises SettingsError for what is not described, and for writes."""
    before = old.operation(asked.operation)
    if before.method != "GET":
        raise SettingsError(f"{before.id}: is a {before.method}; a draft is made of reads, a write needs its author")
    after = new.operation(asked.successor) if asked.successor else _successor(before, new)
    same = old.name == new.name and before.id == after.id
    one = _version(old, before, asked.old_version, 0)
    two = _version(new, after, asked.new_version, -1)
    if same and one.version == two.version:
        raise SettingsError(
            f"{before.id}: has one version, {one.version or 'without a date'}; give a second description"
        )
    later = next((each.version for each in before.answers if each.version > one.version), "")
    if before.path == after.path and two.version > one.version:
        later = later or two.version
    return Side(before, one, later), Side(after, two)


def _successor(before: DescribedOperation, new: Description) -> DescribedOperation:
    reads = [one for one in new.operations if one.method == "GET"]
    for one in reads:
        if one.id == before.id:
            return one
    for one in reads:
        if re.sub(r"\{\w+\}", "{}", one.path) == re.sub(r"\{\w+\}", "{}", before.path):
            return one
    near = sorted(reads, key=lambda one: likeness(one.id, before.id), reverse=True)
    known = ", ".join(one.id for one in near[:4]) or "none"
    raise SettingsError(f"{new.name}: has no operation {before.id!r}; name its successor with --successor: {known}")


def _version(where: Description, operation: DescribedOperation, wanted: str, default: int) -> AnswerVersion:
    if not operation.answers:
        raise SettingsError(f"{where.name}: {operation.id} has no JSON answer")
    if not wanted:
        return operation.answers[default]
    for answer in operation.answers:
        if answer.version == wanted:
            return answer
    known = ", ".join(answer.version or "one without a date" for answer in operation.answers)
    raise SettingsError(f"{where.name}: {operation.id} has no version {wanted}; there is {known}")
