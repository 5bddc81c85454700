"""Retired calls of libraries that the shim does not serve: they go out as they are, and the program hears of it."""

import http.client
import urllib.error
import urllib.request
import warnings
from types import SimpleNamespace

import pytest
import requests

import shim
from shim import telling
from shim.errors import LegacyEndpointWarning
from shim.fake import DEMO_TOKEN
from tests.auto.test_switch import python

BEARER = {"Authorization": f"Bearer {DEMO_TOKEN}"}


def warned(call, *arguments):
    """Make a call and return the shim's warnings, as text with the file that they point at."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call(*arguments)
    found = [one for one in caught if one.category is LegacyEndpointWarning]
    return result, [(str(one.message), one.filename) for one in found]


def status_by_urllib(url):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=BEARER)) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_urllib_request_is_told(retired):
    """At the program's line, with the way out; the answer is Atlas' own."""
    shim.install()
    status, [(message, filename)] = warned(status_by_urllib, retired)
    assert status == 410
    assert "does not serve http.client, so this call goes out as it is: lead it through atlas-shim serve" in message
    assert filename == __file__


def test_other_calls_are_not_told(atlas):
    """Nor is the successor's."""
    shim.install()
    for path in ("/api/atlas/v2/groups", "/", "/api/atlas/v2/groups/x/flexClusters/y"):
        _, found = warned(status_by_urllib, atlas.url + path)
        assert found == []


def test_calls_that_are_served_are_told_once(retired, early):
    """Though requests stands on http.client, and the call goes to the retired endpoint first."""
    shim.install()
    response, found = warned(lambda: requests.get(retired, headers=BEARER, timeout=10))
    assert response.status_code == 200
    assert len(found) == 1
    assert "keeps this call working" in found[0][0]


def test_errors_keep_the_call_from_being_made(atlas, retired, monkeypatch):
    """As with the calls that are served."""
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "error")
    shim.install()
    with pytest.raises(LegacyEndpointWarning, match="does not serve"):
        status_by_urllib(retired)
    assert atlas.fake.arrivals == []


def test_switched_off_nobody_is_told(retired, monkeypatch):
    """By the route, and by uninstall, after which the method is what it was."""
    original = http.client.HTTPConnection.putrequest
    shim.install()
    assert http.client.HTTPConnection.putrequest is not original
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "off")
    assert warned(status_by_urllib, retired) == (410, [])
    monkeypatch.delenv("ATLAS_SHIM_ROUTE")
    shim.uninstall()
    assert http.client.HTTPConnection.putrequest is original
    assert warned(status_by_urllib, retired) == (410, [])


@pytest.mark.parametrize(
    ("kind", "host", "port", "tunnel", "url", "read"),
    [
        ("HTTPConnection", "x.org", 80, None, "/a?b", "http://x.org:80/a?b"),
        ("HTTPSConnection", "x.org", 443, None, "/a", "https://x.org:443/a"),
        ("HTTPSConnection", "proxy", 3128, "x.org", "/a", "https://x.org:443/a"),
        ("HTTPConnection", "proxy", 3128, None, "http://x.org/a", "http://x.org/a"),
        ("HTTPConnection", "::1", 8080, None, "/a", "http://[::1]:8080/a"),
    ],
)
def test_the_url_of_a_connection_is_whole(kind, host, port, tunnel, url, read):
    """Directly, through a proxy that sees it and through one that does not."""
    connection = getattr(http.client, kind)(host, port)
    if tunnel is not None:
        connection.set_tunnel(tunnel)
    reader = telling.TOLD["http.client"]["HTTPConnection", "putrequest"]
    assert reader(connection, "GET", url) == ("GET", read)


def test_calls_that_mean_nothing_are_the_librarys():
    """It says what is wrong with them, as ever."""
    shim.install()
    connection = http.client.HTTPConnection("localhost", 1)
    with pytest.raises(TypeError):
        connection.putrequest()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        connection.putrequest("GET", 7)  # type: ignore[arg-type]


def test_http_client_costs_no_engine():
    """Not even calls do, before one looks like Atlas'."""
    code = (
        "import sys, shim.auto, http.client\ntry: http.client.HTTPConnection('localhost', 1).request('GET', '/x')\n"
        "except OSError: print({'wrapt', 'attrs', 'shim.core.recognise'} & set(sys.modules))"
    )
    assert python(code) == "set()"


LIBRARY = """
class Session:
    def send(self, request, **options): return request
class AsyncSession:
    async def send(self, request, **options): return request
"""


def test_niquests_is_told(tmp_path):
    """By a stand-in: the library itself brings its own urllib3, in the place of the one that requests stands on."""
    (tmp_path / "niquests.py").write_text(LIBRARY)
    url = "https://cloud.mongodb.com/api/atlas/v2/groups/32b6e34b3d91647abb20e7b8/serverless/x/backup/snapshots"
    request = SimpleNamespace(method="GET", url=url)
    code = (
        f"import asyncio, shim, shim.auto, niquests, types\nrequest = types.{request!r}\n".replace(
            "namespace", "SimpleNamespace"
        )
        + "shim.set_warnings_handler(lambda notice: print('niquests' in notice.message))\n"
        "assert niquests.Session().send(request) is request\n"
        "assert asyncio.run(niquests.AsyncSession().send(request)) is request\n"
        "shim.uninstall(); niquests.Session().send(request)"
    )
    assert python(code, PYTHONPATH=str(tmp_path)).split() == ["True", "True"]


async def test_tornado_is_told(retired):
    """The client of a framework that is often there for its server."""
    tornado = pytest.importorskip("tornado.httpclient")
    shim.install()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        response = await tornado.AsyncHTTPClient().fetch(retired, headers=BEARER, raise_error=False)
    assert response.code == 410
    assert ["tornado.httpclient" in str(one.message) for one in caught] == [True]


def test_curl_cffi_is_told(retired):
    """By its sessions, on which its functions stand."""
    curl = pytest.importorskip("curl_cffi.requests")
    shim.install()
    response, [(message, filename)] = warned(lambda: curl.get(retired, headers=BEARER))
    assert (response.status_code, filename) == (410, __file__)
    assert "curl_cffi.requests" in message
