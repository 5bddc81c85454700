"""The code that ``explain`` prints does all that the document language can say, as the shim does it."""

import json
import os
import shutil
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from shim.cli.explanation import Explanation, explain, read_call
from shim.cli.samples import code_for
from shim.core.recognise import load_engine
from shim.core.settings import RouteWord, Settings, read_settings
from tests.core.driver import AFTER, CASES, answers, drive

PAIRS = [json.loads(line) for line in (CASES / "recorded" / "cluster-pairs.jsonl").read_text("utf-8").splitlines()]
CLUSTERS = "/api/atlas/v2/groups/g1/clusters"
MACHINES = "/api/atlas/v2/groups/g1/machines"
ENGINE = load_engine({})
INVENTED = load_engine({"ATLAS_SHIM_MAPPINGS": str(Path(__file__).parent / "samples_language")})
SUCCESSOR = Settings(route=RouteWord.SUCCESSOR)
LIBRARIES = ["httpx", "requests", "curl"]
SIGNED = {"MONGODB_ATLAS_ACCESS_TOKEN": "token"}
OF_PYTHON = (
    "\nimport json\nclient.close()\nprint(json.dumps(results if 'results' in globals() else result, default=str))"
)


class Upstream(ThreadingHTTPServer):
    """A server of one answer, and the request targets that it was asked for."""

    answer: Any = None

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[str] = []


@pytest.fixture
def upstream():
    """Serve one answer, whatever is asked."""

    class Handler(BaseHTTPRequestHandler):
        server: Upstream

        def do_GET(self):
            self.server.asked.append(self.path)
            content = json.dumps(self.server.answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with Upstream(Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def calls(engine, url, accept):
    found = explain(
        engine,
        read_call("GET", url, f"application/vnd.atlas.{accept}+json"),
        read_settings({}),
        datetime.fromtimestamp(AFTER, UTC),
    )
    assert isinstance(found, Explanation)
    return {call.word: call for call in found.calls(found.operation.successors["successor"])}


def printed(engine, upstream, target, library, capsys, accept="2023-02-01", word=""):
    """Return what the printed code makes of the upstream's answer; ``capsys`` takes what it prints."""
    made = code_for(calls(engine, f"{upstream.url}{target}", accept)[word], library, "bearer")
    if library == "curl":
        if not (shutil.which("curl") and shutil.which("jq")):
            pytest.skip("this machine has no curl or no jq")
        done = subprocess.run(["sh", "-c", made], env={**os.environ, **SIGNED}, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(*next(iter(SIGNED.items())))
        exec(compile(made + OF_PYTHON, "printed.py", "exec"), {})
    return json.loads(capsys.readouterr().out)


def plain(value):
    """Leave out what there is none of."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if one is not None and plain(one) != {}}
    return [plain(one) for one in value] if isinstance(value, list) else value


def through_the_shim(engine, target, answer, accept="2023-02-01"):
    """Return what the shim answers, with upstream's links where they lead; of a page its items."""
    driven = drive(
        engine,
        target,
        [answers(answer)],
        settings=SUCCESSOR,
        headers=(("Accept", f"application/vnd.atlas.{accept}+json"),),
        base="http://localhost:8080",
    )
    document = driven.document
    return document["results"] if isinstance(document, dict) and "results" in document else document


@pytest.mark.parametrize("accept", ["2023-02-01", "2023-01-01"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_all_recorded_clusters_are_what_they_were(upstream, library, accept, capsys):
    """In both of the versions that end."""
    upstream.answer = {"links": [], "results": [pair["new"] for pair in PAIRS], "totalCount": len(PAIRS)}
    found = printed(ENGINE, upstream, CLUSTERS, library, capsys, accept)
    assert len(found) == len(PAIRS)
    assert plain(found) == plain(through_the_shim(ENGINE, CLUSTERS, upstream.answer, accept))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("below", ["", "/processArgs"])
def test_one_answer_is_what_it_was(upstream, library, below, capsys):
    """Of a cluster, and of its arguments."""
    upstream.answer = {**PAIRS[0]["new"], "defaultReadConcern": "local", "tomorrow": {"a": [None, 1]}}
    target = f"{CLUSTERS}/c1{below}"
    accept = "2023-01-01" if below else "2023-02-01"
    found = printed(ENGINE, upstream, target, library, capsys, accept)
    assert found["tomorrow"] == {"a": [None, 1]}
    assert plain(found) == plain(through_the_shim(ENGINE, target, upstream.answer, accept))


ENGINE_OF = {
    "id": "e1", "secret": "x", "owner": {"key": "k", "title": "t", "mail": "m"}, "serialNumber": 12, "isLoud": False,
    "ageText": "7", "weightText": "2.5", "newText": "false", "gigabytes": 2, "millimetres": 2500, "half": 5.0,
    "labelList": ["a", "b"], "regionText": "x,y", "lit": True, "state": "STOPPED", "pieces": [1, "a", {"b": None}],
    "wheels": [
        {"axle": "front", "size": 0, "colour": "red", "nuts": [{"name": "n1"}, {"name": "n2"}]},
        {"axle": "rear", "size": 2, "nuts": [{"name": "n3"}, {"name": "n3"}]},
        {"axle": "front", "size": 0, "colour": "red", "nuts": [{"name": "n1"}, {"name": "n2"}]},
        {"place": {"side": "left"}},
        {"size": 1},
        {"size": 1},
        {"place": {"side": "left"}},
    ],
    "motors": [{"name": "m1", "kilowatts": 3, "size": 9}], "spare": {"kilowatts": 1}, "guards": [{"on": True}],
    "tags": ["one", "two"], "links": [{"rel": "self", "href": "https://elsewhere/x"}], "size_of": 4,
}  # fmt: skip
OTHERS = {
    "sparse": {"id": "e2"},
    "nulls": {"id": "e3", **dict.fromkeys(ENGINE_OF.keys() - {"id"}, None)},
    "empty": {"wheels": [], "motors": [], "regionText": "", "labelList": [], "tags": [], "owner": {}, "lit": False},
    "several": {"motors": [{"name": "a", "kilowatts": 1}, {"name": "b", "kilowatts": 2}], "lit": "?", "size_of": 0.5},
    "dropped": {"wheels": [{"size": -1}], "size_of": 6, "half": 5.5, "newText": "perhaps", "ageText": "old"},
}


@pytest.mark.parametrize("library", ["httpx", "curl"])
@pytest.mark.parametrize("name", ["full", *OTHERS])
def test_each_verb_says_what_the_shim_says(upstream, library, name, capsys):
    """With all members, few, nulls, and values that mean nothing."""
    upstream.answer = ENGINE_OF if name == "full" else OTHERS[name]
    target = f"{MACHINES}/mine"
    found = printed(INVENTED, upstream, target, library, capsys)
    assert plain(found) == plain(through_the_shim(INVENTED, target, upstream.answer))


@pytest.mark.parametrize("library", LIBRARIES)
def test_bare_answers_are_what_they_were(upstream, library, capsys):
    """A value, a list of values, and a list of things that stands alone."""
    upstream.answer = "OFF"
    assert printed(INVENTED, upstream, f"{MACHINES}/mine/on", library, capsys) is False
    upstream.answer = {"data": {"engines": [{"title": "a"}, {"other": "b"}, {"title": "c"}]}}
    names = "/api/atlas/v2/groups/g1/machineNames"
    assert printed(INVENTED, upstream, names, library, capsys) == ["a", "c"]
    upstream.answer = [{"title": "a"}, "b"]
    gold = printed(INVENTED, upstream, f"{MACHINES}:find", library, capsys, word="gold")
    assert gold == [{"name": "a"}, {"name": "b"}]


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_query_is_asked_in_the_successors_words(upstream, library, capsys):
    """The choosing parameter and dropped ones are not sent; a list stands where the document says."""
    upstream.answer = {"data": {"engines": [{"title": "a"}]}}
    target = f"{MACHINES}:find?kind=plain&state=ready&verbose=true&more=1"
    found = printed(INVENTED, upstream, target, library, capsys, word="plain")
    assert found == [{"name": "a"}]
    query = dict(parse_qsl(urlsplit(upstream.asked[0]).query))
    assert {name: query[name] for name in query.keys() - {"pageNum", "itemsPerPage"}} == {"status": "O K", "more": "1"}


def test_what_the_code_leaves_out_is_told():
    """Errors that had other words, parameters that are not sent, and words that there are none for."""
    url = f"https://cloud.mongodb.com{MACHINES}"
    (call,) = calls(INVENTED, f"{url}/mine", "2023-02-01").values()
    assert call.notes == ("Errors are the successor's own: ENGINE_ARCHIVED was MACHINE_NOT_FOUND, a 404.",)
    plain_call = calls(INVENTED, f"{url}:find?verbose=1", "2023-02-01")["plain"]
    assert plain_call.notes == ("The parameter verbose is not sent: Engines say all there is.",)
    assert plain_call.url.endswith("/engines?status=O+K&itemsPerPage=500&pageNum=1")
    wrong = calls(INVENTED, f"{url}:find?state=fine", "2023-02-01")["plain"]
    assert wrong.notes == ("The query has a word that the successor knows none for: state.",)


def test_accept_is_shown_where_it_is_all_that_is_new():
    """Beside an address that stays."""
    url = "https://cloud.mongodb.com/api/atlas/v2/groups/g1"
    (cluster,) = calls(ENGINE, f"{url}/clusters/c1", "2023-02-01").values()
    assert cluster.also == ", Accept: application/vnd.atlas.2024-08-05+json"
    (machine,) = calls(INVENTED, f"{url}/machines/m1", "2023-02-01").values()
    assert machine.also == ""
