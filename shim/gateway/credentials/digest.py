"""Compute HTTP Digest (RFC 7616, qop auth), and parse parameters strictly."""

from __future__ import annotations

import hashlib
import re

from shim.core.messages import Headers

REALM = "MMS Public API"  # of Atlas's challenges, and of the gateway's
# The longest challenge that is parsed, and the longest Authorization without its
# target, in characters.
MAX_FIELD_LENGTH = 8192

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
# Nothing here backtracks, and the last branch consumes anything that does not match. So
# matches follow each other from end to end, and no character of a hostile value is read
# many times.
_PARAMETER = re.compile(
    rf'({_WORD})[ \t]*+=[ \t]*+(?:"([^"\\\x00-\x1f\x7f]*+)"|({_WORD}))[ \t]*+(?:,[ \t,]*+|\Z)|(.+)',
    re.DOTALL,
)
_MEMBER = re.compile(r'((?:[^",]++|"(?:[^"\\]++|\\.)*+"?+)*+)(?:,|\Z)', re.DOTALL)
_SCHEME = re.compile(rf"[ \t]*+({_WORD})(?=[ \t]++{_WORD}[ \t]*+=|[ \t]*+\Z)")


def md5(text: str) -> str:
    """Return the hash of a text, in the only algorithm of Atlas and the gateway."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def secret_hash(name: str, realm: str, secret: str) -> str:
    """Return the hash that stands for a key (H(A1) of RFC 7616, 3.4.2)."""
    return md5(f"{name}:{realm}:{secret}")


def response(key_hash: str, asked: str, *, nonce: str, count: str, cnonce: str) -> str:
    """Return the response for qop auth (RFC 7616, 3.4.1).

    ``asked`` is a method and a URI with a colon between them.
    """
    return md5(f"{key_hash}:{nonce}:{count}:{cnonce}:auth:{md5(asked)}")


def parameters(text: str) -> dict[str, str] | None:
    """Return auth-params (RFC 9110, 11.2) by lower-case name, or None.

    It is None if they are malformed or if a name appears twice. A string with a
    backslash counts as malformed: no name, nonce or URI of the gateway needs one, and
    peers read it differently.
    """
    lines = _PARAMETER.findall(text)
    if lines and lines[-1][3]:
        return None
    found = {name.lower(): string or word for name, string, word, _ in lines}
    return found if len(found) == len(lines) else None


def challenge(nonce: str, *, stale: bool = False) -> Headers:
    """Return a challenge as Atlas's was recorded, with a nonce of the gateway."""
    value = (
        f'Digest realm="{REALM}", domain="", nonce="{nonce}", algorithm=MD5, qop="auth", '
        f"stale={'true' if stale else 'false'}"
    )
    return (("WWW-Authenticate", value),)


def challenges(value: str) -> list[tuple[str, str]]:
    """Split a WWW-Authenticate value into schemes and parameters (RFC 9110, 11.6.1).

    Schemes are in lower case. The commas that separate challenges also separate
    parameters. A value of more than ``MAX_FIELD_LENGTH`` characters is not parsed.
    """
    if len(value) > MAX_FIELD_LENGTH:
        return []
    found: list[tuple[str, list[str]]] = []
    for member in _MEMBER.findall(value):
        if scheme := _SCHEME.match(member):
            found.append((scheme[1].lower(), [member[scheme.end() :]]))
        elif found:
            found[-1][1].append(member)
    return [(scheme, ",".join(members).strip(" \t,")) for scheme, members in found]


def asks_digest(headers: Headers) -> bool:
    """Return whether a reply challenges for HTTP Digest.

    A value that is too long to parse does if it contains the word.
    """
    lines = [value for name, value in headers if name.lower() == "www-authenticate"]
    return any(_has_digest(value) for value in lines)


def _has_digest(value: str) -> bool:
    if len(value) > MAX_FIELD_LENGTH:
        return "digest" in value.lower()
    return any(scheme == "digest" for scheme, _ in challenges(value))
