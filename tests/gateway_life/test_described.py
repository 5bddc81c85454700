"""Fuzzing the gateway: calls get the answers that the interface's description says, and no error of the server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shim.core.recognise import shared_engine
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import serve_in_thread as fake_in_thread
from tests.gateway_life.conftest import clean_environ
from tests.gateway_life.described import described
from tests.peers.served import ask, calling, gateway, get, status_of, value_of

LEGACY = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup"
TRUTHS = (
    "not_a_server_error",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
DESCRIPTION = described(shared_engine(os.environ).documents)
CALLS = [(method, path, call) for path, calls in DESCRIPTION["paths"].items() for method, call in calls.items()]
KNOWN = {"groupId": DEMO_GROUP, "clusterName": DEMO_CLUSTER, "name": DEMO_CLUSTER, "instanceName": DEMO_CLUSTER}


@pytest.fixture(scope="module")
def served():
    """Run a gateway in front of a fake Atlas."""
    with fake_in_thread(FakeAtlas()) as atlas, gateway(atlas.url) as running:
        yield running


def test_every_operation_is_described():
    """On each base, and nothing else: else the tests below would leave calls out."""
    wanted = {
        (operation.method.lower(), api.base + operation.path.text)
        for document in shared_engine(os.environ).documents
        for api in document.apis.values()
        for operation in document.operations
    }
    assert {(method, path) for method, path, _ in CALLS} == wanted


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that a schema allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "array":
            return st.just([])
        case _:
            return st.sampled_from([DEMO_GROUP, DEMO_CLUSTER, "x"]) | st.text(max_size=20)


def members(schemas: dict[str, dict[str, Any]], required: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with these members."""
    drawn = {name: values(schema) for name, schema in schemas.items() if not schema.get("readOnly")}
    optional = {name: drawn[name] for name in drawn if name not in required}
    return st.fixed_dictionaries({name: drawn[name] for name in required}, optional=optional)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(call=st.sampled_from(CALLS), data=st.data())
def test_answers_are_as_described(served, call, data):
    """A good call gets a status that is described for it, with content of that type and schema."""
    method, path, described = call
    for parameter in described["parameters"]:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", KNOWN.get(parameter["name"], "0" * 24))
    flags = {one["name"]: one["schema"] for one in described["parameters"] if one["in"] == "query"}
    target = f"{path}?{urlencode({name: json.dumps(value) for name, value in data.draw(members(flags, [])).items()})}"
    lines, body = [f"Authorization: Bearer {DEMO_TOKEN}"], b""
    if "requestBody" in described:
        ((kind, wanted),) = [*described["requestBody"]["content"].items()][:1]
        value = data.draw(members(wanted["schema"]["properties"], wanted["schema"]["required"]))
        body = json.dumps(value).encode()
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    head, content = ask(served, get(target, *lines, method=method.upper()) + body)
    status = status_of(head)
    assert status < 500, head
    response = described["responses"].get(str(status)) or (described["responses"]["default"] if status >= 400 else None)
    assert response, f"{status} is not described"
    if content:
        kind = (value_of(head, "Content-Type") or "").partition(";")[0]
        answer = response["content"].get(kind) or response["content"]["application/*"]
        Draft202012Validator(answer["schema"]).validate(json.loads(content))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("known", "mode", "checks"),
    [
        ({"path.groupId": DEMO_GROUP, "path.clusterName": DEMO_CLUSTER}, "positive", TRUTHS),
        # Broken calls are not recognised, and get upstream's own answers: only the gateway's life counts.
        ({}, "all", TRUTHS[:1]),
    ],
)
def test_schemathesis_finds_nothing(served, tmp_path, known, mode, checks):
    """Calls made from the description, good and bad ones, get what it says, and never an error of the server's."""
    lines = (f'"{name}" = "{value}"' for name, value in known.items())
    config, description = tmp_path / "schemathesis.toml", tmp_path / "description.json"
    config.write_text("\n".join(("[parameters]", *lines, "")))
    description.write_text(json.dumps(DESCRIPTION))
    command = [
        Path(sys.executable).with_name("schemathesis"), "--config-file", config, "run",
        description, "--url", served.url, "--header", f"Authorization: Bearer {DEMO_TOKEN}",
        "--mode", mode, "--phases", "coverage,fuzzing", "--checks", ",".join(checks), "--max-examples", "5",
        "--seed", "1", "--continue-on-failure", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(
        command, env=clean_environ(), cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CALLS)} selected" in done.stdout


TOKENS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_!#$%&'*+.^`|~0123456789", min_size=1)
VISIBLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, blacklist_characters="\x7f"), max_size=60)
ENDS = ("/snapshots", "/snapshots/", "/snapshots/x", "/restoreJobs", "/restoreJobs/x", "")
QUERIES = ("", "?pageNum=0", "?itemsPerPage=501&envelope=true", "?pretty=%zz&&=&pageNum=1&pageNum=2", "?includeCount")
FIELDS = st.one_of(
    st.tuples(TOKENS, VISIBLE),
    st.tuples(
        st.sampled_from(["Accept", "Authorization", "Content-Type", "Accept-Encoding", "Range", "If-None-Match"]),
        st.one_of(
            VISIBLE, st.sampled_from(["application/vnd.atlas.2024-08-05+json", "*/*;q=0", f"Bearer {DEMO_TOKEN}"])
        ),
    ),
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["deliveryType", "snapshotId", "targetClusterName", "targetGroupId", "x"]), inner
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)  # fmt: skip


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@example(method="GET", end="/snapshots", query="", more=[], body=b"")
@example(method="POST", end="/restoreJobs", query="?envelope=true", more=[], body=b'{"deliveryType":"download"}')
@given(
    method=st.one_of(st.sampled_from(["GET", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"]), TOKENS),
    end=st.one_of(st.sampled_from(ENDS), VISIBLE.map(lambda text: "/" + text)),
    query=st.one_of(st.sampled_from(QUERIES), VISIBLE.map(lambda text: "?" + text)),
    more=st.lists(FIELDS, max_size=5),
    body=BODIES,
)
def test_hypothesis_finds_no_error_of_the_server(served, method, end, query, more, body):
    """Whatever the request is, what the caller gets is no error of the gateway's."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in more)
    head = f"{method} {LEGACY}{end}{query} HTTP/1.1\r\nHost: shim.test\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
    with calling(served) as peer:
        peer.send(head.encode("latin-1") + body)
        answer = peer.take(b"\r\n\r\n")
    # A method that nobody has heard of is the one thing that deserves 501 (RFC 9110, 9.1).
    assert status_of(answer) < 500 or status_of(answer) == 501, answer
