"""Settings that a client obeys in place of the process' own."""

import asyncio

import pytest

from shim import httpx
from shim.core.settings import RouteWord, Settings
from shim.fake import DEMO_TOKEN
from shim.httpx._clients import force_settings, recognise_also

BEARER = {"Authorization": f"Bearer {DEMO_TOKEN}"}


@pytest.mark.parametrize(("word", "status"), [(RouteWord.LEGACY, 410), (RouteWord.FLEX, 200), (RouteWord.OFF, 410)])
def test_the_route_is_the_clients_own(atlas, retired, monkeypatch, word, status):
    """Two clients of one process take different routes, whatever the environment says."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "off" if word is RouteWord.FLEX else "flex")
    with httpx.Client(headers=BEARER) as client:
        recognise_also(client, atlas.url)
        force_settings(client, Settings(route=word))
        assert client.get(retired).status_code == status


def test_an_async_client_obeys_them_too(atlas, retired):
    """The same for AsyncClient."""

    async def ask():
        async with httpx.AsyncClient(headers=BEARER) as client:
            recognise_also(client, atlas.url)
            force_settings(client, Settings(route=RouteWord.LEGACY))
            return await client.get(retired)

    assert asyncio.run(ask()).status_code == 410


def test_other_clients_keep_the_process_settings(atlas, retired):
    """What one client is told stays with it."""
    with httpx.Client(headers=BEARER) as told, httpx.Client(headers=BEARER) as other:
        force_settings(told, Settings(route=RouteWord.LEGACY))
        assert other.get(retired).status_code == 200


def test_the_origins_are_theirs_too(atlas, retired):
    """An origin that only the process' settings have is none of such a client's."""
    with httpx.Client(headers=BEARER) as client:
        force_settings(client, Settings(route=RouteWord.FLEX))
        assert client.get(retired).status_code == 410


def test_an_origin_of_the_facade_counts_for_its_client_only(atlas, retired, monkeypatch):
    """recognise_also is about one client."""
    monkeypatch.delenv("ATLAS_SHIM_UPSTREAM")
    with httpx.Client(headers=BEARER) as ours, httpx.Client(headers=BEARER) as other:
        recognise_also(ours, atlas.url)
        assert ours.get(retired).status_code == 200
        assert other.get(retired).status_code == 410
