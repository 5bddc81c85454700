"""``-o json-path=…``: python-jsonpath, with filters as the CLI's own library understood them.

There a member alone is a condition (``[?(@.failed)]`` leaves out those with ``false``), and a comparison with a member
that is not there never holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError, NodeList

from shim.cli.atlas_cli.errors import CliError


class _Environment(JSONPathEnvironment):
    """What filters mean (inheritance is python-jsonpath's way to say it)."""

    def is_truthy(self, obj: object) -> bool:
        return super().is_truthy(obj) and not (isinstance(obj, NodeList) and obj.values() in ([None], [False]))

    def compare(self, left: object, operator: str, right: object) -> bool:
        absent = operator not in {"&&", "||"} and any(isinstance(side, NodeList) and not side for side in (left, right))
        return not absent and super().compare(left, operator, right)


def selector(path: str) -> Callable[[Any], Any]:
    """Return a function from JSON to what a path leads to; both raise CliError.

    A path that can mean one value only leads to that value, any other to a list.
    """
    if not path:
        raise CliError("empty jsonpath")
    try:
        # `$.[0]` was as good as `$[0]`.
        query = _Environment().compile(re.sub(r"(?<!\.)\.(?=\[)", "", path))
    except JSONPathError as error:
        why = str(error).partition("\n")[0]
        raise CliError(f"json-path {path!r}: {why}; jq reads more: -o json | jq -r '…'") from None
    single = isinstance(query, JSONPath) and query.singular_query()

    def select(value: Any) -> Any:
        found = query.findall(value)
        if single and not found:
            raise CliError(f"unknown key or index: json-path {path!r} leads to nothing in this reply")
        return found[0] if single else found

    return select
