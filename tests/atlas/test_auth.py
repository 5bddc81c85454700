"""How the typed client authenticates: what Atlas receives, how long a token is used, which errors a refusal raises."""

import base64
from types import SimpleNamespace

import pytest

from shim import errors
from shim.credentials import TOKEN_PATH
from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
    FakeReply,
)
from tests.atlas.conftest import order
from tests.fake.asking import received

KEY = {"public_key": DEMO_PUBLIC_KEY, "private_key": DEMO_PRIVATE_KEY}
ACCOUNT = {"client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET}
API = "/api/atlas/"


pytestmark = pytest.mark.usefixtures("before_sunset")


@pytest.fixture
def clock(monkeypatch):
    """The clock of the facade's tokens, set by hand."""
    clock = SimpleNamespace(now=5000.0)
    monkeypatch.setattr(
        "shim.atlas.auth.time", SimpleNamespace(monotonic=lambda: clock.now)
    )
    return clock


def read(client):
    return client.serverless_instances.list_serverless_instances(DEMO_GROUP)


def tokens(fake):
    """Count the exchanges of the service account."""
    return len(received(fake, part=TOKEN_PATH))


def revoke_the_token(fake):
    """Make the fake forget the token that the last call was made with."""
    token = received(fake, part=API)[-1].header("Authorization").removeprefix("Bearer ")
    basic = base64.b64encode(f"{DEMO_CLIENT_ID}:{DEMO_CLIENT_SECRET}".encode()).decode()
    fake.handle(
        "POST",
        "/api/oauth/revoke",
        [("Authorization", f"Basic {basic}")],
        f"token={token}".encode(),
    )


@pytest.mark.parametrize(
    ("credentials", "trips", "exchanges"),
    [(KEY, 4, 0), (ACCOUNT, 3, 1), ({"access_token": DEMO_TOKEN}, 3, 0)],
    ids=["key", "account", "token"],
)
def test_what_three_calls_cost(connect, fake, credentials, trips, exchanges):
    """With an API key the first call takes two trips, with a service account one exchange comes before all calls."""
    client = connect(fake, **credentials)
    for _ in range(3):
        read(client)
    assert len(received(fake, part=API)) == trips
    assert tokens(fake) == exchanges


def test_secret_and_token_stay_apart(connect, fake):
    """The token endpoint gets the secret and no token, the API a token and no secret."""
    client = connect(fake, **ACCOUNT)
    read(client)
    revoke_the_token(fake)
    read(client)
    schemes = {
        part: {
            each.header("Authorization").split()[0]
            for each in received(fake, part=part)
        }
        for part in (TOKEN_PATH, API)
    }
    assert schemes == {TOKEN_PATH: {"Basic"}, API: {"Bearer"}}
    assert {each.body for each in received(fake, part=TOKEN_PATH)} == {
        b"grant_type=client_credentials"
    }


@pytest.mark.parametrize(
    ("expires_in", "good_for"),
    [
        ("3600", 3300),
        ("100", 90),
        ('"100"', 90),
        (None, 3300),
        ('"soon"', 3300),
        ("-5", 0),
        ("true", 0.9),
    ],
)
def test_when_a_token_is_renewed(connect, fake, clock, expires_in, good_for):
    """Five minutes before its end, a short one in its last tenth; one of unknown life is taken to live an hour."""
    if expires_in is None:
        life = ""
    else:
        life = f', "expires_in": {expires_in}'
    reply = FakeReply(200, (), f'{{"access_token": "{DEMO_TOKEN}"{life}}}'.encode())
    fake.overrides.append(
        lambda arrival: reply if arrival.target == TOKEN_PATH else None
    )
    client = connect(fake, **ACCOUNT)
    read(client)
    if good_for:
        clock.now += good_for - 0.01
        read(client)
    assert tokens(fake) == 1
    clock.now += 0.02
    read(client)
    assert tokens(fake) == 2


def test_a_token_that_is_refused_is_replaced_once(connect, fake):
    """The call, a write too, is made again with its body after that 401, and done once."""
    client = connect(fake, **ACCOUNT)
    cluster = fake.cluster(DEMO_GROUP, DEMO_CLUSTER)
    before = len(cluster.jobs)
    read(client)
    revoke_the_token(fake)
    order(client, cluster.snapshots[0]["id"])
    assert len(cluster.jobs) == before + 1
    assert tokens(fake) == 2
    first, again = received(fake, "POST", part=API)
    assert first.body == again.body


def test_refused_account(connect, fake, clock):
    """A 401 that a new token does not change is final: later calls cost no token, until a minute is over."""
    body = b'{"error":401,"errorCode":"USER_UNAUTHORIZED","reason":"Unauthorized"}'
    fake.overrides.append(
        lambda arrival: FakeReply(401, (), body) if API in arrival.target else None
    )
    client = connect(fake, **ACCOUNT)
    spent = []
    for later in (0, 1, 60):
        clock.now += later
        with pytest.raises(errors.UnauthorizedError, match="USER_UNAUTHORIZED"):
            read(client)
        spent.append(tokens(fake))
    assert spent == [2, 2, 3]


@pytest.mark.parametrize(
    ("status", "body", "kind_of_error", "code"),
    [
        (
            401,
            b'{"error_description":"Wrong.","error":"invalid_client"}',
            errors.UnauthorizedError,
            "invalid_client",
        ),
        (
            400,
            b'{"error":"invalid_client"}',
            errors.UnauthorizedError,
            "invalid_client",
        ),
        (403, b'{"error":"access_denied"}', errors.UnauthorizedError, "access_denied"),
        (429, b"", errors.RateLimitedError, None),
        (503, b"<html>", errors.AtlasError, None),
        (200, b"{}", errors.AtlasError, None),
        (
            200,
            b'{"access_token": "canary canary\\r\\nX: canary"}',
            errors.AtlasError,
            None,
        ),
        (200, b'{"access_token": null, "token": "canary"}', errors.AtlasError, None),
        (200, b"[]", errors.AtlasError, None),
    ],
)
def test_failed_exchange(connect, fake, status, body, kind_of_error, code):
    """Whatever the token endpoint answers but a token is an error of the tree, and nothing leaks."""
    fake.overrides.append(
        lambda arrival: (
            FakeReply(status, (), body) if arrival.target == TOKEN_PATH else None
        )
    )
    with pytest.raises(errors.AtlasError) as caught:
        read(connect(fake, **ACCOUNT))
    error = caught.value
    assert type(error) is kind_of_error
    assert error.status == status
    assert error.error_code == code
    assert (error.detail == "Wrong.") == (status == 401)
    assert "canary" not in str(error) + repr(error.body)
    assert received(fake, part=API) == []
