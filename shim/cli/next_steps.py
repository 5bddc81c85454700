"""Sentences after a failed call: which host was asked, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from shim.credentials import used_variables
from shim.errors import AtlasError
from shim.origins import read_base_url

_STEPS = {
    401: "check {}, and whether they are credentials of that Atlas' organization.",
    403: "the credentials need a role in the project (Project Read Only to read, Project Owner to restore), and their "
    "API access list this machine's address.",
    404: "check the project's id and the name; atlas-shim get /api/atlas/v2/groups/GROUP/serverless shows the names "
    "there are.",
    406: "ask for a version that this endpoint has, as in --version 2024-11-13.",
}


def after_answer(error: AtlasError, environ: Mapping[str, str], origin: str = "") -> str:
    """Return the next step after an error of Atlas; empty if the shim itself answered.

    ``origin`` is the Atlas that was asked. Default: the one in the environment.
    """
    if (error.error_code or "").startswith("SHIM_"):
        return ""
    names = used_variables(environ) or ("MONGODB_ATLAS_PUBLIC_API_KEY", "MONGODB_ATLAS_PRIVATE_API_KEY")
    step = _STEPS.get(error.status, "").format(" and ".join(names))
    return f"{urlsplit(origin or read_base_url(environ)).netloc} was asked{f': {step}' if step else '.'}"


def after_fault(error: httpx.RequestError, environ: Mapping[str, str]) -> str:
    """Return a sentence for a network error: host, proxy, and what to check."""
    try:
        url = error.request.url
    except RuntimeError:  # The error does not know its request.
        return ""
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"{url.host}:{port} was called: {_look_at(error, url, environ)}"


def _look_at(error: httpx.RequestError, url: httpx.URL, environ: Mapping[str, str]) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        why = "its certificate's authority is not trusted here"
        return f"{why}; behind a proxy that opens TLS set SSL_CERT_FILE, or upstream_ca of a gateway."
    names = (f"{url.scheme}_proxy", "all_proxy")
    # Only the name is shown: a proxy's URL may hold a password.
    proxy = next((one for name in names for one in (name.upper(), name) if environ.get(one)), None)
    if isinstance(error, httpx.ProxyError) and proxy:
        return f"the proxy of {proxy} refuses it."
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        if proxy:
            return f"check the name, and the proxy of {proxy}; NO_PROXY names hosts that need none."
        return f"check the name; if this network needs a proxy, set {names[0].upper()}."
    return "try again; after a write, first check whether it was executed."
