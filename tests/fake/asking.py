"""Call a fake as Atlas's own tools do, read its replies, and find recordings and contracts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from ssl import SSLContext
from typing import Any

from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
    FakeAtlas,
    FakeReply,
)
from shim.fake.server import FakeServer

KEY = {
    "MONGODB_ATLAS_PUBLIC_API_KEY": DEMO_PUBLIC_KEY,
    "MONGODB_ATLAS_PRIVATE_API_KEY": DEMO_PRIVATE_KEY,
}
ACCOUNT = {
    "MONGODB_ATLAS_CLIENT_ID": DEMO_CLIENT_ID,
    "MONGODB_ATLAS_CLIENT_SECRET": DEMO_CLIENT_SECRET,
}
TOKEN = {"MONGODB_ATLAS_ACCESS_TOKEN": DEMO_TOKEN}
BEARER = {"Authorization": f"Bearer {DEMO_TOKEN}"}
"""Credentials that the fake accepts, as variables of the environment, and as a field of a call."""

CASES = Path(__file__).parents[1] / "cases"
ROOT = f"/api/atlas/v2/groups/{DEMO_GROUP}"
FLEX_VERSION = "application/vnd.atlas.2024-11-13+json"
LEGACY_VERSION = "application/vnd.atlas.2023-01-01+json"


@dataclass(frozen=True)
class Answer:
    """A reply with its JSON."""

    reply: FakeReply

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reply, name)

    @property
    def json(self) -> Any:
        """The decoded content."""
        return json.loads(self.reply.body)

    @property
    def code(self) -> str:
        """Status and error code, as in ``404 CLUSTER_NOT_FOUND``."""
        return f"{self.reply.status} {self.json['errorCode']}"


@dataclass(frozen=True)
class Asker:
    """Send signed requests to a fake; a target without a leading slash is below the demo group."""

    fake: FakeAtlas

    def __call__(
        self,
        target: str,
        method: str = "GET",
        body: Any = None,
        *,
        accept: str | None = FLEX_VERSION,
        media: str | None = "application/json",
        host: str = "localhost:8080",
    ) -> Answer:
        """Send one request; ``body`` is JSON, or bytes that are sent unchanged."""
        fields = [("Host", host), ("Authorization", f"Bearer {DEMO_TOKEN}")]
        if accept is not None:
            fields.append(("Accept", accept))
        if body is not None and media is not None:
            fields.append(("Content-Type", media))
        content = (
            b""
            if body is None
            else body
            if isinstance(body, bytes)
            else json.dumps(body).encode()
        )
        if target.startswith("/"):
            path = target
        else:
            path = f"{ROOT}/{target}".removesuffix("/.")
        return Answer(self.fake.handle(method, path, fields, content))


def filled_atlas(**options: Any) -> FakeAtlas:
    """Return a fake whose reads of instances still return data."""
    fake = FakeAtlas(**options)
    fake.blank = None
    return fake


def knowing_atlas(**keys: str) -> FakeAtlas:
    """Return a fake with these API keys, public keys with private ones."""
    fake = FakeAtlas()
    fake.api_keys.update(keys)
    return fake


class LenientAtlas(FakeAtlas):
    """A fake that treats any Accept without a version as the first one: whether Atlas does is unknown."""

    def handle(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> FakeReply:
        """Reply to one request, with the first version in its Accept if it has none."""
        if not any(
            name.lower() == "accept" and "vnd.atlas" in value for name, value in headers
        ):
            headers = [("Accept", LEGACY_VERSION), *headers]
        return super().handle(method, target, headers, body)


class TlsServer(FakeServer):
    """A fake's server with a certificate."""

    def __init__(
        self, context: SSLContext, fake: FakeAtlas | None = None, **options: Any
    ) -> None:
        super().__init__(fake, **options)
        self._context = context

    @property
    def url(self) -> str:
        """The origin of the fake."""
        return super().url.replace("http:", "https:")

    def start(self) -> None:
        """Listen, and do the TLS handshake with each client."""
        super().start()
        assert self._listener is not None
        plain = self._listener.socket
        self._listener.socket = self._context.wrap_socket(
            plain, server_side=True, do_handshake_on_connect=False
        )


def received(fake: FakeAtlas, method: str | None = None, part: str = "") -> list[Any]:
    """Return the requests that reached a fake, of one method or any, whose target contains ``part``."""
    return [
        each
        for each in fake.arrivals
        if method in (None, each.method) and part in each.target
    ]


@cache
def recorded(name: str, status: int | None = None) -> list[dict[str, Any]]:
    """Read one file of recordings, at least one exchange, of one status or any."""
    rows = [
        json.loads(line)
        for line in (CASES / "recorded" / f"{name}.jsonl")
        .read_text("utf-8")
        .splitlines()
    ]
    found = [row for row in rows if status in (None, row["status"])]
    assert found
    return found


@cache
def contract(name: str) -> dict[str, Any]:
    """Read one contract."""
    document: dict[str, Any] = json.loads(
        (CASES / "contract" / f"{name}.json").read_text("utf-8")
    )
    return document


def shape(value: Any) -> Any:
    """Return the member names of a JSON value, in order and depth; a list shows its first item."""
    if isinstance(value, dict):
        return [(name, shape(each)) for name, each in value.items()]
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return type(value).__name__
