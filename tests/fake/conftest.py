"""A fake, a way to ask it as Atlas' own tools do, and the recordings and contracts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shim.fake import DEMO_TOKEN, FakeAtlas, FakeReply

CASES = Path(__file__).parents[1] / "cases"
BEFORE_SUNSET = datetime(2026, 1, 21, 23, 59, 59, tzinfo=UTC)

Asker = Callable[..., FakeReply]


@pytest.fixture
def fake() -> FakeAtlas:
    """The demo world one second before the backup endpoints end; instance reads answer as they once did."""
    return FakeAtlas(today=BEFORE_SUNSET, blank=None)


@pytest.fixture
def ask() -> Asker:
    """Send one signed-in request to a fake."""

    def send(
        fake: FakeAtlas,
        target: str,
        *,
        method: str = "GET",
        accept: str | None = "application/vnd.atlas.2024-11-13+json",
        body: Any = None,
        media: str | None = "application/json",
        host: str = "localhost:8080",
    ) -> FakeReply:
        fields = [("Host", host), ("Authorization", f"Bearer {DEMO_TOKEN}")]
        if accept is not None:
            fields.append(("Accept", accept))
        if body is not None and media is not None:
            fields.append(("Content-Type", media))
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return fake.handle(method, target, fields, content)

    return send


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], list[dict[str, Any]]]:
    """Read one file of recordings."""

    def read(name: str) -> list[dict[str, Any]]:
        lines = (CASES / "recorded" / f"{name}.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    return read


@pytest.fixture(scope="session")
def contract() -> Callable[[str], dict[str, Any]]:
    """Read one contract."""

    def read(name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((CASES / "contract" / f"{name}.json").read_text("utf-8"))
        return document

    return read
