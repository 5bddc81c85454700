"""Write the lines at the end of a program: the report, and why calls were not translated.

Each cause comes with a command that fixes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.codes import error_codes
from shim.core.route import VERSION_GONE
from shim.documents.model import Operation
from shim.gateway.errors import Failure
from shim.gateway.ledger import Seen

GONE = 410


@attrs.frozen
class Refused:
    """Calls of a program that got the same error."""

    code: str
    status: int
    count: int
    advice: str = ""
    """The fix, if the operation knows a better one than the table of codes."""

    def sentence(self, again: str) -> str:
        """Return the event and its fix. ``again`` is the command that restarts the program."""
        calls = "call" if self.count == 1 else "calls"
        cure = self.advice or error_codes()[self.code].cure_under_run(again)
        return f"{self.count} {calls} got {self.status} {self.code}. {cure}"


def refused_calls(
    errors: Mapping[tuple[str, Failure], Seen],
    operations: Iterable[Operation],
    again: str,
) -> Iterator[Refused]:
    """Yield the calls that the run refused or Atlas retired, most frequent first."""
    known = {operation.id: operation for operation in operations}
    counts = Counter[tuple[str, int]]()
    advice = dict[tuple[str, int], str]()
    for (name, (code, status, _)), seen in errors.items():
        named = code or (VERSION_GONE if status == GONE else "")
        if named not in error_codes():
            continue
        counts[named, status] += seen.calls
        operation = known.get(name)
        if code == "SHIM_NO_SUCCESSOR" and operation is not None:
            if operation.switch:
                switch = f" (as in: ATLAS_SHIM_WRITES={operation.switch} {again})"
            else:
                switch = ""
            advice[named, status] = (
                f"{operation.id}: {operation.without_successor}{switch}"
            )
    for (code, status), count in counts.most_common():
        yield Refused(code, status, count, advice.get((code, status), ""))


@attrs.frozen(kw_only=True)
class ProgramCalls:
    """The observed calls of a program."""

    counts: Counter[str]
    """The counts of what was observed.

    ``calls``, ``retired`` and ``ending`` calls, ``connections``, ``tunnels``,
    ``strangers``, and ``distrusting`` programs.
    """
    refused: Sequence[Refused]
    again: str
    """The command that restarts the program."""
    host: str
    others: Collection[str]
    """Atlas's hosts that it called, other than ``host``."""
    unseen: str
    """Why the run may see none of its calls, judging by its command line."""

    def last_words(self) -> Iterator[str]:
        """Yield the lines for the program's end; none if all calls were translated."""
        counts = self.counts
        for one in self.refused:
            yield one.sentence(self.again)
        is_answered = counts["calls"] or self.refused
        # the error ended the program before its first call
        if counts["distrusting"] or (counts["connections"] and not is_answered):
            yield (
                f"a program of this run called {self.host} and does not trust its certificate: make it trust the file "
                "in SSL_CERT_FILE of its environment, or set its base URL to a gateway's (atlas-shim serve)"
            )
        elif self.others and not counts["connections"]:
            yield (
                f"no call to {self.host} was seen, but to {', '.join(self.others)}, whose calls pass unchanged; if "
                f"Atlas's API is there: MONGODB_ATLAS_BASE_URL=https://{next(iter(self.others))} {self.again}"
            )
        elif self.unseen and not counts.keys() & {"connections", "tunnels"}:
            yield f"no call to Atlas was seen: {self.unseen}"

    def as_json(self) -> dict[str, Any]:
        """Return the results of the calls, for scripts."""
        return {
            "calls": self.counts["calls"],
            "retired": self.counts["retired"],
            "ending": self.counts["ending"],
            "in_python": self.counts["in Python"],
            "refused": [
                {
                    "code": one.code,
                    "status": one.status,
                    "calls": one.count,
                    "said": one.sentence(self.again),
                }
                for one in self.refused
            ],
            "said": [*self.last_words()],
        }

    def report(self) -> str:
        """Return the results of the calls."""
        counts = self.counts
        if not counts["connections"] and not counts["in Python"]:
            return "no call to Atlas was seen: the program made none, or ignores proxies and all other variables"
        calls = "call" if counts["calls"] == 1 else "calls"
        parts = [
            f"{counts['calls']} {calls} to Atlas, {counts['retired']} of them retired"
        ]
        if counts["ending"]:
            parts.append(f"{counts['ending']} by versions that Atlas will end")
        if counts["in Python"]:
            parts.append(
                f"{counts['in Python']} retired ones were translated in the program, by the drop-in"
            )
        parts += [f"{one.count} got {one.code}" for one in self.refused]
        if counts["strangers"]:
            parts.append(
                f"{counts['strangers']} connections of other users were refused"
            )
        return "; ".join(parts)
