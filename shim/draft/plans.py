"""What a draft says, before it is written: resources, their fields, and what is open about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

UNKNOWN = "?"
"""The ``why`` of what a person has to decide."""


@attrs.frozen
class Sample:
    """An old and a new object that say the same, and the parameters of the path they were asked for at."""

    old: Any
    new: Any
    parameters: Mapping[str, str]


@attrs.frozen
class Around:
    """What a resource is planned with: samples, and the path's parameters.

    ``count`` is the member that says how many new objects became one, if some do; ``top`` says that it is what an
    operation answers with, and ``bare`` that this is no object but its one member.
    """

    samples: Sequence[Sample]
    parameters: tuple[str, ...]
    count: str = ""
    top: bool = False
    bare: bool = False


@attrs.frozen
class Proposal:
    """A rule as TOML has it, and what is known for and against it; a ``question`` is for a person to answer."""

    rule: Mapping[str, Any]
    remark: str = ""
    question: bool = False

    @property
    def is_absent(self) -> bool:
        """Whether no value was found."""
        return "absent" in self.rule


@attrs.frozen
class FieldPlan:
    """One field of a resource, by its dotted name; ``of`` is the resource of its object or objects."""

    name: str
    type: str
    proposal: Proposal
    of: ResourcePlan | None = None


@attrs.frozen
class ResourcePlan:
    """The fields of one resource; ``without`` has the names that must not pass, by the reason for it."""

    name: str
    rest: bool
    fields: tuple[FieldPlan, ...] = ()
    without: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    questions: tuple[str, ...] = ()
    bare: bool = False

    @property
    def changes_nothing(self) -> bool:
        """Whether each member is passed on as it is."""
        return self.rest and not self.fields and not self.without and not self.questions

    @property
    def only_leaves_out(self) -> bool:
        """Whether members are passed on as they are, but some that must not pass."""
        return self.rest and not self.fields and not self.questions


def absent(remark: str) -> Proposal:
    """Return the proposal for a field whose value was not found."""
    return Proposal({"absent": True, "why": UNKNOWN}, remark, question=True)


def counted(number: int, of: int) -> str:
    """Return how many samples of those that have the field a rule explains."""
    return f"explains {number} of {of}"


def shown(value: Any) -> str:
    """Return a value as a remark shows it, on one line and not long."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names in a row, with the number of those left out."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
