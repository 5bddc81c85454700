"""What ``shim.auto`` loads, and its warnings about libraries that it does not cover."""

import json
import os
import sys
import warnings
from typing import Any

import pytest

import shim
from shim.errors import LegacyEndpointWarning
from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from tests.doors.calls import BEARER, SNAPSHOTS
from tests.peers.pythons import said

START = f"""
import os, sys
url, before, facts = sys.argv[1], set(sys.modules), {{}}
retired, other = url + {SNAPSHOTS!r}, url + "/elsewhere"

def note(name, value=None):
    facts[name] = [sorted(set(sys.modules) - before), value]

def statuses(*libraries):
    return [library.get(retired, headers={BEARER!r}).status_code for library in libraries]
"""

SWITCHED_ON = f"""{START}
import shim.auto
note("auto")
import urllib.request
try: urllib.request.urlopen("http://localhost:1/x")
except OSError: note("standard library")
os.environ["ATLAS_SHIM_UPSTREAM"] = url
import requests, httpx
note("imported", [hasattr(function, "__wrapped__") for function in (httpx.Client.send, requests.Session.get_adapter)])
note("other calls", [requests.get(other).status_code, httpx.get(other).status_code])
import aiohttp
note("aiohttp", hasattr(vars(aiohttp.ClientSession)["_request"], "__wrapped__"))
note("retired calls", statuses(requests, httpx))
import json
print(json.dumps(facts))
"""

SWITCHED_OFF = f"""{START}
import shim
note("record", shim.record(None))
os.environ["ATLAS_SHIM_UPSTREAM"] = url
shim.install(); shim.uninstall()
import requests, httpx
requests.get(other), httpx.get(other)
note("switched off", statuses(requests, httpx))
shim.wrap(requests.Session())
note("wrapped")
shim.install()
note("switched on", statuses(requests, httpx))
import json
print(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def facts():
    """Stage of a program -> the modules loaded by then, and the results recorded."""
    with FakeServer(FakeAtlas()) as server:
        found: dict[str, Any] = {}
        for code in (SWITCHED_ON, SWITCHED_OFF):
            found |= json.loads(said(code, server.url))
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


FORKING = f"""
import os, sys, threading
import shim.auto, requests
retired, begun, forked = sys.argv[1] + {SNAPSHOTS!r}, threading.Event(), threading.Event()

class Halfway:
    def find_spec(self, name, path=None, target=None):
        if name == "shim.core.exchange":
            sys.meta_path.remove(self)
            begun.set()
            forked.wait(1)

def status():
    return requests.get(retired, headers={BEARER!r}).status_code

sys.meta_path.insert(0, Halfway())
first = threading.Thread(target=status)
first.start()
begun.wait()
child = os.fork()
forked.set()
if not child:
    os._exit(0 if status() == 200 else 1)
first.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork as POSIX has it")
def test_a_fork_waits_for_another_threads_import():
    """Otherwise the child would wait forever for a module that a thread of its parent was importing."""
    with FakeServer(FakeAtlas()) as atlas:
        assert (
            said(
                FORKING,
                atlas.url,
                ATLAS_SHIM_UPSTREAM=atlas.url,
                ATLAS_SHIM_WARNINGS="off",
            )
            == "0"
        )
