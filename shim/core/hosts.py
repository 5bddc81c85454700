"""Successors on other hosts: what of a call goes there, and what does not since it may be a credential."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import unquote_plus

import attrs

from shim.core.messages import Call
from shim.core.question import LegacyQuery
from shim.core.responses import CallError
from shim.core.settings import Host

_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})
"""Request fields that are no credentials, whatever an API calls its own."""


def elsewhere(call: Call, name: str, hosts: Mapping[str, Host]) -> Call:
    """Return a call to another host, with no more than what can be no credentials, unless they may go there.

    Raises CallError if the operator names no such host.
    """
    host = hosts.get(name)
    if host is None:
        detail = f"The successor is on the host {name}, which no ATLAS_SHIM_HOSTS of a gateway names; nothing was sent."
        raise CallError(502, "SHIM_HOST_NOT_LISTED", detail, (name,))
    headers = call.headers if host.credentials else tuple(one for one in call.headers if one[0].lower() in _HARMLESS)
    return attrs.evolve(call, origin=host.origin, headers=headers)


def with_known(query: LegacyQuery, names: Collection[str]) -> tuple[LegacyQuery, str]:
    """Return a query that has no other parameters than these, and the names of those it had."""
    named = [(unquote_plus(pair.partition("=")[0]), pair) for pair in query.foreign]
    known = tuple(pair for name, pair in named if name in names)
    return attrs.evolve(query, foreign=known), ", ".join(dict.fromkeys(name for name, _ in named if name not in names))
