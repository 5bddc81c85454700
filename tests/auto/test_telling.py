"""Calls of libraries that the shim does not serve, and of the standard library, switched on without a cost."""

import http.client
import urllib.request
import warnings

import pytest

import shim
from shim.errors import LegacyEndpointWarning
from tests.auto.test_switch import python
from tests.doors.calls import BEARER


def test_calls_that_mean_nothing_are_the_librarys():
    """It says what is wrong with them, as ever."""
    shim.install()
    with pytest.raises(http.client.CannotSendHeader):
        http.client.HTTPConnection("localhost", 1).endheaders()
    with pytest.raises(AttributeError):
        urllib.request.build_opener().open(None)  # type: ignore[arg-type]


async def test_tornado_is_told(retired):
    """The client of a framework that is often there for its server."""
    tornado = pytest.importorskip("tornado.httpclient")
    shim.install()
    request = tornado.HTTPRequest(retired, headers=BEARER)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        responses = [
            await tornado.AsyncHTTPClient().fetch(retired, headers=BEARER, raise_error=False),
            await tornado.AsyncHTTPClient().fetch(request, raise_error=False),
        ]
    assert [response.code for response in responses] == [410, 410]
    assert ["tornado.httpclient are not covered" in str(one.message) for one in caught] == [True, True]


def test_curl_cffi_is_told(retired):
    """By its sessions, on which its functions stand; at the program's line."""
    curl = pytest.importorskip("curl_cffi.requests")
    shim.install()
    with pytest.warns(LegacyEndpointWarning, match=r"curl_cffi\.requests are not covered") as caught:
        response = curl.get(retired, headers=BEARER)
    assert (response.status_code, caught[0].filename) == (410, __file__)
    with pytest.raises(TypeError):
        curl.Session().request()


def test_twisted_is_told(tmp_path):
    """By a stand-in of its agent, which takes bytes."""
    (tmp_path / "twisted" / "web").mkdir(parents=True)
    for folder in (tmp_path / "twisted", tmp_path / "twisted" / "web"):
        (folder / "__init__.py").write_text("")
    agent = "class Agent:\n    def request(self, method, uri, headers=None, bodyProducer=None): return uri\n"
    (tmp_path / "twisted" / "web" / "client.py").write_text(agent)
    url = "https://cloud.mongodb.com/api/atlas/v2/groups/32b6e34b3d91647abb20e7b8/serverless/x/backup/snapshots"
    code = (
        "import shim, shim.auto; from twisted.web.client import Agent;"
        "shim.set_warnings_handler(lambda notice: print('twisted.web.client are not' in notice.message));"
        f"assert Agent().request(b'GET', {url!r}.encode()) == {url!r}.encode()"
    )
    assert python(code, PYTHONPATH=str(tmp_path)) == "True"
