"""The typed clients: a blocking one and its async twin."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Generic, Self, TypeVar

from httpx import USE_CLIENT_DEFAULT
from httpx import Timeout as TimeoutParts

from shim._version import __version__
from shim.atlas.auth import configure
from shim.atlas.endpoints import (
    CloudBackups,
    ServerlessInstances,
    SharedTierRestoreJobs,
    SharedTierSnapshots,
)
from shim.atlas.retries import Retries
from shim.doors.httpx_family.clients import recognize_also
from shim.errors import SettingsError
from shim.httpx import AsyncClient, Client

TIMEOUT = 30.0
"""Seconds for each of connecting, writing, reading, and waiting for a connection."""

RETRIES = Retries()
Timeout = TimeoutParts | float | None
HttpClient = TypeVar("HttpClient", Client, AsyncClient)


class _ConfiguredClient(Generic[HttpClient]):
    """Hold the arguments, base URL and credentials that both clients need."""

    _kind: type[HttpClient]

    def __init__(  # noqa: PLR0913 - one argument a setting, all by keyword
        self,
        *,
        base_url: str | None = None,
        public_key: str | None = None,
        private_key: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        access_token: str | None = None,
        timeout: Timeout = TIMEOUT,
        retries: Retries | None = RETRIES,
        http_client: HttpClient | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        if http_client is not None and not isinstance(http_client, self._kind):
            # A plain httpx client would send retired calls untranslated.
            name = self._kind.__name__
            raise TypeError(
                f"http_client: not a shim.httpx.{name}; make it with `from shim import httpx`"
            )
        parts = {
            "public_key": public_key,
            "private_key": private_key,
            "client_id": client_id,
            "client_secret": client_secret,
            "access_token": access_token,
        }
        environ = os.environ if environ is None else environ
        self.base_url, auth = configure(
            base_url=base_url, parts=parts, environ=environ, http_client=http_client
        )
        self._owned = http_client is None
        self._http: HttpClient = http_client or self._kind(
            timeout=_checked(timeout),
            headers={"User-Agent": f"atlas-shim/{__version__}"},
        )
        recognize_also(self._http, self.base_url)
        how = (
            self._http,
            self.base_url,
            auth or USE_CLIENT_DEFAULT,
            retries or Retries(attempts=1),
        )
        self.cloud_backups: CloudBackups[HttpClient] = CloudBackups(*how)
        self.serverless_instances: ServerlessInstances[HttpClient] = (
            ServerlessInstances(*how)
        )
        self.shared_tier_snapshots: SharedTierSnapshots[HttpClient] = (
            SharedTierSnapshots(*how)
        )
        self.shared_tier_restore_jobs: SharedTierRestoreJobs[HttpClient] = (
            SharedTierRestoreJobs(*how)
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"


class AtlasClient(_ConfiguredClient[Client]):
    """A client of Atlas's legacy serverless and shared-tier API that outlives that API.

        with AtlasClient() as client:
            for snapshot in client.cloud_backups.iter_serverless_backup_snapshots(group_id, "shop"):
                print(snapshot.id, snapshot.status)

    ``base_url`` is the origin of Atlas or of a gateway; it may end with
    ``/api/atlas/v2`` or ``/api/atlas/v1.0``. Credentials are an API key
    (``public_key``, ``private_key``), a service account (``client_id``,
    ``client_secret``) or an ``access_token``. Missing arguments come from an injected
    ``http_client``, then from ``environ`` (default: the process' environment).
    ``timeout`` is in seconds, for each step of a call; None waits forever. ``retries``
    None makes each call once. An injected client is a ``shim.httpx.Client``; it keeps
    its timeout, may sign calls itself, and is closed by its owner.

    Raises SettingsError on invalid settings, TypeError on an HTTP client of another
    kind. Every call may raise an AtlasError (``shim.errors``): UnauthorizedError (401,
    or refused credentials), ForbiddenError (403), NotFoundError (404), GoneError (410),
    RateLimitedError (429), and AtlasError itself for other answers but a success;
    httpx.TransportError on network errors; before anything is sent, ValueError on an
    argument that is not valid in Atlas, TypeError on one that is not a text. The
    ``record`` of results and AtlasErrors is the shim's record of the call
    (``shim.record``), None if the shim took no part.
    """

    _kind = Client

    def close(self) -> None:
        """Close the connections, unless they belong to an injected client."""
        if self._owned:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncAtlasClient(_ConfiguredClient[AsyncClient]):
    """The async twin of AtlasClient, on asyncio and trio: the same arguments, results and errors.

    async with AsyncAtlasClient() as client:
        page = await client.cloud_backups.list_serverless_backup_snapshots(group_id, "shop")
    """

    _kind = AsyncClient

    async def aclose(self) -> None:
        """Close the connections, unless they belong to an injected client."""
        if self._owned:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _checked(timeout: Timeout) -> TimeoutParts:
    """Return a timeout as httpx has it.

    Raises SettingsError unless each step is None or a number above zero.
    """
    if isinstance(timeout, TimeoutParts):
        found = timeout
    else:
        found = TimeoutParts(timeout)
    for seconds in found.as_dict().values():
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if seconds is not None and not (is_number and 0 < seconds < math.inf):
            raise SettingsError(
                f"timeout: {seconds!r} is not a number of seconds above 0; None waits forever"
            )
    return found
