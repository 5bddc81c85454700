"""Turn the operations of the documents into regular expressions for proxies.

A proxy knows less about a call than the gateway. So each expression matches every call
that the gateway recognizes, and few others; the gateway passes those through. The
expressions use only syntax that PCRE2 and RE2 share, and no character that a
configuration would have to quote.
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
    """Return the condition for sending a call to the gateway.

    A call matches a group if any of its ``rules`` matches, unless ``another`` does too.
    A rule has expressions for the whole ``method`` and the whole raw ``path``, without
    the query; ``is_read`` means that its methods change nothing. ``another`` matches
    (ignoring case) a whole Accept field that certainly names a version other than the
    legacy one. It is empty if the path alone decides.
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
    """Return the rule of a template.

    Each parameter is one segment, and a slash at the end is optional.
    """
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
    """Return the expression for Accept fields that certainly ask for another version.

    Such a field has one media range without a weight, with a date after the range
    (``2030-01-01``) or a word instead of a date (``preview``). Dates before the range
    go to the gateway, and so do lists of media ranges.
    """
    words = "[a-z][a-z0-9.+-]*"
    if versions.end:
        words = rf"(?:{words}|(?:{_from(versions.end)})\+json)"
    return rf"[ \x09]*application/vnd\.atlas\.{words}[ \x09]*(?:;[^,qQ]*)?"


def _from(text: str) -> str:
    """Return the expression for this text, and for texts of its form that sort after it.

    A text has digits and dashes.
    """
    ways = [text]
    for index, digit in enumerate(text):
        if digit not in "-9":
            rest = re.sub("[0-9]", "[0-9]", text[index + 1 :])
            ways.append(f"{text[:index]}[{int(digit) + 1}-9]{rest}")
    return "|".join(ways)
