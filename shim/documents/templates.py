"""Recognize raw paths, and build them, from one path template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import quote, unquote_to_bytes

import attrs

_PARAMETER = re.compile(r"\{([A-Za-z][A-Za-z0-9]*)\}")
_ENDED = re.compile(_PARAMETER.pattern + r"(\.[A-Za-z0-9]+)?")
_VERB = re.compile(_PARAMETER.pattern + r":[A-Za-z]+")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")
_NO_NAMES = frozenset({"", ".", ".."})
_FORBIDDEN = re.compile(r"[/\\%\x00-\x1f\x7f]")


@attrs.frozen
class Template:
    """A path such as ``/groups/{groupId}/serverless``: each ``{name}`` matches one complete segment.

    The last one may have an ending, as in ``/tickets/{id}.json``. Values are raw: their
    percent-encoding never changes.
    """

    text: str
    segments: tuple[str, ...]

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The parameter names in order."""
        return parameters_in(self.text)

    @cached_property
    def ending(self) -> str:
        """The text after a parameter at the end of the path, such as ``.json``, empty without one."""
        match = _ENDED.fullmatch("".join(self.segments[-1:]))
        return (match and match[2]) or ""

    def build(self, values: Mapping[str, str]) -> str:
        """Return the path with raw values; raises KeyError if one is missing."""
        return self.text.format_map(values)


def parse_template(text: str, *, verbs: bool = False) -> Template:
    """Parse a template.

    With ``verbs``, a segment may be ``{name}:pause``, for building only. Raises
    ValueError with the defect.
    """
    if not text.startswith("/") or text.endswith("/"):
        raise ValueError("must start with a slash and not end with one")
    segments = tuple(text[1:].split("/"))
    for segment in segments:
        if segment is segments[-1]:
            names = _ENDED
        else:
            names = _PARAMETER
        is_name = names.fullmatch(segment) or (verbs and _VERB.fullmatch(segment))
        if not is_name and (
            _SEGMENT.fullmatch(segment) is None or segment in _NO_NAMES
        ):
            raise ValueError(
                f"segment {segment!r} is neither plain text nor one {{parameter}}"
            )
    template = Template(text=text, segments=segments)
    if len(set(template.parameters)) < len(template.parameters):
        raise ValueError("contains a parameter twice")
    return template


def parameters_in(text: str) -> tuple[str, ...]:
    """Return the names in braces in a text."""
    return tuple(_PARAMETER.findall(text))


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Return a text with values for the names in braces; other braces stay."""
    return _PARAMETER.sub(lambda found: values.get(found[1], found[0]), text)


def parameter_name(segment: str) -> str:
    """Return the name in a ``{name}`` segment, empty for a fixed one."""
    match = _ENDED.fullmatch(segment)
    return match[1] if match else ""


def decoded(raw: str) -> str | None:
    """Return the text of one raw path segment, None if a server could read it in another way.

    Refused: characters that RFC 3986 does not allow in a segment, invalid UTF-8, dot
    segments (also with parameters after a semicolon, which some servers remove first),
    and encoded slashes, backslashes, percent signs and controls.
    """
    if raw.isalnum() and raw.isascii():
        return raw
    if _SEGMENT.fullmatch(raw) is None:
        return None
    try:
        if "%" in raw:
            text = unquote_to_bytes(raw).decode("utf-8")
        else:
            text = raw
    except UnicodeDecodeError:
        return None
    if text.partition(";")[0] in _NO_NAMES or _FORBIDDEN.search(text):
        return None
    return text


def encoded(text: str) -> str | None:
    """Return the raw path segment for a text, None if no segment can represent it."""
    if text.isalnum() and text.isascii():
        return text
    try:
        raw = quote(text, safe="")
    except UnicodeEncodeError:
        return None
    return None if decoded(raw) is None else raw
