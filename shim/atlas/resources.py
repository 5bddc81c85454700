"""The endpoints as methods of the clients, grouped and named as Atlas' own Python SDK does.

A method has the very signature and docstring of its endpoint function; only what it returns differs:
``T`` in a blocking client, a coroutine of ``T`` in an async one, an iterator for the items of all pages.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, ParamSpec, TypeVar

import attrs
import httpx

from shim.atlas.convert import Model
from shim.atlas.endpoints import (
    cloud_backups,
    performance_advisor,
    serverless_instances,
    shared_tier_restore_jobs,
    shared_tier_snapshots,
)
from shim.atlas.models import Page
from shim.atlas.replies import result_of
from shim.atlas.request import MEDIA_TYPE, EndpointRequest, following
from shim.atlas.retries import FAILURES, Attempts, Retries
from shim.core.content import dumps
from shim.doors.httpx_family.recognition import WHOLE

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Model)
T = TypeVar("T")


@attrs.frozen
class EndpointGroup:
    """A group of endpoints of a blocking client; ``auth`` None leaves signing to the HTTP client."""

    _http: httpx.Client = attrs.field(repr=False)
    _base_url: str = attrs.field(repr=False)
    _auth: httpx.Auth | None = attrs.field(repr=False)
    _retries: Retries = attrs.field(repr=False)

    def _send(self, request: EndpointRequest[R]) -> R:
        attempts = _attempts(self._http, self._retries, request)
        while True:
            message = _message(self._http, self._base_url, request, attempts.timeout())
            try:
                return result_of(request, self._http.send(message, auth=self._auth or httpx.USE_CLIENT_DEFAULT))
            except FAILURES as error:
                wait = attempts.wait_after(error)
                if wait is None:
                    raise
            attempts.pause(wait)

    def _items(self, first: EndpointRequest[Page[M]]) -> Iterator[M]:
        request: EndpointRequest[Page[M]] | None = first
        seen = 0
        while request is not None:
            page = self._send(request)
            yield from page.results
            seen += len(page.results)
            request = following(request, page, seen)


@attrs.frozen
class AsyncEndpointGroup:
    """A group of endpoints of an async client; ``auth`` None leaves signing to the HTTP client."""

    _http: httpx.AsyncClient = attrs.field(repr=False)
    _base_url: str = attrs.field(repr=False)
    _auth: httpx.Auth | None = attrs.field(repr=False)
    _retries: Retries = attrs.field(repr=False)

    async def _send(self, request: EndpointRequest[R]) -> R:
        attempts = _attempts(self._http, self._retries, request)
        while True:
            message = _message(self._http, self._base_url, request, attempts.timeout())
            try:
                return result_of(request, await self._http.send(message, auth=self._auth or httpx.USE_CLIENT_DEFAULT))
            except FAILURES as error:
                wait = attempts.wait_after(error)
                if wait is None:
                    raise
            await attempts.apause(wait)

    async def _items(self, first: EndpointRequest[Page[M]]) -> AsyncIterator[M]:
        request: EndpointRequest[Page[M]] | None = first
        seen = 0
        while request is not None:
            page = await self._send(request)
            for item in page.results:
                yield item
            seen += len(page.results)
            request = following(request, page, seen)


def _attempts(http: httpx.Client | httpx.AsyncClient, retries: Retries, request: EndpointRequest[Model]) -> Attempts:
    return Attempts(retries, request.method, http.timeout.as_dict(), http.follow_redirects)


def _message(
    http: httpx.Client | httpx.AsyncClient,
    base_url: str,
    request: EndpointRequest[Model],
    timeout: httpx.Timeout,
) -> httpx.Request:
    content = None if request.body is None else dumps(request.body)
    headers = {"Accept": MEDIA_TYPE} | ({} if content is None else {"Content-Type": MEDIA_TYPE})
    return http.build_request(
        request.method,
        base_url + request.path,
        params=request.query or None,
        content=content,
        headers=headers,
        timeout=timeout,
        extensions={WHOLE: True} if request.whole else None,
    )


def _call(endpoint: Callable[P, EndpointRequest[R]]) -> Callable[Concatenate[EndpointGroup, P], R]:
    """Make a blocking method of an endpoint."""

    def method(self: EndpointGroup, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._send(endpoint(*args, **kwargs))

    return _described(method, endpoint)


def _each(endpoint: Callable[P, EndpointRequest[Page[M]]]) -> Callable[Concatenate[EndpointGroup, P], Iterator[M]]:
    """Make a method that iterates over the items of all pages; bad arguments are refused when it is called."""

    def method(self: EndpointGroup, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[M]:
        return self._items(endpoint(*args, **kwargs))

    return _described(method, endpoint, "Iterator")


def _acall(
    endpoint: Callable[P, EndpointRequest[R]],
) -> Callable[Concatenate[AsyncEndpointGroup, P], Coroutine[Any, Any, R]]:
    """Make an async method of an endpoint."""

    async def method(self: AsyncEndpointGroup, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._send(endpoint(*args, **kwargs))

    return _described(method, endpoint)


def _aeach(
    endpoint: Callable[P, EndpointRequest[Page[M]]],
) -> Callable[Concatenate[AsyncEndpointGroup, P], AsyncIterator[M]]:
    """Make a method that iterates asynchronously over the items of all pages, else as ``_each``."""

    def method(self: AsyncEndpointGroup, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[M]:
        return self._items(endpoint(*args, **kwargs))

    return _described(method, endpoint, "AsyncIterator")


def _described(method: T, endpoint: Callable[..., object], iterator: str = "") -> T:
    """Lend a method the name, docstring and signature of its endpoint, for ``help()`` and editors.

    What it returns is shown as the endpoint's request is read: a value, or an ``iterator`` of the items of pages.
    """
    described: Any = method
    described.__name__ = endpoint.__name__
    described.__qualname__ = endpoint.__qualname__
    described.__doc__ = endpoint.__doc__
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    taken = inspect.signature(endpoint)
    result = str(taken.return_annotation).removeprefix("EndpointRequest[").removesuffix("]")
    if iterator:
        result = f"{iterator}[{result.removeprefix('Page[').removesuffix(']')}]"
    described.__signature__ = taken.replace(parameters=[itself, *taken.parameters.values()], return_annotation=result)
    return method


class CloudBackups(EndpointGroup):
    """Snapshots and restore jobs."""

    list_serverless_backup_snapshots = _call(cloud_backups.list_serverless_backup_snapshots)
    iter_serverless_backup_snapshots = _each(cloud_backups.iter_serverless_backup_snapshots)
    get_serverless_backup_snapshot = _call(cloud_backups.get_serverless_backup_snapshot)
    list_serverless_restore_jobs = _call(cloud_backups.list_serverless_restore_jobs)
    iter_serverless_restore_jobs = _each(cloud_backups.iter_serverless_restore_jobs)
    get_serverless_restore_job = _call(cloud_backups.get_serverless_restore_job)
    create_serverless_restore_job = _call(cloud_backups.create_serverless_restore_job)


class AsyncCloudBackups(AsyncEndpointGroup):
    """Snapshots and restore jobs, for async programs."""

    list_serverless_backup_snapshots = _acall(cloud_backups.list_serverless_backup_snapshots)
    iter_serverless_backup_snapshots = _aeach(cloud_backups.iter_serverless_backup_snapshots)
    get_serverless_backup_snapshot = _acall(cloud_backups.get_serverless_backup_snapshot)
    list_serverless_restore_jobs = _acall(cloud_backups.list_serverless_restore_jobs)
    iter_serverless_restore_jobs = _aeach(cloud_backups.iter_serverless_restore_jobs)
    get_serverless_restore_job = _acall(cloud_backups.get_serverless_restore_job)
    create_serverless_restore_job = _acall(cloud_backups.create_serverless_restore_job)


class ServerlessInstances(EndpointGroup):
    """Serverless instances."""

    list_serverless_instances = _call(serverless_instances.list_serverless_instances)
    iter_serverless_instances = _each(serverless_instances.iter_serverless_instances)
    get_serverless_instance = _call(serverless_instances.get_serverless_instance)
    create_serverless_instance = _call(serverless_instances.create_serverless_instance)
    update_serverless_instance = _call(serverless_instances.update_serverless_instance)
    delete_serverless_instance = _call(serverless_instances.delete_serverless_instance)


class AsyncServerlessInstances(AsyncEndpointGroup):
    """Serverless instances, for async programs."""

    list_serverless_instances = _acall(serverless_instances.list_serverless_instances)
    iter_serverless_instances = _aeach(serverless_instances.iter_serverless_instances)
    get_serverless_instance = _acall(serverless_instances.get_serverless_instance)
    create_serverless_instance = _acall(serverless_instances.create_serverless_instance)
    update_serverless_instance = _acall(serverless_instances.update_serverless_instance)
    delete_serverless_instance = _acall(serverless_instances.delete_serverless_instance)


class SharedTierSnapshots(EndpointGroup):
    """Snapshots of shared-tier clusters."""

    list_shared_cluster_backups = _call(shared_tier_snapshots.list_shared_cluster_backups)
    iter_shared_cluster_backups = _each(shared_tier_snapshots.iter_shared_cluster_backups)
    get_shared_cluster_backup = _call(shared_tier_snapshots.get_shared_cluster_backup)
    download_shared_cluster_backup = _call(shared_tier_snapshots.download_shared_cluster_backup)


class AsyncSharedTierSnapshots(AsyncEndpointGroup):
    """Snapshots of shared-tier clusters, for async programs."""

    list_shared_cluster_backups = _acall(shared_tier_snapshots.list_shared_cluster_backups)
    iter_shared_cluster_backups = _aeach(shared_tier_snapshots.iter_shared_cluster_backups)
    get_shared_cluster_backup = _acall(shared_tier_snapshots.get_shared_cluster_backup)
    download_shared_cluster_backup = _acall(shared_tier_snapshots.download_shared_cluster_backup)


class SharedTierRestoreJobs(EndpointGroup):
    """Restore jobs of shared-tier clusters."""

    list_shared_cluster_backup_restore_jobs = _call(shared_tier_restore_jobs.list_shared_cluster_backup_restore_jobs)
    iter_shared_cluster_backup_restore_jobs = _each(shared_tier_restore_jobs.iter_shared_cluster_backup_restore_jobs)
    get_shared_cluster_backup_restore_job = _call(shared_tier_restore_jobs.get_shared_cluster_backup_restore_job)
    create_shared_cluster_backup_restore_job = _call(shared_tier_restore_jobs.create_shared_cluster_backup_restore_job)


class AsyncSharedTierRestoreJobs(AsyncEndpointGroup):
    """Restore jobs of shared-tier clusters, for async programs."""

    list_shared_cluster_backup_restore_jobs = _acall(shared_tier_restore_jobs.list_shared_cluster_backup_restore_jobs)
    iter_shared_cluster_backup_restore_jobs = _aeach(shared_tier_restore_jobs.iter_shared_cluster_backup_restore_jobs)
    get_shared_cluster_backup_restore_job = _acall(shared_tier_restore_jobs.get_shared_cluster_backup_restore_job)
    create_shared_cluster_backup_restore_job = _acall(shared_tier_restore_jobs.create_shared_cluster_backup_restore_job)


class PerformanceAdvisor(EndpointGroup):
    """The Performance Advisor."""

    get_serverless_auto_indexing = _call(performance_advisor.get_serverless_auto_indexing)


class AsyncPerformanceAdvisor(AsyncEndpointGroup):
    """The Performance Advisor, for async programs."""

    get_serverless_auto_indexing = _acall(performance_advisor.get_serverless_auto_indexing)
