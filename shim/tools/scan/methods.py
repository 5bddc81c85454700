"""The HTTP method of a call, from its name and arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from shim.tools.scan.rules import words

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_of(name: str) -> frozenset[str]:
    """Return the words in a name such as ``_get_json`` or ``httpDelete``, in lower case."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def said(word: str) -> str | None:
    """Return a text as an HTTP method, None if it is something else."""
    word = word.strip().lstrip(":")
    return word.upper() if word.upper() in words("words", "methods") and (word.isupper() or word.islower()) else None


def verb_in(name: str) -> str | None:
    """Return the HTTP method in the name of a function such as ``post``, ``_get_json`` or ``httpDelete``."""
    found: list[str] = [word.lower() for word in _WORD.findall(name)]
    verbs = [word.upper() for word in found if word.upper() in words("words", "methods")]
    if len(verbs) != 1 or not words("words", "naming").isdisjoint(found):
        # A generator's async twin: aget, apost.
        twin = name[1:].upper()
        return twin if name[:1] == "a" and twin in words("words", "methods") else None
    return verbs[0]


def method_of(
    name: str, receiver: str, args: Sequence[str | None], kwargs: Mapping[str, str | None]
) -> tuple[bool, str | None]:
    """Return whether a call is an HTTP call, and its method if known.

    ``name`` is the callee, ``receiver`` the last name of the object it is called on; arguments are given as the HTTP
    methods that they name.
    """
    for key in words("words", "given"):
        if kwargs.get(key):
            return True, kwargs[key]
    word = next(filter(None, args), None)
    if word is not None:
        return True, word
    if name.lower() in {"get", "fetch"} and not words("words", "stores").isdisjoint(words_of(receiver)):
        return False, None
    if name == "new" and (verb := said(receiver.lower())) is not None:
        return True, verb  # Ruby's Net::HTTP::Get.new
    verb = verb_in(name)
    if verb is not None:
        return True, verb
    if name in words("words", "reads"):
        sends = words("words", "content").intersection(kwargs) or (name in {"urlopen", "Request"} and len(args) > 1)
        return True, "POST" if sends else "GET"
    return name in words("words", "asks"), None
