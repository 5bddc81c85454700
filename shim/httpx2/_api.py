"""httpx2's top-level functions, each through a Client of ours and otherwise as httpx2 has them."""

from __future__ import annotations

import httpx2

from shim.doors.httpx_family.api import function, streaming
from shim.httpx2._clients import Client

delete = function(Client, httpx2.delete, name="delete", method="DELETE")
get = function(Client, httpx2.get, name="get", method="GET")
head = function(Client, httpx2.head, name="head", method="HEAD")
options = function(Client, httpx2.options, name="options", method="OPTIONS")
patch = function(Client, httpx2.patch, name="patch", method="PATCH")
post = function(Client, httpx2.post, name="post", method="POST")
put = function(Client, httpx2.put, name="put", method="PUT")
query = function(Client, httpx2.query, name="query", method="QUERY")
request = function(Client, httpx2.request, name="request")
stream = streaming(Client, httpx2.stream)
