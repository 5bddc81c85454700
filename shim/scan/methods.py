"""Which HTTP method a call makes, by what it is called and given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

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


SAYING = frozenset({
    "print", "debug", "info", "warning", "warn", "error", "exception", "critical", "log", "echo", "secho", "fail",
    "startswith", "endswith", "compile", "match", "search", "fullmatch", "findall", "finditer", "assertEqual",
    "assertIn", "assertNotIn", "assertNotEqual", "assert_called_with", "assert_called_once_with", "assert_any_call",
    "add_argument", "Route", "APIRoute", "Mount", "Rule", "add_route", "add_url_rule", "add_api_route", "add_get",
    "add_post", "add_delete", "add_patch", "re_path",
})  # fmt: skip
"""Calls that only talk about the texts they are given, or serve them."""
QUIET_KEYWORDS = frozenset({"help", "description", "example", "examples", "title", "summary", "match"})
"""Keyword arguments that only talk about the texts they are given."""


def words_of(name: str) -> frozenset[str]:
    """Return the words that a name such as ``_get_json`` or ``httpDelete`` is made of, in small letters."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def said(word: str) -> str | None:
    """Return the HTTP method that a text says, None when it is something else."""
    word = word.strip()
    return word.upper() if word.upper() in METHODS and (word.isupper() or word.islower()) else None


def verb_in(name: str) -> str | None:
    """Return the HTTP method in the name of a function such as ``post``, ``_get_json`` or ``httpDelete``."""
    words: list[str] = [word.lower() for word in _WORD.findall(name)]
    verbs = [word.upper() for word in words if word.upper() in METHODS]
    if len(verbs) != 1 or not _NAMING.isdisjoint(words):
        # A generator's async twin: aget, apost.
        twin = name[1:].upper()
        return twin if name[:1] == "a" and twin in METHODS else None
    return verbs[0]


def method_of(
    name: str, receiver: str, args: Sequence[str | None], kwargs: Mapping[str, str | None]
) -> tuple[bool, str | None]:
    """Tell whether a call is an HTTP call, and its method if that is known.

    ``name`` is what is called, ``receiver`` the last name of what it is called on; of each argument it is enough to
    know the method that it says.
    """
    for key in _GIVEN:
        if key in kwargs:
            return True, kwargs[key]
    if name in SAYING:
        return False, None
    word = next(filter(None, args), None)
    if word is not None:
        return True, word
    if name == "get" and not _STORES.isdisjoint(words_of(receiver)):
        return False, None
    verb = verb_in(name)
    if verb is not None:
        return True, verb
    if name in _READS:
        sends = CONTENT.intersection(kwargs) or (name in {"urlopen", "Request"} and len(args) > 1)
        return True, "POST" if sends else "GET"
    return name in _ASKS, None
