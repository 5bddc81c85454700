"""What ``shim.auto`` loads, and its warnings about libraries that it does not cover."""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import shim
from shim.errors import LegacyEndpointWarning
from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from tests.doors.calls import BEARER, SNAPSHOTS
from tests.peers.pythons import printed

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def facts():
    """Stage of a program -> the modules loaded by then, and the results recorded."""
    with FakeServer(FakeAtlas()) as server:
        found: dict[str, Any] = {}
        url = server.url
        for way in ("on", "off"):
            words = (way, url, url + SNAPSHOTS, BEARER["Authorization"])
            found |= json.loads(printed(PROGRAMS / "loads.py", *words))
    return {stage: (set(modules), noted) for stage, (modules, noted) in found.items()}


LIBRARIES = {"aiohttp", "anyio", "click", "httpx", "requests", "urllib3"}
ENGINE = "shim.core.recognize"
STAGES = [
    # reading the record loads no library, although the record takes each library's
    # responses
    ("record", LIBRARIES, None),
    # nothing large is loaded until a library is imported
    ("auto", LIBRARIES | {"asyncio", "attrs", "re", ENGINE, "tomllib", "typing"}, None),
    # a call by the standard library loads the engine only if it looks like a call to
    # Atlas
    ("standard library", {"attrs", ENGINE}, None),
    # a library that is imported later is covered; the shim's module for it is loaded at
    # the first call to Atlas
    ("imported", {ENGINE, "aiohttp", "shim.httpx", "shim.requests"}, [True, True]),
    # other calls run no line of the entry points, even if they go to the same host
    (
        "other calls",
        {ENGINE, "aiohttp", "shim.httpx", "shim.requests", "shim.urllib3"},
        [404, 404],
    ),
    ("aiohttp", {"shim.aiohttp"}, True),
    ("retired calls", set(), [200, 200]),
    # switched off before its import a library is not covered; switched on again it is
    ("switched off", set(), [410, 410]),
    ("wrapped", {"shim.httpx", "shim.aiohttp"}, None),
    ("switched on", set(), [200, 200]),
]
"""A stage of a program, the modules that must not be loaded by then, and the recorded results."""


@pytest.mark.parametrize(
    ("stage", "absent", "noted"), STAGES, ids=[stage for stage, *_ in STAGES]
)
def test_nothing_is_loaded_before_it_is_needed(facts, stage, absent, noted):
    """Neither the engine, an entry point nor an unused library is.

    The program's calls have these statuses.
    """
    modules, found = facts[stage]
    assert found == noted
    assert not [
        name
        for name in modules
        for unwanted in absent
        if name == unwanted or name.startswith(f"{unwanted}.")
    ]


def test_switching_on_loads_few_modules(facts):
    """A program that makes no calls to Atlas gets no other HTTP library."""
    modules, _ = facts["auto"]
    assert len([name for name in modules if name.startswith("shim")]) < 12
    assert len(modules) < 40
    others = {
        name.partition(".")[0]
        for name in facts["other calls"][0] - facts["switched off"][0]
    }
    assert others - set(sys.stdlib_module_names) <= {"shim"}


async def test_tornado_causes_a_warning(retired):
    """The warning is for Tornado's HTTP client, because many programs install Tornado for its server only."""
    tornado = pytest.importorskip("tornado.httpclient")
    shim.install()
    request = tornado.HTTPRequest(retired, headers=BEARER)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        responses = [
            await tornado.AsyncHTTPClient().fetch(
                retired, headers=BEARER, raise_error=False
            ),
            await tornado.AsyncHTTPClient().fetch(request, raise_error=False),
        ]
    assert [response.code for response in responses] == [410, 410]
    assert ["made with tornado.httpclient," in str(one.message) for one in caught] == [
        True,
        True,
    ]


def test_curl_cffi_causes_a_warning(retired):
    """Its functions use a session, too. The warning names the program's line."""
    curl = pytest.importorskip("curl_cffi.requests")
    shim.install()
    with pytest.warns(
        LegacyEndpointWarning, match=r"made with curl_cffi\.requests,"
    ) as caught:
        response = curl.get(retired, headers=BEARER)
    assert response.status_code == 410
    assert caught[0].filename == __file__
    with pytest.raises(TypeError):
        curl.Session().request()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork as POSIX has it")
def test_a_fork_waits_for_another_threads_import():
    """Otherwise the child would wait forever for a module that a thread of its parent was importing."""
    with FakeServer(FakeAtlas()) as atlas:
        status = printed(
            PROGRAMS / "forks.py",
            atlas.url + SNAPSHOTS,
            BEARER["Authorization"],
            ATLAS_SHIM_UPSTREAM=atlas.url,
            ATLAS_SHIM_WARNINGS="off",
        )
    assert status == "0"
