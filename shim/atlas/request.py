"""A request of the typed client, and the request for the next page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Generic, TypeVar

import attrs

from shim.atlas.convert import Model, Reader
from shim.atlas.models import Page
from shim.core.question import MOST

MEDIA_TYPE = "application/vnd.atlas.2023-01-01+json"
"""The only version of the legacy endpoints."""

T_co = TypeVar("T_co", bound=Model, covariant=True)
M = TypeVar("M", bound=Model)

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
    return attrs.evolve(
        first, query=query_of(items_per_page=MOST if items_per_page is None else items_per_page), whole=True
    )


def path_of(template: str, **parameters: str) -> str:
    """Fill a template; raises as ``check`` does on an invalid parameter.

    A valid one is a path segment without encoding.
    """
    for name, value in parameters.items():
        _check(name, value)
    return template.format(**parameters)


def check(**arguments: str | None) -> None:
    """Raise ValueError on invalid ids (arguments whose name ends with id) and names, TypeError unless they are texts.

    The error names the argument; None means that it was not given.
    """
    for name, value in arguments.items():
        if value is not None:
            _check(name, value)


_ID = re.compile("[0-9a-fA-F]{24}")
"""Any id (contract: in lower case; in upper case it means the same object)."""

_NAME = re.compile("[a-zA-Z0-9][a-zA-Z0-9-]*")
"""The name of an instance or a cluster (contract), however long."""


def _check(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name}: {value!r} is no text")
    if name.endswith("_id"):
        if _ID.fullmatch(value) is None:
            raise ValueError(f"{name}: {value!r} is not 24 hexadecimal digits, as all of Atlas' ids are")
    elif _NAME.fullmatch(value) is None:
        raise ValueError(f"{name}: {value!r} is not made of letters, digits and hyphens, as Atlas' names are")


def query_of(**values: int | None) -> dict[str, str]:
    """Return the given query parameters under Atlas' names."""
    return {_QUERY[name]: str(value).lower() for name, value in values.items() if value is not None}


def body_of(members: Mapping[str, object]) -> dict[str, object]:
    """Return a body without the members that were not given."""
    return {name: value for name, value in members.items() if value is not None}
