"""The log line of a call: its content, its wording, and what it never contains."""

import json
import logging
import os
import re

import pytest

from shim.codes import cure_of
from shim.core.recognize import shared_engine
from shim.core.settings import RouteWord
from shim.gateway.log_writer import LogLines, tell
from shim.gateway.logs import CallLine, ids_of, instant
from tests.gateway.test_signing import PATH
from tests.peers.raw import PATIENCE, raw_upstream, reply, replying, until
from tests.peers.served import (
    At,
    ask,
    calling,
    cross,
    gateway,
    get,
    status_of,
    value_of,
)

ID = "6510aa1b2c3d4e5f60718293"
EMPTY = b'{"results": [], "totalCount": 0}'


@pytest.fixture
def lines(caplog):
    """The lines of calls since the beginning of the test."""
    caplog.set_level(logging.DEBUG, "shim.gateway.calls")

    def come(count=1):
        until(lambda: len(caplog.records) >= count, f"{count} lines have come")
        return [record.getMessage() for record in caplog.records]

    return come


def line(**given):
    """Return the line of a call that was passed on."""
    values = {
        "method": "GET",
        "path": "/x",
        "peer": "10.0.0.7",
        "request_id": "abc",
        "engine": shared_engine({}),
    }
    return CallLine(**{**values, **given})


def test_a_retired_call_has_its_template_route_and_reason(lines):
    """Ids and queries are omitted; the line has both statuses and times."""
    cross(get(f"{PATH}?pageNum=1", "User-Agent: nightly/1.0"), reply(EMPTY))
    (text,) = lines()
    assert (
        "GET /api/atlas/v1.0/groups/{groupId}/serverless/{clusterName}/backup/snapshots"
        in text
    )
    assert "listServerlessBackupSnapshots flex" in text
    assert re.search(r"200 in [\d.]+ ms \(upstream 200 in [\d.]+ ms\)", text)
    assert "its sunset, 2026-01-22, has passed" in text
    assert '"nightly/1.0"' in text
    assert not any(word in text for word in (*PATH.split("/")[5:8:2], "pageNum"))


def test_names_and_ids_in_other_paths_are_masked(lines):
    """Only words of Atlas's API are shown, because other segments may be names."""
    cross(get(f"/api/atlas/v2/groups/{ID}/clusters/secret-project/backup/snapshots"))
    (text,) = lines()
    assert "/api/atlas/v2/groups/{}/clusters/{}/backup/snapshots | other pass" in text


@pytest.mark.parametrize(("fields", "expected"), [
    (["X-Request-Id: req-1/a=b"], "req-1/a=b"), ([f"traceparent: 00-{'ab' * 16}-{'cd' * 8}-01"], "ab" * 16),
    (["X-Request-Id: mine", f"traceparent: 00-{'ab' * 16}-{'cd' * 8}-01"], "mine"),
])  # fmt: skip
def test_the_callers_request_id_is_used(lines, fields, expected):
    """It is in the line and in the response."""
    assert cross(get("/x", *fields)).value("X-Request-Id") == expected
    assert f" {expected}" in lines()[0]


@pytest.mark.parametrize("value", ["a b", "x" * 129, 'a"b', "", "\x1b[31m"])
def test_an_unsafe_request_id_is_replaced(value):
    """Only plain characters are accepted."""
    assert ids_of((("X-Request-Id", value),)) != (value, "")


def test_requests_without_an_id_get_one():
    """It is in every response, including refusals."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        names = [
            value_of(ask(served, get(path))[0], "X-Request-Id")
            for path in ("/x", "/x", "/a/../b")
        ]
    assert len(set(names)) == 3
    assert None not in names


@pytest.mark.parametrize("fields", [("X-Request-Id: mine",), ()])
def test_json_has_the_trace_id(fields):
    """It also has the public part of the verified key."""
    headers = tuple(
        tuple(one.split(": "))
        for one in (*fields, f"traceparent: 00-{'ab' * 16}-{'cd' * 8}-01")
    )
    name, trace = ids_of(headers)
    found = json.loads(line(request_id=name, trace_id=trace, key="team").json())
    assert found["request_id"] == ("mine" if fields else "ab" * 16)
    assert found["trace_id"] == "ab" * 16
    assert found["key"] == "team"


@pytest.mark.parametrize("path", ["/a/../b", "/x#y"])
def test_all_refusals_are_warnings(caplog, path):
    """Refused calls, and requests that never become calls."""
    with replying() as upstream, gateway(upstream.origin) as served:
        ask(served, get(path))
        ask(served, b"nonsense\r\n\r\n")
    until(lambda: len(caplog.records) >= 2, "both are logged")
    assert {record.levelname for record in caplog.records} == {"WARNING"}


@pytest.mark.parametrize(("code", "request_bytes"), [
    ("SHIM_DIGEST_CANNOT_CROSS", get(PATH, 'Authorization: Digest username="a", response="b"')),
    ("SHIM_NO_SUCCESSOR", get(PATH.partition("/backup")[0], "Content-Length: 0", method="DELETE")),
    ("INVALID_QUERY_PARAMETER", get(f"{PATH}?pageNum=x")),
])  # fmt: skip
def test_a_refusal_has_its_code_and_fix(lines, code, request_bytes):
    """They are logged because programs often hide the response."""
    cross(request_bytes, reply(EMPTY), route=RouteWord.SUCCESSOR)
    (text,) = lines()
    assert f"| {code}: " in text
    assert text.endswith(f". {cure_of(code).rstrip('.')}")


def test_json_has_the_fix_of_a_refusal():
    """Atlas's own errors have none."""
    assert json.loads(line(code="SHIM_BUSY").json())["cure"] == cure_of("SHIM_BUSY")
    assert "cure" not in json.loads(line().json())


def test_upstreams_request_id_is_kept():
    """A response that has one gets no second one."""
    assert (
        cross(get("/x"), reply(b"", "X-Request-Id: theirs")).value("X-Request-Id")
        == "theirs"
    )


@pytest.mark.parametrize(
    ("word", "expected"), [("info", 3), ("warning", 2), ("error", 0)]
)
def test_the_level_selects_the_calls(lines, caplog, word, expected):
    """Refusals and statuses from 500 on are warnings."""
    caplog.set_level(word.upper(), "shim")
    with (
        replying(reply(), reply(status="503 Service Unavailable")) as upstream,
        gateway(upstream.origin) as served,
    ):
        for path in ("/x", "/x", "/a/../b"):
            ask(served, get(path))
    lines(expected)
    assert len(caplog.records) == expected


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"]
)
def test_a_disconnected_caller_has_a_line(lines, start):
    """It has no status, whether the response had begun or not."""

    def begun(upstream):
        upstream.message()
        upstream.send(start)
        upstream.rest()

    with raw_upstream(begun) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get("/x"))
            until(lambda: upstream.connections, "a call to upstream")
            if start:
                peer.take(b"half")
        assert "unanswered in" in lines()[0]
        assert " WARNING " in lines()[0]


def test_hostile_values_stay_on_their_line():
    """Control characters, quotes and non-ASCII are replaced; a long User-Agent or path is cut."""
    text = line(agent='a"b\n\x1b[31m\udcff' + "x" * 500).text()
    assert text.isprintable()
    assert text.isascii()
    assert text.count('"') == 2
    assert len(text) < 400
    made = line(path="/x" * 8000)
    assert max(len(made.text()), len(made.json())) < 1000


def test_json_has_one_object_per_line():
    """Members without a value are omitted; the time has its offset."""
    found = json.loads(line(agent="\udcff", status=200).json())
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", found["time"]
    )
    assert found["level"] == "info"
    assert found["event"] == "call"
    assert found["path"] == "/{}"
    assert found["status"] == 200
    assert (
        not {"upstream_status", "upstream_ms", "reason", "error", "said"} & found.keys()
    )


def test_every_line_of_a_json_log_is_an_object(serve):
    """Events and calls alike."""
    running = serve(
        "--admin", "off", "--upstream", "http://127.0.0.1:1", "--log-format", "json"
    )
    served = At(running.logged(r"accepts calls at (\S+?)[\s\"]")[1])
    assert status_of(ask(served, get(PATH))[0]) == 502
    running.process.terminate()
    running.logged('"event":"end"')
    assert running.process.wait(PATIENCE) == 0
    found = [json.loads(row) for row in running.seen]
    assert all({"time", "level", "event"} <= row.keys() for row in found)
    assert [row["operation"] for row in found if row["event"] == "call"] == [
        "listServerlessBackupSnapshots"
    ]
    said = {row["event"]: row.get("message", "")[:16] for row in found}
    assert said == {"start": "accepts calls at", "call": "", "end": "drains after SIG"}


def test_times_have_milliseconds_and_carry():
    """59.9999 seconds are not rounded to 60 seconds."""
    assert instant(119.9999)[17:23] == "59.999"


def test_lines_below_the_level_are_not_formatted(monkeypatch):
    """They cost no time."""
    logging.getLogger("shim.gateway.calls").setLevel(logging.WARNING)
    try:
        monkeypatch.setattr(CallLine, "text", lambda self: pytest.fail("it was made"))
        tell(line())
    finally:
        logging.getLogger("shim.gateway.calls").setLevel(logging.NOTSET)


def test_a_call_that_cannot_be_formatted_is_counted_as_lost():
    """Other lines are still written."""
    reading, writing = os.pipe()
    written = LogLines(writing)
    written.put(line(began="never").text)
    written.put(line().text)
    written.finish(30)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    assert "GET /{} | other pass" in text
    assert "1 log lines were dropped" in text
