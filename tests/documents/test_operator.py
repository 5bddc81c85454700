"""An operator's folder: rules of one's own over shipped documents."""

import json
import shutil
from pathlib import Path

import pytest

from shim.core.recognise import load_engine
from tests.documents.conftest import APIS
from tests.peers.scripted import ok, upstream

SNAPSHOT = {
    "id": "6a6f78e0cab84da5c4476b25",
    "finishTime": "2026-01-02T00:00:00Z",
    "startTime": "2026-01-01T00:00:00Z",
    "status": "COMPLETED",
}
TARGET = f"/api/atlas/v2/groups/g1/serverless/shop/backup/snapshots/{SNAPSHOT['id']}"
OURS = (APIS.parent / "operators.toml").read_text("utf-8")


@pytest.fixture
def folder(tmp_path):
    """A folder with an override, below another one, beside a document of its own."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "ours.toml").write_text(OURS)
    shutil.copy(APIS / "watchers.toml", tmp_path)
    return tmp_path


def test_rules_of_the_operator_count_in_every_door(folder, door):
    """The overridden rules and calls are used, all others stay."""
    with upstream(lambda _: ok({**SNAPSHOT, "size": {"bytes": 7}})) as atlas, door(atlas.origin) as ask:
        made = json.loads(ask("GET", TARGET).content)
        assert atlas.arrivals[0].fields["accept"] == "application/vnd.atlas.2030-01-01+json"
    assert made["createdAt"] == SNAPSHOT["finishTime"]
    assert made["storageSizeBytes"] == 7
    assert (made["status"], made["snapshotType"]) == ("completed", "scheduled")


def test_a_folder_that_kubernetes_mounts_is_read_once(tmp_path):
    """There each file is a link to one below a hidden folder."""
    real = tmp_path / "..2026_01_01"
    real.mkdir()
    (real / "ours.toml").write_text(OURS)
    (tmp_path / "..data").symlink_to(real.name)
    (tmp_path / "ours.toml").symlink_to(Path("..data") / "ours.toml")
    engine = load_engine({"ATLAS_SHIM_MAPPINGS": str(tmp_path)})
    operation = engine.named("getServerlessBackupSnapshot")
    assert operation is not None
    assert operation.note == "Ask us first."
