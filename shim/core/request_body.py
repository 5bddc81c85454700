"""The legacy request body: read strictly, and rewritten for the call that took its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shim.core.rules import TranslationContext, TranslationReport, apply, compile_fields
from shim.documents.model import RequestBody, Target
from shim.documents.value_types import FITS


class RequestBodyError(ValueError):
    """The body is not one that the legacy endpoint would take; carries the members of Atlas' 400."""

    def __init__(self, code: str, detail: str, parameters: tuple[Any, ...] = ()) -> None:
        self.code = code
        self.detail = detail
        self.parameters = parameters
        super().__init__(detail)


def read_body(request: RequestBody | None, raw: bytes | None, loads: Callable[[bytes], Any]) -> dict[str, Any] | None:
    """Return the declared members of a legacy body, None when the operation has none.

    A null member counts as not given. Raises RequestBodyError with Atlas' own error codes.
    """
    if request is None:
        return None
    try:
        body = loads(raw or b"")
    except (ValueError, RecursionError):
        body = None
    if type(body) is not dict:
        raise RequestBodyError("MALFORMED_JSON", "The request body is not a JSON object.")
    given = {name: value for name, value in body.items() if value is not None and name not in request.ignored}
    for name, value in given.items():
        kind = request.members.get(name)
        if kind is None or not FITS[kind](value):
            raise RequestBodyError("INVALID_ATTRIBUTE", f"Invalid attribute {name} specified.", (name,))
    for name in request.required:
        if name not in given:
            raise RequestBodyError("MISSING_ATTRIBUTE", f"The required attribute {name} was not specified.", (name,))
    word = given.get(request.choose)
    if request.choose and word not in request.words:
        detail = f"An invalid enumeration value {word} was specified for {request.choose}."
        raise RequestBodyError("INVALID_ENUM_VALUE", detail, (word,))
    return given


def build_body(
    target: Target,
    body: dict[str, Any] | None,
    raw: bytes | None,
    scene: TranslationContext,
    dumps: Callable[[Any], bytes],
) -> bytes | None:
    """Return the content of an upstream call: the caller's own, or what the target's rules make of it.

    Raises RequestBodyError when a member has a value that the successor has no word for.
    """
    if target.body is None or body is None:
        return raw
    seen = TranslationReport()
    made = apply(compile_fields(target.body, "body"), body, scene, seen)
    for _, one in seen.bad:
        raise RequestBodyError("INVALID_ATTRIBUTE", f"Invalid attribute {one.source} specified.", (one.source,))
    return dumps(made)
