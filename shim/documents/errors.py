"""Read errors: a successor's error in legacy terms, and successes that mean one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from shim.documents.fields import When
from shim.documents.read import Declared, nested, under
from shim.documents.tables import Rows, Table, key_path
from shim.documents.templates import parameters_in


@attrs.frozen
class ErrorRule(Declared):
    """A successor's error in legacy terms; None leaves a part unchanged.

    ``detail`` may contain path parameters. With a condition it applies to a success
    that means an error, and has all parts.
    """

    code: str | None = under("errorCode", default=None)
    status: int | None = None
    detail: str | None = None
    when: When | None = nested(When)

    def wrong(self, table: Table) -> Rows:
        yield "", not table.data, "is empty; give errorCode, status or detail"
        parts = {self.code, self.status, self.detail}
        partly = self.when is not None and None in parts
        yield (
            "when",
            partly,
            "needs errorCode, status and detail, because a success has none of them",
        )
        yield (
            "status",
            self.status not in {None, *range(400, 600)},
            "must be the status of an error, 400 to 599",
        )
        yield from unknown_parameters(
            "detail", parameters_in(self.detail or ""), table.around.operation
        )


def read_errors(table: Table, key: str) -> Mapping[str, ErrorRule]:
    """Return the rules for errors by code, and for successes by status."""
    return table.each(key, _rule)


def _rule(table: Table, code: str) -> ErrorRule:
    if isinstance(table.data.get(code), str):
        return ErrorRule(table.text(code))
    return ErrorRule.maybe(table.table(code)) or ErrorRule()


def wrong_errors(errors: Mapping[str, ErrorRule]) -> Rows:
    """Yield the defects of the keys of some rules."""
    for code, rule in errors.items():
        is_success = len(code) == 3 and code.isdecimal() and code.startswith("2")
        at = key_path(".errors", code)
        yield (
            at,
            is_success and rule.when is None,
            "is a success; add a when that selects the responses that are errors",
        )
        yield (
            at,
            rule.when is not None and not is_success,
            "has a when, which applies only to a success (200 to 299)",
        )
        yield (
            at,
            code.isdecimal() and not is_success,
            "has no effect: it is not an error code of Atlas",
        )


def unknown_parameters(
    key: str, names: Sequence[str], legacy: Any, given: Sequence[str] = ()
) -> Rows:
    """Yield for each name whether it is neither a legacy path parameter nor ``given`` by a lookup."""
    for name in names:
        is_known = name in legacy.path.parameters or name in given
        yield (
            key,
            not is_known,
            f"{{{name}}} is neither a parameter of the legacy path nor a value of an earlier lookup",
        )
