"""Two harmless reads of Atlas: the retired list of snapshots, and the flex clusters."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx

from shim._version import __version__
from shim.atlas.auth import auth_for
from shim.atlas.replies import error_of
from shim.cli.failures import after_answer, after_fault
from shim.credentials import read_credentials
from shim.doors.httpx_family.door import INNER
from shim.errors import AtlasError
from shim.gateway.options import Options
from shim.gateway.tls import system_context

GROUP = "0" * 24  # they do not exist, but the answers still show what can be reached
CLUSTER = "atlas-shim-check"


def probe(
    environ: Mapping[str, str], options: Options, group: str
) -> list[dict[str, Any]]:
    """Ask both sides of the options' upstream directly, without the shim.

    The connection is made as the gateway makes it. Returns for each read its side and
    request, the status (None without a reply), its meaning, and whether it is good.
    Without credentials in the environment a 401 is good, because callers may bring
    their own. Raises SettingsError on incomplete credentials and unusable certificates.
    """
    if known := read_credentials(environ):
        auth = auth_for(known, options.upstream)
    else:
        auth = None
    root = f"{options.upstream}/api/atlas/v2/groups/{quote(group, safe='')}"
    calls = (
        (
            "legacy",
            f"{root}/serverless/{CLUSTER}/backup/snapshots?itemsPerPage=1",
            "2023-01-01",
        ),
        ("flex", f"{root}/flexClusters?itemsPerPage=1", "2024-11-13"),
    )
    agent = {"User-Agent": f"atlas-shim/{__version__}"}
    with httpx.Client(
        auth=auth, timeout=15, headers=agent, verify=system_context()
    ) as client:
        found = []
        for call in calls:
            side, url, _ = call
            asked = _ask(client, environ, *call)
            found.append({"side": side, "request": f"GET {url}", **asked})
        return found


def _ask(
    client: httpx.Client, environ: Mapping[str, str], side: str, url: str, version: str
) -> dict[str, Any]:
    accept = {"Accept": f"application/vnd.atlas.{version}+json"}
    status = None
    good = False
    next_step = ""
    try:
        reply = client.get(url, headers=accept, extensions={INNER: True})
        status = reply.status_code
        meaning, good = _meaning(side, url, reply, signed=client.auth is not None)
        if good or not reply.is_error:
            next_step = ""
        else:
            next_step = after_answer(error_of(reply), environ, url)
    except httpx.TransportError as fault:
        meaning = f"no answer: {type(fault).__name__}: {fault}"
        next_step = after_fault(fault, environ)
    except AtlasError as refused:  # the service account's request for a token
        status = refused.status
        meaning = f"sign-in failed: {refused}"
        next_step = after_answer(refused, environ, url)
    return {
        "status": status,
        "meaning": "; ".join(filter(None, (meaning, next_step))),
        "good": good,
    }


def _meaning(
    side: str, url: str, reply: httpx.Response, *, signed: bool
) -> tuple[str, bool]:
    """Return the meaning of a reply, and whether it is good.

    A retired endpoint is good, and so is a 404 for the names that check uses.
    """
    status = reply.status_code
    if not reply.is_error:
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            if isinstance(reply.json()["results"], list):
                return "reached and signed in" + (
                    ": not retired yet" if side == "legacy" else ""
                ), True
        kind = reply.headers.get("content-type", "no content type")
        return (
            f"not Atlas's answer: {status} with {kind}, and no list; something else may be at this address",
            False,
        )
    error = error_of(reply)
    code = error.error_code or ""
    if status == 410:
        return f"reached; this endpoint is retired: {error}", side == "legacy"
    # such as USER_CANNOT_ACCESS_GROUP, which only an authenticated caller gets
    if "GROUP" in code or (status == 404 and code):
        is_named = "GROUP" in code and GROUP not in url
        if is_named:
            why = "; the project does not exist, or these credentials have no access to it"
        else:
            why = ""
        return f"reached and signed in{why}: {error}", not is_named
    if status == 401 and not signed:
        return (
            "reached; the environment has no credentials, so that callers must send their own",
            True,
        )
    return (
        f"reached; {'these credentials are refused' if status in {401, 403} else 'unexpected'}: {error}",
        False,
    )
