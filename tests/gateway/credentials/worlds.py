"""A strict fake Atlas behind a gateway, and signatures computed by hand."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import attrs

from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    FakeAtlas,
)
from shim.fake import server as fake_server
from shim.gateway.allow import parse_allow
from shim.gateway.option_values import CredentialsMode
from shim.gateway.server import Gateway
from tests.fake.asking import filled_atlas
from tests.peers.served import ask, gateway, get, value_of

ALL = parse_allow("all", "allow")
V2 = "application/vnd.atlas.2023-01-01+json"
FLEX = "application/vnd.atlas.2024-11-13+json"

RETIRED = (
    f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
)
"""Rewritten, because the fake's day is after the sunset."""
OLD = f"/api/atlas/v1.0/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
INSTANCE = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}"
"""Recognized, and still on the legacy route."""
UNTOUCHED = f"/api/atlas/v2/groups/{DEMO_GROUP}/flexClusters"
"""Not a retired operation."""

KEY = {
    "MONGODB_ATLAS_PUBLIC_API_KEY": DEMO_PUBLIC_KEY,
    "MONGODB_ATLAS_PRIVATE_API_KEY": DEMO_PRIVATE_KEY,
}
ACCOUNT = {
    "MONGODB_ATLAS_CLIENT_ID": DEMO_CLIENT_ID,
    "MONGODB_ATLAS_CLIENT_SECRET": DEMO_CLIENT_SECRET,
}


@attrs.frozen
class World:
    """A gateway and the Atlas behind it."""

    gateway: Gateway
    fake: FakeAtlas

    @property
    def url(self) -> str:
        """The URL of the gateway."""
        return self.gateway.url

    @property
    def authority(self) -> str:
        """The gateway's host and port."""
        return self.url.partition("://")[2]

    def ask(
        self, target: str, *lines: str, method: str = "GET", host: str | None = None
    ) -> tuple[bytes, bytes]:
        """Send one request without content, and return head and content of the response."""
        return ask(
            self.gateway,
            get(target, *lines, method=method, host=host or self.authority),
        )

    @property
    def targets(self) -> list[str]:
        """The targets that upstream received, in order."""
        return [arrival.target for arrival in self.fake.arrivals]


def signing(
    mode: str, origin: str, environ: Mapping[str, str] = KEY, **options: Any
) -> contextlib.AbstractContextManager[Gateway]:
    """Run a gateway in one credentials mode, with its own key or account from ``environ``."""
    return gateway(
        origin,
        environ=environ,
        credentials=CredentialsMode(mode),
        **{"admin": None, **options},
    )


@contextlib.contextmanager
def world(
    mode: str,
    environ: Mapping[str, str] = KEY,
    fake: FakeAtlas | None = None,
    **options: Any,
) -> Iterator[World]:
    """Run a fake Atlas of June 2026 and a gateway in one credentials mode.

    The fake's instance reads are not blank.
    """
    fake = fake or filled_atlas(today=date(2026, 6, 1))

    def now() -> float:  # days pass
        return fake.today.timestamp()

    with (
        fake_server.FakeServer(fake) as upstream,
        signing(mode, upstream.url, environ, now=now, **options) as served,
    ):
        yield World(served, fake)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


@attrs.frozen
class Signature:
    """The parameters of one Authorization field, signed when it is spelled; RFC 7616, 3.4.1, by hand."""

    nonce: str
    uri: str = UNTOUCHED
    method: str = "GET"
    name: str = DEMO_PUBLIC_KEY
    secret: str = DEMO_PRIVATE_KEY
    count: str = "00000001"
    cnonce: str = "0a4f113b"

    @property
    def parts(self) -> dict[str, str]:
        """Return the parameters in httpx's order and spelling."""
        key = _md5(f"{self.name}:MMS Public API:{self.secret}")
        asked = _md5(f"{self.method}:{self.uri}")
        answer = _md5(f"{key}:{self.nonce}:{self.count}:{self.cnonce}:auth:{asked}")
        return {
            "username": f'"{self.name}"',
            "realm": '"MMS Public API"',
            "nonce": f'"{self.nonce}"',
            "uri": f'"{self.uri}"',
            "response": f'"{answer}"',
            "algorithm": "MD5",
            "qop": "auth",
            "nc": self.count,
            "cnonce": f'"{self.cnonce}"',
        }


def line(parts: dict[str, str] | list[tuple[str, str]]) -> str:
    """Return an Authorization line with parameters."""
    pairs = (parts.items()) if isinstance(parts, dict) else (parts)
    return "Authorization: Digest " + ", ".join(
        f"{name}={value}" for name, value in pairs
    )


def nonce_of(seen: World, path: str = UNTOUCHED) -> str:
    """Request a challenge, and return its nonce."""
    head, _ = seen.ask(path)
    return (
        (value_of(head, "WWW-Authenticate") or "")
        .partition('nonce="')[2]
        .partition('"')[0]
    )
