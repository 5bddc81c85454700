"""What replies announced to gateways is summed up by operation."""

import json

from click.testing import CliRunner

from shim.cli import main
from shim.tools.inventory.writing import note_announced
from shim.tools.radar.radar import Sighting

PATH = "/api/atlas/v2/groups/{}/backup/exportBuckets/{}"


def sighting(sunset):
    """Return what a reply announces that ends at an instant, in seconds since the epoch."""
    return Sighting(
        method="GET", path=PATH, version="2023-02-01", first=0, last=0,
        sunset=sunset, deprecation=1722816000.0,
    )  # fmt: skip


def test_the_command_shows_the_next_sunsets(tmp_path):
    """Sorted by date, the one that was said last counts, with who calls; in the text and the JSON."""
    file = tmp_path / "calls.jsonl"
    for sunset in (1830000000, 1814400000):
        environ = {"ATLAS_SHIM_INVENTORY": str(file)}
        note_announced(sighting(sunset), agent="jobs/1", peer="10.0.0.1", environ=environ)
    undated = {
        "time": "2026-06-01T00:00:00Z",
        "announced": "GET /a/{}",
        "deprecation": "2026-05-01T00:00:00Z",
        "agent": "curl/8",
    }
    own = undated | {"announced": "GET /own", "agent": "atlas-shim-cli/1"}
    broken = undated | {"announced": 3}
    file.write_text(file.read_text() + "".join(f"{json.dumps(one)}\n" for one in (undated, own, broken)))
    found = json.loads(CliRunner().invoke(main, ["inventory", str(file), "--output", "json"]).stdout)
    assert [(one["operation"], one.get("sunset"), one["deprecation"], one["count"]) for one in found["announced"]] == [
        ("GET /api/atlas/v2/groups/{}/backup/exportBuckets/{}", "2027-07-01T00:00:00Z", "2024-08-05T00:00:00Z", 2),
        ("GET /a/{}", None, "2026-05-01T00:00:00Z", 1),
    ]
    assert (found["operations"], found["broken"]) == ([], 1)
    assert found["announced"][0]["place"] == "jobs/1 from 10.0.0.1"
    text = CliRunner().invoke(main, ["inventory", str(file)]).stdout
    for shown in ("/api/atlas/v2/groups/{}/backup/exportBuckets/{}", "2027-07-01", "curl/8"):
        assert shown in text
