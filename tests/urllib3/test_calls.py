# mypy: disable-error-code="attr-defined, union-attr, arg-type, comparison-overlap"
# (urllib3's types know no attribute of ours)
"""Retired calls behave like urllib3's own: URLs, streams, pools, bodies, fields, proxies, errors."""

import json

import pytest
import urllib3 as plain

import shim
from shim import urllib3
from tests.doors.calls import BEARER, EMPTY, SNAPSHOTS, gone_then_flex
from tests.peers.answering import reply


def by_pool(origin, **options):
    with urllib3.connection_from_url(origin) as pool:
        return pool.request("GET", SNAPSHOTS, **options)


def by_urlopen(origin, **options):
    with urllib3.HTTPConnectionPool(
        origin.removeprefix("http://").split(":")[0], int(origin.split(":")[-1])
    ) as pool:
        return pool.urlopen("GET", SNAPSHOTS, None, **options)


def by_auto_and_pool(origin, **options):
    shim.install()
    with plain.connection_from_url(origin) as pool:
        return pool.request("GET", SNAPSHOTS, **options)


WAYS = [by_pool, by_urlopen, by_auto_and_pool]


@pytest.mark.parametrize("ask", WAYS)
def test_every_entry_point_is_covered(atlas, ask):
    """Pools and managers, the shim's and urllib3's own, send one request and return the caller's URLs."""
    response = ask(atlas.url, headers=BEARER)
    assert response.status == 200
    assert json.loads(response.data)["totalCount"] > 0
    assert response.headers["Content-Length"] == str(len(response.data))
    assert shim.record(response) is response.shim
    assert response.shim.route == "flex"
    # Urllib3 1.26 may not know.
    assert (response.geturl() or SNAPSHOTS).endswith(SNAPSHOTS)
    assert response.retries.history == ()
    assert len(atlas.fake.arrivals) == 1


@pytest.mark.skipif(
    isinstance(plain.request, type(plain)),
    reason="urllib3 1.26 has no top-level function",
)
def test_the_top_level_function_is_covered(retired):
    """It uses urllib3's own defaults."""
    assert urllib3.request("GET", retired, headers=BEARER).json()["totalCount"] > 0


@pytest.mark.parametrize("early_or_late", ["early", "late"])
def test_a_streamed_response_releases_its_connection(
    raw, http, monkeypatch, early_or_late
):
    """There is only one: each call would wait if the last response, or the 410 before it, kept it."""
    if early_or_late == "early":
        monkeypatch.setenv("ATLAS_SHIM_SUNSET", "snapshots=2999-01-01")
    server = raw(gone_then_flex)
    for _ in range(3):
        response = http.request(
            "GET", f"{server.url}{SNAPSHOTS}", preload_content=False, pool_timeout=5
        )
        assert b"results" in b"".join(response.stream(3))
        assert response.read() == b""
        response.release_conn()
    response = http.request(
        "GET", f"{server.url}{SNAPSHOTS}", preload_content=False, pool_timeout=5
    )
    response.drain_conn()
    assert http.request("GET", f"{server.url}{SNAPSHOTS}", pool_timeout=5).status == 200


def test_fields_become_the_query(atlas, http):
    """They do for every call of request()."""
    response = http.request(
        "GET", f"{atlas.url}{SNAPSHOTS}", fields={"itemsPerPage": "1"}, headers=BEARER
    )
    assert len(json.loads(response.data)["results"]) == 1


def test_header_fields_are_sent_as_given(raw, http):
    """Repeated fields stay repeated, and values may be bytes.

    A call without fields sends the manager's, including SKIP_HEADER.
    """
    server = raw(gone_then_flex)
    headers = plain.response.HTTPHeaderDict()
    headers.add("X-One", "a")
    headers.add("X-One", "b")
    http.request("GET", f"{server.url}{SNAPSHOTS}", headers=headers)
    http.headers = {
        "X-Two": b"c",
        "User-Agent": plain.util.SKIP_HEADER,
        "Accept-Encoding": plain.util.SKIP_HEADER,
    }
    http.request("GET", f"{server.url}{SNAPSHOTS}")
    first, second = (request.lower() for request in server.requests)
    assert b"x-one: a\r\nx-one: b\r\n" in first or b"x-one: a, b\r\n" in first
    assert b"user-agent: python-urllib3" in first
    assert b"x-two: c\r\n" in second
    assert b"user-agent" not in second
    assert b"accept-encoding" not in second


def test_an_invalid_url_raises_urllib3s_own_error(raw, http):
    """The shim changes nothing about it."""
    server = raw(gone_then_flex)
    with pytest.raises(urllib3.exceptions.LocationParseError):
        http.request("GET", f"http://[::1{SNAPSHOTS}")
    with (
        urllib3.connection_from_url(server.url) as pool,
        pytest.raises(urllib3.exceptions.HostChangedError),
    ):
        pool.request("GET", f"http://atlas.example{SNAPSHOTS}")


@pytest.mark.parametrize("status", ["200 OK", "418 I'm a teapot"])
def test_an_inner_pool_may_read_the_content(raw, status):
    """A program's own pool does so to log it, and a mock returns bytes."""

    class Logging(plain.HTTPConnectionPool):
        def urlopen(self, *args, **options):
            response = super().urlopen(*args, **options)
            assert json.loads(response.data)["totalCount"] == 0
            return response

    server = raw(lambda request: reply(status, body=EMPTY))
    with urllib3.PoolManager() as http:
        http.pool_classes_by_scheme = {"http": Logging}
        response = http.request("GET", f"{server.url}{SNAPSHOTS}")
    assert response.shim.route == "flex"
    assert json.loads(response.data)["totalCount"] == 0
