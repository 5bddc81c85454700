"""The typed clients, a blocking and an async one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from httpx import Timeout as TimeoutParts

from shim._version import __version__
from shim.atlas.configuration import configure
from shim.atlas.drivers import AsyncSender, Sender
from shim.atlas.resources import AsyncCloudBackups, AsyncServerlessInstances, CloudBackups, ServerlessInstances
from shim.httpx import AsyncClient, Client
from shim.httpx._clients import recognise_also

TIMEOUT = 30.0
"""Seconds for each of connecting, writing, reading, and waiting for a connection."""

Timeout = TimeoutParts | float | None


class AtlasClient:
    """A client of Atlas' legacy serverless API that outlives that API.

        with AtlasClient.from_env() as client:
            for snapshot in client.cloud_backups.iter_serverless_backup_snapshots(group_id, "shop"):
                print(snapshot.id, snapshot.status)

    ``base_url`` is the origin of Atlas or of a gateway. Credentials are an API key (``public_key``,
    ``private_key``), a service account (``client_id``, ``client_secret``) or an ``access_token``. What
    is not given comes from an injected ``http_client``, then from ``environ`` (the process' own unless
    given). An injected client keeps its timeout, may sign calls itself, and is closed by its owner.

    Raises SettingsError when the settings mean nothing. Calls raise AtlasError on any answer but a
    success, ValueError on a parameter that fits no path, and what httpx raises on transport faults.
    """

    cloud_backups: CloudBackups
    serverless_instances: ServerlessInstances

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
        http_client: Client | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        _check(http_client, Client)
        settled = configure(
            base_url=base_url,
            parts={
                "public_key": public_key,
                "private_key": private_key,
                "client_id": client_id,
                "client_secret": client_secret,
                "access_token": access_token,
            },
            environ=os.environ if environ is None else environ,
            http_client=http_client,
        )
        self.base_url = settled.base_url
        self._owned = http_client is None
        self._http = http_client or Client(timeout=timeout, headers=_headers())
        recognise_also(self._http, settled.base_url)
        sender = Sender(self._http, settled.base_url, settled.auth)
        self.cloud_backups = CloudBackups(sender)
        self.serverless_instances = ServerlessInstances(sender)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        timeout: Timeout = TIMEOUT,
        http_client: Client | None = None,
    ) -> Self:
        """Make a client of what the environment says alone."""
        return cls(environ=environ, timeout=timeout, http_client=http_client)

    def close(self) -> None:
        """Close the connections, unless they belong to an injected client."""
        if self._owned:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"


class AsyncAtlasClient:
    """The async twin of AtlasClient, on asyncio and trio: the same arguments, results and errors.

    async with AsyncAtlasClient.from_env() as client:
        page = await client.cloud_backups.list_serverless_backup_snapshots(group_id, "shop")
    """

    cloud_backups: AsyncCloudBackups
    serverless_instances: AsyncServerlessInstances

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
        http_client: AsyncClient | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        _check(http_client, AsyncClient)
        settled = configure(
            base_url=base_url,
            parts={
                "public_key": public_key,
                "private_key": private_key,
                "client_id": client_id,
                "client_secret": client_secret,
                "access_token": access_token,
            },
            environ=os.environ if environ is None else environ,
            http_client=http_client,
        )
        self.base_url = settled.base_url
        self._owned = http_client is None
        self._http = http_client or AsyncClient(timeout=timeout, headers=_headers())
        recognise_also(self._http, settled.base_url)
        sender = AsyncSender(self._http, settled.base_url, settled.auth)
        self.cloud_backups = AsyncCloudBackups(sender)
        self.serverless_instances = AsyncServerlessInstances(sender)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        timeout: Timeout = TIMEOUT,
        http_client: AsyncClient | None = None,
    ) -> Self:
        """Make a client of what the environment says alone."""
        return cls(environ=environ, timeout=timeout, http_client=http_client)

    async def aclose(self) -> None:
        """Close the connections, unless they belong to an injected client."""
        if self._owned:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"


def _headers() -> dict[str, str]:
    return {"User-Agent": f"atlas-shim/{__version__}"}


def _check(http_client: object, kind: type[Client | AsyncClient]) -> None:
    """Refuse a client of another kind now: a plain one would send retired calls as they are."""
    if http_client is not None and not isinstance(http_client, kind):
        raise TypeError(f"http_client: not a shim.httpx.{kind.__name__}; make it with `from shim import httpx`")
