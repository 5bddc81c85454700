"""Exit codes, the errors behind them, and the next steps.

0  success
1  Atlas answered with an error, a call is not recognized, or a check found problems
2  bad usage, settings or mapping documents
3  the network: no connection, or no answer in time
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from shim.credentials import used_variables
from shim.errors import AtlasError, DocumentError, SettingsError
from shim.extras import EXTRAS, hint
from shim.origins import read_base_url

if TYPE_CHECKING:
    import httpx

NO = 1
SETTINGS = 2
NETWORK = 3

_STEPS = {
    401: "check {}, and whether they are credentials of that Atlas's organization.",
    403: "the credentials need a role in the project (Project Read Only to read, Project Owner to restore), and their "
    "API access list this machine's address.",
    404: "check the project's id and the name.",
}


def plain(text: str) -> str:
    """Return a text that can't control a terminal.

    ESC, C1 controls and odd spaces become ``?``.
    """
    return "".join(
        letter if letter.isprintable() or letter == "\n" else "?" for letter in text
    )


class ExitError(click.ClickException):
    """An error for the user: a line for each problem on stderr, and an exit code.

    Control characters are replaced, because the message may quote documents,
    descriptions and replies.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(plain(message))
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance, as it may be either


_UNWRITTEN = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOENT, errno.ENOTDIR}
)
"""The errors of a full disk and of a place that is not writable."""


def _answer(error: AtlasError) -> str:
    """Return an error answer as a sentence, with its sender, and when to try again."""
    code = error.error_code or ""
    if code.startswith("SHIM_"):
        who = "atlas-shim"
    else:
        who = "Atlas"
    if error.retry_after is None:
        return f"{who} answered {error}"
    return f"{who} answered {error}; try again in {error.retry_after:.0f} s"


def failure_of(error: Exception) -> ExitError | None:
    """Return an error as an ExitError, or None if it is a defect of the shim.

    A defect should show its traceback.
    """
    match error:
        case DocumentError():
            lines = ["the mapping documents are invalid:", *error.problems]
            return ExitError("\n  ".join(lines), SETTINGS)
        case SettingsError():
            return ExitError("\n  ".join(error.problems), SETTINGS)
        case AtlasError():
            lines = [_answer(error), after_answer(error, os.environ)]
            return ExitError("\n  ".join(filter(None, lines)), NO)
        case ModuleNotFoundError() if error.name in EXTRAS:
            return ExitError(hint(error.name), SETTINGS)
        case OSError() if error.errno in _UNWRITTEN:
            place = error.filename or "the output"
            return ExitError(f"{place}: {error.strerror}", SETTINGS)
    # Errors of httpx can only come from a command that has loaded httpx.
    loaded = sys.modules.get("httpx")
    if loaded is not None and isinstance(error, loaded.RequestError):
        # A timeout has an empty text, so its class is shown.
        said = (
            f"network: {type(error).__name__}: {error}".removesuffix(": "),
            after_fault(error, os.environ),
        )
        return ExitError("\n  ".join(filter(None, said)), NETWORK)
    return None


def after_answer(
    error: AtlasError, environ: Mapping[str, str], origin: str = ""
) -> str:
    """Return the next step after an error of Atlas, or '' if the shim answered.

    ``origin`` is the Atlas that was asked, by default the one in the environment.
    """
    if (error.error_code or "").startswith("SHIM_"):
        return ""
    names = used_variables(environ) or (
        "MONGODB_ATLAS_PUBLIC_API_KEY",
        "MONGODB_ATLAS_PRIVATE_API_KEY",
    )
    step = _STEPS.get(error.status, "").format(" and ".join(names))
    return f"{urlsplit(origin or read_base_url(environ)).netloc} was called{f': {step}' if step else '.'}"


def after_fault(error: httpx.RequestError, environ: Mapping[str, str]) -> str:
    """Return a sentence for a network error: host, proxy, and advice."""
    url = error.request.url
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"{url.host}:{port} was called: {_look_at(error, url, environ)}"


def _look_at(
    error: httpx.RequestError, url: httpx.URL, environ: Mapping[str, str]
) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        why = "its certificate's authority is not trusted here"
        return f"{why}; behind a proxy that decrypts TLS, set SSL_CERT_FILE."
    names = (f"{url.scheme}_proxy", "all_proxy")
    # Only the name is shown, because a proxy's URL may contain a password.
    proxy = next(
        (one for name in names for one in (name.upper(), name) if environ.get(one)),
        None,
    )
    if type(error).__name__ == "ProxyError" and proxy:
        return f"the proxy of {proxy} refuses it."
    if type(error).__name__ in {"ConnectError", "ConnectTimeout"}:
        if proxy:
            return f"check the name, and the proxy of {proxy}; NO_PROXY names hosts that need none."
        return f"check the name; if this network needs a proxy, set {names[0].upper()}."
    return "try again."
