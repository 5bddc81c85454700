"""Two workers beside one, with the load generator's share of the processors taken out.

One worker has the first processor; wrk and upstream share the second, where they have time to spare. Two workers share
both with wrk and upstream. What these took there was not the workers' to have; all else was, used or not: the
supervisor, and a worker that waits while the other is busy, count against the gateway. So what one processor serves is

    with one worker   requests / processor seconds of the gateway
    with two          requests / (seconds of two processors - processor seconds of wrk and upstream)

and two processors twice that. Time in which the single worker waited for its load is not held against it, so that the
ratio errs on the low side. The plain ratio of requests/s stands beside it: it is the lower the more of the second
processor the load takes, and needs no reckoning. What other programs took is shown, because it distorts either
run: where it is more than a few hundredths in one of them, the ratios say nothing.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from benchmarks.bodies import legacy_path
from benchmarks.candidates import gateway
from benchmarks.load import WARM_UP, Measured, run
from benchmarks.processes import BOTH, CANDIDATE, OTHERS, TICK, upstream

CONNECTIONS = 64
BODIES = (("small", ()), ("large", ("fresh",)))
"""Bodies, and the words for upstream: of the first wrk and upstream take the most, of the second the least."""


@attrs.frozen
class _Run:
    """A run: processor seconds of wrk and upstream, and of all programs on both processors."""

    found: Measured
    by_load: float
    by_all: float

    @property
    def used(self) -> float:
        """Processors that the gateway had."""
        return self.found.spent / self.found.elapsed

    @property
    def left(self) -> float:
        """Processors that the load generator left of two."""
        return 2 - self.by_load / self.found.elapsed

    @property
    def others(self) -> float:
        """Processors that other programs had."""
        return max(0.0, self.by_all - self.by_load - self.found.spent) / self.found.elapsed


def measure(seconds: int) -> list[tuple[str, str]]:
    """Return (what, figure) rows: both runs of each body, the plain ratio, and the one without the load's share."""
    rows = []
    for body, words in BODIES:
        one, two = _run(body, words, 1, seconds), _run(body, words, 2, seconds)
        for name, seen in (("one worker", one), ("two workers", two)):
            figures = f"{seen.found.rate:.0f}, {seen.found.p99:.1f} ms, {seen.found.cpu:.0f}, {seen.found.failures}"
            rows.append((f"{body}, {name}: requests/s, p99, cpu µs/req, failed", figures))
            figures = f"{seen.used:.2f}, {seen.left:.2f}, {seen.others:.2f}"
            rows.append((f"{body}, {name}: processors used, left by the load, taken by others", figures))
        plain = two.found.rate / one.found.rate
        reckoned = 2 * (two.found.rate / two.left) / (one.found.rate / one.used)
        rows.append((f"{body}, two workers / one: plain, load's share taken out", f"{plain:.2f}, {reckoned:.2f}"))
    return rows


def _run(body: str, words: tuple[str, ...], workers: int, seconds: int) -> _Run:
    cpu, load_cpu = (CANDIDATE, OTHERS) if workers == 1 else (BOTH, BOTH)
    flags = ("--workers", str(workers))
    with upstream(0, *words, cpu=load_cpu) as server, gateway(server.port, *flags, cpu=cpu) as process:
        run(process, legacy_path(body), CONNECTIONS, WARM_UP, cpu=load_cpu)
        by_all, by_load = _busy(), server.seconds()
        found = run(process, legacy_path(body), CONNECTIONS, seconds, cpu=load_cpu)
        return _Run(found, server.seconds() - by_load + found.by_wrk, _busy() - by_all)


def _busy() -> float:
    """Return the seconds that both processors have not been idle, time taken by a hypervisor included."""
    total = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name in {f"cpu{number}" for number in BOTH.split(",")}:
            user, nice, system, _idle, _waits, interrupts, soft, stolen = map(int, ticks[:8])
            total += user + nice + system + interrupts + soft + stolen
    return total / TICK
