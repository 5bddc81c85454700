"""Configurations of other proxies that lead retired calls to the gateway, and everything else straight to Atlas.

``calls`` turns the mapping documents into regular expressions, ``plan`` has what else a configuration says, and
``nginx``, ``haproxy`` and ``envoy`` each write one. Nothing here opens a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shim.front import envoy, haproxy, nginx
from shim.front.plan import Plan as Plan
from shim.front.plan import Replica as Replica
from shim.front.plan import plan_for as plan_for

WRITERS: Mapping[str, Callable[[Plan], str]] = {
    "nginx": nginx.write,
    "haproxy": haproxy.write,
    "envoy": envoy.write,
}
"""Name of a proxy -> what writes its configuration."""
