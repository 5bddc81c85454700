"""Raw requests looked at before anything is decided: what isn't plain is refused, not repaired.

Atlas' servers may read an odd request in another way than the gateway does; what was matched and
what is sent must be the same bytes, so a target with two readings is answered with 400.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

import attrs
from aiohttp import web

from shim.core.engine import Engine
from shim.core.messages import Headers
from shim.gateway import fields
from shim.gateway.answers import Refusal, bad_request

METHODS_REFUSED = frozenset({"CONNECT", "TRACE"})

_ODD = re.compile(r"[^\x21-\x7e]|[\\#]|%(?:00|2e|2f|5c)|/\.\.?(?:[/;]|$)", re.IGNORECASE)
"""A first look at a path; almost all have none of it."""

_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:;[^/]*)?(?=/|$)", re.IGNORECASE)

_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


@attrs.frozen
class Incoming:
    """A request that passed: ``target`` is in origin form, ``host`` the authority the caller used."""

    method: str
    target: str
    headers: Headers
    host: str


def take(request: web.BaseRequest, own: frozenset[str], engine: Engine) -> Incoming:
    """Return the request as neutral values, or raise Refusal.

    ``own`` are the authorities that an absolute-form target may name.
    """
    method = request.method
    if method in METHODS_REFUSED:
        raise Refusal(
            405,
            "SHIM_METHOD_NOT_ALLOWED",
            f"{method} is not something that a gateway does.",
            error="http_request_denied",
            headers=(("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),),
            close=True,
        )
    headers = _headers(request)
    host = _host(headers)
    target = request.raw_path
    if not target.startswith("/"):
        target, host = _from_absolute(target, own)
    _check_target(target)
    path = target.partition("?")[0]
    if _ODD.search(path):
        _check_path(method, path, headers, engine)
    if fields.loops(headers):
        raise Refusal(
            508,
            "SHIM_LOOP_DETECTED",
            "This call has passed atlas-shim before: its upstream leads back to itself.",
            error="proxy_loop_detected",
            close=True,
        )
    return Incoming(method, target, headers, host)


def _headers(request: web.BaseRequest) -> Headers:
    lines = []
    for name, value in request.raw_headers:
        try:
            lines.append((name.decode("ascii"), value.decode("utf-8")))
        except UnicodeDecodeError:
            # The client library would drop such bytes on their way out.
            raise bad_request("A field of the request has bytes that are neither ASCII nor UTF-8.") from None
    return tuple(lines)


def _host(headers: Headers) -> str:
    hosts = [value for name, value in headers if name.lower() == "host"]
    if len(hosts) > 1 or (hosts and not _HOST.fullmatch(hosts[0])):
        raise bad_request("The Host field is not one host with an optional port.")
    return hosts[0] if hosts else ""


def _from_absolute(target: str, own: frozenset[str]) -> tuple[str, str]:
    scheme, found, rest = target.partition("://")
    authority, slash, path = rest.partition("/")
    if not found or scheme.lower() != "http" or authority.lower() not in own:
        raise bad_request("The request target is not a path on this gateway.")
    return (slash + path) or "/", authority


def _check_target(target: str) -> None:
    if target.startswith("//"):
        raise bad_request("The request target starts with two slashes.")
    if not target.isascii() or "#" in target:
        raise bad_request("The request target has a fragment or bytes that should be percent-encoded.")


def _check_path(method: str, path: str, headers: Headers, engine: Engine) -> None:
    lower = path.lower()
    if "\\" in path or "%5c" in lower or "%00" in lower or not path.isprintable():
        raise bad_request("The path has a backslash or a control character.")
    if _DOTS.search(path):
        raise bad_request("The path has a dot segment.")
    if "%2f" in lower and engine.recognise(method, unquote(path), headers) is not None:
        raise bad_request("The path has an encoded slash where a plain one belongs.")
