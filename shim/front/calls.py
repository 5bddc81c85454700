"""Which calls go to the gateway: the operations of the documents as regular expressions.

A proxy knows fewer things than the gateway, so each expression takes in all that the
gateway recognizes and little else: a call that the gateway does not recognize, it
passes on. The expressions use only syntax that PCRE2 and RE2 share, and have no character
that a configuration would have to quote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from shim.documents.model import Document
from shim.documents.templates import parameter_name
from shim.documents.vocabulary import Versions
from shim.gateway.allow import READS


def groups_of(documents: Sequence[Document]) -> list[dict[str, Any]]:
    """Return the condition for the gateway: a call that any rule matches, unless its group's ``another`` does too.

    A group's ``another`` matches (ignoring case) a whole Accept field that certainly
    names another version than the legacy one; it is empty where the path alone decides.
    Each of its ``rules`` has expressions for a whole ``method`` and a whole raw
    ``path``, without the query; ``is_read`` says that its methods change nothing.
    """
    found: dict[str, dict[tuple[str, bool], list[str]]] = {}
    for document in documents:
        for operation in document.operations:
            apis = []
            for api in document.apis.values():
                if api.version is None or api.version in operation.versions:
                    apis.append(api)
            for api in apis:
                if api.version:
                    another = ""
                else:
                    another = another_version(operation.versions)
                key = (api.base + operation.path.text, operation.method in READS)
                methods = found.setdefault(another, {}).setdefault(key, [])
                # HEAD is like GET, without content (RFC 9110,
                # 9.3.2).
                if operation.method == "GET":
                    methods += ["GET", "HEAD"]
                else:
                    methods += [operation.method]
    groups = []
    for another, calls in found.items():
        rules = []
        for (path, is_read), methods in calls.items():
            rules.append(_rule(path, methods, is_read))
        groups.append({"another": another, "rules": rules})
    return groups


def _rule(template: str, methods: Sequence[str], is_read: bool) -> dict[str, Any]:  # noqa: FBT001 - a member
    """Return the rule of a template: one segment for each parameter, and maybe a slash at the end."""
    segments = []
    for segment in template.split("/"):
        if parameter_name(segment):
            segments.append("[^/?]+")
        else:
            segments.append(_plain(segment))
    words = "|".join(dict.fromkeys(methods))
    return {
        "method": f"(?:{words})" if "|" in words else words,
        "path": "/".join(segments) + "/?",
        "is_read": is_read,
    }


def _plain(text: str) -> str:

    def escaped(found: re.Match[str]) -> str:
        if found[0] == ".":
            return r"\."
        return f"\\x{ord(found[0]):02x}"

    return re.sub(r"[^A-Za-z0-9_-]", escaped, text)


def another_version(versions: Versions) -> str:
    """Return the expression for Accept fields that certainly ask for something else than these versions.

    That is one media range without a weight, with a date beyond the range
    (``2030-01-01``) or a word in a date's place (``preview``). Dates before the range
    are left to the gateway, and so are lists of media ranges.
    """
    words = "[a-z][a-z0-9.+-]*"
    if versions.end:
        words = rf"(?:{words}|(?:{_from(versions.end)})\+json)"
    return rf"[ \x09]*application/vnd\.atlas\.{words}[ \x09]*(?:;[^,qQ]*)?"


def _from(text: str) -> str:
    """Return the expression for texts of digits and dashes that are written like this one and not before it."""
    ways = [text]
    for index, digit in enumerate(text):
        if digit not in "-9":
            rest = re.sub("[0-9]", "[0-9]", text[index + 1 :])
            ways.append(f"{text[:index]}[{int(digit) + 1}-9]{rest}")
    return "|".join(ways)
