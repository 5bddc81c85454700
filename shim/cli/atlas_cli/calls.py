"""The commands' calls, made with the typed client.

Errors have the Atlas CLI's words.
"""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import suppress
from http.client import responses
from operator import attrgetter
from typing import Any
from urllib.parse import quote

import httpx

from shim._version import __version__
from shim.atlas import AtlasClient
from shim.atlas.auth import ServiceAccountAuth, auth_for
from shim.atlas.client import TIMEOUT
from shim.atlas.convert import Model
from shim.atlas.retries import UNSENT
from shim.cli.atlas_cli.commands import CliCommand
from shim.cli.atlas_cli.flags import CliError, FlagValues
from shim.credentials import AccessToken, Credentials, ServiceAccount
from shim.errors import AtlasError
from shim.httpx import Client


def carry_out(
    command: CliCommand,
    given: FlagValues,
    base_url: str,
    credentials: Credentials,
    project: str,
) -> Model:
    """Return Atlas's reply to a command (of a watch, the last reply).

    A watch prints a dot for each read unless stdout is a terminal, as the CLI did.
    Raises CliError with the CLI's words if the command fails.
    """
    names = {name: str(given[name]) for name in command.names}
    segments = {name: quote(value, safe="") for name, value in names.items()}
    place = command.place.format_map(segments)
    url = f"{base_url}/api/atlas/v2/groups/{project}/serverless{place}"
    method = command.method
    auth = auth_for(credentials, base_url)
    with Client(
        timeout=TIMEOUT,
        headers={"User-Agent": f"atlas-shim/{__version__} (atlas)"},
        auth=auth,
    ) as http:
        call = attrgetter(command.call)(
            AtlasClient(base_url=base_url, http_client=http, environ={})
        )
        try:
            while True:
                reply: Model = call(
                    project, *names.values(), **_arguments(command, given, project)
                )
                if command.has_ended(reply.raw):
                    return reply
                if not sys.stdout.isatty():
                    sys.stdout.write(".")
                    sys.stdout.flush()
                time.sleep(4)  # as in the CLI
        except AtlasError as error:
            if error.status == 401 and isinstance(credentials, AccessToken):
                sys.stderr.write(
                    "atlas-shim: the access token may have expired; `atlas auth login` renews it\n"
                )
            raise _refused(error, method, url) from None
        except httpx.TransportError as error:
            said = f'{method.capitalize()} "{url}": {type(error).__name__}: {error}'
            said = said.removesuffix(": ")
            if method != "GET" and not isinstance(error, UNSENT):
                if command.path.endswith("restores create"):
                    look = "backups restores list"
                else:
                    look = "list"
                again = f"check with `atlas serverless {look}` before trying again"
                said += f"\natlas-shim: it may have been executed; {again}"
            raise CliError(said) from None
        except ValueError as error:  # an id or a name that is not valid in Atlas
            argument, _, why = str(error).partition(": ")
            raise CliError(
                f"{re.sub('_([a-z])', lambda found: found[1].upper(), argument)}: {why}"
            ) from None
        finally:
            if (
                isinstance(credentials, ServiceAccount)
                and isinstance(auth, ServiceAccountAuth)
                and auth.token
            ):
                # Atlas allows an account 100 tokens, valid for an hour. A loop of
                # commands would use them up.
                form = {"token": auth.token, "token_type_hint": "access_token"}
                account = credentials.client_id, credentials.client_secret
                with suppress(httpx.HTTPError):
                    http.post(f"{base_url}/api/oauth/revoke", auth=account, data=form)


def _arguments(command: CliCommand, given: FlagValues, project: str) -> dict[str, Any]:
    """Return the arguments of a method of the typed client, except names in the path."""
    flags = (*command.required, *command.optional)
    arguments: dict[str, Any] = {}
    for flag in flags:
        if flag.argument and given.get(flag.name):
            if flag.kind == "bool":
                arguments[flag.argument] = not flag.negates
            else:
                arguments[flag.argument] = given[flag.name]
    if command.path.endswith("list"):
        return {**arguments, "include_count": not given.get("omitCount", False)}
    if command.argument and command.argument not in command.names:
        arguments["name"] = given[command.argument]
    if command.path.endswith("restores create"):
        # The CLI sent a download without a target, but the API's body needs one.
        return {
            "target_cluster_name": given["clusterName"],
            "target_group_id": project,
            **arguments,
        }
    return arguments


def _refused(error: AtlasError, method: str, url: str) -> CliError:
    """Return the CLI's message for an error from Atlas.

    Its function is ``FormatErrorMessageWithDetails`` of atlas-sdk-go.
    """
    status = f"{error.status} {responses.get(error.status, '')}".strip()
    try:
        said = json.loads(error.body.strip() or b"{}")
    except ValueError:
        return CliError(
            f"({status}) failed to decode response body: undefined response type"
        )
    if isinstance(said, dict):
        bad = said.get("badRequestDetail")
    else:
        bad = None
    if bad is None:
        detail = ""
    else:
        detail = json.dumps(bad, separators=(",", ":"), ensure_ascii=False)
    parameters = " ".join(str(parameter) for parameter in error.parameters)
    code = json.dumps(error.error_code or "", ensure_ascii=False)
    parts = [
        f"{url} {method}: HTTP {status} (Error code: {code})",
        f"Detail: {error.detail or ''}",
        f"Reason: {error.reason or ''}.",
        f"Params: [{parameters}], BadRequestDetail: {detail}",
    ]
    return CliError(" ".join(parts))
