"""Two workers beside one, with the load generator's share of the processors taken out.

One worker has the first processor; wrk and upstream share the second, where they have time to spare. Two workers share
both processors with wrk and upstream. What these two took there was not the workers' to have; all else was, used or
not: the supervisor, and time in which a worker waits while the other is busy, count against the gateway. So

    capacity = requests / (processor seconds of the machine - those of wrk and upstream)

is what one processor serves, and two of them in the ratio below. The plain ratio of requests/s stands beside it: it is
the lower the more of the second processor the load takes, and needs no reckoning.
"""

from __future__ import annotations

import attrs

from benchmarks.bodies import legacy_path
from benchmarks.candidates import gateway
from benchmarks.load import WARM_UP, Measured, run
from benchmarks.processes import BOTH, CANDIDATE, OTHERS, upstream

CONNECTIONS = 16
BODIES = (("small", ()), ("large", ("fresh",)))
"""Bodies, and the words for upstream: of the first wrk and upstream take the most, of the second the least."""


@attrs.frozen
class _Run:
    """A run on ``processors`` of which ``by_load`` seconds were the load's."""

    found: Measured
    processors: int
    by_load: float

    @property
    def available(self) -> float:
        """Processors that the gateway could have had."""
        return self.processors - self.by_load / self.found.elapsed

    @property
    def used(self) -> float:
        """Processors that it had."""
        return self.found.spent / self.found.elapsed

    @property
    def capacity(self) -> float:
        """Requests/s on as many processors as the gateway has workers, if these had them for themselves."""
        return self.found.rate / self.available * self.processors


def measure(seconds: int) -> list[tuple[str, str]]:
    """Return (what, figure) rows: both runs of each body, the plain ratio, and that of capacities."""
    rows = []
    for body, words in BODIES:
        one, two = _run(body, words, 1, seconds), _run(body, words, 2, seconds)
        for name, seen in (("one worker", one), ("two workers", two)):
            figures = f"{seen.found.rate:.0f}, {seen.found.p99:.1f} ms, {seen.found.cpu:.0f}"
            rows.append((f"{body}, {name}: requests/s, p99, cpu µs/req", figures))
            rows.append((f"{body}, {name}: processors available, used", f"{seen.available:.2f}, {seen.used:.2f}"))
        plain, capacity = two.found.rate / one.found.rate, two.capacity / one.capacity
        rows.append((f"{body}, two workers / one: plain, load's share taken out", f"{plain:.2f}, {capacity:.2f}"))
    return rows


def _run(body: str, words: tuple[str, ...], workers: int, seconds: int) -> _Run:
    cpu, load_cpu = (CANDIDATE, OTHERS) if workers == 1 else (BOTH, BOTH)
    flags = ("--workers", str(workers))
    with upstream(0, *words, cpu=load_cpu) as server, gateway(server.port, *flags, cpu=cpu) as process:
        run(process, legacy_path(body), CONNECTIONS, WARM_UP, cpu=load_cpu)
        before = server.seconds()
        found = run(process, legacy_path(body), CONNECTIONS, seconds, cpu=load_cpu)
        by_load = server.seconds() - before + found.by_wrk if workers > 1 else 0.0
    return _Run(found, workers, by_load)
