"""Limit the size of a translated body, so that a small body never costs much time or memory."""

from __future__ import annotations

import attrs

from shim.core.responses import CallError

MOST_WRITES = 500
"""How many writes one call can become: an organization has at most so many users (Atlas's limit)."""

MOST_PLANNED = 1024 * 1024
"""Bytes of the queries and bodies of one call's writes.

The gateway accepts as many in a caller's own body.
"""

LONGEST_TEXT = 1024
"""Characters of a text in a path or a query.

Atlas's longest are the email addresses of users.
"""

MOST_OBJECTS = 1000
"""How many objects rules may create in the lists of one request body.

70 shards with 13 regions each need fewer.
"""


def too_large(detail: str) -> CallError:
    """Return the error for a body that grows too large."""
    return CallError(413, "SHIM_REQUEST_TOO_LARGE", detail)


@attrs.define
class BodyBudget:
    """How many more objects the lists of one request body may contain."""

    left: int = MOST_OBJECTS

    def check(self, count: int) -> None:
        """Raise CallError if this many objects exceed the rest."""
        if count > self.left:
            raise too_large(
                f"The lists of this body would become more than {MOST_OBJECTS} objects."
            )

    def take(self, count: int) -> None:
        """Count objects before they are created; raise CallError for too many."""
        self.check(count)
        self.left -= count
