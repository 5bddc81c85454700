"""An operator's folder: rules of one's own over shipped documents, what explain says of them, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from shim import httpx as shim_httpx
from shim.cli import main
from shim.core.recognise import load_engine
from tests.documents.conftest import APIS
from tests.peers.scripted import GONE, by_side, ok, upstream

SNAPSHOT = {
    "id": "6a6f78e0cab84da5c4476b25",
    "finishTime": "2026-01-02T00:00:00Z",
    "startTime": "2026-01-01T00:00:00Z",
    "status": "COMPLETED",
}
TARGET = f"/api/atlas/v2/groups/g1/serverless/shop/backup/snapshots/{SNAPSHOT['id']}"
OURS = """
format = 1
overrides = "snapshots"

[resource.snapshot.createdAt.flex]
from = ["finishTime", "startTime"]
fidelity = "derived"
why = "Our billing counts from the end."

[resource.snapshot.status.flex]
from = "status"
fidelity = "renamed"
values = { COMPLETED = "completed", FAILED = "failed", RUNNING = "inProgress", QUEUED = "queued", PENDING = "queued" }

[[resource.snapshot.storageSizeBytes.flex]]
when = { source = "size", given = true }
from = "size.bytes"
fidelity = "renamed"

[[resource.snapshot.storageSizeBytes.flex]]
absent = true
why = "Not there yet."

[operation.getServerlessBackupSnapshot]
sunset = 2020-01-01
deprecated = 2019-01-01
note = "Ask us first."

[operation.getServerlessBackupSnapshot.flex]
version = "2030-01-01"
"""


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


def test_the_record_names_the_owner(folder, monkeypatch):
    """Each field's report says in whose document its rule stands."""
    with upstream(lambda _: ok(SNAPSHOT)) as atlas:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", atlas.origin)
        with shim_httpx.Client(base_url=atlas.origin, trust_env=False) as client:
            record = client.get(TARGET).extensions["shim"]
    owners = {report.name: report.owner for report in record.fields}
    ours = {name for name, owner in owners.items() if owner == "deep/ours.toml"}
    assert ours == {"createdAt", "status", "storageSizeBytes"}
    assert "Ask us first." in record.notes
    assert record.sunset.year == 2020


def explained(*arguments):
    """Run ``atlas-shim explain`` and return what it says."""
    result = CliRunner().invoke(main, ["explain", *arguments], env={"NO_COLOR": "1"})
    assert result.exit_code == 0, result.output
    return result.output


def test_explain_shows_the_rules_in_force(folder):
    """The operator's reason, note and version take the place of ours."""
    said = " ".join(explained("GET", TARGET).split())
    assert "Our billing counts from the end." in said
    assert "Ask us first." in said
    assert "2030-01-01" in said


CALLS = [
    ("GET", "/api/atlas/v2/groups/g1/watchers", "alertRules"),
    ("GET", "/api/atlas/v1.0/groups/g1/watchers/7", "alertRules/7"),
    ("POST", "/api/atlas/v2/groups/g1/watchers", "eventRules"),
    ("PATCH", "/api/atlas/v2/groups/g1/watchers/7", "alertRules/7"),
    ("DELETE", "/api/atlas/v2/groups/g1/watchers/7", "alertRules/7"),
    ("GET", "/api/network/v1/regions/eu/clusters/shop/tunnels", "/net/shop/in/eu/links"),
    ("PUT", "/api/network/v2/regions/eu/clusters/shop/tunnels/t1", "/big/eu/shop/links/t1"),
    ("DELETE", "/api/network/v2/regions/eu/clusters/shop/tunnels/t1", "/net/shop/in/eu/links/t1:close"),
    ("GET", "/api/atlas/v2/orgs/o1/archives", "vaults"),
    ("POST", "/api/atlas/v2/orgs/o1/archives/a/thaw", "Vaults are never frozen."),
]


@pytest.mark.parametrize(("method", "target", "word"), CALLS)
def test_explain_knows_every_invented_call(method, target, word):
    """Decision, fields and the call to make instead, of documents that came with a variable."""
    said = " ".join(explained(method, target).split())
    assert word in said
    assert "has passed" in said
    document = json.loads(explained(method, target, "-o", "json"))
    assert document


def test_explain_shows_notes_and_whys():
    """What changed in meaning is shown, and why a field is not what it was."""
    said = " ".join(explained("GET", "/api/atlas/v2/groups/g1/watchers").split())
    assert "A rule fires once an hour at most; a watcher fired at once." in said
    assert "Rules have four levels, watchers had two." in said
    assert "Rules have no colour." in said


def test_a_sunset_of_an_invented_document_can_be_moved(door, monkeypatch):
    """ATLAS_SHIM_SUNSET names the document; until that day the legacy side is asked, and its 410 leads on."""
    monkeypatch.setenv("ATLAS_SHIM_SUNSET", "watchers=2999-01-01")
    answers = by_side(other=GONE)
    with upstream(answers) as atlas, door(atlas.origin) as ask:
        atlas.answer = lambda arrival: ok({"id": 1}) if "alertRules" in arrival.path else GONE
        assert ask("GET", "/api/atlas/v2/groups/g1/watchers/1").status == 200
        paths = [arrival.path.rpartition("groups/g1")[2] for arrival in atlas.arrivals]
    assert paths == ["/watchers/1", "/alertRules/1"]


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
