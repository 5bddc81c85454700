"""What replies announce reaches the inventory of a Python program, whatever library calls, and whatever it calls."""

import asyncio
import json
import logging
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
import requests as plain_requests
import urllib3 as plain_urllib3
from click.testing import CliRunner

import shim
from shim import httpx, requests, urllib3
from shim.aiohttp import ClientSession
from shim.cli import main
from shim.core.memory import Memory
from shim.dropin import announced, runtime
from shim.radar import Radar
from shim.stdlib.opener import open_url
from tests.peers.raw import reply, replying

BUCKETS = "/api/atlas/v2/groups/0123456789abcdef01234567/backup/exportBuckets"
ACCEPT = {"Accept": "application/vnd.atlas.2023-02-01+json"}
LINES = ("Sunset: Thu, 1 Jul 2027 00:00:00 GMT", "Deprecation: Mon, 5 Aug 2024 00:00:00 GMT")
HERE = {"file": __file__, "version": "2023-02-01", "sunset": "2027-07-01T00:00:00Z"}


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The inventory of this process, which remembers nothing else."""
    path = tmp_path / "calls.jsonl"
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(path))
    monkeypatch.setattr(announced, "RADAR", Radar(level=logging.INFO))
    monkeypatch.setattr(runtime, "MEMORY", Memory())
    return path


@pytest.fixture
def atlas(monkeypatch):
    """An Atlas whose replies announce their end."""
    with replying(reply(b"{}", *LINES)) as upstream:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", upstream.origin)
        yield upstream.origin


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def by_httpx(url):
    return httpx.get(url, headers=ACCEPT).text


def by_async_httpx(url):
    async def call():
        async with httpx.AsyncClient() as client:
            return (await client.get(url, headers=ACCEPT)).text

    return asyncio.run(call())


def by_requests(url):
    return requests.get(url, headers=ACCEPT, timeout=5).text


def by_wrapped_requests(url):
    return shim.wrap(plain_requests.Session()).get(url, headers=ACCEPT, timeout=5).text


def by_adapter(url):
    with plain_requests.Session() as session:
        session.mount("http://", requests.Adapter())
        return session.get(url, headers=ACCEPT, timeout=5).text


def by_urllib3_manager(url):
    with urllib3.PoolManager(headers=ACCEPT) as manager:
        return manager.request("GET", url, timeout=5).data.decode()


def by_urllib3_pool(url):
    origin, _, target = url.removeprefix("http://").partition("/")
    host, _, port = origin.partition(":")
    with shim.wrap(plain_urllib3.HTTPConnectionPool(host, int(port))) as pool:
        return pool.urlopen("GET", f"/{target}", None, ACCEPT, timeout=5).data.decode()


def by_aiohttp(url):
    async def call():
        async with ClientSession() as session, session.get(url, headers=ACCEPT) as response:
            return await response.text()

    return asyncio.run(call())


def by_stdlib(url):
    assert runtime.concerns(url)  # as the switch asks before
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with open_url(opener, opener.open, urllib.request.Request(url, headers=ACCEPT), timeout=5) as response:
        return response.read().decode()


WAYS = {
    "httpx_family": by_httpx,
    "httpx_family async": by_async_httpx,
    "requests": by_requests,
    "requests wrapped": by_wrapped_requests,
    "requests adapter": by_adapter,
    "urllib3": by_urllib3_manager,
    "urllib3 pool": by_urllib3_pool,
    "aiohttp": by_aiohttp,
    "stdlib": by_stdlib,
}


@pytest.mark.parametrize("name", WAYS)
def test_a_call_that_is_not_retired_yet_is_written_down(file, atlas, name):
    """Once, with the line of the program; the caller's reply is as it was."""
    assert WAYS[name](f"{atlas}{BUCKETS}/orders?pretty=true") == "{}"
    (line,) = lines(file)
    assert line["announced"] == "GET /api/atlas/v2/groups/{}/backup/exportBuckets/{}"
    assert line.items() >= HERE.items()
    assert line["library"] == name.split(" ")[0]
    assert "orders" not in file.read_text()


@pytest.mark.parametrize("way", [by_httpx, by_async_httpx, by_requests, by_urllib3_manager, by_aiohttp, by_stdlib])
def test_a_retired_call_that_legacy_answers_is_written_down_too(file, atlas, way, monkeypatch):
    """Once, beside the line of the retired call itself."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "legacy")
    with pytest.warns(shim.LegacyEndpointWarning):
        way(f"{atlas}/api/atlas/v1.0/groups/0123456789abcdef01234567/serverless/orders/backup/snapshots")
    said, retired = lines(file)
    assert said["announced"].startswith("GET /api/atlas/v1.0/groups/{groupId}/serverless/")
    assert (said["line"], said["file"]) == (retired["line"], retired["file"])
    assert retired["operation"] == "listServerlessBackupSnapshots"


def test_an_error_announces_too(file, monkeypatch):
    """Recorded: Atlas says it in replies with 400, which urllib raises."""
    with replying(reply(b"{}", *LINES, status="400 Bad Request")) as upstream:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", upstream.origin)
        with pytest.raises(urllib.error.HTTPError):
            by_stdlib(f"{upstream.origin}{BUCKETS}")
    assert [line["announced"] for line in lines(file)] == ["GET /api/atlas/v2/groups/{}/backup/exportBuckets"]


@pytest.mark.parametrize("way", [by_httpx, by_requests, by_urllib3_manager, by_aiohttp, by_stdlib])
def test_other_hosts_and_a_shim_that_is_off_are_left_alone(file, atlas, way, monkeypatch):
    """Another API's sunset is not Atlas', and off is off."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "off")
    way(f"{atlas}{BUCKETS}")
    monkeypatch.delenv("ATLAS_SHIM_ROUTE")
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", "http://127.0.0.1:1")
    way(f"{atlas}{BUCKETS}")
    assert lines(file) == []


def test_libraries_that_stand_on_each_other_count_a_reply_once(file, atlas, tmp_path):
    """With every library of a program switched on, a call of requests' passes urllib3 and http.client too."""
    program = tmp_path / "program.py"
    program.write_text(f"import requests\nrequests.get({atlas + BUCKETS!r}, headers={ACCEPT!r}, timeout=5)\n")
    done = subprocess.run([sys.executable, "-m", "shim", "run", sys.executable, str(program)], check=False, timeout=60)
    assert done.returncode == 0
    (line,) = lines(file)
    assert (line["file"], line["line"]) == (str(program), 2)


def test_a_program_hears_of_it_in_its_log_once(file, atlas, caplog):
    """At a level that nobody sees who has not asked for it."""
    with caplog.at_level(logging.INFO, "shim.radar"):
        for _ in range(2):
            by_requests(f"{atlas}{BUCKETS}")
    assert [one.levelno for one in caplog.records if one.name == "shim.radar"] == [logging.INFO]


def test_a_defect_in_looking_breaks_no_call(file, atlas, monkeypatch):
    """It is a look, and nothing more."""
    monkeypatch.setattr(announced.RADAR, "look", lambda *_, **__: 1 / 0)
    assert by_requests(f"{atlas}{BUCKETS}") == by_aiohttp(f"{atlas}{BUCKETS}") == "{}"


def test_the_command_shows_the_next_sunsets(file, atlas, tmp_path):
    """Sorted by date, with who calls; in the text, the JSON and the page."""
    by_requests(f"{atlas}{BUCKETS}/orders")
    by_requests(f"{atlas}{BUCKETS}/sales")
    undated = {"time": "2026-06-01T00:00:00Z", "announced": "GET /a/{}", "deprecation": True, "agent": "curl/8"}
    own = undated | {"announced": "GET /own", "agent": "atlas-shim-cli/1"}
    broken = undated | {"announced": 3}
    file.write_text(file.read_text() + "".join(f"{json.dumps(one)}\n" for one in (undated, own, broken)))
    found = json.loads(CliRunner().invoke(main, ["inventory", str(file), "--output", "json"]).stdout)
    assert [(one["operation"], one["sunset"], one["deprecation"], one["count"]) for one in found["announced"]] == [
        ("GET /api/atlas/v2/groups/{}/backup/exportBuckets/{}", "2027-07-01T00:00:00Z", "2024-08-05T00:00:00Z", 2),
        ("GET /a/{}", "", "true", 1),
    ]
    assert (found["operations"], found["broken"]) == ([], 1)
    assert all(name.startswith(f"{__file__}:") for name in found["announced"][0]["callers"])
    text = CliRunner().invoke(main, ["inventory", str(file), "--html", str(tmp_path / "page.html")]).stdout
    page = (tmp_path / "page.html").read_text("utf-8")
    for shown in ("/api/atlas/v2/groups/{}/backup/exportBuckets/{}", "2027-07-01", "curl/8"):
        assert shown in text
        assert shown in page
