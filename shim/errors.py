"""All exceptions and warnings, as one tree.

    ShimError
    ├── SettingsError          a setting has an invalid value (also a ValueError)
    ├── DocumentError          mapping documents are broken; lists every problem with file and key path
    └── AtlasError             the typed client got an answer that is not a success
        ├── NotFoundError      404
        ├── UnauthorizedError  401
        ├── ForbiddenError     403
        ├── GoneError          410: no successor, a write that is not switched on, or the shim is switched off
        └── RateLimitedError   429; ``retry_after`` is how long to wait

    LegacyEndpointWarning      a FutureWarning: this call uses an endpoint that Atlas retired or will retire

Transport faults are not in the tree: they stay exceptions that the caller's HTTP library
raises.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
# the one import from a higher layer: an error carries a record, and only needs its type
if TYPE_CHECKING:
    from typing import Any

    from shim.core.messages import Record


class ShimError(Exception):
    """Base of every exception that atlas-shim raises itself."""


class SettingsError(ShimError, ValueError):
    """A setting has an invalid value; the message names the setting and the fix.

    ``problems`` lists them all if there are several.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class DocumentError(ShimError, ValueError):
    """Mapping documents are broken.

    ``problems`` holds one line for each defect, as ``file: key.path: defect``.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class LegacyEndpointWarning(FutureWarning):
    """This call uses an endpoint that Atlas retired or announced to retire."""


class AtlasError(ShimError):
    """Atlas (or the shim) answered with an error.

    ``status`` is the HTTP status. ``error_code``, ``detail``, ``reason`` and
    ``parameters`` come from the body, and are None or empty if it has none.
    ``retry_after`` is in seconds, None if the answer has none. ``body`` is the raw
    content. ``record`` contains the side that answered and the reason, like
    ``shim.record(error)``. It is None if the shim did not handle the call, as in a
    failed sign-in.
    """

    def __init__(  # noqa: PLR0913 - the members of an Atlas error body
        self,
        status: int,
        *,
        error_code: str | None = None,
        detail: str | None = None,
        reason: str | None = None,
        parameters: tuple[Any, ...] = (),
        retry_after: float | None = None,
        body: bytes = b"",
        record: Record | None = None,
    ) -> None:
        self.status = status
        self.error_code = error_code
        self.detail = detail
        self.reason = reason
        self.parameters = parameters
        self.retry_after = retry_after
        self.body = body
        self.record = record
        words = [str(status), error_code or reason or "error"]
        super().__init__(" ".join(words) + (f": {detail}" if detail else ""))

    def __reduce__(self) -> tuple[Any, ...]:
        # Python recreates exceptions from their message, but this one has other
        # arguments.
        return Exception.__new__, (type(self), *self.args), self.__dict__


class NotFoundError(AtlasError):
    """404: no such group, cluster, snapshot or restore job."""


class UnauthorizedError(AtlasError):
    """401: the credentials are missing, wrong, or not valid here."""


class ForbiddenError(AtlasError):
    """403: the credentials lack the permission."""


class GoneError(AtlasError):
    """410: the endpoint is retired.

    It has no successor, or a setting prevents the shim from calling it.
    """


class RateLimitedError(AtlasError):
    """429: too many requests.

    ``retry_after`` is in seconds, None if Atlas sends none.
    """
