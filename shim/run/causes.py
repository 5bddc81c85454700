"""What is said at the end of a program: why it was not served, with a command that works, and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator


def last_words(counts: Counter[str], name: str, host: str, others: Collection[str], unseen: str) -> Iterator[str]:
    """Yield what is said at the end of a program, nothing for one that was served.

    ``name`` is the program's, ``others`` are Atlas' hosts that it called beside ``host``.
    """
    again = f"atlas-shim run -- {name} …"  # the rest may hold a key
    if counts["SHIM_DIGEST_CANNOT_CROSS"]:
        yield (
            f"calls that got 403: {counts['SHIM_DIGEST_CANNOT_CROSS']}. They need a signature by an API key that this "
            f"run does not have: MONGODB_ATLAS_PUBLIC_API_KEY=… MONGODB_ATLAS_PRIVATE_API_KEY=… {again}"
        )
    is_answered = counts["calls"] or any(code.startswith("SHIM_") for code in counts)
    if counts["distrusting"] or (counts["connections"] and not is_answered):  # it ended them without a call
        yield (
            f"a program of this run called {host} and does not trust its certificate: have it trust the file that "
            "SSL_CERT_FILE in its environment names, or set its base URL to a gateway's (atlas-shim serve)"
        )
    elif others and not counts["connections"]:
        yield (
            f"no call to {host} was seen, but to {', '.join(others)}, which is passed on as it is; if Atlas' API is "
            f"there: MONGODB_ATLAS_BASE_URL=https://{next(iter(others))} {again}"
        )
    elif unseen and not counts.keys() & {"connections", "tunnels"}:
        yield f"no call to Atlas was seen: {unseen}"


def report(counts: Counter[str]) -> str:
    """Return what came of a program's calls."""
    if not counts["connections"] and not counts["in Python"]:
        return "no call to Atlas was seen: the program made none, or ignores proxies and all other variables"
    calls = "call" if counts["calls"] == 1 else "calls"
    parts = [f"{counts['calls']} {calls} to Atlas, {counts['retired']} of them retired"]
    if counts["in Python"]:
        parts.append(f"{counts['in Python']} retired ones were translated in the program, by the drop-in")
    parts += [f"{number} got {code}" for code, number in counts.items() if code.startswith("SHIM_")]
    if counts["strangers"]:
        parts.append(f"{counts['strangers']} connections of other users were refused")
    return "; ".join(parts)
