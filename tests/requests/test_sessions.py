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


def test_a_hook_that_raises_is_heard(raw):
    """The error carries the caller's own request and response, which can still be read."""
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
    """The very object that was sent, its URL and fields as they were; the record says where the call went."""
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
def test_an_answer_can_be_streamed(retired, size):
    """iter_content, raw and close work on an answer of the shim's own."""
    whole = requests.get(retired, headers=BEARER, timeout=5).content
    with requests.get(retired, headers=BEARER, stream=True, timeout=5) as response:
        assert b"".join(response.iter_content(size)) == whole
        with pytest.raises(requests.exceptions.StreamConsumedError):
            next(response.iter_content())
    with requests.get(retired, headers=BEARER, stream=True, timeout=5) as response:
        assert response.raw.read() == whole


@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize("route", ["flex", "legacy"])
def test_an_adapter_without_a_socket_will_do(monkeypatch, ready, route):
    """Its responses may have a file, or content, and no urllib3 below: translated, and where they pass."""
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
    """With what a session keeps; the copy makes retired calls too."""
    session = requests.Session()
    session.headers.update(BEARER)
    copy = pickle.loads(pickle.dumps(session))
    assert type(copy) is requests.Session
    with copy:
        assert copy.get(retired).status_code == 200


def test_a_response_can_be_pickled(retired):
    """With its record."""
    response = requests.get(retired, headers=BEARER, timeout=5)
    copy = pickle.loads(pickle.dumps(response))
    assert copy.json() == response.json()
    assert copy.shim == response.shim
    assert copy.url == response.url


def test_what_an_adapter_notes_on_a_response_is_there(retired):
    """A translated call's response is of the adapter's kind too, and has what was set there, as by CacheControl."""

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


def test_what_an_adapter_made_of_the_successors_content_is_not_there(retired):
    """An attribute would say what the caller's response does not."""

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
