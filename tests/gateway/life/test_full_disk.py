"""A full disk under log and inventory costs lines, but no call."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.life.conftest import clean_environ
from tests.peers.ports import free_port
from tests.peers.raw import replying, until
from tests.peers.scripted import ok
from tests.peers.served import At, ask, get, status_of

CALL = get(
    "/api/atlas/v1.0/groups/6510aa1b2c3d4e5f60718293/serverless/c1/backup/snapshots"
)
CALLS = 40
SIZE = 4096  # bytes of the inventory that fit: some calls, but not all


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="the disk that is full is Linux' /dev/full"
)
def test_a_full_disk_stops_no_call(port, tmp_path):
    """Each call is answered; the page shows the losses, their time and their cause."""
    inventory = tmp_path / "calls.jsonl"
    admin = At(f"http://127.0.0.1:{free_port()}")
    served = At(f"http://127.0.0.1:{port}")
    with (
        replying(*[ok({"results": []})] * CALLS) as upstream,
        open("/dev/full", "wb") as full,  # noqa: PTH123 - a device
    ):
        words = (
            "--listen",
            f"127.0.0.1:{port}",
            "--upstream",
            upstream.origin,
            "--admin",
            admin.url[7:],
        )
        with subprocess.Popen(
            [sys.executable, "-m", "shim", "serve", *words],
            env=clean_environ(ATLAS_SHIM_INVENTORY=str(inventory)), stderr=full,
        ) as process:  # fmt: skip
            try:
                until(lambda: _is_ready(admin), "calls are taken")
                # Python ignores the signal, so a write raises an error as on a full
                # disk.
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (SIZE, SIZE))
                assert [status_of(ask(served, CALL)[0]) for _ in range(CALLS)] == [
                    200
                ] * CALLS
                until(
                    lambda: _losses(admin).keys() == {"inventory", "log"},
                    "both are known to be full",
                )
                assert _losses(admin)["log"]["cause"] == os.strerror(28)
                written = [
                    json.loads(line) for line in inventory.read_text().splitlines()[:-1]
                ]
                assert 0 < len(written) < CALLS
                page = " ".join(_shown(admin, "/status.txt").split())
                assert (
                    "The log is incomplete. Writing failed: No space left on device."
                    in page
                )
                assert "The inventory is incomplete. Writing failed: " in page
                process.terminate()
                assert process.wait(60) == 0
            finally:
                process.kill()


def _is_ready(admin: At) -> bool:
    try:
        return status_of(ask(admin, get("/readyz"))[0]) == 200
    except OSError:
        return False


def _losses(admin: At) -> dict[str, dict[str, object]]:
    losses: dict[str, dict[str, object]] = json.loads(_shown(admin, "/status.json"))[
        "losses"
    ]
    return losses


def _shown(admin: At, path: str) -> str:
    return ask(admin, get(path, host=admin.url[7:]))[1].decode()
