"""requests' top-level functions, each through a Session of ours and otherwise as requests has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from requests import api as _api

from shim.doors.signatures import like
from shim.requests.sessions import Session

# ruff: noqa: D103 - like() gives each function the documentation that requests has for it


@like(requests.request)
def request(method: Any, url: Any, **kwargs: Any) -> requests.Response:
    with Session() as session:
        return session.request(method=method, url=url, **kwargs)


@like(requests.get)
def get(url: Any, params: Any = None, **kwargs: Any) -> requests.Response:
    return request("get", url, params=params, **kwargs)


@like(requests.options)
def options(url: Any, **kwargs: Any) -> requests.Response:
    return request("options", url, **kwargs)


@like(requests.head)
def head(url: Any, **kwargs: Any) -> requests.Response:
    kwargs.setdefault("allow_redirects", False)
    return request("head", url, **kwargs)


@like(requests.post)
def post(url: Any, data: Any = None, json: Any = None, **kwargs: Any) -> requests.Response:
    return request("post", url, data=data, json=json, **kwargs)


@like(requests.put)
def put(url: Any, data: Any = None, **kwargs: Any) -> requests.Response:
    return request("put", url, data=data, **kwargs)


@like(requests.patch)
def patch(url: Any, data: Any = None, **kwargs: Any) -> requests.Response:
    return request("patch", url, data=data, **kwargs)


@like(requests.delete)
def delete(url: Any, **kwargs: Any) -> requests.Response:
    return request("delete", url, **kwargs)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What else the module has, so that reaching into it works as ever."""
        return getattr(_api, name)
