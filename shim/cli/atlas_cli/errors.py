"""What goes wrong, in the words of the Atlas CLI: one ``Error: …`` on stderr, exit code 1."""

from __future__ import annotations

import json
from http import HTTPStatus

from shim.errors import AtlasError


class CliError(Exception):
    """A command of the Atlas CLI fails; its text is what follows ``Error: ``."""


def refused(error: AtlasError, method: str, url: str) -> CliError:
    """Return what the CLI said when Atlas refused a call (atlas-sdk-go, ``FormatErrorMessageWithDetails``)."""
    status = f"{error.status} {_phrase(error.status)}".strip()
    said: object = {}
    if error.body.strip():
        try:
            said = json.loads(error.body)
        except ValueError:
            return CliError(f"({status}) failed to decode response body: undefined response type")
    bad = said.get("badRequestDetail") if isinstance(said, dict) else None
    detail = "" if bad is None else json.dumps(bad, separators=(",", ":"), ensure_ascii=False)
    parameters = " ".join(str(parameter) for parameter in error.parameters)
    return CliError(
        f"{url} {method}: HTTP {status} (Error code: {json.dumps(error.error_code or '', ensure_ascii=False)}) "
        f"Detail: {error.detail or ''} Reason: {error.reason or ''}. Params: [{parameters}], BadRequestDetail: {detail}"
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
