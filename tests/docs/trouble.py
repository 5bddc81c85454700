"""Fixtures for the troubleshooting page: a fake Atlas of June 2026, and gateways started as on the page."""

import contextlib
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import httpx

from shim.fake import (
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    FakeAtlas,
    FakeReply,
)
from shim.fake.server import FakeServer
from shim.gateway.plan import read_options
from shim.gateway.run import serve_in_thread
from shim.gateway.server import Gateway

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/trouble.md").read_text("utf-8")
SECTIONS = dict(
    re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
)

V2 = f"/api/atlas/v2/groups/{DEMO_GROUP}"
RETIRED = f"{V2}/serverless/{DEMO_CLUSTER}/backup/snapshots"
JOBS = f"{V2}/serverless/{DEMO_CLUSTER}/backup/restoreJobs"
FLEX = f"{V2}/flexClusters"
JOB = {
    "deliveryType": "automated",
    "snapshotId": "0" * 24,
    "targetClusterName": DEMO_CLUSTER,
    "targetGroupId": DEMO_GROUP,
}
LEGACY_ACCEPT = {"Accept": "application/vnd.atlas.2023-01-01+json"}
FLEX_ACCEPT = {"Accept": "application/vnd.atlas.2024-11-13+json"}
OTHER_KEY = {
    "MONGODB_ATLAS_PUBLIC_API_KEY": "nobodyxx",
    "MONGODB_ATLAS_PRIVATE_API_KEY": "no-key-of-anybodys",
}

LIMITED = FakeReply(
    429,
    (("Retry-After", "7"), ("Content-Type", "application/json")),
    b'{"error":429,"errorCode":"RATE_LIMITED_TOKEN_BUCKET"}',
)
"""Atlas's reply to too many calls."""


def digest() -> httpx.DigestAuth:
    """Sign with the demo's API key."""
    return httpx.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)


@contextlib.contextmanager
def atlas() -> Iterator[FakeServer]:
    """Serve a fake Atlas of a day after the sunset of backups."""
    with FakeServer(FakeAtlas(today=date(2026, 6, 1))) as server:
        yield server


@attrs.frozen
class Section:
    """One section of the page, and the gateways of its rows."""

    title: str

    @property
    def text(self) -> str:
        """The text of the section."""
        return str(SECTIONS[self.title])

    @contextlib.contextmanager
    def gateway(
        self,
        upstream: FakeServer,
        words: str = "",
        environ: Mapping[str, str] | None = None,
        *,
        cure: bool = False,
    ) -> Iterator[Gateway]:
        """Run ``atlas-shim serve`` with these arguments; those of a ``cure`` must be in the section literally."""
        if cure:
            assert f"`atlas-shim serve {words}`" in self.text
        flags = {
            "listen": "127.0.0.1:0",
            "admin": "127.0.0.1:0",
            "upstream": upstream.url,
        }
        parts = shlex.split(words)
        for name, value in zip(parts[::2], parts[1::2], strict=True):
            flags[name.removeprefix("--").replace("-", "_")] = value
        clock = upstream.fake.today.timestamp
        with serve_in_thread(
            read_options({}, flags), clock=clock, environ=environ or {}
        ) as served:
            yield served

    def shows(self, answer: Any, status: int, code: str) -> None:
        """Check an error of the shim's own: the section covers it, and it has the command that explains its code."""
        document = answer.json()
        assert answer.status_code == status
        assert document["errorCode"] == code
        assert document["detail"].endswith(f": atlas-shim explain {code}")
        assert f"[{code}](../reference/errors.md#{code.lower()})" in self.text

    def passes(self, answer: httpx.Response, status: int, code: str = "") -> None:
        """Check an error of Atlas's own, which the shim did not change."""
        assert answer.status_code == status
        assert answer.json().get("errorCode", "") == code
        assert "atlas-shim explain" not in answer.text
        assert code in self.text


def admin_of(served: Gateway) -> str:
    """Return the URL of a gateway's admin listener."""
    assert served.admin_url is not None
    return served.admin_url


def ask(
    served: Gateway | FakeServer | str,
    target: str = RETIRED,
    method: str = "GET",
    **more: Any,
) -> httpx.Response:
    """Make a call as a plain client, which accepts the legacy version by default."""
    more["headers"] = {**LEGACY_ACCEPT, **more.get("headers", {})}
    if isinstance(served, str):
        base = served
    else:
        base = served.url
    with httpx.Client(trust_env=False, timeout=20) as client:
        return client.request(method, base + target, **more)
