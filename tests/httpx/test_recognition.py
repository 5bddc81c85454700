"""Settings of the process, read again when they change."""

import pytest

from shim import httpx
from shim.doors import process
from shim.doors.environment import CHECKED, VARIABLES
from shim.doors.httpx_family.clients import recognise_also
from shim.doors.httpx_family.door import recognise
from shim.errors import DocumentError
from shim.fake import DEMO_TOKEN
from shim.origins import BASE_URL_VARIABLES


class Watching(dict[str, str]):
    """An environment that knows what it was asked for."""

    def __init__(self):
        super().__init__()
        self.asked = set()

    def get(self, key, default=None):
        """Remember the name."""
        self.asked.add(key)
        return default

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.asked.add(key)
        return False


def test_every_variable_that_settings_depend_on_is_watched():
    """A variable that is read but not watched would never take effect in a living client."""
    environ = Watching()
    process._read((), environ)
    assert environ.asked - {CHECKED} == {*VARIABLES, *BASE_URL_VARIABLES}


def test_broken_documents_are_found_at_construction_and_not_in_a_call(retired, monkeypatch, tmp_path):
    """A client that lives keeps the last good ones."""
    (tmp_path / "broken.toml").write_text("nonsense = 1")
    with httpx.Client(headers={"Authorization": f"Bearer {DEMO_TOKEN}"}) as client:
        monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(tmp_path))
        assert client.get(retired).status_code == 200
        with pytest.raises(DocumentError):
            httpx.Client()
        assert client.get(retired).status_code == 200


@pytest.mark.parametrize(
    ("origin", "url", "covered"),
    [
        ("http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080", False),
        ("http://[::1]:8080", "http://[::1]:8080", True),
        ("https://Atlas.Example", "https://atlas.example:443", True),
        ("https://atlas.example", "http://atlas.example", False),
        ("https://atlas.example", "https://atlas.example:8443", False),
        ("https://atlas.example", "https://user:secret@atlas.example", True),
        ("https://bücher.example:8443", "https://BÜCHER.example:8443", True),
        ("https://bücher.example", "https://xn--bcher-kva.example", True),
    ],
)
def test_origins_compare_as_origins(monkeypatch, origin, url, covered):
    """Scheme, host and port, whatever the case; user information is not a part of it."""
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", origin)
    path = "/api/atlas/v1.0/groups/0123456789abcdef01234567/serverless/a/backup/snapshots"
    found = recognise(httpx.Request("GET", f"{url}{path}"), httpx.SyncByteStream)
    assert (found is not None and found.known) is covered
    assert found is None or "secret" not in found.call.origin


def test_an_origin_of_the_typed_client_counts_for_its_client_only(atlas, retired, monkeypatch):
    """Other clients of the process leave calls to it as they are."""
    monkeypatch.delenv("ATLAS_SHIM_UPSTREAM")
    bearer = {"Authorization": f"Bearer {DEMO_TOKEN}"}
    with httpx.Client(headers=bearer) as ours, httpx.Client(headers=bearer) as other:
        recognise_also(ours, atlas.url)
        assert ours.get(retired).status_code == 200
        assert other.get(retired).status_code == 410
