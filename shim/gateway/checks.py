"""Check requests before any decision, and refuse those that Atlas may read differently."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import attrs

from shim.codes import cure_of
from shim.core.messages import Call, Headers
from shim.core.recognize import Engine, Match
from shim.gateway.credentials.signers import UpstreamSigner
from shim.gateway.errors import Refusal, bad_request
from shim.gateway.fields import folded
from shim.gateway.http1.response import Request
from shim.gateway.option_values import Address
from shim.gateway.plan import Plan

NO_FORWARD_PROXY = (
    "Give its URL as the base URL of the API, and not as HTTP_PROXY or HTTPS_PROXY."
)

_UNKNOWN_HOST = (
    f"The Host of this call is not the gateway's. {cure_of('SHIM_HOST_UNKNOWN')}"
)
"""The request is for another name (RFC 9110, 15.5.20), such as a rebound DNS name."""

_UNKNOWN_BASE = f"Atlas's paths begin with /api/, but this one begins with %s. {cure_of('SHIM_BASE_PATH_UNKNOWN')}"

_ALLOW = ("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")

# Parameters in the query of a retired call: each one is decoded and looked up.
PARAMETERS = 100

# the endpoints that issue and revoke tokens
SIGN_IN = frozenset({"/api/oauth/token", "/api/oauth/revoke"})

_DOTS = re.compile(
    r"/(?:\.|%(?:25)*2e|%(?:25)*c0%(?:25)*[26a]e|%(?:25)*e0%(?:25)*80%(?:25)*ae){1,2}(?:(?:;|%3b)[^/]*)?(?=/|$)",
    re.IGNORECASE,
)
"""A dot segment: plain, encoded (also repeatedly), or as overlong UTF-8."""

_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PORT = re.compile(r":[0-9]+$")
# Atlas's path behind the path of a proxy in front.
_PREFIXED = re.compile(r"(/.+?)/api/(?:atlas|public)/")
# Members of Connection that are not field names (RFC 9110, 7.6.1).
_OF_CONNECTION = frozenset({"", "close", "keep-alive"})
# members of Connection must not name these
_OF_MESSAGE = frozenset({"accept", "authorization", "content-type", "cookie"})

# Fields that make some servers use another method or another target.
_OVERRIDES = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
_OTHER_TARGETS = frozenset({
    "x-original-url", "x-original-uri", "x-rewrite-url", "x-forwarded-uri", "x-envoy-original-path",
})  # fmt: skip


def check(
    request: Request, plan: Plan, authorities: frozenset[str], name: str
) -> tuple[Call, str, bool]:
    """Return the call for upstream, its public URL, and whether its path was shortened.

    The call's target is in origin form without the path of ``--public-url``, without
    the fields that Connection names, and with its content unread. ``authorities`` are
    the gateway's own: an absolute-form target must name one of them, and so must Host
    if the plan requires it. ``name`` is the gateway's name in Via. Raises Refusal.
    """
    head = request.head
    method = head.method
    target = head.target
    _check_method(method)
    authority = ",".join(head.hosts)
    # HTTP/1.0 has no Host (RFC 9112, 3.2).
    if not _HOST.fullmatch(authority) and (head.hosts or not head.is_http10):
        raise bad_request("The Host field is not one host with an optional port.")
    if not target.startswith("/"):
        target, authority = _from_absolute(target, authorities, request.way.scheme)
    public_url = (plan.options.public_url or "").rstrip("/")
    prefix = urlsplit(public_url).path
    is_moved = prefix != "" and target.startswith(f"{prefix}/")
    if is_moved:
        target = target.removeprefix(prefix)
    if plan.checks_host and authority.lower() not in authorities:
        raise _denied(421, "SHIM_HOST_UNKNOWN", _UNKNOWN_HOST)
    if target.startswith("//"):
        raise bad_request(
            "The request target starts with two slashes: give the base URL without a slash at its end."
        )
    if not target.isascii() or "#" in target:
        raise bad_request(
            "The request target has a fragment or bytes that should be percent-encoded."
        )
    if head.via:
        _check_via(",".join(head.via), name)
    headers = _end_to_end(request.headers)
    _check_query(method, target, headers, plan.engine)
    path = target.partition("?")[0]
    # rarely any
    if "%" in path or "/." in path or "\\" in path or not path.isprintable():
        _check_path(method, path, headers, plan.engine)
    if path.startswith("/api/"):
        prefixed = None
    else:
        prefixed = _PREFIXED.match(path)
    if prefixed:
        detail = _UNKNOWN_BASE % prefixed[1][:100]
        raise Refusal(404, "SHIM_BASE_PATH_UNKNOWN", "http_request_error", detail)
    call = Call(method, plan.options.upstream, target, headers)
    return call, public_url or f"{request.way.scheme}://{authority}", is_moved


def _denied(
    status: int,
    code: str,
    detail: str,
    error: str = "http_request_denied",
    headers: Headers = (),
) -> Refusal:
    """Return a refusal after which the connection is closed."""
    return Refusal(status, code, error, detail, headers=headers, close=True)


def _check_method(method: str) -> None:
    """Raise Refusal for a method that is meant for another kind of server."""
    if method not in {"CONNECT", "TRACE"}:
        return
    detail = f"{method} is not supported by a gateway."
    if method == "CONNECT":
        detail += f" {NO_FORWARD_PROXY}"
    raise _denied(405, "SHIM_METHOD_NOT_ALLOWED", detail, headers=(_ALLOW,))


def _check_via(via: str, name: str) -> None:
    """Raise Refusal for a message that passed this gateway before (RFC 9110, 7.6.3)."""
    for member in via.split(","):
        received_by = member.lower().split()[1:2]
        if name in received_by:
            cure = cure_of("SHIM_LOOP_DETECTED")
            detail = f"This call has already passed through this gateway. {cure}"
            raise _denied(508, "SHIM_LOOP_DETECTED", detail, "proxy_loop_detected")


def _check_query(method: str, target: str, headers: Headers, engine: Engine) -> None:
    """Raise Refusal for a retired call with too many parameters."""
    if target.count("&") < PARAMETERS:
        return
    if engine.recognize(method, target, headers) is not None:
        raise bad_request("The query has too many parameters.", 414)


def _from_absolute(
    target: str, authorities: frozenset[str], spoken: str
) -> tuple[str, str]:
    scheme, found, rest = target.partition("://")
    authority, slash, path = rest.partition("/")
    if not found or scheme.lower() != spoken or authority.lower() not in authorities:
        raise bad_request(
            f"The request target is not a path on this gateway. {NO_FORWARD_PROXY}"
        )
    return (slash + path) or "/", authority


def _end_to_end(headers: Headers) -> Headers:
    """Return the field lines without those that Connection names (RFC 9110, 7.6.1).

    Raises Refusal if it names a field that the request needs, because the request would
    change its meaning.
    """
    named = set()
    for name, value in headers:
        if len(name) == 10 and name.lower() == "connection" and value != "keep-alive":
            named.update([folded(member.strip()) for member in value.split(",")])
    named -= _OF_CONNECTION
    if not named:
        return headers
    if wrong := ", ".join(sorted(named & _OF_MESSAGE)):
        raise bad_request(
            f"The Connection field names {wrong}, which is for all recipients of the request."
        )
    return tuple([line for line in headers if folded(line[0]) not in named])


def _check_path(method: str, path: str, headers: Headers, engine: Engine) -> None:
    lower = path.lower()
    if "\\" in path or "%5c" in lower or "%00" in lower or not path.isprintable():
        raise bad_request("The path has a backslash or a control character.")
    if _DOTS.search(path):
        raise bad_request("The path has a dot segment.")
    if "%2f" in lower and engine.recognize(method, unquote(path), headers) is not None:
        raise bad_request("The path has an encoded slash in place of a plain one.")


def check_allowed(
    call: Call, match: Match | None, plan: Plan, signer: UpstreamSigner
) -> Call:
    """Return the call that may be sent; raises Refusal for one that is not allowed.

    The operator's list applies to every call. Without a list, only calls with the
    gateway's own credentials are limited, because a caller who proved a key may do what
    that key may do. A call that the gateway signs, or that is limited, loses the fields
    that name another target. It is refused if a field names another method.
    """
    if signer.borrows:
        allowed = plan.options.allowed
    else:
        allowed = plan.options.allow
    if allowed is None and not signer.signs:
        return call
    # Servers that support such a field use the method that it names.
    is_other = any(
        folded(name) in _OVERRIDES and value.strip() != call.method
        for name, value in call.headers
    )
    if allowed is None:
        is_allowed = not is_other
    else:
        signs_in = not signer.signs and call.method == "POST" and call.path in SIGN_IN
        if match is None or is_other:
            operation = None
        else:
            operation = match.operation
        is_allowed = allowed.has(
            "" if is_other else call.method, call.path, operation, signs_in=signs_in
        )
    if not is_allowed:
        raise not_allowed(call.method, is_other=is_other)
    kept = tuple(
        [line for line in call.headers if folded(line[0]) not in _OTHER_TARGETS]
    )
    if kept == call.headers:
        return call
    return attrs.evolve(call, headers=kept)


def not_allowed(method: str, *, is_other: bool = False) -> Refusal:
    """Refuse a call that is not on the list, or that a field changes into another."""
    detail = (
        f"This gateway does not allow this call ({method}, and its path). With its own key it allows reads, and the "
        f"writes that shipped documents mark as lent. Nothing was sent. {cure_of('SHIM_NOT_ALLOWED')}"
    )
    if is_other:
        detail = (
            f"A field of this call (such as X-HTTP-Method-Override) names another method than {method}, which a "
            "gateway that signs calls, or has a list of calls, does not allow. Nothing was sent. Make the call with "
            "the method that it is meant to have."
        )
    return Refusal(403, "SHIM_NOT_ALLOWED", "http_request_denied", detail)


def authorities_of(
    address: Address, *, public_url: str | None = None, tls: bool = False
) -> frozenset[str]:
    """Return the authorities of a listener, in lower case."""
    # no web page has these names, so they count without a port, too
    names = {*_LOOPBACK}
    ports = {":443" if tls else ":80"}
    names |= {
        address.authority.lower(),
        *(f"{host}:{address.port}" for host in _LOOPBACK),
    }
    if public_url is not None:
        public = urlsplit(public_url)
        names.add(public.netloc)
        ports.add(":443" if public.scheme == "https" else ":80")
    # Most callers leave out a port that the scheme implies (RFC 9110, 4.2.3), but not
    # all.
    names |= {name.removesuffix(port) for name in names for port in ports}
    return frozenset(
        names
        | {
            f"{name}{port}"
            for name in names
            if not _PORT.search(name)
            for port in ports
        }
    )
