"""Find what a gateway would refuse or warn about at its start, without serving."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from logging.handlers import BufferingHandler

from shim.errors import SettingsError
from shim.extras import hinted
from shim.gateway.plan import LivePlan, Plan, PlanSource, collected, renamed


def check_start(plan: Plan, source: PlanSource, problems: list[str]) -> bool:
    """Add the problems of a gateway's start; return whether it would start.

    An address in use is not a problem, because the gateway of these settings may be
    running.
    """
    warnings = BufferingHandler(1000)
    log = logging.getLogger("shim")
    before = len(problems)
    warnings.setLevel(logging.WARNING)
    log.addHandler(warnings)
    try:
        from shim.gateway.server import Gateway  # noqa: PLC0415 - an extra, which programs don't need

        with collected(problems, plan.given):
            gateway = Gateway(settings=LivePlan(plan, source), environ=os.environ)
            _listen(plan)
            asyncio.run(gateway.look())
    except ModuleNotFoundError as error:
        problems.append(f"no gateway can be started here: {hinted(error)}")
    finally:
        log.removeHandler(warnings)
    starts = len(problems) == before
    if said := [record.getMessage() for record in warnings.buffer]:
        problems += renamed(SettingsError(*said), plan.given).problems
    return starts


def _listen(plan: Plan) -> None:
    """Listen at the gateway's address for a moment; raises SettingsError on failure."""
    from shim.gateway.http1.listener import bind  # noqa: PLC0415 - as above

    problems = list[str]()
    for name in ("listen", "admin"):
        try:
            if (address := getattr(plan.options, name)) is not None:
                bind(address, name).close()
        except SettingsError as error:
            if (
                not isinstance(error.__cause__, OSError)
                or error.__cause__.errno != errno.EADDRINUSE
            ):
                problems += error.problems
    if problems:
        raise SettingsError(*problems)
