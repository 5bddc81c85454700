"""Which of urllib3's calls are retired ones, whether a pool or a manager of pools is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from urllib3 import HTTPConnectionPool, PoolManager
from urllib3._collections import HTTPHeaderDict  # urllib3 1.26 has it here only
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from shim.doors import recognition
from shim.doors.forms import content_of, header_lines
from shim.doors.process import concerns
from shim.doors.recognition import RetiredCall
from shim.origins import origin_of

Owner = HTTPConnectionPool | PoolManager
"""Whose ``urlopen`` is called."""

_NAMES = (  # in the order of a pool's ``urlopen``
    *("body", "headers", "retries", "redirect", "assert_same_host", "timeout"),
    *("pool_timeout", "release_conn", "chunked", "body_pos", "preload_content", "decode_content"),
)


@attrs.frozen(eq=False)
class CallerRequest:
    """A retired call as the caller made it.

    ``options`` are the arguments of ``urlopen`` by name, but for method and URL; ``prefix`` is what stands
    before the target in ``url``, nothing where that is relative to a pool.
    """

    owner: Owner
    url: str
    prefix: str
    options: Mapping[str, Any] = attrs.field(repr=False)
    retired: RetiredCall

    @property
    def method(self) -> str:
        """The caller's method."""
        return self.retired.call.method

    @property
    def pool(self) -> HTTPConnectionPool:
        """The pool that urllib3's exceptions name."""
        owner = self.owner
        return owner if isinstance(owner, HTTPConnectionPool) else owner.connection_from_url(self.url)


def recognise(
    owner: Owner, method: str, url: str, args: Iterable[Any], kwargs: Mapping[str, Any]
) -> CallerRequest | None:
    """Return what a call of ``urlopen`` is when it is a retired one, else None: then nobody touches it.

    Its body is read if it takes part.
    """
    if not concerns(url):
        return None
    pool = owner if isinstance(owner, HTTPConnectionPool) else None
    options = {**dict(zip(_NAMES if pool else ("redirect",), args, strict=False)), **kwargs}
    try:
        where = parse_url(url)
        if pool and url.startswith("/"):
            prefix, target = "", url.partition("#")[0]
            origin = origin_of(pool.scheme or "", pool.host, pool.port)
        else:
            target = where.request_uri
            prefix = (where._replace(fragment=None).url).removesuffix(target)
            origin = origin_of(where.scheme or "http", where.host or "", where.port)
        target.encode("ascii")
    except (HTTPError, ValueError):  # none that can be sent
        return None
    if options.get("headers") is None and (pool or "headers" not in options):
        options["headers"] = owner.headers
    headers: Any = options.get("headers") or {}
    retired = recognition.recognise(method, origin, target, lambda: header_lines(headers.items()))
    if retired is None:
        return None
    if retired.match.needs_body:
        retired = retired.with_body(_read_content(options))
    return CallerRequest(owner, url, prefix, options, retired)


def _read_content(options: dict[str, Any]) -> bytes:
    """Return a request's body; one that can be read only once is replaced by what it says."""
    body = options.get("body")
    content = content_of(body)
    if body is not None and not isinstance(body, str | bytes | bytearray):
        headers = HTTPHeaderDict(options.get("headers"))
        headers.discard("Content-Length")
        headers.discard("Transfer-Encoding")
        options |= {"body": content, "headers": headers, "chunked": False, "body_pos": None}
    return content
