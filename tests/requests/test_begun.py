# mypy: disable-error-code="attr-defined, union-attr, arg-type"
# (requests types responses as possibly missing; a test that is wrong about that fails by itself)
"""An exchange is begun while its request is prepared, and sending goes on with it only where nothing has changed."""

import gc
import io
import json
import pickle
import weakref

import pytest

from shim import requests
from shim.doors.recognition import RetiredCall
from shim.doors.requests import signing as _signing
from shim.fake import DEMO_TOKEN
from tests.doors.calls import EMPTY, JOBS, SNAPSHOTS
from tests.peers.answering import reply

ORDER = {"deliveryType": "automated", "snapshotId": "0" * 24, "targetClusterName": "a", "targetGroupId": "1" * 24}


@pytest.fixture
def begun(monkeypatch):
    """Collects the calls whose exchange is begun."""
    calls, exchange = [], RetiredCall.exchange

    def begin(retired):
        calls.append(retired.call)
        return exchange(retired)

    monkeypatch.setattr(RetiredCall, "exchange", begin)
    return calls


@pytest.fixture
def server(raw):
    """An Atlas whose legacy endpoints are gone."""
    return raw(
        lambda request: reply("200 OK", body=EMPTY) if b"/flexClusters/" in request else reply("410 Gone", body=b"{}")
    )


def prepared(session, server, path=SNAPSHOTS, method="GET", **parts):
    return session.prepare_request(requests.Request(method, f"{server.url}{path}", **parts))


@pytest.mark.parametrize("given", [bytes, io.BytesIO, lambda content: iter([content])])
@pytest.mark.parametrize("auth", [None, ("user", "pass"), requests.auth.HTTPDigestAuth("user", "pass")])
def test_a_call_with_a_body_begins_one_exchange(server, begun, given, auth):
    """Whatever the body is given as, and however it is signed."""
    data = given(json.dumps(ORDER).encode())
    requests.post(f"{server.url}{JOBS}", data=data, headers={"Content-Type": "application/json"}, auth=auth, timeout=5)
    assert (len(begun), len(server.requests)) == (1, 1)
    assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2])["snapshotId"] == ORDER["snapshotId"]


def change_a_field(request):
    request.headers["X-Odd"] = "1"


def change_the_url(request):
    request.url += "?x=%20"


def change_the_credentials(request):
    request.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        (change_a_field, b"X-Odd: 1\r\n"),
        (change_the_url, b"x=%20"),
        (change_the_credentials, f"Authorization: Bearer {DEMO_TOKEN}\r\n".encode()),
    ],
)
def test_a_request_that_was_changed_is_sent_as_it_is_by_now(server, begun, change, sent):
    """The exchange is begun anew."""
    session = requests.Session()
    session.auth = ("user", "pass")
    request = prepared(session, server)
    change(request)
    assert session.send(request).status_code == 200
    assert sent in server.requests[0]
    assert len(begun) == 2


def test_a_body_that_was_changed_is_sent_as_it_is_by_now(server):
    """What is translated is what the request says when it is sent."""
    session = requests.Session()
    request = prepared(session, server, JOBS, "POST", json=ORDER)
    request.prepare_body(None, None, ORDER | {"snapshotId": "2" * 24})
    session.send(request)
    assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2])["snapshotId"] == "2" * 24


def test_a_setting_that_was_changed_is_obeyed(server, monkeypatch):
    """The route is that of the moment of sending."""
    session = requests.Session()
    request = prepared(session, server)
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "legacy")
    assert session.send(request).status_code == 410


def test_a_request_that_waited_begins_anew(server, begun, monkeypatch):
    """A decision and a deadline must not age."""
    monkeypatch.setattr(_signing, "FRESH", -1.0)
    assert requests.get(f"{server.url}{SNAPSHOTS}", timeout=5).status_code == 200
    assert len(begun) == 2


def test_a_request_that_is_sent_again_begins_anew(server, begun):
    """Each sending is an exchange of its own, answered alike."""
    session = requests.Session()
    request = prepared(session, server)
    assert [session.send(request).json()["totalCount"] for _ in range(3)] == [0] * 3
    assert (len(begun), len(server.requests)) == (3, 3)


def test_a_request_that_is_never_sent_is_forgotten(server):
    """Nothing that is kept beside it keeps it alive."""
    gc.freeze()  # what earlier tests left is no work for the collector here
    session = requests.Session()
    session.auth = requests.auth.HTTPDigestAuth("user", "pass")
    request = prepared(session, server)
    reference = weakref.ref(request)
    del request
    gc.collect()
    gc.unfreeze()
    assert reference() is None


def test_a_prepared_request_can_be_pickled(server):
    """It holds what requests put there, and nothing else."""
    session = requests.Session()
    copy = pickle.loads(pickle.dumps(prepared(session, server)))
    assert session.send(copy).json()["totalCount"] == 0


@pytest.mark.parametrize("where", ["session", "url", "field"])
def test_a_fallback_has_the_credentials_of_the_first_call(server, early, where):
    """However they were given, though the exchange began before the request was signed."""
    session, url, fields = requests.Session(), f"{server.url}{SNAPSHOTS}", {}
    if where == "session":
        session.auth = ("user", "pass")
    elif where == "url":
        url = url.replace("http://", "http://user:pass@")
    else:
        fields = {"Authorization": "Basic dXNlcjpwYXNz"}
    assert session.get(url, headers=fields).status_code == 200
    assert [request.count(b"Authorization: Basic dXNlcjpwYXNz\r\n") for request in server.requests] == [1, 1]


def test_an_authentication_that_signs_in_the_query_is_asked_once_for_a_successor(server):
    """The signature in the rewritten URL is the one that is sent."""
    signed = []

    def sign(request):
        signed.append(request.path_url)
        request.prepare_url(request.url, {"signature": "abc"})
        return request

    requests.get(f"{server.url}{SNAPSHOTS}", auth=sign, timeout=5)
    assert len(signed) == 1
    assert server.targets() == [f"{signed[0]}&signature=abc"]
