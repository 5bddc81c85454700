"""Watching a restore job until it ends: when to ask, and what the answers mean. Nothing is written here.

Time is an argument: ``clock`` returns seconds, ``sleep`` waits for so many.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import attrs
import httpx

from shim.atlas import ServerlessBackupRestoreJob
from shim.errors import AtlasError, RateLimitedError

TOLERATED = 4
"""Faults in a row that do not end a watch; the next one does."""

INTERVAL = 10.0
"""Seconds between looks: a restore takes a minute at least (recorded)."""

LONGEST = 86_400.0
"""Seconds that one wait takes at most, whatever Atlas says: a day."""


class JobState(StrEnum):
    """How far a restore job is; ``timeout`` is of the watch, not of the job."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TIMEOUT = "timeout"


def state_of(job: Mapping[str, Any]) -> JobState:
    """Return the state of a restore job, from its JSON.

    A failed job may have a finishing time, too. A download of a dedicated cluster never gets one
    (recorded): it is finished when it has a link.
    """
    for state in (JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED):
        if job.get(state.value) is True:
            return state
    return JobState.FINISHED if job.get("finishedAt") or job.get("deliveryUrl") else JobState.RUNNING


@attrs.frozen
class Look:
    """One look at a job: seconds since the watch began, the state, and the job as last read, if it was read.

    ``trouble`` says why this look saw nothing; ``wait`` is the seconds until the next look, 0 after the last.
    """

    elapsed: float
    state: JobState
    job: ServerlessBackupRestoreJob | None
    trouble: str = ""
    wait: float = 0.0


def watch(
    fetch: Callable[[], ServerlessBackupRestoreJob],
    *,
    interval: float = INTERVAL,
    timeout: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Look]:
    """Yield looks at a job until it has ended or ``timeout`` seconds are over; the last has the outcome.

    ``fetch`` reads the job once. After 429 and 503 the next look is not before ``Retry-After``, even if
    that is after the timeout. Transport faults and 5xx are tolerated a few times in a row, then raised;
    any other AtlasError is raised at once.
    """
    began, faults = clock(), 0
    job: ServerlessBackupRestoreJob | None = None
    while True:
        wait, trouble = interval, ""
        try:
            job = fetch()
            faults = 0
        except (AtlasError, httpx.TransportError) as error:
            if not isinstance(error, RateLimitedError):
                faults += 1
                if faults > TOLERATED or not _passes(error):
                    raise
            trouble = _words(error)
            wait = min(max(interval, getattr(error, "retry_after", None) or 0.0), LONGEST)
        elapsed = clock() - began
        state = JobState.RUNNING if job is None or trouble else state_of(job.raw)
        if state is not JobState.RUNNING:
            yield Look(elapsed, state, job)
            return
        if timeout is not None:
            left = timeout - elapsed
            if left <= 0 or (wait > left and wait > interval):
                yield Look(elapsed, JobState.TIMEOUT, job, trouble)
                return
            wait = min(wait, left)  # one last look when the time is over
        yield Look(elapsed, state, job, trouble, wait)
        sleep(wait)


def _passes(error: Exception) -> bool:
    """Tell whether a fault may be over the next time."""
    return not isinstance(error, AtlasError) or error.status >= 500


def _words(error: Exception) -> str:
    if isinstance(error, AtlasError):
        return f"Atlas said {error}"
    return f"{type(error).__name__}: {error}".removesuffix(": ")
