"""The endpoints as methods of the clients, grouped and named as Atlas' own Python SDK does.

A method has the signature of its endpoint function but for the return type: ``R`` in a blocking client, a coroutine
of ``R`` in an async client, an iterator over the items of all pages.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload

import anyio
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
from shim.doors.httpx_family.door import WHOLE

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Model)
R_co = TypeVar("R_co", bound=Model, covariant=True)
Http_co = TypeVar("Http_co", bound=httpx.Client | httpx.AsyncClient, covariant=True)

_ERRORS = (
    "Raises ValueError on an invalid id or name, NotFoundError if Atlas does not have it, and the errors of any call\n"
    "(``AtlasClient``)."
)
_PAGE = (
    "``items_per_page`` is 1 to 500, 100 unless given; ``page_num`` counts from 1, and a page past the end is empty;\n"
    "``include_count=False`` leaves ``total_count`` out."
)
_ITEMS = "Nothing is sent before the first item is asked for. ``items_per_page`` is 1 to 500, 500 unless given."


@attrs.frozen
class EndpointGroup(Generic[Http_co]):
    """A group of endpoints; ``auth`` None leaves signing to the HTTP client."""

    _http: Http_co = attrs.field(repr=False)
    _base_url: str = attrs.field(repr=False)
    _auth: httpx.Auth | None = attrs.field(repr=False)
    _retries: Retries = attrs.field(repr=False)

    def _send(self: EndpointGroup[httpx.Client], request: EndpointRequest[R]) -> R:
        attempts = self._attempts(request)
        while True:
            try:
                return result_of(request, self._http.send(self._message(request, attempts), auth=self._signer))
            except FAILURES as error:
                wait = attempts.wait_after(error)
                if wait is None:
                    raise
            (self._retries.sleep or time.sleep)(wait)

    async def _asend(self: EndpointGroup[httpx.AsyncClient], request: EndpointRequest[R]) -> R:
        attempts = self._attempts(request)
        while True:
            try:
                return result_of(request, await self._http.send(self._message(request, attempts), auth=self._signer))
            except FAILURES as error:
                wait = attempts.wait_after(error)
                if wait is None:
                    raise
            slept = (self._retries.sleep or anyio.sleep)(wait)
            if inspect.isawaitable(slept):
                await slept

    def _items(self: EndpointGroup[httpx.Client], first: EndpointRequest[Page[M]]) -> Iterator[M]:
        request: EndpointRequest[Page[M]] | None = first
        seen = 0
        while request is not None:
            page = self._send(request)
            yield from page.results
            seen += len(page.results)
            request = following(request, page, seen)

    async def _aitems(self: EndpointGroup[httpx.AsyncClient], first: EndpointRequest[Page[M]]) -> AsyncIterator[M]:
        request: EndpointRequest[Page[M]] | None = first
        seen = 0
        while request is not None:
            page = await self._asend(request)
            for item in page.results:
                yield item
            seen += len(page.results)
            request = following(request, page, seen)

    @property
    def _signer(self) -> Any:
        return self._auth or httpx.USE_CLIENT_DEFAULT

    def _attempts(self, request: EndpointRequest[Model]) -> Attempts:
        return Attempts(self._retries, request.method, self._http.timeout.as_dict(), self._http.follow_redirects)

    def _message(self, request: EndpointRequest[Model], attempts: Attempts) -> httpx.Request:
        content = None if request.body is None else dumps(request.body)
        headers = {"Accept": MEDIA_TYPE} | ({} if content is None else {"Content-Type": MEDIA_TYPE})
        return self._http.build_request(
            request.method,
            self._base_url + request.path,
            params=request.query or None,
            content=content,
            headers=headers,
            timeout=attempts.timeout(),
            extensions={WHOLE: True} if request.whole else None,
        )


class Call(Generic[P, R_co]):
    """An endpoint as a method of a group; it returns a value, in an async client a coroutine of the value."""

    _flows = ("_send", "_asend")
    _returns = ("{}", "{}")

    def __init__(self, endpoint: Callable[P, EndpointRequest[R_co]]) -> None:
        self._endpoint = endpoint
        parts = (inspect.cleandoc(endpoint.__doc__ or ""), self._paging(), _ERRORS)
        self.__doc__ = "\n\n".join(filter(None, parts))

    def _paging(self) -> str:
        return _PAGE if "page_num" in inspect.signature(self._endpoint).parameters else ""

    @overload
    def __get__(self, group: None, owner: object = None) -> Self: ...
    @overload
    def __get__(self, group: EndpointGroup[httpx.Client], owner: object = None) -> Callable[P, R_co]: ...
    @overload
    def __get__(
        self, group: EndpointGroup[httpx.AsyncClient], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, R_co]]: ...
    def __get__(self, group: EndpointGroup[Any] | None, owner: object = None) -> Any:
        """Return a function with the endpoint's name, docstring and signature, for ``help()`` and editors."""
        if group is None:
            return self
        is_async = isinstance(group._http, httpx.AsyncClient)  # noqa: SLF001 - this file's own
        endpoint, flow = self._endpoint, getattr(group, self._flows[is_async])

        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return flow(endpoint(*args, **kwargs))

        described: Any = method
        described.__name__ = described.__qualname__ = endpoint.__name__
        described.__doc__ = self.__doc__
        taken = inspect.signature(endpoint)
        result = str(taken.return_annotation).removeprefix("EndpointRequest[").removesuffix("]")
        result = self._returns[is_async].format(result.removeprefix("Page[").removesuffix("]"))
        described.__signature__ = taken.replace(return_annotation=result)
        return method


class Each(Call[P, Page[M]], Generic[P, M]):
    """An endpoint as a method that iterates over the items of all pages; the call itself checks its arguments."""

    _flows = ("_items", "_aitems")
    _returns = ("Iterator[{}]", "AsyncIterator[{}]")

    def _paging(self) -> str:
        return _ITEMS

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # an iterator in place of a page
        def __get__(self, group: None, owner: object = None) -> Self: ...
        @overload
        def __get__(self, group: EndpointGroup[httpx.Client], owner: object = None) -> Callable[P, Iterator[M]]: ...
        @overload
        def __get__(
            self, group: EndpointGroup[httpx.AsyncClient], owner: object = None
        ) -> Callable[P, AsyncIterator[M]]: ...
        def __get__(self, group: Any, owner: object = None) -> Any: ...


class CloudBackups(EndpointGroup[Http_co]):
    """Snapshots and restore jobs."""

    list_serverless_backup_snapshots = Call(cloud_backups.list_serverless_backup_snapshots)
    iter_serverless_backup_snapshots = Each(cloud_backups.iter_serverless_backup_snapshots)
    get_serverless_backup_snapshot = Call(cloud_backups.get_serverless_backup_snapshot)
    list_serverless_restore_jobs = Call(cloud_backups.list_serverless_restore_jobs)
    iter_serverless_restore_jobs = Each(cloud_backups.iter_serverless_restore_jobs)
    get_serverless_restore_job = Call(cloud_backups.get_serverless_restore_job)
    create_serverless_restore_job = Call(cloud_backups.create_serverless_restore_job)


class ServerlessInstances(EndpointGroup[Http_co]):
    """Serverless instances."""

    list_serverless_instances = Call(serverless_instances.list_serverless_instances)
    iter_serverless_instances = Each(serverless_instances.iter_serverless_instances)
    get_serverless_instance = Call(serverless_instances.get_serverless_instance)
    create_serverless_instance = Call(serverless_instances.create_serverless_instance)
    update_serverless_instance = Call(serverless_instances.update_serverless_instance)
    delete_serverless_instance = Call(serverless_instances.delete_serverless_instance)


class SharedTierSnapshots(EndpointGroup[Http_co]):
    """Snapshots of shared-tier clusters (M2, M5)."""

    list_shared_cluster_backups = Call(shared_tier_snapshots.list_shared_cluster_backups)
    iter_shared_cluster_backups = Each(shared_tier_snapshots.iter_shared_cluster_backups)
    get_shared_cluster_backup = Call(shared_tier_snapshots.get_shared_cluster_backup)
    download_shared_cluster_backup = Call(shared_tier_snapshots.download_shared_cluster_backup)


class SharedTierRestoreJobs(EndpointGroup[Http_co]):
    """Restore jobs of shared-tier clusters (M2, M5)."""

    list_shared_cluster_backup_restore_jobs = Call(shared_tier_restore_jobs.list_shared_cluster_backup_restore_jobs)
    iter_shared_cluster_backup_restore_jobs = Each(shared_tier_restore_jobs.iter_shared_cluster_backup_restore_jobs)
    get_shared_cluster_backup_restore_job = Call(shared_tier_restore_jobs.get_shared_cluster_backup_restore_job)
    create_shared_cluster_backup_restore_job = Call(shared_tier_restore_jobs.create_shared_cluster_backup_restore_job)


class PerformanceAdvisor(EndpointGroup[Http_co]):
    """The Performance Advisor of serverless instances."""

    get_serverless_auto_indexing = Call(performance_advisor.get_serverless_auto_indexing)
