import base64
from types import SimpleNamespace

import pytest

from shim import errors, httpx
from shim.atlas.auth import BearerAuth, DigestAuth, ServiceAccountAuth, auth_for
from shim.credentials import AccessToken, ApiKey, ServiceAccount
from shim.fake import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, FakeReply

ACCOUNT = {"client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET}
TOKEN_PART = "/api/oauth/token"
API_PART = "/api/atlas/"
CALLERS = 8


@pytest.fixture(autouse=True)
def legacy(before_sunset):
    """Signing is looked at on calls that are sent as they are."""


def tokens(fake):
    """Count the exchanges of the service account."""
    return len(fake.trips(part=TOKEN_PART))


def revoke(fake, token):
    """Make the fake forget a token."""
    basic = base64.b64encode(f"{DEMO_CLIENT_ID}:{DEMO_CLIENT_SECRET}".encode()).decode()
    fake.handle("POST", "/api/oauth/revoke", [("Authorization", f"Basic {basic}")], f"token={token}".encode())


def sent_token(fake):
    """Return the bearer token of the last API call."""
    return fake.trips(part=API_PART)[-1].header("Authorization").removeprefix("Bearer ")


@pytest.fixture
def clock(monkeypatch):
    """The clock of the facade's tokens, set by hand."""
    clock = SimpleNamespace(now=5000.0)
    monkeypatch.setitem(auth_for.__kwdefaults__, "clock", lambda: clock.now)
    return clock


def test_kinds():
    """Each kind of credentials has its own way of signing."""
    assert isinstance(auth_for(ApiKey("a", "b"), "https://x.example"), DigestAuth)
    assert isinstance(auth_for(AccessToken("a"), "https://x.example"), BearerAuth)
    assert isinstance(auth_for(ServiceAccount("a", "b"), "https://x.example"), ServiceAccountAuth)


def test_digest(ask, got, fake):
    """An API key signs with Digest: two trips for the first call, one for each after it."""

    async def script(client):
        for _ in range(3):
            await got(client.serverless_instances.get_serverless_instance(DEMO_GROUP, "orders"))

    ask(fake, script, public_key=DEMO_PUBLIC_KEY, private_key=DEMO_PRIVATE_KEY)

    assert len(fake.trips(part=API_PART)) == 4


def test_one_token_for_many_calls(ask, got, fake):
    """A token is fetched once and used again."""

    async def script(client):
        for _ in range(3):
            await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))

    ask(fake, script, **ACCOUNT)

    assert (tokens(fake), len(fake.trips(part=API_PART))) == (1, 3)


def test_secret_and_token_stay_apart(ask, got, fake):
    """The token endpoint gets the secret and no token, the API a token and no secret."""

    async def script(client):
        await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
        revoke(fake, sent_token(fake))
        await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))

    ask(fake, script, **ACCOUNT)

    schemes = {
        part: {each.header("Authorization").split()[0] for each in fake.trips(part=part)}
        for part in (TOKEN_PART, API_PART)
    }
    assert schemes == {TOKEN_PART: {"Basic"}, API_PART: {"Bearer"}}
    assert {each.body for each in fake.trips(part=TOKEN_PART)} == {b"grant_type=client_credentials"}


def test_renewed_ahead(ask, got, fake, clock):
    """A token is used until five minutes before its end, and never refused for its age."""

    async def script(client):
        for later in (0, 3299, 1, 3299, 1):
            clock.now += later
            await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
            spent.append(tokens(fake))

    spent: list[int] = []
    ask(fake, script, **ACCOUNT)

    assert spent == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("expires_in", "good_for"), [(100, 90), ("100", 90), (None, 3300), ("soon", 3300), (-5, 0), (True, 0.9)]
)
def test_short_lives(ask, got, fake, clock, expires_in, good_for):
    """A short-lived token is renewed in its last tenth; one of unknown life is taken to live an hour."""

    def answer(arrival):
        if TOKEN_PART not in arrival.target:
            return None
        members = "" if expires_in is None else f', "expires_in": {expires_in!r}'.replace("'", '"').lower()
        return FakeReply(200, (), f'{{"access_token": "demo-access-token"{members}}}'.encode())

    async def script(client):
        await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
        if good_for:
            clock.now += good_for - 0.01
            await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
            assert tokens(fake) == 1
        clock.now += 0.02
        await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
        assert tokens(fake) == 2

    fake.overrides.append(answer)
    ask(fake, script, **ACCOUNT)


def test_revoked_token(ask, got, fake):
    """A token that Atlas no longer takes is replaced once, and the call succeeds."""

    async def script(client):
        await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
        revoke(fake, sent_token(fake))
        return await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))

    page = ask(fake, script, **ACCOUNT)

    assert page.total_count == 1
    assert (tokens(fake), len(fake.trips(part=API_PART))) == (2, 3)


def test_a_write_is_repeated_after_401_alone(ask, got, fake):
    """A restore job that was refused for its token is ordered once, with its body."""

    async def script(client):
        await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
        revoke(fake, sent_token(fake))
        order = client.cloud_backups.create_serverless_restore_job
        snapshot = fake.cluster(DEMO_GROUP, "orders").snapshots[0]["id"]
        await got(
            order(
                DEMO_GROUP,
                "orders",
                delivery_type="automated",
                target_cluster_name="orders",
                target_group_id=DEMO_GROUP,
                snapshot_id=snapshot,
            )
        )

    before = len(fake.cluster(DEMO_GROUP, "orders").jobs)
    ask(fake, script, **ACCOUNT)

    assert len(fake.cluster(DEMO_GROUP, "orders").jobs) == before + 1
    assert len({each.body for each in fake.trips("POST", part=API_PART)}) == 1


def test_refused_account(ask, got, fake, clock):
    """A 401 that a new token does not change is final: later calls cost no token, until a minute is over."""
    body = b'{"error":401,"errorCode":"USER_UNAUTHORIZED","reason":"Unauthorized"}'
    fake.overrides.append(lambda arrival: FakeReply(401, (), body) if API_PART in arrival.target else None)
    spent: list[int] = []

    async def script(client):
        for later in (0, 1, 60):
            clock.now += later
            with pytest.raises(errors.UnauthorizedError) as caught:
                await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
            assert caught.value.error_code == "USER_UNAUTHORIZED"
            spent.append(tokens(fake))

    ask(fake, script, **ACCOUNT)

    assert spent == [2, 2, 3]


def test_bad_secret(ask, got, fake):
    """A refused exchange is an UnauthorizedError with Atlas' words and without the secret; no call is sent."""

    async def script(client):
        for _ in range(2):
            with pytest.raises(errors.UnauthorizedError) as caught:
                await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
            assert caught.value.detail == "Invalid credentials provided."
            assert caught.value.error_code == "invalid_client"
            assert "canary" not in repr(caught.value) + str(caught.value)

    ask(fake, script, client_id=DEMO_CLIENT_ID, client_secret="canary")

    assert fake.trips(part=API_PART) == []


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, b'{"error":"invalid_client"}', errors.UnauthorizedError, "invalid_client"),
        (403, b'{"error":"access_denied"}', errors.UnauthorizedError, "access_denied"),
        (429, b"", errors.RateLimitedError, None),
        (503, b"<html>", errors.AtlasError, None),
        (200, b"{}", errors.AtlasError, None),
        (200, b'{"access_token": "canary canary\\r\\nX: canary"}', errors.AtlasError, None),
        (200, b'{"access_token": null, "token": "canary"}', errors.AtlasError, None),
        (200, b"[]", errors.AtlasError, None),
    ],
)
def test_failed_exchange(ask, got, fake, status, body, kind, code):
    """Whatever the token endpoint answers but a token is an error of the tree, and nothing leaks."""
    fake.overrides.append(lambda arrival: FakeReply(status, (), body) if TOKEN_PART in arrival.target else None)

    async def script(client):
        with pytest.raises(errors.AtlasError) as caught:
            await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
        return caught.value

    error = ask(fake, script, **ACCOUNT)

    assert (type(error), error.status, error.error_code) == (kind, status, code)
    assert b"canary" not in error.body
    assert "canary" not in str(error)
    assert fake.trips(part=API_PART) == []


def test_transport_fault_in_the_exchange(ask, got, fake):
    """A fault on the way to the token endpoint is httpx's own, and blocks nobody."""
    faults = [httpx.ConnectError("refused")]

    def answer(arrival):
        if faults:
            raise faults.pop()

    fake.overrides.append(answer)

    async def script(client):
        with pytest.raises(httpx.ConnectError):
            await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))
        return await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))

    assert ask(fake, script, **ACCOUNT).total_count == 1


def test_exchange_keeps_timeout_and_user_agent(ask, got):
    """The token request is made under the same timeout and name as the call that needs it."""
    seen = []

    def answer(request):
        seen.append((request.url.path, request.extensions["timeout"], request.headers["User-Agent"]))
        return httpx.Response(200, json={"access_token": "a"})

    async def script(client):
        await got(client.serverless_instances.list_serverless_instances(DEMO_GROUP))

    ask(answer, script, **ACCOUNT)

    assert [path for path, _, _ in seen] == [TOKEN_PART, f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless"]
    assert seen[0][1:] == seen[1][1:]
