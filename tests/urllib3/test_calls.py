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
def test_every_way_in_is_covered(atlas, ask):
    """Pools as managers, ours and urllib3's own, in one trip, with URLs of the caller's."""
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
    """With urllib3's own defaults."""
    assert urllib3.request("GET", retired, headers=BEARER).json()["totalCount"] > 0


@pytest.mark.parametrize("early_or_late", ["early", "late"])
def test_what_is_streamed_gives_its_connection_back(
    raw, http, monkeypatch, early_or_late
):
    """Of one connection and no more: each call would wait if the last one, or the 410 on the way, kept it."""
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
    """As an ordinary call of request() has them."""
    response = http.request(
        "GET", f"{atlas.url}{SNAPSHOTS}", fields={"itemsPerPage": "1"}, headers=BEARER
    )
    assert len(json.loads(response.data)["results"]) == 1


def test_repeated_fields_arrive_repeated(raw, http):
    """Those of HTTPHeaderDict, those that bytes say, and those of the manager where the call has none."""
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


def test_a_url_that_can_not_be_sent_is_urllib3s_own_fault(raw, http):
    """Nothing of ours is in the way."""
    server = raw(gone_then_flex)
    with pytest.raises(urllib3.exceptions.LocationParseError):
        http.request("GET", f"http://[::1{SNAPSHOTS}")
    with (
        urllib3.connection_from_url(server.url) as pool,
        pytest.raises(urllib3.exceptions.HostChangedError),
    ):
        pool.request("GET", f"http://atlas.example{SNAPSHOTS}")


@pytest.mark.parametrize("status", ["200 OK", "418 I'm a teapot"])
def test_a_pool_below_that_reads_content_takes_none_away(raw, status):
    """As a program's own pool does that logs what came, or a mock that answers with bytes."""

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
