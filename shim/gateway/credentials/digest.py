"""HTTP Digest as both sides compute it (RFC 7616 with qop auth), and its parameters read strictly."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping

from shim.core.messages import Headers

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = re.compile(rf'({_WORD})[ \t]*=[ \t]*(?:({_WORD})|"([^"\\\x00-\x1f\x7f]*)")[ \t]*(?:,[ \t,]*|$)')
_SCHEME = re.compile(rf"(?:^|,)[ \t]*({_WORD})(?=[ \t]+{_WORD}[ \t]*=|[ \t]*(?:,|$))")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


ALGORITHMS: Mapping[str, Callable[[str], str]] = {"MD5": _md5, "SHA-256": _sha256}
"""What the gateway can sign with; it accepts MD5 alone, as Atlas does."""


def secret_hash(name: str, realm: str, secret: str, hashed: Callable[[str], str] = _md5) -> str:
    """Return the hash that stands for a key (H(A1) of RFC 7616, 3.4.2)."""
    return hashed(f"{name}:{realm}:{secret}")


def response(  # noqa: PLR0913 - the parts that RFC 7616, 3.4.1 names
    key_hash: str,
    method: str,
    uri: str,
    *,
    nonce: str,
    count: str,
    cnonce: str,
    hashed: Callable[[str], str] = _md5,
) -> str:
    """Return the response for qop auth (RFC 7616, 3.4.1)."""
    asked = hashed(f"{method}:{uri}")
    return hashed(f"{key_hash}:{nonce}:{count}:{cnonce}:auth:{asked}")


def parameters(text: str) -> dict[str, str] | None:
    """Return auth-params (RFC 9110, 11.2) by lower-case name.

    None when they are malformed, a name appears twice, or a string has a backslash, which no name,
    nonce or URI of ours needs and which peers are known to read in different ways.
    """
    found: dict[str, str] = {}
    position = 0
    for match in _PARAMETER.finditer(text):
        name, word, string = match.groups()
        if match.start() != position or (name := name.lower()) in found:
            return None
        found[name] = string if word is None else word
        position = match.end()
    return found if position == len(text) else None


def challenges(value: str) -> list[tuple[str, str]]:
    """Split a WWW-Authenticate value into schemes, in lower case, and their parameters' text.

    Several challenges may stand in one value, separated by the commas that also separate their
    parameters (RFC 9110, 11.6.1).
    """
    masked = _STRING.sub(lambda quoted: "x" * len(quoted[0]), value)
    starts = list(_SCHEME.finditer(masked))
    ends = [start.start() for start in starts[1:]] + [len(value)]
    return [
        (start[1].lower(), value[start.end() : end].strip(" \t,")) for start, end in zip(starts, ends, strict=False)
    ]


def asks_digest(headers: Headers) -> bool:
    """Tell whether a reply challenges for HTTP Digest."""
    lines = (value for name, value in headers if name.lower() == "www-authenticate")
    return any(word == "digest" for value in lines for word, _ in challenges(value))
