# mypy: disable-error-code="attr-defined, union-attr, override, arg-type, var-annotated"
# (requests types responses as possibly missing; a test that is wrong about that fails by itself)
"""HTTP Digest through the session: the strict fake accepts only signatures of the request as sent."""

import re
from concurrent.futures import ThreadPoolExecutor

from requests.auth import HTTPDigestAuth

from shim import requests
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, DEMO_TOKEN
from tests.doors.calls import SNAPSHOTS, gone_then_flex
from tests.peers.answering import reply

CLUSTER = "/api/atlas/v2/groups/6510aa1b2c3d4e5f60718293/clusters/c1"
OLD = "application/vnd.atlas.2023-01-01+json"


def key():
    return HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)


def trips(server, action):
    before = len(server.fake.arrivals)
    action()
    return len(server.fake.arrivals) - before


def test_one_authentication_may_serve_top_level_calls(atlas, retired):
    """requests.get(auth=...) works as in tutorials; the authentication object keeps the nonce."""
    auth = key()
    counts = [
        trips(
            atlas,
            lambda: requests.get(retired, auth=auth, timeout=10).raise_for_status(),
        )
        for _ in range(3)
    ]
    assert counts == [2, 1, 1]


def test_nonce_counts_grow(atlas, retired, monkeypatch):
    """The session's signature for the caller's URL is never sent, although it uses up a count."""
    seen = []
    handle = atlas.fake.handle

    def watch(method, target, headers, body, **more):
        seen.extend(value for name, value in headers if name.lower() == "authorization")
        return handle(method, target, headers, body, **more)

    monkeypatch.setattr(atlas.fake, "handle", watch)
    session = requests.Session()
    session.auth = key()
    for _ in range(3):
        assert session.get(retired).status_code == 200
    assert [value.partition("nc=")[2][:8] for value in seen] == [
        "00000001",
        "00000003",
        "00000005",
    ]
    assert all("flexClusters" in value for value in seen)


def test_credentials_that_the_caller_sets_are_kept(atlas, retired):
    """A bearer token set on the prepared request wins over the session's key."""
    session = requests.Session()
    session.auth = HTTPDigestAuth("nobody", "wrong")
    request = session.prepare_request(requests.Request("GET", retired))
    request.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"
    assert session.send(request).status_code == 200


def test_threads_share_a_session(atlas, retired):
    """Each thread has its own nonce, as HTTPDigestAuth keeps them."""
    session = requests.Session()
    session.auth = key()
    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(session.get, [retired] * 30))
    assert [response.status_code for response in responses] == [200] * 30


def test_an_authentication_may_sign_the_url(raw, early):
    """The adapter asks it once for the legacy URL and once for the flex URL.

    A session can't be asked for its own again.
    """
    signed = []

    class Signing(requests.auth.AuthBase):
        def __call__(self, request):
            signed.append(request.url)
            request.headers["Authorization"] = f"Signed {request.path_url}"
            return request

    server = raw(gone_then_flex)
    session = requests.Session()
    session.mount(server.url, requests.Adapter(auth=Signing()))
    assert session.get(f"{server.url}{SNAPSHOTS}", timeout=10).status_code == 200
    assert len(signed) == 2
    for target, request in zip(server.targets(), server.requests, strict=True):
        assert f"Authorization: Signed {target}\r\n".encode() in request


def test_an_authentication_signs_each_request_once(raw, early):
    """Two requests of one exchange may differ in the version only.

    Its hook sees each response once, and the translated one.
    """

    class Numbering(requests.auth.AuthBase):
        def __init__(self):
            self.count = 0
            self.seen = []

        def __call__(self, request):
            self.count += 1
            request.headers["Authorization"] = f"Number {self.count}"
            request.register_hook("response", self.see)
            return request

        def see(self, response, **_):
            self.seen.append(response.status_code)

    def by_version(request):
        if b"2023-01-01" in request:
            return reply("410 Gone", body=b"{}")
        return reply("200 OK", body=b"{}")

    server = raw(by_version)
    auth = Numbering()
    requests.get(
        f"{server.url}{CLUSTER}", headers={"Accept": OLD}, auth=auth, timeout=10
    )
    assert [re.findall(rb"Number (\d)", request) for request in server.requests] == [
        [b"1"],
        [b"2"],
    ]
    assert auth.seen == [410, 200, 200]


def test_a_callers_signature_is_kept_for_its_own_target(raw, early):
    """An adapter's authentication signs the further requests of the exchange, whose targets differ."""

    def sign(request):
        request.headers["Authorization"] = f"Signed {request.path_url}"
        return request

    server = raw(gone_then_flex)
    own = f'Digest uri="{SNAPSHOTS}"'
    session = requests.Session()
    session.mount(server.url, requests.Adapter(auth=sign))
    session.get(f"{server.url}{SNAPSHOTS}", headers={"Authorization": own}, timeout=10)
    legacy, successor = server.requests
    assert f"Authorization: {own}\r\n".encode() in legacy
    assert b"Authorization: Signed " in successor


def test_an_authentication_may_sign_in_the_query(raw, early):
    """The URL that the authentication returns is sent, here on the legacy path."""

    def sign(request):
        request.prepare_url(request.url, {"signature": "abc"})
        return request

    server = raw(lambda request: reply("200 OK", body=b"{}"))
    requests.get(f"{server.url}{SNAPSHOTS}", auth=sign, timeout=10)
    assert server.targets() == [f"{SNAPSHOTS}?signature=abc"]
