"""Check the members of a legacy request body before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import attrs

from shim.core import content
from shim.core.messages import Call, field
from shim.core.question import invalid_attribute, missing_attribute
from shim.core.responses import CallError
from shim.documents.fields import BARE
from shim.documents.objects import OR, BodyMembers, BodyObject
from shim.documents.question import RequestBody
from shim.documents.sources import NoValue, look_up
from shim.documents.vocabulary import FITS, Json, JsonObject

Note = Callable[[str], None]
MARKS = 10_000
"""How many JSON marks a legacy body may have.

Real ones have a few dozen; decoding this many takes a millisecond.
"""


def read_body(
    request: RequestBody,
    call: Call,
    loads: Callable[[bytes], Any],
    note: Note | None = None,
) -> tuple[JsonObject, str]:
    """Return the declared members of a legacy body, and the word in it that chooses the call.

    A null member counts as missing, unless ``rest`` accepts it: there, null resets a
    value. ``note`` receives a sentence for each ignored value; without ``note``, such a
    value is refused. Raises CallError with Atlas's own codes.
    """
    reader = _Reader(note)
    given = reader.given(request, object_of(call, loads, bare=request.bare))
    if reader.passed_over and note is not None:
        if len(reader.passed_over) > 1:
            were = "were not sent: no call accepts them"
        else:
            were = "was not sent: no call accepts it"
        note(f"{', '.join(reader.passed_over)} {were}")
    if request.choose and look_up(given, request.choose.split(".")) is NoValue.MISSING:
        raise missing_attribute(request.choose)
    word: Any = look_up(given, request.choose.split(".")) if request.choose else ""
    if request.choose and word not in request.words:
        detail = (
            f"An invalid enumeration value {word} was specified for {request.choose}."
        )
        raise CallError(400, "INVALID_ENUM_VALUE", detail, (word,))
    return given, str(word)


def object_of(
    call: Call, loads: Callable[[bytes], Any], *, bare: bool = False
) -> JsonObject:
    """Return the JSON object in a call's content.

    A ``bare`` value is wrapped as ``value``. Raises CallError.
    """
    coding = field(call.headers, "content-encoding")
    if coding is not None and coding.strip().lower() not in {"", "identity"}:
        detail = "The content of this call can't be translated while it is compressed."
        raise CallError(415, "SHIM_CONTENT_CODED", detail)
    raw = call.body or b""
    if len(raw) > MARKS and content.json_marks(raw) > MARKS:
        detail = f"The request body has more than {MARKS} brackets, commas and colons."
        raise CallError(413, "SHIM_REQUEST_TOO_LARGE", detail)
    try:
        body = loads(raw)
    except (ValueError, RecursionError):
        body = None
    if bare and body is not None:
        return {BARE: body}
    if type(body) is not dict:
        raise CallError(400, "MALFORMED_JSON", "The request body is not a JSON object.")
    return body


def _has_members(described: BodyMembers, prefix: str) -> bool:
    """Return whether members of an object are declared by their dotted names."""
    return any(name.startswith(prefix) for name in described.members)


@attrs.define
class _Reader:
    note: Note | None
    passed_over: dict[str, None] = attrs.field(factory=dict)
    """The paths of ignored members, each listed once for all items of a list."""

    def given(
        self, described: BodyMembers, body: JsonObject, outer: str = "", place: str = ""
    ) -> JsonObject:
        """Return the declared members of an object.

        ``outer`` is the dotted name that leads to the object, ``place`` its position in
        the body. Raises CallError for other members, with their place.
        """
        rest = isinstance(described, RequestBody) and described.rest
        found: JsonObject = {}
        for key, value in body.items():
            quoted = f"'{key}'" if "." in key else key  # which no document declares
            name = f"{outer}{quoted}"
            at = f"{place}{quoted}"
            kind = described.members.get(name)
            refused = described.refused.get(name)
            if value is None and (kind is not None or not rest):
                continue
            if name in described.ignored:
                self.passed_over[re.sub(r"\[\d+\]", "[]", at)] = None
            elif refused is not None and not refused.takes(value, body):
                if self.note is None or not refused.ignored:
                    raise CallError(400, refused.error_code, refused.detail, (at,))
                self.note(f"{at} was ignored: {refused.ignored}")
            elif (
                kind is None
                and type(value) is dict
                and _has_members(described, f"{name}.")
            ):
                found[key] = self.given(described, value, f"{name}.", f"{at}.")
            elif kind is None and not rest:
                raise invalid_attribute(at)
            elif kind is not None and not FITS[kind](value):
                raise invalid_attribute(at)
            else:
                found[key] = self._inside(described, name, value, at)
        if not outer:
            self._require(described, found, place)
        return found

    def _inside(self, members: BodyMembers, name: str, value: Json, at: str) -> Json:
        """Return a member's value; objects in it keep only their declared members."""
        described = members.inside.get(name)
        if described is None:
            return value
        if type(value) is list:
            items: list[Json] = []
            for number, one in enumerate(value):
                items.append(self._object(described, one, f"{at}[{number}]"))
            return items
        if described.keyed and type(value) is dict:
            made: JsonObject = {}
            for key, one in value.items():
                made[key] = self._object(described, one, f"{at}.{key}")
            return made
        return self._object(described, value, at)

    def _object(self, described: BodyObject, value: Json, at: str) -> JsonObject:
        if type(value) is not dict:
            raise invalid_attribute(at)
        return self.given(described, value, place=f"{at}.")

    @staticmethod
    def _require(described: BodyMembers, found: JsonObject, place: str) -> None:
        """Raise CallError for a required member that is missing from an object."""
        for names in described.required:
            paths = [name.split(".") for name in names.split(OR)]
            if all(look_up(found, path) is NoValue.MISSING for path in paths):
                raise missing_attribute(f"{place}{names}")
