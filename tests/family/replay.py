"""Recorded exchanges, and a gateway that replies with them on a given day."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import httpx

from tests.peers.scripted import wire
from tests.peers.served import Served

CASES = Path(__file__).parents[1] / "cases"
SHARED = Path(__file__).parents[3] / "shared" / "recorded"
"""More recordings, if they are next to the checkout; every test here includes them."""

AFTER = datetime(2026, 8, 1, tzinfo=UTC)
"""A day after the sunset of the backup endpoints, and before that of the instance reads, which are blank."""
BEFORE = datetime(2026, 1, 21, tzinfo=UTC)
LATE = datetime(2027, 2, 1, tzinfo=UTC)
"""A day after both sunsets."""


@attrs.frozen
class Exchange:
    """One recorded exchange; ``body`` is the content as text."""

    file: str
    method: str
    path: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def document(self) -> Any:
        """The content, decoded."""
        return json.loads(self.body)

    @property
    def raw(self) -> bytes:
        """The reply's bytes on the wire."""
        return wire(self.status, self.headers, self.body.encode())


def recordings(prefix: str = "") -> list[Exchange]:
    """Return the recorded exchanges of the files with this prefix, the shared ones too, each once."""
    lines: dict[str, str] = {}
    for folder in (CASES / "recorded", SHARED):
        for path in sorted(folder.glob(f"{prefix}*.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                lines.setdefault(line, path.name)
    found = []
    for line, name in lines.items():
        said = json.loads(line)
        if "headers" not in said:  # a pair of bodies, and no exchange
            continue
        headers = tuple((key, value) for key, value in said["headers"])
        found.append(
            Exchange(
                name,
                said["method"],
                said["path"],
                said["status"],
                headers,
                said["body"],
            )
        )
    return found


@contextlib.contextmanager
def caller(served: Served) -> Iterator[httpx.Client]:
    """Return a plain HTTP client of a gateway."""
    with httpx.Client(base_url=served.url, trust_env=False, timeout=30) as client:
        yield client


GROUP = "6510aa1b2c3d4e5f60718293"
CLUSTER = "shop"
ID = "6a6f78e0cab84da5c4476b25"
"""A group, a cluster in it, and one of its snapshots or jobs."""
VERSIONS = ("v1.0", "v2")
KINDS = {
    "v1.0": "application/json",
    "v2": "application/vnd.atlas.2023-01-01+json;charset=utf-8",
}
"""The content type of a success by interface."""
