"""``-o json-path=…``: python-jsonpath, with filters as in the CLI's own library.

There a filter may be a single member (``[?(@.failed)]`` leaves out items with ``false``), and comparisons with a
missing member are false.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError, NodeList

from shim.cli.atlas_cli.errors import CliError


class _Environment(JSONPathEnvironment):
    """The meaning of filters (inheritance is python-jsonpath's way to set it)."""

    def is_truthy(self, obj: object) -> bool:
        return super().is_truthy(obj) and not (isinstance(obj, NodeList) and obj.values() in ([None], [False]))

    def compare(self, left: object, operator: str, right: object) -> bool:
        absent = operator not in {"&&", "||"} and any(isinstance(side, NodeList) and not side for side in (left, right))
        return not absent and super().compare(left, operator, right)


def selector(path: str) -> Callable[[Any], Any]:
    """Return a function that takes JSON and returns the values at a path; both raise CliError.

    A path that can match only one value gives that value, any other a list.
    """
    if not path:
        raise CliError("empty jsonpath")
    try:
        # The CLI accepted `$.[0]` for `$[0]`.
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
