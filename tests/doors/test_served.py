"""Each library serves a retired call, once, signed as the caller signs; other calls are unchanged."""

import inspect
import json
import linecache
import re
import socket
from pathlib import Path

import pytest

import shim
from shim import requests as shim_requests
from shim.core.recognize import Engine
from shim.errors import DocumentError, LegacyEndpointWarning, SettingsError
from tests.doors.calls import (
    BEARER,
    EMPTY,
    KEY,
    SNAPSHOTS,
    field,
    flex,
    gone,
    gone_then_flex,
)
from tests.doors.conftest import DOORS, doors_where, names_where
from tests.peers.answering import reply

FIELDS = {
    "createdAt", "expiresAt", "frequencyType", "id", "links", "mongodVersion", "serverlessInstanceName",
    "snapshotType", "status",
}  # fmt: skip


def test_a_retired_call_gets_the_legacy_reply(door, atlas, retired):
    """It needs one request, and has the properties of a network reply, the caller's URL, and a record."""
    with door.open() as client:
        got = client.ask(retired, headers=BEARER)
    document = json.loads(got.content)
    assert got.status == 200
    assert got.reason == "OK"
    assert document["totalCount"] == 8
    assert set(document["results"][0]) <= FIELDS
    assert got.field("Content-Length") == [str(len(got.content))]
    assert not got.field("Content-Encoding")
    assert got.shown[0] in {retired, None}  # urllib3 1.26 may not know
    assert got.record.route == "flex"
    assert len(atlas.fake.arrivals) == 1


def test_a_retired_call_is_looked_up_once(door, atlas, retired, monkeypatch):
    """One lookup decides whether it is retired and which operation it is."""
    asked = list[str]()
    look_up = Engine.look_up

    def counted(engine, method, target):
        asked.append(target)
        return look_up(engine, method, target)

    monkeypatch.setattr(Engine, "look_up", counted)
    with door.open() as client:
        client.ask(retired, headers=BEARER)
    assert len(asked) == 1


@pytest.mark.filterwarnings("error::shim.LegacyEndpointWarning")
def test_other_calls_are_unchanged(door, raw):
    """The request is the same byte for byte, the reply has no record, and there is no warning."""
    server = raw(
        lambda request: reply("207 Odd", "X-Odd: a", "X-Odd: b", body=b"\x00\xff")
    )
    calls = [
        ("GET", "/api/atlas/v2/groups/a/flexClusters?x=%2F+%20&y=1", None),
        (
            "GET",
            SNAPSHOTS.replace("v1.0", "v2"),
            {"Accept": "application/vnd.atlas.preview+json"},
        ),
        ("DELETE", SNAPSHOTS, {"X-Odd": "1"}),
    ]
    sent = []
    for own in (True, False):
        with door.open(own=own) as client:
            for method, target, headers in calls:
                got = client.ask(server.url + target, method, headers)
                assert got.status == 207
                assert got.content == b"\x00\xff"
                assert got.field("X-Odd") == ["a", "b"]
                assert got.record is None
            for form in door.forms(b'{"a": [1, 2.5]}').values():
                client.ask(
                    f"{server.url}/api/atlas/v2/groups/a/flexClusters", "POST", **form()
                )
        sent.append(server.requests[:])
        server.requests.clear()
    assert sent[0] == sent[1]


def test_the_switch_is_checked_for_each_call(door, raw, monkeypatch):
    """An existing client uses the current settings; switched off, it makes its library's own call."""
    server = raw(gone_then_flex)
    with door.open() as client:
        for word, status in (("off", 410), ("flex", 200)):
            monkeypatch.setenv("ATLAS_SHIM_ROUTE", word)
            got = client.ask(server.url + SNAPSHOTS)
            assert got.status == status
            assert (got.record is None) == (word == "off")
    assert server.targets()[0] == SNAPSHOTS
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROUTE", "flexx"),
        ("WARNINGS", "loud"),
        ("SUNSET", "none=2026-01-01"),
        ("MAPPINGS", "missing.toml"),
    ],
)
def test_a_wrong_setting_fails_when_a_client_is_created(
    door, raw, monkeypatch, caplog, name, value
):
    """An existing client keeps the last valid settings, and the log has one line."""
    server = raw(flex)
    with door.open() as client:
        client.ask(server.url + SNAPSHOTS)
    with door.open() as client:
        monkeypatch.setenv(f"ATLAS_SHIM_{name}", value)
        assert [client.ask(server.url + SNAPSHOTS).record.route for _ in range(2)] == [
            "flex"
        ] * 2
    with (
        pytest.raises(
            (SettingsError, DocumentError), match=f"ATLAS_SHIM_{name}|{value}"
        ),
        door.open(),
    ):
        pass
    said = [
        line
        for line in caplog.messages
        if line.startswith("settings are not changed: ")
    ]
    assert len(said) == 1
    assert value.partition("=")[0] in said[0]


def test_a_fallback_asks_each_side_once_and_is_remembered(door, raw, early):
    """The 410 is a step of the exchange; the next call asks only the successor."""
    server = raw(gone_then_flex)
    with door.open() as client:
        first = client.ask(server.url + SNAPSHOTS)
    with door.open() as client:  # what one client has learned serves the next
        second = client.ask(server.url + SNAPSHOTS)
    assert [sent.status for sent in first.record.sent] == [410, 200]
    assert [sent.status for sent in second.record.sent] == [200]
    assert [b"/flexClusters/" in request for request in server.requests] == [
        False,
        True,
        True,
    ]


def test_the_client_s_own_check_sees_the_last_status(door, raw, early):
    """That covers hooks that raise, raise_for_status and errors of openers; none sees the 410."""
    server = raw(gone_then_flex)
    with door.open(checks=True) as client:
        assert client.ask(server.url + SNAPSHOTS).status == 200
    assert len(server.requests) == 2


def test_head_has_fields_and_no_content(door, retired):
    """The length is that of GET's content."""
    with door.open() as client:
        whole = client.ask(retired, headers=BEARER)
        got = client.ask(retired, "HEAD", BEARER)
    assert got.status == 200
    assert got.content == b""
    assert got.field("Content-Length") == [str(len(whole.content))]


def test_a_reply_without_a_request_is_a_reply_too(door, raw):
    """A caller's mistake is reported before anything is sent."""
    server = raw(flex)
    with door.open() as client:
        got = client.ask(f"{server.url}{SNAPSHOTS}?pageNum=x")
    assert got.status == 400
    assert got.reason == "Bad Request"
    assert got.record.sent == ()
    assert server.requests == []
    assert json.loads(got.content)["error"] == 400


def trips(atlas, client, url):
    before = len(atlas.fake.arrivals)
    return client.ask(url).status, len(atlas.fake.arrivals) - before


@doors_where(lambda door: bool(door.trips))
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_digest_costs_no_extra_request(door, atlas, retired, is_wrapped):
    """The signature covers the final request.

    As without the shim, there is one challenge if the library caches a nonce.
    """
    with door.open(own=is_wrapped, key=KEY) as client:
        if is_wrapped:
            shim.wrap(client.native) if door.is_own_class else shim.install()
        assert [trips(atlas, client, retired) for _ in range(3)] == [
            (200, count) for count in door.trips
        ]


@doors_where(lambda door: bool(door.trips))
def test_a_fallback_is_signed_too(door, atlas, retired, early):
    """So are the refused call and its replacement; the next call uses the latter's nonce."""
    with door.open(key=KEY) as client:
        assert client.ask(retired).status == 200
        assert trips(atlas, client, retired) == (200, door.trips[1])


@doors_where(lambda door: door.trips == (2, 1, 1))
def test_a_wrong_key_is_refused_with_the_callers_url(door, retired):
    """There is no loop, and nothing of the successor is shown."""
    with door.open(key=(KEY[0], "wrong")) as client:
        got = client.ask(retired)
    assert got.status == 401
    assert set(got.shown) == {retired}


def test_credentials_of_a_client_reach_both_sides(door, raw, early):
    """These are valid for any target."""
    server = raw(gone_then_flex)
    with door.open(user=("user", "pass")) as client:
        client.ask(server.url + SNAPSHOTS)
    assert [field(request, "Authorization") for request in server.requests] == [
        "Basic dXNlcjpwYXNz"
    ] * 2


@doors_where(lambda door: door.signs_by_url)
def test_credentials_in_a_url_are_shown_as_by_the_library(door, raw):
    """They sign both sides of an exchange; aiohttp hides them in a response."""
    server = raw(
        lambda request: (
            flex(request) if b"/flexClusters/" in request else reply("200 OK")
        )
    )
    url = server.url.replace("http://", "http://user:pass@")
    shown = []
    for own, path in ((True, "/other"), (False, SNAPSHOTS)):
        with door.open(own=own) as client:
            got = client.ask(url + path)
            shown.append(
                [
                    None if each is None else each.removesuffix(path)
                    for each in got.shown
                ]
            )
    assert shown[0] == shown[1]
    assert {field(request, "Authorization") for request in server.requests} == {
        "Basic dXNlcjpwYXNz"
    }


def test_credentials_of_one_call_are_not_reused(door, raw):
    """A caller that gives them with one call gave them for no other."""
    server = raw(flex)
    with door.open() as client:
        for headers in (
            {"Authorization": "one"},
            {},
            {"Authorization": "two"},
            {"Authorization": "two"},
            {},
        ):
            client.ask(server.url + SNAPSHOTS, headers=headers)
    assert [field(request, "Authorization") for request in server.requests] == [
        "one",
        None,
        "two",
        "two",
        None,
    ]


def test_a_signature_over_another_target_is_not_sent(door, raw):
    """A Digest that the caller computed, or a malformed one, would be refused; other schemes are kept."""
    server = raw(flex)
    digest = (
        f'Digest username="u", realm="r", nonce="n", uri="{SNAPSHOTS}", response="0"'
    )
    with door.open() as client:
        for value in (digest, "Digest that nobody can read", "Bearer a"):
            client.ask(server.url + SNAPSHOTS, headers={"Authorization": value})
    assert [field(request, "Authorization") for request in server.requests] == [
        None,
        None,
        "Bearer a",
    ]


def test_the_fields_of_the_caller_are_kept(door, raw):
    """Only version and codings are the successor call's own."""
    server = raw(flex)
    with door.open() as client:
        client.ask(
            server.url + SNAPSHOTS,
            headers={"User-Agent": "mine", "X-Own": "1", "Accept": "application/json"},
        )
    (request,) = server.requests
    assert [field(request, name) for name in ("User-Agent", "X-Own")] == ["mine", "1"]
    assert field(request, "Accept") == "application/vnd.atlas.2024-11-13+json"
    assert field(request, "Host") == server.url.removeprefix("http://")


@doors_where(lambda door: door.keeps_cookies)
def test_cookies_work_in_both_directions(door, raw):
    """A successor's reply sets them, and the next call sends them."""
    server = raw(lambda request: reply("200 OK", "Set-Cookie: a=b; Path=/", body=EMPTY))
    with door.open() as client:
        got = [client.ask(server.url + SNAPSHOTS) for _ in range(2)]
    assert got[0].field("Set-Cookie") == ["a=b; Path=/"]
    assert [field(request, "Cookie") for request in server.requests] == [None, "a=b"]


def test_a_proxy_gets_the_successor_s_url(door, raw, monkeypatch):
    """The caller sees its own."""
    server = raw(flex)
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", "http://atlas.example")
    with door.open(proxy=server.url) as client:
        got = client.ask(f"http://atlas.example{SNAPSHOTS}")
    assert got.status == 200
    assert got.shown[0] in {f"http://atlas.example{SNAPSHOTS}", None}
    assert server.targets()[0].startswith("http://atlas.example/api/atlas/v2/groups/")
    assert "/flexClusters/" in server.targets()[0]


def test_concurrent_calls_are_separate(door, atlas, retired):
    """Nothing of one exchange is stored on the client."""
    urls = [f"{retired}?itemsPerPage=3&pageNum={number}" for number in range(1, 9)]
    with door.open() as client:
        client.ask(retired, headers=BEARER)
        pages = client.many(urls, BEARER)
    assert [len(json.loads(got.content)["results"]) for got in pages] == [
        3,
        3,
        2,
        0,
        0,
        0,
        0,
        0,
    ]
    assert all(
        got.shown[0] in {url, None} for got, url in zip(pages, urls, strict=True)
    )


def test_the_warning_has_the_program_s_line(door, raw, monkeypatch):
    """It comes before anything is sent; as an error it prevents the call."""
    server = raw(flex)
    with door.open() as client:
        with pytest.warns(LegacyEndpointWarning) as caught:
            client.ask(server.url + SNAPSHOTS)
        assert [
            one.filename.rpartition("/")[2].startswith("by_") for one in caught
        ] == [True]
        monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "error")
        with pytest.raises(LegacyEndpointWarning):
            client.ask(server.url + SNAPSHOTS)
    assert len(server.requests) == 1


def test_the_inventory_has_the_line_of_the_call(door, retired, tmp_path, monkeypatch):
    """It is the program's, not a library's or the shim's; without a reply the reason is the exception."""
    file = tmp_path / "calls.jsonl"
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(file))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with door.open() as client:
        client.ask(retired, headers=BEARER)
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", nowhere)
        with pytest.raises(door.refused) as caught:
            client.ask(nowhere + SNAPSHOTS)
    answered, unanswered = map(json.loads, file.read_text().splitlines())
    said = answered["route"], unanswered["route"], unanswered["reason"]
    assert said == ("flex", "none", f"no answer: {type(caught.value).__name__}")
    assert answered["file"] == unanswered["file"] == inspect.getfile(type(client))
    assert re.search(
        r"self\.(native|runner)\.",
        linecache.getline(answered["file"], answered["line"]),
    )
    assert "demo-access-token" not in file.read_text()


WAYS = [
    (name, way)
    for name in names_where(lambda door: door.is_own_class)
    for way in ("shim's own", "wrapped")
]
OLDER = {"wrapped": [200, 200, 200], "library's own": [410, 200, 410]}
WAYS += [("requests", "mounted"), *((name, "library's own") for name in DOORS)]


@pytest.mark.parametrize(("door", "way"), WAYS, indirect=["door"])
def test_combined_entry_points_serve_a_call_once(
    door, raw, early, tmp_path, monkeypatch, way
):
    """In a process with all of them there is one exchange, one warning, and one line in the inventory."""
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(tmp_path / "calls.jsonl"))
    server = raw(gone_then_flex)
    shim.install()
    with door.open(own=way != "shim's own", checks=True) as client:
        if way == "wrapped":
            assert shim.wrap(shim.wrap(client.native)) is client.native
        elif way == "mounted":
            client.native.mount(server.url, shim_requests.Adapter())
        with pytest.warns(LegacyEndpointWarning) as caught:
            got = client.ask(server.url + SNAPSHOTS)
    assert got.status == 200
    assert got.record.route == "flex"
    assert len(server.requests) == 2
    assert len(caught) == 1
    (line,) = map(json.loads, (tmp_path / "calls.jsonl").read_text().splitlines())
    assert line["route"] == "flex"


@pytest.mark.parametrize(
    ("door", "way"),
    [(name, way) for name, way in WAYS if way in OLDER],
    indirect=["door"],
)
def test_an_existing_client_is_covered_while_the_switch_is_on(door, raw, way):
    """After that it is unchanged; a wrapped one stays covered and keeps its class."""
    server = raw(gone_then_flex)
    statuses = []
    with door.open(own=True) as client:
        kind = type(client.native)
        if way == "wrapped":
            assert shim.wrap(client.native) is client.native
        for switch in (shim.uninstall, shim.install, shim.uninstall):
            switch()
            statuses.append(client.ask(server.url + SNAPSHOTS).status)
        assert isinstance(client.native, kind)
    assert statuses == OLDER[way]


@doors_where(lambda door: door.is_own_class)
def test_a_wrong_setting_fails_when_a_client_is_wrapped(door, monkeypatch):
    """The client stays unchanged."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flexx")
    with door.open(own=True) as client:
        kind = type(client.native)
        with pytest.raises(SettingsError, match="ATLAS_SHIM_ROUTE"):
            shim.wrap(client.native)
        assert type(client.native) is kind


@pytest.mark.parametrize("own", [False, True])
def test_later_documents_apply(door, raw, monkeypatch, own):
    """Existing clients use them, even if their paths were in no document before."""
    server = raw(
        lambda request: (
            reply("200 OK", body=b'{"results": []}')
            if b"/net/" in request
            else gone(request)
        )
    )
    url = f"{server.url}/api/network/v1/regions/eu/clusters/c1/tunnels"
    statuses = []
    shim.install()
    with door.open(own=own) as client:
        for documents in (
            "",
            str(Path(__file__).parents[1] / "documents" / "apis"),
            "",
        ):
            monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", documents)
            statuses.append(client.ask(url).status)
    assert statuses == [410, 200, 410]
