# mypy: disable-error-code="attr-defined, union-attr, override, arg-type, var-annotated"
# (requests types responses as possibly missing; a test that is wrong about that fails by itself)
"""Retired calls behave like requests' own: hooks, URLs, streams, redirects, cookies, errors, pickles."""

import io
import pickle

import pytest
import requests as plain

from shim import requests
from tests.doors.calls import BEARER, EMPTY, SNAPSHOTS
from tests.peers.answering import reply


def test_a_hooks_exception_reaches_the_caller(raw):
    """The error has the caller's own request and response, which can still be read."""
    server = raw(
        lambda request: reply(
            "404 Not Found", body=b'{"errorCode": "CLUSTER_NOT_FOUND"}'
        )
    )
    url = f"{server.url}{SNAPSHOTS}"
    with pytest.raises(requests.HTTPError, match="404") as caught:
        requests.get(
            url,
            hooks={"response": lambda response, **_: response.raise_for_status()},
            timeout=5,
        )
    assert caught.value.request.url == caught.value.response.url == url
    assert caught.value.response.json()["errorCode"] == "CLUSTER_NOT_FOUND"


def test_the_caller_sees_their_own_request(retired):
    """It is the same object, with its URL and fields unchanged."""
    session = requests.Session()
    request = session.prepare_request(
        requests.Request(
            "GET", retired, headers={**BEARER, "Accept": "application/json"}
        )
    )
    before = dict(vars(request))
    response = session.send(request)
    assert response.request is request
    assert response.url == request.url == retired
    assert request.headers["Accept"] == "application/json"
    assert vars(request) == before
    assert response.shim.route == "flex"
    assert response.elapsed.total_seconds() > 0
    assert response.history == []


@pytest.mark.parametrize("size", [1, 1000, None])
def test_a_translated_reply_can_be_streamed(retired, size):
    """iter_content, raw and close work on a response that the shim created."""
    whole = requests.get(retired, headers=BEARER, timeout=5).content
    with requests.get(retired, headers=BEARER, stream=True, timeout=5) as response:
        assert b"".join(response.iter_content(size)) == whole
        with pytest.raises(requests.exceptions.StreamConsumedError):
            next(response.iter_content())
    with requests.get(retired, headers=BEARER, stream=True, timeout=5) as response:
        assert response.raw.read() == whole


@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize("route", ["flex", "legacy"])
def test_an_adapter_needs_no_socket(monkeypatch, ready, route):
    """Its responses may have a file or content instead of urllib3's response, translated or passed through."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", route)

    class Adapter(requests.adapters.BaseAdapter):
        def send(self, request, **options):
            response = requests.Response()
            response.status_code = 200
            response.request = request
            response.url = request.url
            if ready:
                response._content = EMPTY
            else:
                response.raw = io.BytesIO(EMPTY)
            return response

        def close(self):
            pass

    session = requests.Session()
    session.mount("https://", Adapter())
    response = session.get(f"https://cloud.mongodb.com{SNAPSHOTS}")
    assert response.json()["totalCount"] == 0
    assert response.shim.route == route


def test_a_session_can_be_pickled(retired):
    """A session's attributes are kept, and the copy makes retired calls too."""
    session = requests.Session()
    session.headers.update(BEARER)
    copy = pickle.loads(pickle.dumps(session))
    assert type(copy) is requests.Session
    with copy:
        assert copy.get(retired).status_code == 200


def test_a_response_can_be_pickled(retired):
    """Its record is kept."""
    response = requests.get(retired, headers=BEARER, timeout=5)
    copy = pickle.loads(pickle.dumps(response))
    assert copy.json() == response.json()
    assert copy.shim == response.shim
    assert copy.url == response.url


def test_an_adapters_response_attributes_are_kept(retired):
    """A translated reply is of the adapter's class too, and has the attributes that CacheControl, for example, sets."""

    class Noted(plain.Response):
        pass

    class Noting(plain.adapters.HTTPAdapter):
        def build_response(self, req, resp):
            response = super().build_response(req, resp)
            response.__class__ = Noted
            response.from_cache = False
            return response

    with requests.Session() as session:
        session.mount("http://", Noting())
        response = session.get(retired, headers=BEARER)
    assert response.shim.route == "flex"
    assert type(response) is Noted
    assert response.from_cache is False


def test_attributes_computed_from_the_successors_content_are_dropped(retired):
    """Such an attribute would not match the caller's response."""

    class Reading(plain.adapters.HTTPAdapter):
        def send(self, *args, **options):
            response = super().send(*args, **options)
            response.parsed = response.json()
            return response

    with requests.Session() as session:
        session.mount("http://", Reading())
        response = session.get(retired, headers=BEARER)
    assert response.shim.route == "flex"
    assert not hasattr(response, "parsed")
