"""Sentences after a failed call: which host was asked, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from shim.credentials import used_variables
from shim.errors import AtlasError
from shim.origins import BASE_URL_VARIABLES, read_base_url

_ACCESS_LISTS = ("ACCESS_LIST", "WHITELIST", "IP_ADDRESS")
"""Parts of Atlas' error codes for an address that is not on the API access list."""

_CREDENTIALS = "MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY"


def after_answer(error: AtlasError, environ: Mapping[str, str], origin: str = "") -> str:
    """Return the next step after an error of Atlas; empty if its own words say enough.

    ``origin`` is the Atlas that was asked. Default: the one in the environment.
    """
    code = error.error_code or ""
    if code.startswith("SHIM_"):
        return ""
    asked = f"{urlsplit(origin or read_base_url(environ)).netloc} was asked"
    if step := _step(error.status, code, environ):
        return f"{asked}: {step}"
    return f"{asked}."


def _step(status: int, code: str, environ: Mapping[str, str]) -> str:
    if status in {401, 403} and any(part in code for part in _ACCESS_LISTS):
        return "add this machine's address to the API access list of the key or service account."
    match status:
        case 401:
            names = " and ".join(used_variables(environ)) or _CREDENTIALS
            return f"check {names}, and whether they are credentials of that Atlas' organization."
        case 403:
            return (
                "the credentials need a role in the project (Project Read Only to read, Project Owner to restore), "
                "and their API access list this machine's address."
            )
        case 406:
            return "ask for a version that this endpoint has, as in --version 2024-11-13."
        case 404 if "GROUP" in code:
            return "check the project's id (24 hexadecimal digits, from the project's settings)."
        case 404:
            names = "atlas-shim get /api/atlas/v2/groups/GROUP/serverless"
            return f"check the project's id and the name; {names} shows the names there are."
        case 429:
            return "it limits the calls a minute of each project."
        case _ if status >= 500:
            return "try again later; https://status.mongodb.com shows outages."
    return ""


def after_fault(error: httpx.RequestError, environ: Mapping[str, str]) -> str:
    """Return a sentence for a network error: host, proxy, and what to check."""
    try:
        url = error.request.url
    except RuntimeError:  # The error does not know its request.
        return ""
    called = f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)} was called"
    named = next((name for name in BASE_URL_VARIABLES if environ.get(name)), None)
    where = f" ({named})" if named else ""
    return f"{called}{where}: {_look_at(error, url, environ)}"


def _look_at(error: httpx.RequestError, url: httpx.URL, environ: Mapping[str, str]) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate's authority is not trusted here; behind a proxy that opens TLS set SSL_CERT_FILE."
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
