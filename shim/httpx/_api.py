"""httpx's top-level functions, each through a Client of ours and otherwise as httpx has them."""

from __future__ import annotations

import httpx

from shim.doors.httpx_family.api import function, streaming
from shim.httpx._clients import Client

delete = function(Client, httpx.delete, name="delete", method="DELETE")
get = function(Client, httpx.get, name="get", method="GET")
head = function(Client, httpx.head, name="head", method="HEAD")
options = function(Client, httpx.options, name="options", method="OPTIONS")
patch = function(Client, httpx.patch, name="patch", method="PATCH")
post = function(Client, httpx.post, name="post", method="POST")
put = function(Client, httpx.put, name="put", method="PUT")
request = function(Client, httpx.request, name="request")
stream = streaming(Client, httpx.stream)
