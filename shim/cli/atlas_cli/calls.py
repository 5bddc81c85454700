"""What the commands ask of Atlas, through the typed client, and how they print what comes back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from typing import Any, Self
from urllib.parse import quote

import httpx

from shim._version import __version__
from shim.atlas import AtlasClient, Page
from shim.atlas.auth import auth_for
from shim.atlas.client import TIMEOUT
from shim.atlas.retries import UNSENT
from shim.cli.atlas_cli.commands import Command
from shim.cli.atlas_cli.errors import CliError, refused
from shim.cli.atlas_cli.flags import Values
from shim.cli.atlas_cli.output import formatted
from shim.credentials import AccessToken, Credentials, ServiceAccount
from shim.errors import AtlasError
from shim.httpx import Client

INTERVAL = 4.0
"""Seconds between the looks of a watch, as in the CLI."""

UNKNOWN = (
    "\natlas-shim: whether the job was started is not known; look at `atlas serverless backups restores list` before "
    "trying again"
)

_LIST = {"page": "page_num", "limit": "items_per_page"}
_JOB = {
    "deliveryType": "delivery_type",
    "snapshotId": "snapshot_id",
    "targetClusterName": "target_cluster_name",
    "targetProjectId": "target_group_id",
}

_FLAGS = {
    "group_id": "--projectId",
    "cluster_name": "--clusterName",
    "name": "the instance's name",
    "restore_job_id": "--restoreJobId",
    **{argument: f"--{flag}" for flag, argument in _JOB.items()},
}
"""What arguments of the typed client are called here."""

Raw = Mapping[str, Any]


class _RememberedAuth(httpx.Auth):
    """Signs like another (inheritance is httpx' way), and keeps the last bearer token."""

    def __init__(self, auth: httpx.Auth) -> None:
        self._auth = auth
        self.token = ""

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign, and look at the outcome however the call ends."""
        try:
            yield from self._auth.sync_auth_flow(request)
        finally:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            self.token = token if scheme == "Bearer" else ""


class Calls:
    """The calls of one command to one Atlas, about one project; a context manager that closes the connections."""

    def __init__(self, base_url: str, credentials: Credentials, project: str) -> None:
        self._project = project
        self._url = f"{base_url}/api/atlas/v2/groups/{quote(project, safe='')}/serverless"
        self._base_url = base_url
        self._credentials = credentials
        self._auth = _RememberedAuth(auth_for(credentials, base_url))
        agent = {"User-Agent": f"atlas-shim/{__version__} (atlas)"}
        self._http = Client(timeout=TIMEOUT, headers=agent, auth=self._auth)
        self._atlas = AtlasClient(base_url=base_url, http_client=self._http, environ={})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._revoke()
        finally:
            self._http.close()

    def _revoke(self) -> None:
        """Give the token back: Atlas allows 100 of one service account, and a loop makes one a command."""
        if not isinstance(self._credentials, ServiceAccount) or not self._auth.token:
            return
        auth = (self._credentials.client_id, self._credentials.client_secret)
        form = {"token": self._auth.token, "token_type_hint": "access_token"}
        with suppress(httpx.HTTPError):  # it ends by itself within the hour
            self._http.post(f"{self._base_url}/api/oauth/revoke", auth=auth, data=form)

    def carry_out(
        self, command: Command, given: Values, others: list[str], output: str, *, sleep: Callable[[float], None]
    ) -> None:
        """Call Atlas and print; raises CliError with the CLI's words when that fails."""
        verb, _, thing = command.operation.partition("_")
        if verb == "watch":
            raw: Any = self._watch(thing, given, others, sleep)
        elif verb == "list":
            raw = self._list(thing, given, others)
        elif verb == "create":
            raw = self._create(given)
        else:
            raw = self._get(thing, given, others)
        sys.stdout.write(formatted(raw, command.struct, command.answer, output))

    def _list(self, thing: str, given: Values, others: list[str]) -> Raw:
        query: dict[str, Any] = {_LIST[name]: given[name] for name in _LIST if name in given}
        query["include_count"] = not given.get("omitCount", False)
        calls: dict[str, Callable[..., Page[Any]]] = {
            "snapshots": self._atlas.cloud_backups.list_serverless_backup_snapshots,
            "jobs": self._atlas.cloud_backups.list_serverless_restore_jobs,
            "instances": self._atlas.serverless_instances.list_serverless_instances,
        }
        return self._ask("GET", self._path(thing, others), lambda: calls[thing](self._project, *others, **query).raw)

    def _get(self, thing: str, given: Values, others: list[str]) -> Raw:
        if thing == "instance":
            get: Callable[..., Any] = self._atlas.serverless_instances.get_serverless_instance
            names = others
        else:
            backups = self._atlas.cloud_backups
            get = backups.get_serverless_backup_snapshot if thing == "snapshot" else backups.get_serverless_restore_job
            names = [str(given["clusterName"]), str(given["snapshotId" if thing == "snapshot" else "restoreJobId"])]
        return self._ask("GET", self._path(f"{thing}s", names), lambda: get(self._project, *names).raw)

    def _create(self, given: Values) -> Raw:
        """Start a restore job. The CLI sent a download without a target; the body of the API needs one."""
        cluster = str(given["clusterName"])
        members: dict[str, Any] = {_JOB[name]: given[name] for name in _JOB if given.get(name)}
        members = {"target_cluster_name": cluster, "target_group_id": self._project} | members
        if given.get("oplogTs") and given.get("oplogInc"):
            members |= {"oplog_ts": given["oplogTs"], "oplog_inc": given["oplogInc"]}
        elif given.get("pointInTimeUTCSeconds"):
            members["point_in_time_utc_seconds"] = given["pointInTimeUTCSeconds"]
        start = self._atlas.cloud_backups.create_serverless_restore_job
        return self._ask("POST", self._path("jobs", [cluster]), lambda: start(self._project, cluster, **members).raw)

    def _watch(self, thing: str, given: Values, others: list[str], sleep: Callable[[float], None]) -> Raw:
        """Look until it has ended, with a dot a look where stdout is no terminal, as the CLI printed."""
        while not _ended(thing, raw := self._get(thing, given, others)):
            if not sys.stdout.isatty():
                sys.stdout.write(".")
                sys.stdout.flush()
            sleep(INTERVAL)
        return raw

    def _path(self, thing: str, names: list[str]) -> str:
        """Return the URL that the CLI called, which is what its errors show."""
        quoted = [quote(name, safe="") for name in names]
        folder = {"snapshots": ["backup", "snapshots"], "jobs": ["backup", "restoreJobs"], "instances": []}[thing]
        return "/".join([self._url, *quoted[:1], *folder, *quoted[1:]])

    def _ask(self, method: str, url: str, call: Callable[[], Raw]) -> Raw:
        try:
            return call()
        except AtlasError as error:
            if error.status == 401 and isinstance(self._credentials, AccessToken):
                sys.stderr.write(
                    "atlas-shim: the access token may be too old; `atlas auth login`, and most commands of the Atlas "
                    "CLI, renew the one in its file\n"
                )
            raise refused(error, method, url) from None
        except httpx.TransportError as error:
            said = f'{method.capitalize()} "{url}": {type(error).__name__}: {error}'.removesuffix(": ")
            unsent = method == "GET" or isinstance(error, UNSENT)
            raise CliError(said if unsent else said + UNKNOWN) from None
        except ValueError as error:  # an id or a name that Atlas can't have
            argument, separator, why = str(error).partition(": ")
            raise CliError(f"{_FLAGS.get(argument, argument)}{separator}{why}") from None


def _ended(thing: str, raw: Raw) -> bool:
    """Tell whether there is nothing left to wait for."""
    if thing == "snapshot":
        return raw.get("status") in {"completed", "failed"}
    if thing == "instance":
        return raw.get("stateName") == "IDLE"
    # A download may never be said to be finished: its link says so. The CLI waited for ever there.
    return any(raw.get(word) is True for word in ("failed", "cancelled", "expired")) or bool(
        raw.get("finishedAt") or raw.get("deliveryUrl")
    )
