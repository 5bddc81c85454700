"""Authentication of the typed client: its requests, the lifetime of a token, and the errors of a refusal."""

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
    """The clock of the client's tokens, set by hand."""
    clock = SimpleNamespace(now=5000.0)
    monkeypatch.setattr(
        "shim.atlas.auth.time", SimpleNamespace(monotonic=lambda: clock.now)
    )
    return clock


def read(client):
    return client.serverless_instances.list_serverless_instances(DEMO_GROUP)


def tokens(fake):
    """Count the token requests of the service account."""
    return len(received(fake, part=TOKEN_PATH))


def revoke_the_token(fake):
    """Make the fake forget the token of the last call."""
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
def test_three_calls_need_few_extra_requests(
    connect, fake, credentials, trips, exchanges
):
    """The first call with an API key needs one, with a service account one token request comes before all calls."""
    client = connect(fake, **credentials)
    for _ in range(3):
        read(client)
    assert len(received(fake, part=API)) == trips
    assert tokens(fake) == exchanges


def test_secret_and_token_are_separate(connect, fake):
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
def test_a_token_is_renewed_before_it_expires(
    connect, fake, clock, expires_in, good_for
):
    """That is five minutes before its end, for a short one in its last tenth. Without an expiry it is one hour."""
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


def test_a_refused_token_is_replaced_once(connect, fake):
    """After that 401 the call, a write too, is repeated with its body, and executed once."""
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


def test_a_refused_account_is_final_for_a_minute(connect, fake, clock):
    """If a new token gets a 401 too, later calls request no token until a minute is over."""
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
def test_a_failed_token_request_is_an_error(
    connect, fake, status, body, kind_of_error, code
):
    """Any reply but a token is an error of the client's classes, and leaks no secret."""
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
