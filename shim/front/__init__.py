"""Configurations of other proxies that lead retired calls to the gateway, and everything else straight to Atlas.

``calls`` turns the mapping documents into regular expressions, ``plan`` has what else a configuration says, and
``templates`` are the configurations themselves. Nothing here opens a connection.
"""

from __future__ import annotations

from importlib.resources import files

from shim._version import __version__
from shim.front.calls import READS
from shim.front.plan import Plan as Plan
from shim.front.plan import Replica as Replica
from shim.front.plan import is_address
from shim.front.plan import plan_for as plan_for
from shim.page import templates

PROXIES = ("nginx", "haproxy", "envoy")
"""The proxies that there is a template for."""

ROOTS = "/etc/ssl/certs/ca-certificates.crt"
"""The system's roots on Debian, Ubuntu, Alpine and SUSE."""

KEEP_GATEWAY = 60
"""Seconds that a connection to the gateway is kept idle: less than its own ``--keepalive-timeout``."""

KEEP_ATLAS = 30
"""Seconds that a connection to Atlas is kept idle: less than load balancers keep theirs."""


def configuration(plan: Plan) -> str:
    """Return the whole configuration of the plan's proxy. What it is made of has no character that ends a word."""
    made = templates(files("shim.front") / "templates", {"commented": _commented})
    made.tests["ip"] = is_address
    made.globals |= {
        "version": __version__,
        "reads": "|".join(READS),
        "roots": ROOTS,
        "keep_gateway": KEEP_GATEWAY,
        "keep_atlas": KEEP_ATLAS,
        "notes": (),
    }
    return made.get_template(f"{plan.proxy}.j2").render(plan=plan)


def _commented(text: str) -> str:
    """Return lines as a comment, which all of the formats write alike."""
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
