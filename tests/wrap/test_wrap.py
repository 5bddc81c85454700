"""``shim.wrap``: clients, sessions and adapters."""

import copy
import pickle

import pytest
import requests
import urllib3
from requests.auth import AuthBase, HTTPDigestAuth

import shim
from shim import requests as shim_requests
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, FakeAtlas
from tests.doors.calls import BEARER, SNAPSHOTS, gone_then_flex


class Tenacious(requests.Session):
    """A program's subclass with methods, attributes, and its own ``send``."""

    def __init__(self, label="none"):
        super().__init__()
        self.label = label
        self.seen = []

    def send(self, request, **kwargs):
        """Count the requests that are sent."""
        self.seen.append(request.url)
        return super().send(request, **kwargs)


def trips(atlas, call):
    before = len(atlas.fake.arrivals)
    assert call().status_code == 200
    return len(atlas.fake.arrivals) - before


def test_a_subclass_sees_each_call_once(atlas, retired):
    """The shim works below its methods, as with shim.auto, so they see the caller's request."""
    session = Tenacious()
    session.auth = requests.auth.HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    assert shim.wrap(session) is session
    kind = type(session)
    assert issubclass(kind, Tenacious)
    assert kind.__name__ == "Tenacious"
    assert type(shim.wrap(session)) is kind
    assert [trips(atlas, lambda: session.get(retired)) for _ in range(3)] == [2, 1, 1]
    assert session.seen == [retired] * 3


async def test_a_subclass_that_aiohttp_discourages_serves_retired_calls(retired):
    """The shim creates a further subclass without a warning."""
    aiohttp = pytest.importorskip("aiohttp")
    with pytest.warns(DeprecationWarning, match="discouraged"):
        kind = type("Mine", (aiohttp.ClientSession,), {})
    async with kind(headers=BEARER) as session:
        assert isinstance(shim.wrap(session), kind)
        async with session.get(retired) as response:
            assert response.status == 200
            assert shim.record(response) is not None


@pytest.mark.parametrize(
    "make", [urllib3.PoolManager, urllib3.connection_from_url, urllib3.ProxyManager]
)
def test_a_pool_serves_retired_calls(atlas, retired, make):
    """This covers urllib3's pools and managers, and a proxy manager, whose own urlopen is above the shim's."""
    pool = make() if make is urllib3.PoolManager else make(atlas.url)
    kind = type(pool)
    assert shim.wrap(shim.wrap(pool)) is pool
    assert isinstance(pool, kind)
    if isinstance(pool, urllib3.HTTPConnectionPool):
        url = retired.removeprefix(atlas.url)
    else:
        url = retired
    if make is urllib3.ProxyManager:
        # The fake does not know the absolute form of a proxy's requests.
        atlas.fake.handle = lambda method, target, *rest, **more: FakeAtlas.handle(
            atlas.fake, method, target.removeprefix(atlas.url), *rest, **more
        )
    assert shim.record(pool.request("GET", url, headers=BEARER)) is not None
    pool.close() if isinstance(pool, urllib3.HTTPConnectionPool) else pool.clear()


@pytest.mark.parametrize("make", [requests.Session, Tenacious])
def test_copies_serve_retired_calls_too(retired, make):
    """They have the session's class."""
    session = shim.wrap(make())
    session.headers.update(BEARER)
    other = copy.copy(session)
    other.seen = []
    assert type(other) is type(session)
    assert other.get(retired).status_code == 200
    other.close()
    assert len(vars(session).get("seen", [])) == 0


def test_other_objects_are_refused():
    """The error names the accepted types, and the fix for an object that contains a client."""
    for other, said in (
        (object(), "a object"),
        (requests.Session, "the class Session"),
        (None, "a NoneType"),
    ):
        with pytest.raises(
            TypeError, match=r"httpx\.Client.*requests\.Session.*ApiClient"
        ) as caught:
            shim.wrap(other)
        assert said in str(caught.value)


def test_a_client_whose_class_python_cannot_extend_is_refused():
    """The client stays unchanged."""

    class Final(requests.Session):
        def __init_subclass__(cls):
            raise TypeError("this class is final")

    session = Final()
    with pytest.raises(TypeError, match="Final can't be wrapped: this class is final"):
        shim.wrap(session)
    assert type(session) is Final


def mounted(url, **options):
    session = requests.Session()
    session.mount(url, shim_requests.Adapter(**options))
    return session


class Handmade(AuthBase):
    """An authentication that signs the URL once it has a nonce, and leaves no hook that reveals it."""

    def __init__(self):
        self.digest = HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
        self.digest.init_per_thread_state()
        self.digest._thread_local.chal = {"realm": "x", "nonce": "y", "qop": "auth"}

    def __call__(self, request):
        """Sign the request."""
        request.headers["Authorization"] = self.digest.build_digest_header(
            request.method, request.url
        )
        return request


def test_digest_that_cannot_be_signed_here_is_a_clear_error(atlas, retired):
    """It names the fix, and has no challenge that a program would try to answer."""
    response = mounted(atlas.url).get(retired, auth=Handmade())
    assert response.status_code == 401
    assert response.json()["errorCode"] == "SHIM_DIGEST_NEEDS_AUTH"
    assert "Adapter(auth=...)" in response.json()["detail"]
    assert "WWW-Authenticate" not in response.headers


def test_the_adapters_own_credentials_sign_retired_calls(atlas, retired):
    """They sign no other calls."""
    session = mounted(atlas.url, auth=HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY))
    assert session.get(retired, auth=Handmade()).status_code == 200
    assert session.get(retired).status_code == 200
    assert session.get(f"{atlas.url}/api/atlas/v2/groups").status_code == 401


def test_other_adapters_can_be_below(raw, retired):
    """Their attributes are available through the wrapper, and other calls go to them directly."""

    class Counting(requests.adapters.HTTPAdapter):
        sent = 0

        def send(self, *args, **options):
            """Count the requests."""
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


def test_a_session_with_it_can_be_pickled(atlas, retired):
    """The copy serves retired calls."""
    session = pickle.loads(pickle.dumps(mounted(atlas.url)))
    assert session.get(retired, headers=BEARER).status_code == 200
    session.close()
