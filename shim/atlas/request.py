"""One call of the typed client as it is sent, and the call for the page after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar
from urllib.parse import quote

import attrs

from shim.atlas.convert import Model, Reader
from shim.atlas.models import Page
from shim.core.query import MOST

MEDIA_TYPE = "application/vnd.atlas.2023-01-01+json"
"""The only version that the legacy endpoints have."""

T_co = TypeVar("T_co", bound=Model | bool, covariant=True)
M = TypeVar("M", bound=Model)

_QUERY = {"include_count": "includeCount", "items_per_page": "itemsPerPage", "page_num": "pageNum"}


@attrs.frozen(kw_only=True)
class EndpointRequest(Generic[T_co]):
    """One call: its path is percent-encoded; ``read`` turns the JSON of a success into a value.

    ``expected`` says what JSON that is, for the error when it is anything else. ``whole`` asks for all items of a
    list that the shim collects; a page then has more of them than the query asks for.
    """

    method: str = "GET"
    path: str
    query: Mapping[str, str] = attrs.field(factory=dict)
    body: Mapping[str, object] | None = None
    read: Reader[T_co]
    expected: str = "a JSON object"
    whole: bool = False


def following(request: EndpointRequest[Page[M]], page: Page[M], seen: int) -> EndpointRequest[Page[M]] | None:
    """Return the request for the page after this one, None after the last.

    ``seen`` counts the results of all pages so far. Only numbers are taken from a reply: a link decides
    neither where credentials go nor that an earlier page comes again.
    """
    number = int(request.query.get("pageNum", "1"))
    after = page.next_page
    if after is None and seen < (page.total_count or 0):
        after = number + 1
    if after is None or after <= number or not page.results:
        return None
    return attrs.evolve(request, query={**request.query, "pageNum": str(after)})


def all_of(first: EndpointRequest[Page[M]], items_per_page: int | None) -> EndpointRequest[Page[M]]:
    """Return the request that an iteration begins with: pages are as large as they may be unless it is said."""
    return attrs.evolve(
        first, query=query_of(items_per_page=MOST if items_per_page is None else items_per_page), whole=True
    )


def path_of(template: str, **parameters: str) -> str:
    """Fill a template; raises ValueError on a parameter that would make it another endpoint's path."""
    for name, value in parameters.items():
        if value in {"", ".", ".."}:
            raise ValueError(f"{name}: {value!r} cannot stand in a path")
    return template.format(**{name: quote(value, safe="") for name, value in parameters.items()})


def query_of(**values: int | None) -> dict[str, str]:
    """Spell the query parameters that were given as Atlas does."""
    return {_QUERY[name]: str(value).lower() for name, value in values.items() if value is not None}


def body_of(members: Mapping[str, object]) -> dict[str, object]:
    """Leave out of a body what was not given."""
    return {name: value for name, value in members.items() if value is not None}
