"""Raw requests looked at before anything is decided: what isn't plain is refused, not repaired.

Atlas' servers may read an odd request in another way than the gateway does; what was matched and
what is sent must be the same bytes, so a target with two readings is answered with 400.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

import attrs
from aiohttp import HttpVersion, HttpVersion10, HttpVersion11, web

from shim.core.messages import Headers
from shim.core.recognise import Engine
from shim.gateway import fields
from shim.gateway.errors import Refusal, bad_request, too_many, unknown_host
from shim.gateway.options import CredentialsMode, Options

_VERSIONS = frozenset({HttpVersion10, HttpVersion11})
_TOO_LONG = 1 << 53
"""Bytes that some of HTTP's implementations can't count any more."""

METHODS_REFUSED = frozenset({"CONNECT", "TRACE"})

_ODD = re.compile(r"[^\x21-\x7e]|[\\#]|%(?:00|2[5ef]|5c|c0|e0)|/\.\.?(?:[/;]|%3b|$)", re.IGNORECASE)
"""A first look at a path; almost all have none of it."""

_DOTS = re.compile(
    r"/(?:\.|%(?:25)*2e|%(?:25)*c0%(?:25)*[26a]e|%(?:25)*e0%(?:25)*80%(?:25)*ae){1,2}(?:(?:;|%3b)[^/]*)?(?=/|$)",
    re.IGNORECASE,
)
"""A dot segment: plain, encoded, encoded again and again, or spelled as overlong UTF-8."""

FIELDS_SIZE = 65536
"""Bytes of all fields of one request."""

_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


@attrs.frozen
class Incoming:
    """A request that passed: ``target`` is in origin form, ``host`` the authority the caller used."""

    method: str
    target: str
    headers: Headers
    host: str


def take(request: web.BaseRequest, own: frozenset[str], engine: Engine, *, known: bool = False) -> Incoming:
    """Return the request as neutral values, or raise Refusal.

    ``own`` are the authorities that an absolute-form target may name; with ``known`` Host must name one, too.
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
    _check_framing(request)
    headers = _headers(request)
    host = _host(headers)
    target = request.raw_path
    if not target.startswith("/"):
        target, host = _from_absolute(target, own, request.scheme)
    if known and host.lower() not in own:
        raise unknown_host()
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


def knows_its_names(options: Options) -> bool:
    """Tell whether a Host that isn't the gateway's is to be refused (RFC 9110, 7.4).

    That is so once it was told its public name, or deals in credentials where it knows its address.
    """
    if options.public_url is not None:
        return True
    anywhere = options.uds is None and options.listen.host in {"0.0.0.0", "::"}  # noqa: S104 - compared with
    return options.credentials is not CredentialsMode.PASSTHROUGH and not anywhere


def _check_framing(request: web.BaseRequest) -> None:
    """Refuse what aiohttp lets through, although it could be framed, or read, in another way upstream."""
    if request.version == HttpVersion(0, 9):
        raise bad_request("The request is of HTTP/0.9, which has no fields.")
    if request.version not in _VERSIONS:
        raise attrs.evolve(bad_request("This gateway speaks HTTP/1.1."), status=505)
    size = 0
    for name, value in request.raw_headers:
        size += len(name) + len(value)
        # Of no use in HTTP/1.0 (RFC 9112, 6.1); another coding than this one would have to be undone here.
        if name.lower() == b"transfer-encoding" and (value.lower() != b"chunked" or request.version == HttpVersion10):
            raise bad_request("The Transfer-Encoding of the request is not what HTTP/1.1 requires of all.")
    if size > FIELDS_SIZE:
        raise too_many()
    if (length := request.content_length) is not None and length >= _TOO_LONG:
        raise attrs.evolve(bad_request("The Content-Length of the request is beyond all counting."), status=413)


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


def _from_absolute(target: str, own: frozenset[str], spoken: str) -> tuple[str, str]:
    scheme, found, rest = target.partition("://")
    authority, slash, path = rest.partition("/")
    if not found or scheme.lower() != spoken or authority.lower() not in own:
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
