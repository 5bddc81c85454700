"""The migration plan of ``scan -o json``: the calls to make instead, field by field.

It is computed from the documents alone: an exchange after every sunset is simulated, as
``explain`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

from shim.cli.explained import explained
from shim.cli.members import MovedMember
from shim.cli.successors import encoded
from shim.core.messages import Call
from shim.core.recognize import Engine
from shim.core.settings import Settings
from shim.documents.model import Operation
from shim.documents.vocabulary import Fidelity


@attrs.frozen(kw_only=True)
class MigrationPlan:
    """How callers of one operation move to its replacement."""

    operation: str
    sunset: str
    """Its last day; empty for an operation that is not retired."""
    old: str
    """Method and path."""
    version: str
    tiers: Mapping[str, Any]
    """For each possible tier, the ``calls`` in order, and where each old field of the
    ``answer`` is.
    """
    decide: tuple[str, ...]
    """Sentences on what a person has to decide or to check."""
    prove: str
    """The command that shows the difference in the user's own Atlas."""


def migration_plans(
    operations: Iterable[Operation], engine: Engine, settings: Settings, at: datetime
) -> dict[str, MigrationPlan]:
    """Return the plan of each operation, by its id."""
    plans = dict[str, MigrationPlan]()
    for operation in operations:
        if operation.id not in plans:
            plans[operation.id] = _plan(operation, engine, settings, at)
    return plans


def _plan(
    operation: Operation, engine: Engine, settings: Settings, at: datetime
) -> MigrationPlan:
    accept = ("Accept", operation.accept)
    call = Call(operation.method, "", encoded(operation.full_path), (accept,))
    match = engine.recognize(call.method, call.path, call.headers)
    if match is not None:
        found = explained(match, call, settings, at, with_members=True)
    else:
        found = {"tiers": {}, "sunset": None}
    tiers = {name: _tier(tier) for name, tier in found["tiers"].items()}
    sunset = found["sunset"]
    decisions = dict.fromkeys(_decisions(operation, found["tiers"]))
    return MigrationPlan(
        operation=operation.id,
        sunset="" if sunset is None else f"{sunset:%Y-%m-%d}",
        old=f"{operation.method} {operation.full_path}",
        version=operation.version,
        tiers=tiers,
        decide=tuple(decisions),
        prove=_prove(operation),
    )


def _tier(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the calls that are sent to a tier, and the old fields in its answer."""
    calls = [_call(one) for one in shown["calls"] if "refused" not in one]
    answer = [_field(one) for one in shown["fields"]]
    return {"calls": calls, "answer": answer}


def _call(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call that is sent; a body of None is the old call's."""
    target = urlsplit(shown["target"])
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    members = []
    if shown["body"] is not None:
        members = [_member(one) for one in shown["members"]]
    return {
        "for": shown["word"],
        "role": shown["role"],
        "method": shown["method"],
        "path": target.path,
        "accept": shown["accept"],
        "query": query,
        "body": shown["body"],
        "members": members,
        "names": shown["names"],
        "curl": shown["curl"],
        "remarks": shown["remarks"],
    }


def _member(moved: MovedMember) -> dict[str, Any]:
    """Return where a member of the old body is in the new one.

    It is ``gone`` if this call does not have it.
    """
    row = {
        "old": moved.old,
        "new": [*moved.new],
        "gone": not moved.new,
        "same": moved.is_same,
    }
    if moved.default is not None:
        row["default"] = moved.default
    return row


def _field(rule: Any) -> dict[str, Any]:
    """Return where an old field of the answer is in the new one, or ``gone``."""
    is_gone = rule.fidelity == Fidelity.ABSENT
    return {
        "old": rule.name,
        "new": [*rule.sources],
        "gone": is_gone,
        "fidelity": rule.fidelity,
        "how": rule.how,
        "when": rule.when,
        "why": rule.why,
    }


def _decisions(operation: Operation, tiers: Mapping[str, Any]) -> Iterator[str]:
    if not operation.successors:
        yield operation.without_successor
    if len(tiers) > 1:
        yield f"Which of {', '.join(tiers)} has the cluster: GET it, or try them in this order."
    if operation.note:
        yield operation.note
    for name, tier in tiers.items():
        if tier["note"]:
            yield tier["note"]
        for call in tier["calls"]:
            if "refused" in call:
                yield f"{call['word']}: on {name} it is {call['refused']}"
        for one in tier["fields"]:
            if one.fidelity not in {Fidelity.EXACT, Fidelity.RENAMED} and one.why:
                yield f"{one.name} ({one.fidelity}): {one.why}"


def _prove(operation: Operation) -> str:
    if operation.method == "GET" and operation.successors:
        return f"atlas-shim prove '{operation.full_path}'"
    return f"atlas-shim explain {operation.method} '{operation.full_path}'"
