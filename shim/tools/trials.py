"""Trials: open questions about Atlas's writes, as calls with assumed answers.

The table is ``trials.toml``, which describes its own keys; ``trying`` executes a trial.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import attrs

# {groupId}, {made: results.0.id}
HOLE = re.compile(r"\{(?:(?P<step>\w+): )?(?P<path>[\w.]+)\}")


@attrs.frozen(kw_only=True)
class TrialCall:
    """A call of a trial, its placeholders not filled yet."""

    call: str
    """Method, and path after ``/api/atlas/v2``."""
    version: str
    by: Literal["atlas", "shim"] = "atlas"
    body: Mapping[str, Any] | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.call.partition(" ")[0]

    @property
    def target(self) -> str:
        """The whole path."""
        return "/api/atlas/v2" + self.call.partition(" ")[2]


@attrs.frozen(kw_only=True)
class TrialStep(TrialCall):
    """A call, and the assumption about its answer."""

    name: str = ""
    expects: Sequence[str]
    has: Mapping[str, Any] = {}
    alike: str = ""
    members: Sequence[str] = ()
    until: Mapping[str, Any] = {}
    leave_out: str = ""
    names: Sequence[str] = ()
    premise: bool = False
    undo: TrialCall | None = None


@attrs.frozen(kw_only=True)
class Trial:
    """One question, and the steps that answer it."""

    name: str
    unknown: str
    """Words of the row in ``unknowns.md``."""
    question: str
    steps: Sequence[TrialStep]

    @property
    def needs(self) -> frozenset[str]:
        """The names of the values that a person has to give."""
        calls = []
        for step in self.steps:
            for call in (step, step.undo):
                if call:
                    calls.append(call)
        names = set[str]()
        for call in calls:
            for text in (call.call, *_texts(call.body)):
                for hole in HOLE.finditer(text):
                    if not hole["step"]:
                        names.add(hole["path"])
        return frozenset(names - {"absentId"})


@cache
def trials() -> Sequence[Trial]:
    """Return the table."""
    table = tomllib.loads(files("shim").joinpath("trials.toml").read_text("utf-8"))
    return [_trial(name, **row) for name, row in table.items()]


def _trial(
    name: str, *, unknown: str, question: str, step: Sequence[Mapping[str, Any]]
) -> Trial:
    steps = list[TrialStep]()
    for row in step:
        if "undo" in row:
            undo = TrialCall(**row["undo"])
        else:
            undo = None
        steps.append(TrialStep(**{**row, "undo": undo}))
    return Trial(name=name, unknown=unknown, question=question, steps=steps)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value
