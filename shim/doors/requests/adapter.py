"""The rewrite below a session, for programs that mount adapters and keep requests' own session.

The session signed the caller's target before the adapter sees the request. An authentication that works with
requests' hooks, as HTTPDigestAuth does, is found in them and signs what is sent, for no trip more; any other Digest
signature can't be made again here: then the answer says so, unless ``Adapter(auth=...)`` has the credentials.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.hooks import dispatch_hook
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from shim.core.content import dumps
from shim.core.responses import error_body, help_link
from shim.doors.digest import is_digest, is_stale
from shim.doors.forms import as_text
from shim.doors.process import prepare
from shim.doors.requests.exchange import ExchangeFlow, run
from shim.doors.requests.recognition import recognise
from shim.doors.requests.signing import Signature, signature_of

logger = logging.getLogger("shim")

NEEDS_AUTH = (
    "The call had to be sent to another endpoint after the session had signed it for the first one. "
    "Give the credentials to shim.requests.Adapter(auth=...), or use shim.requests.Session or shim.wrap(session)."
)


class Adapter(BaseAdapter):
    """An adapter that rewrites calls to retired Atlas endpoints and sends by another one.

    ``session.mount("https://cloud.mongodb.com/", Adapter())``. ``inner`` is requests.adapters.HTTPAdapter() unless
    given; ``auth``, as sessions take it, signs retired calls here and nothing else. Everything else that ``inner``
    has can be reached through this one. The record is in ``response.shim``, as with Session. Raises SettingsError
    and DocumentError as Session does.
    """

    def __init__(self, inner: BaseAdapter | None = None, *, auth: Any = None) -> None:
        prepare()
        super().__init__()
        self.inner = HTTPAdapter() if inner is None else inner
        self.auth = auth

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "inner" not in self.__dict__:  # as while it is being unpickled
            raise AttributeError(name)
        return getattr(self.inner, name)

    def send(  # noqa: PLR0913, PLR0917 - requests' own signature
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - as above
        timeout: Any = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002 - as above
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request; a retired call is an exchange."""
        options = {"timeout": timeout, "verify": verify, "cert": cert, "proxies": proxies}
        retired = recognise(request)
        if retired is None:
            return self.inner.send(request, stream=stream, **options)
        signature = signature_of(request)
        if self.auth is not None:
            signature = Signature(self.auth, request.headers.get("Authorization"))
        flow = ExchangeFlow(request, retired, signature)
        response = run(flow, partial(self._send, request, signature, **options, stream=True))
        # Where an authentication sends the caller's request again.
        response.connection = self  # type: ignore[assignment]  # the stubs know requests' own adapter only
        return response

    def _send(self, own: PreparedRequest, signature: Signature, request: PreparedRequest, **options: Any) -> Response:
        """Send one request of an exchange, with the hooks of the caller's authentication as a session runs them."""
        response: Response = dispatch_hook("response", request.hooks, self.inner.send(request, **options), **options)
        challenge, field = response.headers.get("WWW-Authenticate", ""), own.headers.get("Authorization", "")
        is_challenged = response.status_code == 401 and is_digest(challenge)
        if is_challenged and signature.auth is None and is_stale(as_text(field), request.path_url):
            logger.warning("%s", NEEDS_AUTH)
            response.close()
            return _explanation(request)
        return response

    def close(self) -> None:
        """Close the inner adapter."""
        self.inner.close()


def _explanation(request: PreparedRequest) -> Response:
    """Return a 401 that says why, without the challenge that nobody can meet."""
    code = "SHIM_DIGEST_NEEDS_AUTH"
    content = dumps(error_body(401, code, NEEDS_AUTH))
    headers = {"Content-Type": "application/json", **dict(help_link(code)), "Content-Length": str(len(content))}
    response = Response()
    response.status_code, response.reason = 401, "Unauthorized"
    response.headers = CaseInsensitiveDict(headers)
    response.encoding = "utf-8"
    response.url, response.request = request.url or "", request
    response.raw = HTTPResponse(io.BytesIO(content), headers, 401, preload_content=False)
    return response
