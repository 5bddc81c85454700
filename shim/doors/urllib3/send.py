"""What ``urlopen`` of pools and of managers does differently.

``base`` is the method in whose place this one stands, bound to ``owner``.
"""

from __future__ import annotations

import logging
from typing import Any

from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError

from shim.doors.nesting import is_served
from shim.doors.notice import notify
from shim.doors.urllib3.exchange import Base, ExchangeFlow
from shim.doors.urllib3.recognition import CallerRequest, Owner, recognise
from shim.doors.urllib3.rewriting import retries_of

log = logging.getLogger("urllib3.connectionpool")


def urlopen(owner: Owner, base: Base, method: str, url: str, *args: Any, **kwargs: Any) -> HTTPResponse:
    """Send a request; a retired call is an exchange, and again one each time that the caller's retries say so."""
    response: HTTPResponse
    if is_served():
        response = base(method, url, *args, **kwargs)
        return response
    request = recognise(owner, method, url, args, kwargs)
    if request is None:
        response = base(method, url, *args, **kwargs)
        return response
    retired = request.retired
    if retired.warns:
        notify(retired.match.operation, retired.context.settings, retired.context.clock())
    try:
        response = _with_retries(request, base)
    except BaseException as error:
        retired.write_down_unanswered(error)
        raise
    retired.write_down(response.shim)  # type: ignore[attr-defined]  # the one attribute that is ours
    if request.options.get("preload_content", True):
        _ = response.data
    return response


def _with_retries(request: CallerRequest, base: Base) -> HTTPResponse:
    """Have status retries, as urllib3 does, of what the caller sees."""
    retries, method = retries_of(request), request.method
    while True:
        response = ExchangeFlow(request, base, retries).run()
        retries = response.retries or retries
        if not retries.is_retry(method, response.status, bool(response.headers.get("Retry-After"))):
            return response
        try:
            retries = retries.increment(method, request.retired.call.target, response=response, _pool=request.pool)
        except MaxRetryError:
            if retries.raise_on_status:
                response.drain_conn()
                raise
            return response
        response.drain_conn()
        retries.sleep(response)
        log.debug("Retry: %s", request.url)
