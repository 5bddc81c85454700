"""What the page and ``atlas-shim status`` both say of a status, in words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from shim.gateway.board.instants import distance, span, spoken
from shim.gateway.board.status import Announced, Status, Sunset

SOON = 14
"""Days before a certificate's end in which it is warned of."""

RECENT = 5
"""Minutes in which a failed call is something to look at now."""

WORDS = {"called": "Still called.", "quiet": "Nobody calls.", "unproven": "Not proven."}

SIDES = {"listener": "a caller", "upstream": "Atlas"}

ORIGINS = {"atlas": "Atlas, or the way there", "shim": "the gateway", "caller": "the caller"}


def troubles(status: Status) -> list[str]:
    """Return sentences on what somebody should look at."""
    said = []
    if not status.ready:
        said.append("The gateway takes no calls: it is starting, or it is on its way to its end.")
    recent = sum(one.failed for one in status.minutes[-RECENT:])
    if recent:
        why = next((one for one in status.errors if one.status >= 500), None)
        cause = f", the latest: {cause_of(why.code, why.status, why.cause)} ({ORIGINS[why.origin]})" if why else ""
        said.append(f"{recent} {'call' if recent == 1 else 'calls'} failed in the last {RECENT} minutes{cause}.")
    if status.reload.state == "refused":
        said.append("The last reload was refused, and the last good settings stay; see Settings below.")
    if status.reload.waiting:
        said.append(f"Changed options wait for a restart: {', '.join(status.reload.waiting)}.")
    for one in status.certificates:
        who = SIDES.get(one.side, one.side)
        if one.days_left < SOON:
            over = "has expired" if one.days_left < 0 else f"expires {distance(one.days_left)}"
            said.append(f"The certificate that {who} is shown {over}.")
        if one.refused:
            said.append(f"New files of the certificate that {who} is shown are of no use, and the last good ones stay.")
    return said


def mode_of(status: Status) -> list[tuple[str, str]]:
    """Return what the gateway is and how it is set, as names and values."""
    mode = status.mode
    return [
        ("Version", status.version),
        ("Up", f"{span(status.uptime_seconds)}, since {spoken(status.started)}"),
        ("Takes calls", f"{'yes' if status.ready else 'no'}, at {mode.listens}"),
        ("Upstream", mode.upstream),
        ("Route", mode.route),
        ("Credentials", mode.credentials),
        ("Retired writes", ", ".join(mode.writes) or "off"),
        ("Inventory", "is written" if mode.inventory else "is not written (ATLAS_SHIM_INVENTORY)"),
    ]


def sunsets_by_day(status: Status) -> list[str]:
    """Return a sentence for each day on which something is switched off."""
    ordered = sorted(status.sunsets, key=lambda one: one.sunset)
    return [
        f"{day}, {distance(left)}: {', '.join(one.title for one in same)}"
        for (day, left), same in groupby(ordered, key=lambda one: (one.sunset[:10], one.days_left))
    ]


def what_is_announced(one: Announced) -> tuple[str, str]:
    """Return when an operation ends, for people, and since when it is deprecated; a dash for what is not said."""
    sunset = "-" if one.sunset is None else f"{one.sunset[:10]}, {distance(one.days_left or 0)}"
    return sunset, one.deprecation[:10] if one.deprecation else "yes" if one.deprecated else "-"


def routes_in_force(status: Status) -> list[tuple[Sunset, str, str, list[str]]]:
    """Return each sunset with a side that is asked first, why, and the operations of which that is so."""
    first = {one.operation: (one.first or "nobody", one.reason) for one in status.routes}
    return [
        (sunset, *decision, list(names))
        for sunset in status.sunsets
        for decision, names in groupby(sorted(sunset.operations, key=lambda name: first[name]), key=lambda n: first[n])
    ]


def cause_of(code: str | None, status: int, cause: str) -> str:
    """Return what went wrong, for people."""
    if code is None:
        return f"Atlas answered {cause}" if cause == str(status) else cause.replace("_", " ")
    return f"{code}: {cause.replace('_', ' ')}" if cause != "none" else code


def sides(routes: Mapping[str, int]) -> str:
    """Return how many calls each side answered."""
    return ", ".join(f"{side} {count}" for side, count in sorted(routes.items())) or "-"
