"""What switching on loads, and what is told of libraries that it does not cover."""

import http.client
import json
import os
import subprocess
import sys
import urllib.request
import warnings
from typing import Any

import pytest

import shim
from shim.errors import LegacyEndpointWarning
from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from tests.auto.test_switch import python
from tests.doors.calls import BEARER, SNAPSHOTS

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
    """Stage of a program -> the modules that it has by then, and what it noted."""
    with FakeServer(FakeAtlas()) as server:
        left_out = ("ATLAS_SHIM_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        environ = {name: value for name, value in os.environ.items() if not name.upper().startswith(left_out)}
        found: dict[str, Any] = {}
        for code in (SWITCHED_ON, SWITCHED_OFF):
            command = [sys.executable, "-W", "ignore", "-c", code, server.url]
            done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
            found |= json.loads(done.stdout)
    return {stage: (set(modules), noted) for stage, (modules, noted) in found.items()}


LIBRARIES = {"aiohttp", "anyio", "click", "httpx", "requests", "urllib3"}
HEAVY = {"asyncio", "attrs", "re", "shim.core.recognise", "tomllib", "typing"}


def test_asking_for_a_record_loads_no_library(facts):
    """Though it takes the responses of each."""
    modules, noted = facts["record"]
    assert "shim._record" in modules
    assert not LIBRARIES & modules
    assert noted is None


def test_nothing_heavy_is_loaded_until_a_library_is_imported(facts):
    """Neither the engine nor asyncio; the whole is a handful of modules."""
    modules, _ = facts["auto"]
    assert not (LIBRARIES | HEAVY) & modules
    assert len([name for name in modules if name.startswith("shim")]) < 12
    assert len(modules) < 40


def test_the_standard_library_costs_no_engine(facts):
    """Not even calls do, before one looks like Atlas'."""
    modules, _ = facts["standard library"]
    assert not {"attrs", "shim.core.recognise"} & modules


def test_a_library_that_is_imported_later_is_covered(facts):
    """Without the engine, and with no room of the shim that speaks it until a call to Atlas is made."""
    modules, patches = facts["imported"]
    assert patches == [True] * 2
    assert "shim.core.recognise" not in modules
    assert not {"aiohttp", "shim.httpx", "shim.requests"} & modules
    assert facts["retired calls"][1] == [200, 200]


def test_a_program_that_calls_others_gets_no_library_more(facts):
    """Nor a line of the doors, though it calls the very host."""
    modules, statuses = facts["other calls"]
    assert statuses == [404, 404]
    others = {name.partition(".")[0] for name in modules - facts["switched off"][0]}
    assert others - set(sys.stdlib_module_names) <= {"shim"}
    assert "shim.core.recognise" not in modules
    assert not {name for name in modules if name.startswith(("shim.httpx", "shim.requests", "shim.urllib3"))}


def test_switching_on_imports_no_aiohttp(facts):
    """A program that has none pays nothing; one that imports it is covered from then on."""
    assert "aiohttp" not in facts["other calls"][0]
    modules, is_patched = facts["aiohttp"]
    assert is_patched
    assert "shim.aiohttp" not in modules


def test_uninstalled_before_the_import_is_not_covered(facts):
    """And installed again after it is."""
    assert facts["switched off"][1] == [410, 410]
    assert facts["switched on"][1] == [200, 200]


def test_wrapping_a_session_loads_no_other_door(facts):
    """A session needs no httpx."""
    assert not {name for name in facts["wrapped"][0] if name.startswith(("shim.httpx", "shim.aiohttp"))}


def test_calls_that_mean_nothing_are_the_librarys():
    """It says what is wrong with them, as ever."""
    shim.install()
    with pytest.raises(http.client.CannotSendHeader):
        http.client.HTTPConnection("localhost", 1).endheaders()
    with pytest.raises(AttributeError):
        urllib.request.build_opener().open(None)  # type: ignore[arg-type]


async def test_tornado_is_told(retired):
    """The client of a framework that is often there for its server."""
    tornado = pytest.importorskip("tornado.httpclient")
    shim.install()
    request = tornado.HTTPRequest(retired, headers=BEARER)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        responses = [
            await tornado.AsyncHTTPClient().fetch(retired, headers=BEARER, raise_error=False),
            await tornado.AsyncHTTPClient().fetch(request, raise_error=False),
        ]
    assert [response.code for response in responses] == [410, 410]
    assert ["tornado.httpclient are not covered" in str(one.message) for one in caught] == [True, True]


def test_curl_cffi_is_told(retired):
    """By its sessions, on which its functions stand; at the program's line."""
    curl = pytest.importorskip("curl_cffi.requests")
    shim.install()
    with pytest.warns(LegacyEndpointWarning, match=r"curl_cffi\.requests are not covered") as caught:
        response = curl.get(retired, headers=BEARER)
    assert (response.status_code, caught[0].filename) == (410, __file__)
    with pytest.raises(TypeError):
        curl.Session().request()


def test_twisted_is_told(tmp_path):
    """By a stand-in of its agent, which takes bytes."""
    (tmp_path / "twisted" / "web").mkdir(parents=True)
    for folder in (tmp_path / "twisted", tmp_path / "twisted" / "web"):
        (folder / "__init__.py").write_text("")
    agent = "class Agent:\n    def request(self, method, uri, headers=None, bodyProducer=None): return uri\n"
    (tmp_path / "twisted" / "web" / "client.py").write_text(agent)
    url = "https://cloud.mongodb.com/api/atlas/v2/groups/32b6e34b3d91647abb20e7b8/serverless/x/backup/snapshots"
    code = (
        "import shim, shim.auto; from twisted.web.client import Agent;"
        "shim.set_warnings_handler(lambda notice: print('twisted.web.client are not' in notice.message));"
        f"assert Agent().request(b'GET', {url!r}.encode()) == {url!r}.encode()"
    )
    assert python(code, PYTHONPATH=str(tmp_path)) == "True"


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
def test_a_fork_waits_until_another_thread_has_loaded():
    """The child would else wait for ever for a module that a thread of its parent has half imported."""
    with FakeServer(FakeAtlas()) as atlas:
        environ = {**os.environ, "ATLAS_SHIM_UPSTREAM": atlas.url, "ATLAS_SHIM_WARNINGS": "off"}
        command = [sys.executable, "-c", FORKING, atlas.url]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "0\n"
