"""An Atlas outside the settings is left alone, and its first sign is logged with the setting."""

from tests.doors.calls import BEARER, SNAPSHOTS
from tests.peers.answering import reply


def test_an_unconfigured_atlas_is_logged_once(
    door, atlas, retired, monkeypatch, caplog
):
    """Its replies pass unchanged, without a record."""
    monkeypatch.delenv("ATLAS_SHIM_UPSTREAM")
    with door.open() as client:
        got = [client.ask(retired, headers=BEARER) for _ in range(2)]
    assert [one.status for one in got] == [410, 410]
    assert b"VERSION_GONE" in got[0].content
    assert [one.record for one in got] == [None, None]
    (said,) = [line for line in caplog.messages if "VERSION_GONE" in line]
    assert said.endswith(f"set ATLAS_SHIM_UPSTREAM={atlas.url} to translate its calls")
    assert len(atlas.fake.arrivals) == 2


def test_a_host_other_than_atlas_is_not_logged(door, raw, monkeypatch, caplog):
    """Whatever it replies, the library's requests stay the same."""
    server = raw(lambda request: reply("410 Gone", "X-Odd: a", body=b"{}"))
    monkeypatch.delenv("ATLAS_SHIM_UPSTREAM")
    for own in (True, False):
        with door.open(own=own) as client:
            got = client.ask(f"{server.url}{SNAPSHOTS}", headers=BEARER)
            assert got.status == 410
            assert got.content == b"{}"
            assert got.field("X-Odd") == ["a"]
    first, second = server.requests
    assert first == second
    assert caplog.messages == []
