"""What is sent is the same through each way in."""

import pytest

from tests.doors.calls import BEARER, field
from tests.doors.conftest import DOORS
from tests.doors.process import *  # noqa: F403 - its fixtures
from tests.peers.answering import reply

VERSION = "application/vnd.atlas.{}+json"


@pytest.mark.parametrize("name", DOORS)
def test_a_version_that_is_not_the_oldest_is_recognised(name, raw, monkeypatch):
    """Writes of clusters in 2024-08-05 have ended; without a version they are those of 2023-01-01, which have not."""
    monkeypatch.setenv("ATLAS_SHIM_SUNSET", "cluster_writes=2020-01-01")
    server = raw(lambda _: reply("201 Created", "Content-Type: application/json", body=b'{"name": "a"}'))
    door = DOORS[name]()
    form = door.forms(b"{}")["bytes"]
    for version, sent in (("2024-08-05", "2024-10-23"), ("2024-10-23", "2024-10-23"), ("2023-01-01", "2023-01-01")):
        with door.open() as client:
            headers = BEARER | {"Accept": VERSION.format(version), "Content-Type": "application/json"}
            client.ask(f"{server.url}/api/atlas/v2/groups/a/clusters", "POST", headers, **form())
        assert field(server.requests[-1], "Accept") == VERSION.format(sent)
