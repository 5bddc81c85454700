"""What a session does differently: prepare_request and send, for sessions of any class.

``base`` is the method in whose place these stand, bound to the session.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from requests import PreparedRequest, Request, Response, Session
from requests import sessions as _sessions
from requests.cookies import extract_cookies_to_jar
from requests.hooks import dispatch_hook
from requests.utils import resolve_proxies

from shim.doors.process import concerns
from shim.doors.requests.exchange import ExchangeFlow, run
from shim.doors.requests.recognition import recognise
from shim.doors.requests.signing import TargetAuth, hooks_of, signature_of


def prepare_request(session: Session, base: Callable[[Request], PreparedRequest], request: Request) -> PreparedRequest:
    """Prepare a request; that of a retired call is signed for what will be sent, and is the caller's otherwise."""
    url = request.url
    text = url.decode("utf-8", "replace") if isinstance(url, bytes) else str(url)
    if isinstance(request.auth, TargetAuth) or not concerns(text):
        return base(request)
    # As in requests: netrc is asked when neither request nor session has credentials.
    auth = request.auth
    if session.trust_env and not auth and not session.auth:
        auth = _sessions.get_netrc_auth(url or "")  # type: ignore[attr-defined]  # where programs replace it
    request = copy.copy(request)
    request.auth = TargetAuth(_sessions.merge_setting(auth, session.auth), url)
    return base(request)


def send(session: Session, base: Callable[..., Response], request: PreparedRequest, **kwargs: Any) -> Response:
    """Send a prepared request; a retired call is an exchange, around which the caller's hooks run once."""
    retired = recognise(request)
    if retired is None:
        return base(request, **kwargs)
    kwargs.setdefault("stream", session.stream)
    kwargs.setdefault("verify", session.verify)
    kwargs.setdefault("cert", session.cert)
    if "proxies" not in kwargs:
        kwargs["proxies"] = resolve_proxies(request, session.proxies, session.trust_env)
    allow_redirects = kwargs.pop("allow_redirects", True)
    signature = signature_of(request)
    flow = ExchangeFlow(request, retired, signature, kwargs.get("timeout"))
    options = {**kwargs, "stream": True, "allow_redirects": allow_redirects}

    def send_inner(inner: PreparedRequest) -> Response:
        if flow.timeout_now is not None:
            options["timeout"] = flow.timeout_now
        return base(inner, **options)

    response = run(flow, send_inner)
    hooks = [hook for hook in hooks_of(request) if hook not in signature.hooks]
    seen = dispatch_hook("response", {"response": hooks}, response, **kwargs)
    if seen is not response:
        for earlier in (*seen.history, seen):
            extract_cookies_to_jar(session.cookies, earlier.request, earlier.raw)
    if not kwargs["stream"]:
        _ = seen.content
    return seen
