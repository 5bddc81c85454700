"""A request of the typed client, and the request for the next page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Generic, TypeVar

import attrs

from shim.atlas.convert import Model, Reader, nested
from shim.atlas.models import Page
from shim.core.question import MOST

MEDIA_TYPE = "application/vnd.atlas.2023-01-01+json"
"""The only version of the legacy endpoints."""

T = TypeVar("T")
T_co = TypeVar("T_co", bound=Model, covariant=True)
M = TypeVar("M", bound=Model)

_ID = re.compile("[0-9a-fA-F]{24}")
"""Any id (contract: in lower case; in upper case it means the same object)."""

_NAME = re.compile("[a-zA-Z0-9][a-zA-Z0-9-]*")
"""The name of an instance or a cluster (contract), however long."""

_QUERY = {"include_count": "includeCount", "items_per_page": "itemsPerPage", "page_num": "pageNum"}


@attrs.frozen(kw_only=True)
class EndpointRequest(Generic[T_co]):
    """One call; ``read`` turns the JSON of a success into a value.

    ``expected`` describes that JSON, for the error on anything else. ``whole`` asks for all items of a list that
    the shim collects; a page then has more items than the query asks for.
    """

    method: str = "GET"
    path: str
    query: Mapping[str, str] = attrs.field(factory=dict)
    body: Mapping[str, object] | None = None
    read: Reader[T_co]
    expected: str = "a JSON object"
    whole: bool = False


def following(request: EndpointRequest[Page[M]], page: Page[M], seen: int) -> EndpointRequest[Page[M]] | None:
    """Return the request for the next page, None after the last.

    ``seen`` counts the results of all pages so far. Only numbers are taken from a reply: its links can neither
    redirect credentials nor repeat an earlier page.
    """
    number = int(request.query.get("pageNum", "1"))
    after = page.next_page
    if after is None and seen < (page.total_count or 0):
        after = number + 1
    if after is None or after <= number or not page.results:
        return None
    return attrs.evolve(request, query={**request.query, "pageNum": str(after)})


def all_of(first: EndpointRequest[Page[M]], items_per_page: int | None) -> EndpointRequest[Page[M]]:
    """Return the first request of an iteration, by default with the largest pages."""
    size = MOST if items_per_page is None else items_per_page
    return attrs.evolve(first, query=_query_of({"items_per_page": size}), whole=True)


def ask(
    model: type[M],
    template: str,
    *,
    method: str = "GET",
    query: Mapping[str, int | None] | None = None,
    body: Mapping[str, object] | None = None,
    **parameters: str,
) -> EndpointRequest[M]:
    """Return the request for a model; members of ``query`` and ``body`` that are None were not given.

    ``parameters`` fill the template of the path. Raises as ``check`` does on an invalid one; a valid one is a path
    segment without encoding.
    """
    for name, value in parameters.items():
        _check(name, value)
    return EndpointRequest(
        method=method,
        path=template.format(**parameters),
        query=_query_of(query or {}),
        body=None if body is None else given(body),
        read=nested(model),
    )


def check(**arguments: str | None) -> None:
    """Raise ValueError on invalid ids (arguments whose name ends with id) and names, TypeError unless they are texts.

    The error names the argument; None means that it was not given.
    """
    for name, value in given(arguments).items():
        _check(name, value)


def _check(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name}: {value!r} is not a text")
    if name.endswith("_id"):
        if _ID.fullmatch(value) is None:
            raise ValueError(f"{name}: {value!r} is not 24 hexadecimal digits, as all of Atlas' ids are")
    elif _NAME.fullmatch(value) is None:
        raise ValueError(f"{name}: {value!r} is not made of letters, digits and hyphens, as Atlas' names are")


def _query_of(values: Mapping[str, int | None]) -> dict[str, str]:
    """Return the given query parameters under Atlas' names."""
    return {_QUERY[name]: str(value).lower() for name, value in given(values).items()}


def given(members: Mapping[str, T]) -> dict[str, T]:
    """Return the members that were given: those that are not None."""
    return {name: value for name, value in members.items() if value is not None}
