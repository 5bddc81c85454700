"""Which HTTP method a call makes, by what it is called and given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from shim.scan.values import Ref, Text, Value

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_READS = frozenset({"urlopen", "urlretrieve", "fetch", "fetch_json", "Request", "HTTPRequest", "download"})
"""Calls that make a GET unless they are given something to send."""
_ASKS = frozenset({"request", "build_request", "stream", "send_request", "api_request", "http_request", "call_api"})
"""Calls that are HTTP calls though their method may not be known."""
_NAMING = frozenset(
    {"url", "uri", "endpoint", "path", "route", "link", "href", "logger", "attr", "item", "setting", "add", "register"}
)
"""Words in the name of a function that gets something, but not by HTTP."""
_STORES = frozenset({"cache", "environ", "memo", "redis", "store", "registry", "seen", "headers", "params", "cookies"})
"""Objects whose ``get`` looks a key up."""
_GIVEN = ("method", "http_method", "verb", "httpmethod", "http_verb")
CONTENT = frozenset({"data", "json", "body", "content", "json_data", "post_data", "payload"})
"""Keyword arguments with what is sent."""
NOT_URLS = CONTENT | {"headers", "params", "auth", "cookies", "files", "text", "message", "timeout", "expected", "msg"}
"""Keyword arguments that are never the address of a call."""


def word_of(value: Value) -> str | None:
    """Return the one HTTP method that a value says, None when it is none or unsure."""
    words = {word for thing in value if (word := _word(thing))}
    return words.pop() if len(words) == 1 else None


def _word(thing: object) -> str | None:
    if isinstance(thing, Text):
        said = thing.s.strip()
        return said.upper() if said.upper() in METHODS and (said.isupper() or said.islower()) else None
    if isinstance(thing, Ref):
        # http.HTTPMethod.GET, aiohttp.hdrs.METH_GET
        name = str(thing.last).removeprefix("METH_")
        return name if name in METHODS else None
    return None


def verb_in(name: str) -> str | None:
    """Return the HTTP method in the name of a function such as ``post``, ``_get_json`` or ``httpDelete``."""
    words: list[str] = [word.lower() for word in _WORD.findall(name)]
    verbs = [word.upper() for word in words if word.upper() in METHODS]
    if len(verbs) != 1 or _NAMING.intersection(words):
        # A generator's async twin: aget, apost.
        twin = name[1:].upper()
        return twin if name[:1] == "a" and twin in METHODS else None
    return verbs[0]


def method_of(name: str, receiver: str, args: Sequence[Value], kwargs: Mapping[str, Value]) -> tuple[bool, str | None]:
    """Tell whether a call is an HTTP call, and its method if that is known.

    ``name`` is what is called, ``receiver`` the last name of what it is called on.
    """
    for key in _GIVEN:
        if key in kwargs:
            return True, word_of(kwargs[key])
    word = next((found for value in args if (found := word_of(value))), None)
    if word is not None:
        return True, word
    if name == "get" and _STORES.intersection(part.lower() for part in _WORD.findall(receiver)):
        return False, None
    verb = verb_in(name)
    if verb is not None:
        return True, verb
    if name in _READS:
        sends = CONTENT.intersection(kwargs) or (name in {"urlopen", "Request"} and len(args) > 1)
        return True, "POST" if sends else "GET"
    if name in _ASKS:
        return True, None
    return False, None
