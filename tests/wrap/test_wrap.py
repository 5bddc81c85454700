"""``shim.wrap``: clients and sessions that others made serve retired calls, and stay what they were."""

import copy
import pickle

import httpx
import pytest
import requests
import urllib3

import shim
from shim import httpx as shim_httpx
from shim import requests as shim_requests
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, FakeAtlas
from tests.doors.calls import BEARER, SNAPSHOTS, gone_then_flex


class Tenacious(requests.Session):
    """As programs make them: with methods, attributes, and a send of their own."""

    def __init__(self, label="none"):
        super().__init__()
        self.label = label
        self.seen = []

    def send(self, request, **kwargs):
        """Count what is sent."""
        self.seen.append(request.url)
        return super().send(request, **kwargs)


class Chatty(httpx.Client):
    """The same for httpx."""

    def send(self, request, **options):
        """Send it."""
        return super().send(request, **options)


def trips(atlas, call):
    before = len(atlas.fake.arrivals)
    assert call().status_code == 200
    return len(atlas.fake.arrivals) - before


@pytest.mark.parametrize("make", [requests.Session, Tenacious])
def test_a_session_serves_retired_calls(atlas, retired, make):
    """Signed with HTTP Digest as ever: two trips, then one; it is the same object and of its own class."""
    session = make()
    session.auth = requests.auth.HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    assert shim.wrap(session) is session
    assert isinstance(session, make)
    assert type(session).__name__ == make.__name__
    assert [trips(atlas, lambda: session.get(retired)) for _ in range(3)] == [2, 1, 1]
    assert shim.record(session.get(retired)) is not None


@pytest.mark.parametrize("make", [httpx.Client, Chatty])
def test_a_client_serves_retired_calls(atlas, retired, make):
    """The same for httpx, whose Digest needs no more either."""
    with make(auth=httpx.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)) as client:
        assert shim.wrap(client) is client
        assert isinstance(client, make)
        assert [trips(atlas, lambda: client.get(retired)) for _ in range(3)] == [2, 1, 1]
        with client.stream("GET", retired) as response:
            assert b"results" in response.read()


def test_a_client_of_httpx2_serves_retired_calls(atlas, retired):
    """The same for httpx2."""
    httpx2 = pytest.importorskip("httpx2")
    with httpx2.Client(auth=httpx2.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)) as client:
        assert shim.wrap(client) is client
        assert [trips(atlas, lambda: client.get(retired)) for _ in range(3)] == [2, 1, 1]


@pytest.mark.parametrize("make", [urllib3.PoolManager, urllib3.connection_from_url, urllib3.ProxyManager])
def test_a_pool_serves_retired_calls(atlas, retired, make):
    """urllib3's pools and managers, also one of proxies, whose own urlopen stands above the shim's."""
    pool = make() if make is urllib3.PoolManager else make(atlas.url)
    kind = type(pool)
    assert shim.wrap(shim.wrap(pool)) is pool
    assert isinstance(pool, kind)
    url = retired.removeprefix(atlas.url) if isinstance(pool, urllib3.HTTPConnectionPool) else retired
    if make is urllib3.ProxyManager:  # the fake takes the absolute form of a proxy's requests for a strange path
        atlas.fake.handle = lambda method, target, *rest, **more: FakeAtlas.handle(
            atlas.fake, method, target.removeprefix(atlas.url), *rest, **more
        )
    assert shim.record(pool.request("GET", url, headers=BEARER)) is not None
    pool.close() if isinstance(pool, urllib3.HTTPConnectionPool) else pool.clear()


@pytest.mark.parametrize("is_own", [False, True])
async def test_a_session_of_aiohttp_serves_retired_calls(retired, is_own):
    """Aiohttp's own, and one of a class that was made from it, though aiohttp would rather there were none."""
    aiohttp = pytest.importorskip("aiohttp")
    kind = aiohttp.ClientSession
    if is_own:
        with pytest.warns(DeprecationWarning, match="discouraged"):
            kind = type("Mine", (aiohttp.ClientSession,), {})
    async with kind(headers=BEARER) as session:
        assert shim.wrap(session) is session
        assert isinstance(session, kind)
        async with shim.wrap(session).get(retired) as response:
            assert (response.status, shim.record(response) is not None) == (200, True)


def test_a_subclass_sees_each_call_once(retired):
    """The shim stands below its methods, as it does under shim.auto: they see the call that was made."""
    session = shim.wrap(Tenacious())
    assert session.get(retired, headers=BEARER).status_code == 200
    assert session.seen == [retired]


def test_twice_is_as_good_as_once():
    """Also for what was the shim's before."""
    session, ours = shim.wrap(Tenacious()), shim_requests.Session()
    kind = type(session)
    assert type(shim.wrap(session)) is kind
    assert type(shim.wrap(ours)) is shim_requests.Session
    with shim_httpx.Client() as client:
        assert type(shim.wrap(client)) is shim_httpx.Client


@pytest.mark.parametrize("first", ["wrap", "install"])
def test_beside_install_nothing_is_done_twice(raw, early, first):
    """Hooks run once, in either order, and the client goes on when the process-wide drop-in is switched off."""
    server = raw(gone_then_flex)
    url = f"{server.url}{SNAPSHOTS}"
    seen: list[int] = []
    with httpx.Client(event_hooks={"response": [lambda response: seen.append(response.status_code)]}) as client:
        if first == "wrap":
            shim.wrap(client)
            shim.install()
        else:
            shim.install()
            client.get(url)
            shim.wrap(client)
            seen.clear()
        assert shim.record(client.get(url)) is not None
        shim.uninstall()
        assert shim.record(client.get(url)) is not None
        assert len(seen) == 2
        assert len(client.event_hooks["response"]) == 1
    session = shim.wrap(requests.Session())
    session.hooks["response"].append(lambda response, **options: seen.append(response.status_code))
    shim.install()
    seen.clear()
    assert shim.record(session.get(url)) is not None
    assert len(seen) == 1


@pytest.mark.parametrize("make", [requests.Session, Tenacious])
@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_copies_and_pickles_serve_retired_calls_too(retired, make, protocol):
    """They are made by way of the session's own class, and wrapped again."""
    session = shim.wrap(make())
    session.headers.update(BEARER)
    for other in (copy.copy(session), pickle.loads(pickle.dumps(session, protocol))):
        other.seen = []
        assert type(other) is type(session)
        assert other.get(retired).status_code == 200
        other.close()
    assert len(vars(session).get("seen", [])) == 0


def test_what_is_no_client_is_refused():
    """With the names of what is taken, and a way for what holds a client."""
    for other, said in ((object(), "a object"), (requests.Session, "the class Session"), (None, "a NoneType")):
        with pytest.raises(TypeError, match=r"httpx\.Client.*requests\.Session.*ApiClient") as caught:
            shim.wrap(other)
        assert said in str(caught.value)


def test_a_client_whose_class_python_cannot_extend_is_refused():
    """And it stays what it was."""

    class Final(requests.Session):
        def __init_subclass__(cls):
            raise TypeError("this class is final")

    session = Final()
    with pytest.raises(TypeError, match="Final can't be wrapped: this class is final"):
        shim.wrap(session)
    assert type(session) is Final
