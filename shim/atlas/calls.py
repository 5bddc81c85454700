"""Offer endpoints as methods of the clients.

A method has the arguments of a function and the result of a model. A blocking client
returns the result itself, an async client a coroutine of it, and a list an iterator
over the items of all pages. The two clients differ in nothing else.
"""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from typing import Any, Generic, ParamSpec, Self, TypeVar, get_args, overload

import anyio
import attrs
import httpx

from shim.atlas.convert import Model, Page
from shim.atlas.replies import result_of
from shim.atlas.retries import FAILURES, Attempts, Retries
from shim.core.content import dumps
from shim.core.question import MAX_PAGE_SIZE
from shim.doors.httpx_family.door import WHOLE

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Model)
B_co = TypeVar("B_co", covariant=True)
A_co = TypeVar("A_co", covariant=True)
Http_co = TypeVar("Http_co", bound=httpx.Client | httpx.AsyncClient, covariant=True)

Members = dict[str, Any]
"""A query or a JSON object; members that are None were not given."""

MEDIA_TYPE = "application/vnd.atlas.2023-01-01+json"
"""The only version of the legacy endpoints."""

_ID = re.compile("[0-9a-fA-F]{24}")
"""Any id (contract: in lower case; in upper case it means the same object)."""

_NAME = re.compile("[a-zA-Z0-9][a-zA-Z0-9-]*")
"""The name of an instance or a cluster (contract), however long."""

_ERRORS = (
    "Raises ValueError on an invalid id or name, NotFoundError if Atlas does not have it, and the errors of any call\n"
    "(``AtlasClient``)."
)
_PAGE = (
    "``items_per_page`` is 1 to 500, 100 unless given; ``page_num`` counts from 1, and a page past the end is empty;\n"
    "``include_count=False`` leaves ``total_count`` out."
)
_ITEMS = "Nothing is sent before the first item is requested. ``items_per_page`` is 1 to 500, 500 unless given."


@attrs.frozen(kw_only=True)
class EndpointRequest(Generic[R]):
    """One call, whose success is read as a ``model``."""

    method: str
    path: str
    query: Mapping[str, str] = attrs.field(factory=dict)
    body: Members | None = None
    model: type[R]
    whole: bool = False
    """Whether the shim collects all items of a list.

    A page then has more than the query requests.
    """

    def following(self, page: Page[Any], seen: int) -> Self | None:
        """Return the request for the next page, or None after the last.

        ``seen`` counts the results of all pages so far. Only numbers are read from a
        reply: its links can neither redirect credentials nor repeat an earlier page.
        """
        number = int(self.query.get("pageNum", "1"))
        after = page.next_page
        if after is None and seen < (page.total_count or 0):
            after = number + 1
        if after is None or after <= number or not page.results:
            return None
        return attrs.evolve(self, query={**self.query, "pageNum": str(after)})


@attrs.frozen
class EndpointGroup(Generic[Http_co]):
    """A group of endpoints."""

    _http: Http_co = attrs.field(repr=False)
    _base_url: str = attrs.field(repr=False)
    _auth: Any = attrs.field(repr=False)
    _retries: Retries = attrs.field(repr=False)

    def _send(self: EndpointGroup[httpx.Client], request: EndpointRequest[R]) -> R:
        attempts = Attempts(self._retries, request.method, self._http)
        while True:
            try:
                return result_of(
                    request.model,
                    self._http.send(self._message(request, attempts), auth=self._auth),
                )
            except FAILURES as error:
                wait = attempts.wait_after(error)
            time.sleep(wait)

    async def _asend(
        self: EndpointGroup[httpx.AsyncClient], request: EndpointRequest[R]
    ) -> R:
        attempts = Attempts(self._retries, request.method, self._http)
        while True:
            try:
                response = await self._http.send(
                    self._message(request, attempts), auth=self._auth
                )
                return result_of(request.model, response)
            except FAILURES as error:
                wait = attempts.wait_after(error)
            await anyio.sleep(wait)

    def _items(
        self: EndpointGroup[httpx.Client], first: EndpointRequest[Page[M]]
    ) -> Iterator[M]:
        request: EndpointRequest[Page[M]] | None = first
        seen = 0
        while request is not None:
            page = self._send(request)
            yield from page.results
            seen += len(page.results)
            request = request.following(page, seen)

    async def _aitems(
        self: EndpointGroup[httpx.AsyncClient], first: EndpointRequest[Page[M]]
    ) -> AsyncIterator[M]:
        request: EndpointRequest[Page[M]] | None = first
        seen = 0
        while request is not None:
            page = await self._asend(request)
            for item in page.results:
                yield item
            seen += len(page.results)
            request = request.following(page, seen)

    def _message(
        self, request: EndpointRequest[Any], attempts: Attempts
    ) -> httpx.Request:
        if request.body is None:
            content = None
        else:
            content = dumps(request.body)
        headers = {"Accept": MEDIA_TYPE} | (
            {} if content is None else {"Content-Type": MEDIA_TYPE}
        )
        return self._http.build_request(
            request.method,
            self._base_url + request.path,
            params=request.query or None,
            content=content,
            headers=headers,
            timeout=attempts.timeout(),
            extensions={WHOLE: True} if request.whole else None,
        )


class EndpointMethod(Generic[B_co, A_co, P]):
    """An endpoint as a method of a group, with the arguments of ``takes``.

    It returns B, and in an async client A. ``takes`` returns the members of the query
    or of the body, and has the docstring unless ``words`` are given. ``path`` is below
    ``/groups``, and its parameters are arguments. With ``is_list`` it iterates over all
    pages.
    """

    def __init__(  # noqa: PLR0913 - the facts of an endpoint
        self,
        takes: Callable[P, Members],
        model: type[Model],
        path: str,
        words: str,
        method: str,
        *,
        is_list: bool,
    ) -> None:
        self._takes = takes
        self._model = model
        self._is_list = is_list
        self._method = method
        self._path = path
        self._signature = inspect.signature(takes)
        if is_list:
            paging = _ITEMS
        elif "page_num" in self._signature.parameters:
            paging = _PAGE
        else:
            paging = ""
        self.__doc__ = "\n\n".join(
            filter(None, (words or inspect.getdoc(takes), paging, _ERRORS))
        )

    def __set_name__(self, owner: type, name: str) -> None:
        self.__name__ = name

    def request(self, *args: P.args, **kwargs: P.kwargs) -> EndpointRequest[Any]:
        """Return the request for these arguments; raises as ``check`` does."""
        arguments = self._signature.bind(*args, **kwargs).arguments
        for name, value in arguments.items():
            is_optional = self._signature.parameters[name].default is None
            if value is not None or not is_optional:
                check(name, value)
        taken = self._takes(*args, **kwargs)
        members = {name: value for name, value in taken.items() if value is not None}
        if self._is_list:
            members = {"itemsPerPage": MAX_PAGE_SIZE} | members
        query: dict[str, str] = {}
        body: Members | None = None
        if self._method in {"POST", "PATCH"}:
            body = members
        else:
            query = {name: str(value).lower() for name, value in members.items()}
        return EndpointRequest(
            method=self._method,
            path="/api/atlas/v2/groups/" + self._path.format(**arguments),
            query=query,
            body=body,
            model=self._model,
            whole=self._is_list,
        )

    @overload
    def __get__(self, group: None, owner: object = None) -> Self: ...
    @overload
    def __get__(
        self, group: EndpointGroup[httpx.Client], owner: object = None
    ) -> Callable[P, B_co]: ...
    @overload
    def __get__(
        self, group: EndpointGroup[httpx.AsyncClient], owner: object = None
    ) -> Callable[P, A_co]: ...
    def __get__(self, group: EndpointGroup[Any] | None, owner: object = None) -> Any:
        """Return a function with the endpoint's name, docstring and signature.

        ``help()`` and editors show them.
        """
        if group is None:
            return self
        is_async = isinstance(group._http, httpx.AsyncClient)  # noqa: SLF001 - this file's own
        kind = "items" if self._is_list else "send"
        flow = getattr(group, f"_a{kind}" if is_async else f"_{kind}")

        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return flow(self.request(*args, **kwargs))

        described: Any = method
        described.__name__ = described.__qualname__ = self.__name__
        described.__doc__ = self.__doc__
        result = self._model.__name__
        if self._is_list:
            (item,) = get_args(self._model.__orig_bases__[0])  # type: ignore[attr-defined]
            result = f"{'Async' * is_async}Iterator[{item.__name__}]"
        described.__signature__ = self._signature.replace(return_annotation=result)
        return method


def one(
    takes: Callable[P, Members],
    model: type[R],
    path: str,
    words: str = "",
    *,
    method: str = "GET",
) -> EndpointMethod[R, Coroutine[Any, Any, R], P]:
    """Return an endpoint whose method returns a model."""
    return EndpointMethod(takes, model, path, words, method, is_list=False)


def each(
    takes: Callable[P, Members], model: type[Page[M]], path: str, words: str
) -> EndpointMethod[Iterator[M], AsyncIterator[M], P]:
    """Return an endpoint whose method iterates over the items of all pages.

    The call itself checks its arguments.
    """
    return EndpointMethod(takes, model, path, words, "GET", is_list=True)


def check(name: str, value: object) -> None:
    """Raise ValueError on an invalid id or name, and TypeError unless it is a text.

    The error includes the argument's name. Ids are the arguments whose name ends with
    ``_id``. Names are ``name`` and those that end with ``cluster_name``. A valid one is
    a path segment without encoding.
    """
    is_id = name.endswith("_id")
    if not (is_id or name.endswith("cluster_name") or name == "name"):
        return
    if not isinstance(value, str):
        raise TypeError(f"{name}: {value!r} is not a text")
    if is_id and _ID.fullmatch(value) is None:
        raise ValueError(
            f"{name}: {value!r} is not 24 hexadecimal digits, as all of Atlas's ids are"
        )
    if not is_id and _NAME.fullmatch(value) is None:
        raise ValueError(
            f"{name}: {value!r} may contain only letters, digits and hyphens"
        )
