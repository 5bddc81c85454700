"""The rewrite below authentication: plain httpx clients over our transports."""

import json

import httpx as plain
import pytest

from shim import httpx
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, FakeAtlas
from tests.doors.calls import BEARER, SNAPSHOTS, flex
from tests.peers.answering import reply

pytestmark = pytest.mark.usefixtures("either")


def digest(key=DEMO_PRIVATE_KEY):
    """Return the fake's API key, with no nonce yet."""
    return plain.DigestAuth(DEMO_PUBLIC_KEY, key)


ONCE = [(200, 1), (200, 1)]
WRONG = {"Authorization": "Bearer wrong"}


@pytest.mark.parametrize(
    ("own", "theirs", "headers", "outcomes"),
    [
        (None, None, BEARER, [(200, 1), *ONCE]),
        # the client signs the rewritten target after each challenge, and the transport keeps the nonce
        (None, DEMO_PRIVATE_KEY, {}, [(200, 2)] * 3),
        (DEMO_PRIVATE_KEY, None, {}, [(200, 2), *ONCE]),
        (None, "wrong", {}, [(401, 2)] * 3),
        ("wrong", None, {}, [(401, 2)]),
        # a Digest challenge is not an invitation to a client that has something else
        (None, None, WRONG, [(401, 1)] * 3),
    ],
)
def test_what_signs_and_how_many_trips_it_takes(atlas, retired, own, theirs, headers, outcomes):
    """Of the transport or of the client; every response shows the caller's URL, and none loops."""
    transport = httpx.Transport(auth=digest(own) if own else None)
    with plain.Client(transport=transport, auth=digest(theirs) if theirs else None, headers=headers) as client:
        for outcome in outcomes:
            before = len(atlas.fake.arrivals)
            response = client.get(retired)
            assert (response.status_code, len(atlas.fake.arrivals) - before) == outcome
            assert {str(each.url) for each in (response, *response.history)} == {retired}
            assert response.extensions["shim"].route == "flex"


async def test_digest_under_async_clients(atlas, retired):
    """Both ways, for AsyncTransport."""
    for ours, theirs, trips in ((None, digest(), [2, 2]), (digest(), None, [2, 1])):
        async with plain.AsyncClient(transport=httpx.AsyncTransport(auth=ours), auth=theirs) as client:
            for expected in trips:
                before = len(atlas.fake.arrivals)
                response = await client.get(retired)
                assert (response.status_code, str(response.url)) == (200, retired)
                assert len(atlas.fake.arrivals) - before == expected


def test_a_hook_that_reads_does_not_disturb_the_signature(atlas, retired):
    """Programs that log bodies read the challenge, too."""
    hooks = {"response": [lambda response: response.read()]}
    with plain.Client(transport=httpx.Transport(), auth=digest(), event_hooks=hooks) as client:
        assert client.get(retired).status_code == 200


def test_a_fallback_that_nobody_signs_says_so(atlas, retired, early, caplog):
    """The client's one signature is spent on the legacy target; the next call knows better."""
    with plain.Client(transport=httpx.Transport(), auth=digest()) as client:
        response = client.get(retired)
        assert (response.status_code, response.json()["errorCode"]) == (401, "SHIM_DIGEST_NEEDS_AUTH")
        assert f"shim.{plain.__name__}.Transport(auth=" in response.json()["detail"]
        assert "Transport(auth=...)" in response.json()["detail"]
        assert [sent.status for sent in response.extensions["shim"].sent] == [410, 401]
        assert str(response.url) == retired
        assert client.get(retired).status_code == 200
    assert any("Transport(auth=...)" in each.getMessage() for each in caplog.records)


def test_a_fallback_is_signed_by_the_transport(atlas, retired, early):
    """With auth given nothing is lost."""
    with plain.Client(transport=httpx.Transport(auth=digest()), auth=digest()) as client:
        response = client.get(retired)
    assert [sent.status for sent in response.extensions["shim"].sent] == [410, 200]


def test_a_fallback_under_a_known_nonce_is_signed_by_the_client(atlas, retired, early):
    """The client has a signature left when it signed the legacy call in advance."""
    auth = digest()
    with plain.Client(transport=httpx.Transport(), auth=auth) as client:
        client.get(f"{atlas.url}/api/atlas/v2/groups")
        assert client.get(retired).status_code == 200


def test_credentials_of_the_transport_are_for_recognised_calls(raw):
    """Everything else goes as the client sends it."""
    server = raw(flex)
    with plain.Client(transport=httpx.Transport(auth=plain.BasicAuth("user", "secret"))) as client:
        client.get(f"{server.url}/other")
        client.get(f"{server.url}{SNAPSHOTS}")
    assert [b"Authorization: Basic" in request for request in server.requests] == [False, True]


def test_the_same_request_can_be_sent_again(atlas, retired):
    """A request that was refused keeps no trace of the successor."""
    with plain.Client(transport=httpx.Transport()) as client:
        request = client.build_request("GET", retired)
        assert [client.send(request).status_code for _ in range(3)] == [401] * 3
        assert client.send(request, auth=digest()).status_code == 200
        assert str(request.url) == retired


async def test_a_body_survives_the_challenge(atlas):
    """A restore is ordered with a generator for body, through both transports, and once each."""
    base = f"{atlas.url}/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/restoreJobs"
    snapshot = atlas.fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[0]["id"]
    wanted = json.dumps({
        "deliveryType": "automated",
        "snapshotId": snapshot,
        "targetClusterName": DEMO_CLUSTER,
        "targetGroupId": DEMO_GROUP,
    }).encode()  # fmt: skip

    def parts():
        yield wanted

    async def aparts():
        yield wanted

    with plain.Client(transport=httpx.Transport(), auth=digest()) as client:
        made = client.post(base, content=parts())  # noqa: ASYNC212 - both clients are tried in turn
    async with plain.AsyncClient(transport=httpx.AsyncTransport(), auth=digest()) as async_client:
        amade = await async_client.post(base, content=aparts())
    assert [made.json()["snapshotId"], amade.json()["snapshotId"]] == [snapshot, snapshot]
    accepted = [arrival for arrival in atlas.fake.trips("POST") if arrival.header("authorization")]
    assert [json.loads(arrival.body)["snapshotId"] for arrival in accepted] == [snapshot] * 2


async def test_other_calls_go_through_as_they_are(raw):
    """To the inner transport, as the very request."""
    server = raw(lambda request: reply("200 OK", body=b"{}"))
    with plain.Client(transport=httpx.Transport()) as client:
        request = client.build_request("POST", f"{server.url}/x", content=b"body")
        assert client.send(request).request is request  # noqa: ASYNC212 - both clients are tried in turn
    async with plain.AsyncClient(transport=httpx.AsyncTransport()) as async_client:
        await async_client.post(f"{server.url}/x", content=b"body")
    assert server.requests[0] == server.requests[1]


class Failing(plain.Auth):
    """An auth flow that doesn't like what it sees."""

    def auth_flow(self, request):
        """Raise after the first answer."""
        yield request
        raise plain.ProtocolError("malformed challenge")


async def test_an_auth_that_fails_leaves_nothing_open(raw):
    """The connection is free again: a pool of one is enough for a second call."""
    server = raw(flex)
    limits = plain.Limits(max_connections=1)
    url = f"{server.url}{SNAPSHOTS}"
    with plain.Client(transport=httpx.Transport(plain.HTTPTransport(limits=limits), auth=Failing())) as client:
        for _ in range(2):
            with pytest.raises(plain.ProtocolError, match="malformed") as caught:
                client.get(url, timeout=5)  # noqa: ASYNC212 - both clients are tried in turn
            assert str(caught.value.request.url) == url
    inner = plain.AsyncHTTPTransport(limits=limits)
    async with plain.AsyncClient(transport=httpx.AsyncTransport(inner, auth=Failing())) as async_client:
        for _ in range(2):
            with pytest.raises(plain.ProtocolError, match="malformed"):
                await async_client.get(url, timeout=5)


def test_another_transport_may_be_underneath(fake_transport):
    """MockTransport, mounted for one host; both doors together translate once."""
    transport = httpx.Transport(fake_transport(fake := FakeAtlas()))
    url = f"https://cloud.mongodb.com{SNAPSHOTS}"
    with plain.Client(mounts={"https://cloud.mongodb.com": transport}, headers=BEARER) as client:
        assert len(client.get(url).json()["results"]) == 8
    with httpx.Client(transport=transport, headers=BEARER) as both:
        assert len(both.get(url).json()["results"]) == 8
    assert len(fake.arrivals) == 2


class Closing(plain.MockTransport):
    """Notes when it is entered and closed."""

    def __init__(self):
        super().__init__(lambda request: plain.Response(200))
        self.calls = []

    def __enter__(self):
        self.calls.append("enter")
        return super().__enter__()

    def close(self):
        """Note it."""
        self.calls.append("close")

    async def __aenter__(self):
        return self.__enter__()

    async def aclose(self):
        """Note it."""
        self.close()


async def test_the_inner_transport_is_opened_and_closed():
    """By the client's block, and by close."""
    inner = [Closing() for _ in range(4)]
    with plain.Client(transport=httpx.Transport(inner[0])):
        pass
    plain.Client(transport=httpx.Transport(inner[1])).close()
    async with plain.AsyncClient(transport=httpx.AsyncTransport(inner[2])):
        pass
    await plain.AsyncClient(transport=httpx.AsyncTransport(inner[3])).aclose()
    assert [each.calls for each in inner] == [["enter", "close"], ["close"]] * 2


def test_a_fault_is_the_inner_transports_own(raw):
    """With the caller's request, whatever was sent."""
    server = raw(lambda request: None)
    with plain.Client(transport=httpx.Transport()) as client:
        request = client.build_request("GET", f"{server.url}{SNAPSHOTS}")
        with pytest.raises(plain.RemoteProtocolError) as caught:
            client.send(request)
    assert caught.value.request is request
    assert str(request.url) == f"{server.url}{SNAPSHOTS}"
