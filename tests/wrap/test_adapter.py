"""``shim.requests.Adapter``, mounted on requests' own session."""

import pickle

import pytest
import requests
from requests.auth import AuthBase, HTTPDigestAuth

import shim
from shim import requests as shim_requests
from shim.errors import SettingsError
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from tests.doors.calls import BEARER, EMPTY, SNAPSHOTS, field, gone_then_flex
from tests.peers.answering import reply


def mounted(url, **options):
    session = requests.Session()
    session.mount(url, shim_requests.Adapter(**options))
    return session


def trips(atlas, call):
    before = len(atlas.fake.arrivals)
    assert call().status_code == 200
    return len(atlas.fake.arrivals) - before


def test_digest_is_signed_for_what_is_sent(atlas, retired):
    """Two trips, then one, as with a session of the shim's."""
    session = mounted(atlas.url)
    session.auth = HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    assert [trips(atlas, lambda: session.get(retired)) for _ in range(3)] == [2, 1, 1]


class Handmade(AuthBase):
    """Signs for the URL that it sees, once it knows a nonce, and leaves no hook to find it by."""

    def __init__(self):
        self.digest = HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
        self.digest.init_per_thread_state()
        self.digest._thread_local.chal = {"realm": "x", "nonce": "y", "qop": "auth"}

    def __call__(self, request):
        """Sign."""
        request.headers["Authorization"] = self.digest.build_digest_header(request.method, request.url)
        return request


def test_digest_that_cannot_be_signed_here_is_told(atlas, retired):
    """With a way out, and no challenge that a program would try to meet."""
    response = mounted(atlas.url).get(retired, auth=Handmade())
    assert response.status_code == 401
    assert response.json()["errorCode"] == "SHIM_DIGEST_NEEDS_AUTH"
    assert "Adapter(auth=...)" in response.json()["detail"]
    assert "WWW-Authenticate" not in response.headers


def test_the_adapters_own_credentials_sign_retired_calls(atlas, retired):
    """And nothing else."""
    session = mounted(atlas.url, auth=HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY))
    assert session.get(retired, auth=Handmade()).status_code == 200
    assert session.get(retired).status_code == 200
    assert session.get(f"{atlas.url}/api/atlas/v2/groups").status_code == 401


def test_other_adapters_can_be_below(raw, retired):
    """What they have is reached through this one; other calls are theirs alone."""

    class Counting(requests.adapters.HTTPAdapter):
        sent = 0

        def send(self, *args, **options):
            """Count."""
            self.sent += 1
            return super().send(*args, **options)

    server = raw(gone_then_flex)
    session = mounted(server.url, inner=Counting(max_retries=3))
    adapter = session.get_adapter(server.url)
    assert session.get(f"{server.url}{SNAPSHOTS}").status_code == 200
    assert session.get(f"{server.url}/other").status_code == 410
    assert adapter.sent == 2
    assert adapter.max_retries.total == 3
    with pytest.raises(AttributeError, match="nonsense"):
        _ = adapter.nonsense


@pytest.mark.parametrize("how", ["install", "wrap", "ours"])
def test_beside_the_other_ways_nothing_is_done_twice(raw, early, how):
    """One exchange, and the hooks run once."""
    server = raw(gone_then_flex)
    seen = []
    session = shim_requests.Session() if how == "ours" else requests.Session()
    session.mount(server.url, shim_requests.Adapter())
    session.hooks["response"].append(lambda response, **options: seen.append(response.status_code))
    if how == "install":
        shim.install()
    elif how == "wrap":
        shim.wrap(session)
    assert session.get(f"{server.url}{SNAPSHOTS}").status_code == 200
    assert seen == [200]
    assert len(server.requests) == 2


def test_streams_and_redirects_are_the_sessions(raw, early):
    """What comes back is unread until the program reads it, and a redirect is followed from the caller's URL."""

    def answer(request):
        if b"GET /moved" in request:
            return reply("200 OK", body=b'{"moved": true}')
        return reply("307 Temporary Redirect", "Location: /moved")

    server = raw(answer)
    response = mounted(server.url).get(f"{server.url}{SNAPSHOTS}", stream=True)
    assert response.json() == {"moved": True}
    assert [earlier.url for earlier in response.history] == [f"{server.url}{SNAPSHOTS}"]


def test_cookies_of_a_translated_reply_are_the_sessions(raw):
    """Set by the successor, sent with the next call."""
    server = raw(lambda request: reply("200 OK", "Set-Cookie: a=b; Path=/", body=EMPTY))
    session = mounted(server.url)
    for _ in range(2):
        session.get(f"{server.url}{SNAPSHOTS}")
    assert [field(request, "Cookie") for request in server.requests] == [None, "a=b"]


def test_a_session_with_it_can_be_pickled(atlas, retired):
    """As sessions can be; its pools are made anew."""
    session = pickle.loads(pickle.dumps(mounted(atlas.url)))
    assert session.get(retired, headers=BEARER).status_code == 200
    session.close()


def test_wrong_settings_are_heard(monkeypatch):
    """As when a session is made."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flexx")
    with pytest.raises(SettingsError, match="ATLAS_SHIM_ROUTE"):
        shim_requests.Adapter()
