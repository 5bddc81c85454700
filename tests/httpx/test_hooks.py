"""The caller's event hooks run once around an exchange."""

from typing import Any

import pytest

from shim import httpx
from tests.doors.calls import SNAPSHOTS, gone_then_flex
from tests.peers.answering import reply

pytestmark = pytest.mark.usefixtures("either")


async def araise_for_status(response):
    """The hook from httpx's documentation."""
    response.raise_for_status()


def test_a_request_hook_sees_the_callers_own_request(raw, early):
    """It gets the same object, once.

    Its additions are sent with every request of the exchange.
    """
    server = raw(gone_then_flex)
    seen: list[Any] = []

    def add(request):
        seen.append((request, str(request.url)))
        request.headers["X-Trace"] = "abc"

    with httpx.Client(event_hooks={"request": [add]}) as client:
        response = client.get(f"{server.url}{SNAPSHOTS}")
    assert seen == [(response.request, f"{server.url}{SNAPSHOTS}")]
    assert [b"X-Trace: abc\r\n" in request for request in server.requests] == [
        True,
        True,
    ]


async def test_a_hook_may_turn_it_into_another_call(raw):
    """The other call is sent unchanged by httpx.

    Hooks run once, and again if it is sent again.
    """
    server = raw(lambda request: reply("200 OK", body=b"{}"))
    seen: list[str] = []

    async def rewrite(request):
        seen.append("request")
        request.url = request.url.copy_with(path="/mine")

    async def note(response):
        seen.append("response")

    async with httpx.AsyncClient(
        event_hooks={"request": [rewrite], "response": [note]}
    ) as client:
        request = client.build_request("GET", f"{server.url}{SNAPSHOTS}")
        response = await client.send(request)
        assert response.request is request
        assert "shim" not in response.extensions
        assert seen == ["request", "response"]
        assert request.extensions.keys() == {"timeout"}
        await client.send(request)
    assert seen == ["request", "response"] * 2
    assert server.targets() == ["/mine"] * 2


async def test_async_hooks_can_be_added_and_replaced(raw):
    """A hook that raises for the last response closes it.

    The error has the caller's own request.
    """
    server = raw(lambda request: reply("500 Oops", body=b"{}"))
    async with httpx.AsyncClient() as client:
        client.event_hooks["response"].append(araise_for_status)
        with pytest.raises(httpx.HTTPStatusError) as caught:
            await client.get(f"{server.url}{SNAPSHOTS}")
        assert caught.value.response.is_closed
        assert str(caught.value.request.url) == f"{server.url}{SNAPSHOTS}"
        client.event_hooks = {}
        assert client.event_hooks == {"request": [], "response": []}
        assert (await client.get(f"{server.url}{SNAPSHOTS}")).status_code == 500


def test_requests_of_an_auth_flow_have_hooks_of_their_own(raw):
    """A token request is not one of the shim's requests."""
    server = raw(
        lambda request: reply("200 OK", body=b'{"results": [], "access_token": "abc"}')
    )
    seen: list[Any] = []

    class Token(httpx.Auth):
        requires_response_body = True

        def auth_flow(self, request):
            token = yield httpx.Request("POST", f"{server.url}/token")
            request.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
            yield request

    with httpx.Client(
        auth=Token(),
        event_hooks={"request": [lambda request: seen.append(request.url.path)]},
    ) as client:
        response = client.get(f"{server.url}{SNAPSHOTS}")
    assert seen == [SNAPSHOTS, "/token"]
    assert b"Authorization: Bearer abc\r\n" in server.requests[1]
    assert [str(each.url) for each in response.history] == [f"{server.url}/token"]
