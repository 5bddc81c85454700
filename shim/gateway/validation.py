"""Raw requests looked at before anything is decided: what isn't plain is refused, not repaired.

Atlas' servers may read an odd request in another way than the gateway does; what was matched and
what is sent must be the same bytes, so a target with two readings is answered with 400.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

import attrs

from shim.core.messages import Call, Headers
from shim.core.recognise import Engine
from shim.gateway.errors import Refusal, bad_request, unknown_host
from shim.gateway.fields import PSEUDONYM
from shim.gateway.http1.request import Request
from shim.gateway.options import Address
from shim.gateway.reload import Plan

NO_FORWARD_PROXY = "Give its URL as the base URL of the API, and not as HTTP_PROXY or HTTPS_PROXY."

METHODS_REFUSED = frozenset({"CONNECT", "TRACE"})

_ODD = re.compile(r"[^\x21-\x7e]|[\\#]|%(?:00|2[5ef]|5c|c0|e0)|/\.\.?(?:[/;]|%3b|$)", re.IGNORECASE)
"""A first look at a path; almost all have none of it."""

_DOTS = re.compile(
    r"/(?:\.|%(?:25)*2e|%(?:25)*c0%(?:25)*[26a]e|%(?:25)*e0%(?:25)*80%(?:25)*ae){1,2}(?:(?:;|%3b)[^/]*)?(?=/|$)",
    re.IGNORECASE,
)
"""A dot segment: plain, encoded, encoded again and again, or spelled as overlong UTF-8."""

_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@attrs.frozen
class InboundRequest:
    """A request that passed the checks.

    ``call`` is what it asks of upstream, its target in origin form and its content unread; ``authority`` is the
    one that the caller used, and ``raw_target`` the target as it stood in the request line.
    """

    call: Call
    authority: str
    raw_target: str


def validate(request: Request, plan: Plan, authorities: frozenset[str]) -> InboundRequest:
    """Return the request as neutral values, or raise Refusal.

    ``authorities`` are those of the gateway: an absolute-form target has to name one, and so has Host
    where the plan says so.
    """
    method, target, headers = request.method, request.target, request.headers
    if method in METHODS_REFUSED:
        raise Refusal(
            405,
            "SHIM_METHOD_NOT_ALLOWED",
            f"{method} is not something that a gateway does.{f' {NO_FORWARD_PROXY}' if method == 'CONNECT' else ''}",
            error="http_request_denied",
            headers=(("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),),
            close=True,
        )
    hosts, via = request.head.hosts, request.head.via
    # HTTP/1.0 has no Host yet (RFC 9112, 3.2).
    if len(hosts) > 1 or not (_is_host(hosts[0]) if hosts else request.head.is_http10):
        raise bad_request("The Host field is not one host with an optional port.")
    authority = hosts[0] if hosts else ""
    if not target.startswith("/"):
        target, authority = _from_absolute(target, authorities, request.scheme)
    if plan.checks_host and authority.lower() not in authorities:
        raise unknown_host()
    if target.startswith("//"):
        detail = "The request target starts with two slashes: give the base URL without a slash at its end."
        raise bad_request(detail)
    if not target.isascii() or "#" in target:
        raise bad_request("The request target has a fragment or bytes that should be percent-encoded.")
    path = target.partition("?")[0]
    if _is_odd(path):
        _check_path(method, path, headers, plan.engine)
    if via:
        _check_loop(via)
    return InboundRequest(Call(method, plan.options.upstream, target, headers), authority, request.target)


@lru_cache(maxsize=512)
def _is_odd(path: str) -> bool:
    return _ODD.search(path) is not None


@lru_cache(maxsize=256)
def _is_host(text: str) -> bool:
    return _HOST.fullmatch(text) is not None


def _from_absolute(target: str, authorities: frozenset[str], spoken: str) -> tuple[str, str]:
    scheme, found, rest = target.partition("://")
    authority, slash, path = rest.partition("/")
    if not found or scheme.lower() != spoken or authority.lower() not in authorities:
        raise bad_request(f"The request target is not a path on this gateway. {NO_FORWARD_PROXY}")
    return (slash + path) or "/", authority


def _check_path(method: str, path: str, headers: Headers, engine: Engine) -> None:
    lower = path.lower()
    if "\\" in path or "%5c" in lower or "%00" in lower or not path.isprintable():
        raise bad_request("The path has a backslash or a control character.")
    if _DOTS.search(path):
        raise bad_request("The path has a dot segment.")
    if "%2f" in lower and engine.recognise(method, unquote(path), headers) is not None:
        raise bad_request("The path has an encoded slash where a plain one belongs.")


def _check_loop(via: list[str]) -> None:
    """Refuse a message that has passed this kind of gateway before (RFC 9110, 7.6.3)."""
    members = [member.split() for member in ",".join(via).split(",")]
    if any(len(words) > 1 and words[1].lower() == PSEUDONYM for words in members):
        raise Refusal(
            508,
            "SHIM_LOOP_DETECTED",
            "This call has passed atlas-shim before: its upstream leads back to itself.",
            error="proxy_loop_detected",
            close=True,
        )


def authorities_of(address: Address | None, *, public_url: str | None = None, tls: bool = False) -> frozenset[str]:
    """Return the authorities that a listener is called by, in lower case; it has no address on a unix socket."""
    names = {"localhost"} if address is None else {address.authority.lower()}
    names.update(f"{host}:{address.port}" for host in _LOOPBACK if address is not None)
    if public_url is not None:
        names.add(public_url.partition("://")[2])
    # A port that the scheme implies is left out by most callers, and by others not.
    return frozenset(names | {name.removesuffix(":443" if tls else ":80") for name in names})
