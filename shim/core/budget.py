"""Limits on the size of a translated body, so that a small body never takes much time or memory."""

from __future__ import annotations

import attrs

from shim.core.responses import CallError

MOST_WRITES = 500
"""Writes that one call becomes: so many users an organization has (Atlas's limits)."""

MOST_PLANNED = 1024 * 1024
"""Bytes of the queries and bodies of all writes of one call: as many as the gateway accepts of a caller's own body."""

LONGEST_TEXT = 1024
"""Characters of a text that goes into a path or a query; the longest of Atlas's own are addresses of users."""

MOST_OBJECTS = 1000
"""Objects that rules make in all lists of one request body: 70 shards with 13 regions each have fewer."""


def too_large(detail: str) -> CallError:
    """Return the error for a body that becomes too much."""
    return CallError(413, "SHIM_REQUEST_TOO_LARGE", detail)


@attrs.define
class BodyBudget:
    """How many objects the lists of one request body may still become."""

    left: int = MOST_OBJECTS

    def check(self, count: int) -> None:
        """Raise CallError if so many objects are too many."""
        if count > self.left:
            raise too_large(
                f"The lists of this body become more than {MOST_OBJECTS} objects of the new one."
            )

    def take(self, count: int) -> None:
        """Count objects that are about to be made; raises CallError if they are too many."""
        self.check(count)
        self.left -= count
