# mypy: disable-error-code="attr-defined, union-attr, arg-type"
# (types of the standard library know no attribute of ours)
"""Retired calls of urllib.request behave like its own: openers, handlers, errors, files."""

import json
from http.client import IncompleteRead
from urllib.error import HTTPError
from urllib.request import (
    HTTPErrorProcessor,
    Request,
    build_opener,
    urlopen,
    urlretrieve,
)

import pytest

import shim
from tests.doors.calls import BEARER, SNAPSHOTS, gone_then_flex
from tests.peers.answering import reply


def test_a_response_is_http_clients(retired):
    """Programs can use that class's attributes, and the request is unchanged."""
    request = Request(retired, headers=BEARER)
    with urlopen(request, timeout=10) as response:
        assert int(response.getheader("Content-Length")) == len(response.read())
    assert response.status == 200
    assert response.getcode() == 200
    assert response.msg == "OK"
    assert response.version == 11
    assert response.headers.get_content_type() == "application/json"
    assert request.full_url == retired


def test_an_error_is_raised_with_the_callers_url(retired):
    """For wrong credentials it has Atlas's own reply.

    Its content can be read, and it has a record.
    """
    with pytest.raises(HTTPError, match="401") as caught:
        urlopen(retired, timeout=10)
    with caught.value as error:
        assert error.url == error.filename == error.geturl() == retired
        assert json.load(error)["error"] == 401
        assert shim.record(error).route == "flex"


def test_an_error_of_the_shims_own_is_raised_too(raw):
    """A reply that can't be translated is a 502, for which another handler may return a response."""
    server = raw(lambda request: reply("200 OK", body=b"no JSON"))
    with pytest.raises(HTTPError, match="502") as caught:
        urlopen(f"{server.url}{SNAPSHOTS}", timeout=10)
    assert json.load(caught.value)["errorCode"].startswith("SHIM_")

    class Quiet(HTTPErrorProcessor):
        def http_response(self, request, response):
            return response

    with build_opener(Quiet).open(f"{server.url}{SNAPSHOTS}", timeout=10) as response:
        assert response.status == 502


def test_incomplete_content_is_in_the_error(raw, early):
    """It has the bytes that arrived, also if the shim has read them."""
    server = raw(
        lambda request: iter(
            [b"HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\nshort"]
        )
    )
    with pytest.raises(IncompleteRead) as caught:
        urlopen(f"{server.url}{SNAPSHOTS}", timeout=10)
    assert caught.value.partial == b"short"


def test_fields_for_the_first_host_do_not_follow_a_redirect(raw, early):
    """An unredirected header is sent to the first host only."""

    def answer(request):
        if b"/moved" in request:
            return gone_then_flex(b"/flexClusters/")
        return reply("302 Found", "Location: /moved")

    server = raw(answer)
    request = Request(f"{server.url}{SNAPSHOTS}", headers={"X-Two": "b"})
    request.add_unredirected_header("X-One", "a")
    urlopen(request, timeout=10).close()
    first, second = server.requests
    assert b"X-One: a" in first
    assert b"X-One" not in second
    assert b"X-Two: b" in first
    assert b"X-Two: b" in second


def test_a_file_can_be_retrieved(raw, tmp_path):
    """urlretrieve, the oldest function of the module, works."""
    server = raw(gone_then_flex)
    urlretrieve(f"{server.url}{SNAPSHOTS}", tmp_path / "page.json")
    assert json.loads((tmp_path / "page.json").read_text())["totalCount"] == 0
