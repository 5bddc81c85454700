"""The legacy request body: read strictly, and rewritten for the call that took its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shim.core.content import json_marks
from shim.core.messages import Call, field
from shim.core.responses import CallError
from shim.core.rules import TranslationContext, TranslationReport
from shim.core.translator import Translator
from shim.documents.model import RequestBody
from shim.documents.sources import NoValue, look_up
from shim.documents.tables import same
from shim.documents.value_types import FITS, Json, JsonObject

MARKS = 10_000
"""JSON marks of a legacy body, which has a few dozen; decoding so many takes a millisecond."""


def read_body(request: RequestBody, call: Call, loads: Callable[[bytes], Any]) -> JsonObject:
    """Return the declared members of a legacy body; a null member counts as not given.

    Raises CallError with Atlas' own error codes.
    """
    coding = field(call.headers, "content-encoding")
    if coding is not None and coding.strip().lower() not in {"", "identity"}:
        detail = "The content of this call can't be translated while it is compressed."
        raise CallError(415, "SHIM_CONTENT_CODED", detail)
    content = call.body or b""
    if len(content) > MARKS and json_marks(content) > MARKS:
        detail = f"The request body has more than {MARKS} brackets, commas and colons."
        raise CallError(413, "SHIM_REQUEST_TOO_LARGE", detail)
    try:
        body = loads(content)
    except (ValueError, RecursionError):
        body = None
    if type(body) is not dict:
        raise CallError(400, "MALFORMED_JSON", "The request body is not a JSON object.")
    given = _given(request, body, "")
    for name in dict.fromkeys((*request.required, *filter(None, (request.choose,)))):
        if look_up(given, tuple(name.split("."))) is NoValue.MISSING:
            detail = f"The required attribute {name} was not specified."
            raise CallError(400, "MISSING_ATTRIBUTE", detail, (name,))
    word = chosen_by_body(request, given)
    if request.choose and word not in request.words:
        detail = f"An invalid enumeration value {word} was specified for {request.choose}."
        raise CallError(400, "INVALID_ENUM_VALUE", detail, (word,))
    return given


def chosen_by_body(request: RequestBody, given: JsonObject) -> Json:
    """Return the value of the member that chooses the call, None where there is none."""
    word = look_up(given, tuple(request.choose.split(".")))
    return None if word is NoValue.MISSING else word


def _given(request: RequestBody, body: JsonObject, outer: str) -> JsonObject:
    """Return the members of a body, or of the object ``outer`` in it, that are to be looked at."""
    given: JsonObject = {}
    for key, value in body.items():
        name = outer + key
        if (refused := request.refused.get(name)) is not None and same(value, refused.value):
            raise CallError(400, refused.error_code, refused.detail, (name,))
        if value is None or name in request.ignored:
            continue
        kind = request.members.get(name)
        if kind is None and type(value) is dict and any(one.startswith(f"{name}.") for one in request.members):
            given[key] = _given(request, value, f"{name}.")
        elif (kind is None and not request.rest) or (kind is not None and not FITS[kind](value)):
            raise _invalid(name)
        else:
            given[key] = value
    return given


def build_body(translator: Translator, body: JsonObject, context: TranslationContext) -> JsonObject:
    """Return the body of an upstream call, as its rules make it of the legacy body.

    Raises CallError when a member has a value that the successor has no word for.
    """
    report = TranslationReport()
    made = translator.begin(context, report)(body)
    for value in report.refused:
        raise _invalid(value.source)
    return made


def _invalid(name: str) -> CallError:
    return CallError(400, "INVALID_ATTRIBUTE", f"Invalid attribute {name} specified.", (name,))
