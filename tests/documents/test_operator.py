"""An operator's folder: rules over shipped documents, and changes of an API that a document describes."""

import json
import shutil
from pathlib import Path

import pytest

from shim.core.recognize import load_engine
from tests.family.doors import DOORS
from tests.peers.scripted import GONE, error, ok, upstream

SNAPSHOT = {
    "id": "6a6f78e0cab84da5c4476b25",
    "finishTime": "2026-01-02T00:00:00Z",
    "startTime": "2026-01-01T00:00:00Z",
    "status": "COMPLETED",
}
APIS = Path(__file__).parent / "apis"
GROUP = "/api/atlas/v2/groups/g1"
TARGET = f"{GROUP}/serverless/shop/backup/snapshots/{SNAPSHOT['id']}"
OURS = (APIS.parent / "operators.toml").read_text("utf-8")
NEW = {"Accept": "application/vnd.atlas.2026-06-01+json"}
HARBORS = json.loads(Path(__file__).with_name("harbors.json").read_text("utf-8"))
(DEEP, SHALLOW), OLD_DEEP = HARBORS["new"], HARBORS["old"]
"""Two harbors of the new API, and the first of them in the old one."""


def atlas(arrival):
    """Reply as the API of 2026 does; the one before it is gone."""
    below = arrival.path.removeprefix(f"{GROUP}/")
    if below.startswith("flexClusters"):
        return ok({**SNAPSHOT, "size": {"bytes": 7}})
    if arrival.fields.get("accept") != NEW["Accept"]:
        return GONE
    answers = {
        "harbors": ok({"results": [DEEP, SHALLOW], "totalCount": 2}),
        "harbors/Rock%20End": ok(DEEP),
    }
    return answers.get(below) or error(404, "NOWHERE")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with an override, and documents of its own below another one."""
    folder = tmp_path_factory.mktemp("operator")
    shutil.copytree(APIS, folder / "own")
    (folder / "ours.toml").write_text(OURS)
    return folder


@pytest.fixture(params=DOORS)
def ask(request, folder, monkeypatch):
    """Each entry point in turn, with the operator's documents."""
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(folder))
    with (
        upstream(atlas) as peer,
        DOORS[request.param](peer.origin, over=True) as opened,
    ):

        def ask(target, **options):
            peer.arrivals.clear()
            got = opened("GET", target, **options)
            document = json.loads(got.content)
            document.pop("links", None)
            sent = [
                f"{each.fields['accept'][22:32]} {each.target.removeprefix(GROUP)}"
                for each in peer.arrivals
            ]
            return got.status_code, document, sent

        yield ask


def test_rules_of_the_operator_apply_in_every_entry_point(ask):
    """The overridden rules and calls are used, all others stay."""
    _, made, sent = ask(TARGET)
    assert sent == [f"2030-01-01 /flexClusters/shop/backup/snapshots/{SNAPSHOT['id']}"]
    assert made["createdAt"] == SNAPSHOT["finishTime"]
    assert made["storageSizeBytes"] == 7
    assert made["status"] == "completed"
    assert made["snapshotType"] == "scheduled"


def test_a_document_alone_is_enough_for_every_entry_point(ask):
    """Objects are grouped and counted, three deep, with unknown members; the surviving version passes."""
    harbor = "/harbors/Rock%20End"
    assert ask(GROUP + harbor) == (200, OLD_DEEP, [f"2026-06-01 {harbor}"])
    assert ask(GROUP + harbor, headers=NEW) == (200, DEEP, [f"2026-06-01 {harbor}"])


def test_a_list_by_a_translated_query_works_in_every_entry_point(ask):
    """Parameters are translated, dropped, or added; a meaningless value is refused."""
    page = "includeCount=true&itemsPerPage=500&pageNum=1"
    _, document, sent = ask(f"{GROUP}/harbors?verbose=1&state=shut&other=x")
    assert [one["name"] for one in document["results"]] == ["Ayr", "Rock End"]
    assert document["totalCount"] == 2
    assert sent == [f"2026-06-01 /harbors?state=CLOSED&other=x&{page}"]
    assert ask(f"{GROUP.replace('v2', 'v1.0')}/harbors")[2] == [
        f"2026-06-01 /harbors?state=OPEN&{page}"
    ]
    status, document, sent = ask(f"{GROUP}/harbors?state=ajar")
    assert status == 400
    assert document["errorCode"] == "INVALID_QUERY_PARAMETER"
    assert sent == []


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
