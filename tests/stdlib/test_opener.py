# mypy: disable-error-code="attr-defined, union-attr, arg-type"
# (types of the standard library know no attribute of ours)
"""Retired calls of urllib.request are served, and look as ever: openers, handlers, errors, files."""

import gzip
import io
import json
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.request import (
    HTTPCookieProcessor,
    HTTPDigestAuthHandler,
    HTTPErrorProcessor,
    HTTPPasswordMgrWithDefaultRealm,
    ProxyHandler,
    Request,
    build_opener,
    urlopen,
    urlretrieve,
)

import pytest

import shim
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from tests.peers.answering import reply
from tests.urllib3.test_calls import BEARER, DOCUMENT, EMPTY, JOBS, SNAPSHOTS, gone_then_flex


def test_a_retired_call_is_served(atlas, retired):
    """By a request, in one trip; the response is http.client's, with the caller's URL and a record."""
    request = Request(retired, headers=BEARER)
    with urlopen(request, timeout=10) as response:
        content = response.read()
    assert json.loads(content)["totalCount"] > 0
    assert (response.status, response.getcode(), response.msg, response.version) == (200, 200, "OK", 11)
    assert response.headers.get_content_type() == "application/json"
    assert int(response.getheader("Content-Length")) == len(content)
    assert response.geturl() == retired
    assert shim.record(response).route == "flex"
    assert len(atlas.fake.arrivals) == 1
    assert request.full_url == retired


def test_digest_signs_what_is_sent(atlas, retired):
    """In as many trips as an opener with Digest ever needed: two a call."""
    passwords = HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, atlas.url, DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    opener = build_opener(HTTPDigestAuthHandler(passwords))
    counts = []
    for _ in range(2):
        before = len(atlas.fake.arrivals)
        with opener.open(retired, timeout=10) as response:
            assert json.load(response)["totalCount"] > 0
        counts.append(len(atlas.fake.arrivals) - before)
    assert counts == [2, 2]


def test_an_error_is_raised_with_the_callers_url(retired):
    """Wrong credentials, as Atlas says it; the content can be read, and the record is there."""
    with pytest.raises(HTTPError, match="401") as caught:
        urlopen(retired, timeout=10)
    with caught.value as error:
        assert error.url == error.filename == error.geturl() == retired
        assert json.load(error)["error"] == 401
        assert shim.record(error).route == "flex"


def test_an_error_of_the_shims_own_is_raised_too(raw):
    """What can't be translated is a 502, for which a handler may have another answer."""
    server = raw(lambda request: reply("200 OK", body=b"no JSON"))
    with pytest.raises(HTTPError, match="502") as caught:
        urlopen(f"{server.url}{SNAPSHOTS}", timeout=10)
    assert json.load(caught.value)["errorCode"].startswith("SHIM_")

    class Quiet(HTTPErrorProcessor):
        def http_response(self, request, response):
            return response

    with build_opener(Quiet).open(f"{server.url}{SNAPSHOTS}", timeout=10) as response:
        assert response.status == 502


def test_a_fallback_is_no_error(raw, early):
    """The 410 on the way, which the opener raises, is a step of the exchange."""
    server = raw(gone_then_flex)
    with urlopen(f"{server.url}{SNAPSHOTS}", timeout=10) as response:
        assert b"results" in response.read()
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", ["404 Nope", "200 OK"])
def test_what_passes_is_what_came(raw, early, status):
    """A legacy reply, coding and all, whether it was read or not."""
    body = gzip.compress(b'{"errorCode": "RESOURCE_NOT_FOUND"}')
    server = raw(lambda request: reply(status, "Content-Encoding: gzip", "X-One: a", "X-One: b", body=body))
    try:
        response = urlopen(f"{server.url}{SNAPSHOTS}", timeout=10)
    except HTTPError as error:
        response = error
    with response:
        assert (response.read(), response.headers.get_all("X-One")) == (body, ["a", "b"])
        assert f"{response.status} {response.reason}" == status
        assert shim.record(response).route == "legacy"


def test_a_reply_that_breaks_off_is_the_librarys_own_fault(raw, early):
    """As reading it would have raised."""
    from http.client import IncompleteRead

    server = raw(lambda request: iter([b"HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\nshort"]))
    with pytest.raises(IncompleteRead):
        urlopen(f"{server.url}{SNAPSHOTS}", timeout=10)


@pytest.mark.parametrize("form", [bytes, io.BytesIO, lambda text: iter([text])])
def test_a_body_is_translated_from_whatever_it_was_given_as(raw, form):
    """With the length that it has by then."""
    server = raw(lambda request: reply("200 OK", body=b"{}"))
    text = json.dumps(DOCUMENT).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(text))}
    urlopen(Request(f"{server.url}{JOBS}", form(text), headers), timeout=10).close()
    (request,) = server.requests
    head, _, content = request.partition(b"\r\n\r\n")
    assert b"targetDeploymentItemName" in content
    assert f"Content-Length: {len(content)}\r\n".encode() in head + b"\r\n"


def test_head_has_fields_and_no_content(retired):
    """The length is that of the content that GET has."""
    with urlopen(Request(retired, headers=BEARER, method="HEAD"), timeout=10) as response:
        assert int(response.headers["Content-Length"]) > 0
        assert response.read() == b""


def test_handlers_are_the_callers(raw, monkeypatch):
    """A proxy, and a jar that keeps what the successor sets."""
    server = raw(lambda request: reply("200 OK", "Set-Cookie: a=b; Path=/", body=EMPTY))
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", "http://atlas.example")
    jar = CookieJar()
    opener = build_opener(ProxyHandler({"http": server.url}), HTTPCookieProcessor(jar))
    for _ in range(2):
        with opener.open(f"http://atlas.example{SNAPSHOTS}", timeout=10) as response:
            assert response.status == 200
    assert server.targets()[0].startswith("http://atlas.example/api/atlas/v2/groups/")
    assert [b"Cookie: a=b" in request for request in server.requests] == [False, True]


def test_a_redirect_that_leads_to_a_retired_call_is_translated(raw):
    """The opener opens each of a chain by itself."""

    def answer(request):
        return reply("302 Found", f"Location: {SNAPSHOTS}") if b"/moved" in request else gone_then_flex(request)

    server = raw(answer)
    with urlopen(f"{server.url}/moved", timeout=10) as response:
        assert (response.status, response.url) == (200, f"{server.url}{SNAPSHOTS}")


def test_what_must_not_follow_a_redirect_does_not(raw):
    """A field that is for the first host alone stays with it; a Digest signature over another path is left out."""

    def answer(request):
        return gone_then_flex(b"/flexClusters/") if b"/moved" in request else reply("302 Found", "Location: /moved")

    server = raw(answer)
    request = Request(f"{server.url}{SNAPSHOTS}", headers={"X-Two": "b", "Authorization": 'Digest uri="/other"'})
    request.add_unredirected_header("X-One", "a")
    urlopen(request, timeout=10).close()
    first, second = server.requests
    assert b"X-One: a" in first
    assert b"X-One" not in second
    assert b"X-Two: b" in first
    assert b"X-Two: b" in second
    assert b"Digest" not in first + second


def test_a_file_can_be_retrieved(raw, tmp_path):
    """By the oldest function of all."""
    server = raw(gone_then_flex)
    urlretrieve(f"{server.url}{SNAPSHOTS}", tmp_path / "page.json")
    assert json.loads((tmp_path / "page.json").read_text())["totalCount"] == 0


def test_others_are_untouched(raw):
    """No record; what was asked for is what arrives."""
    server = raw(lambda request: reply("200 OK", body=b"mine"))
    with urlopen(f"{server.url}/api/atlas/v2/groups", data=b"a=b", timeout=10) as response:
        assert (response.read(), shim.record(response)) == (b"mine", None)
    assert server.requests[0].startswith(b"POST /api/atlas/v2/groups HTTP/1.1\r\n")
