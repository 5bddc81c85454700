"""The description of the retired interface: made anew from the documents, and true of what the gateway does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shim.core.recognise import load_engine, shared_engine
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import serve_in_thread as fake_in_thread
from shim.gateway.openapi import described
from tests.gateway_life.conftest import clean_environ
from tests.peers.served import At, ask, calling, gateway, get, status_of, value_of

LEGACY = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup"
TRUTHS = (
    "not_a_server_error",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)


def description():
    return described(shared_engine(os.environ).documents)


def test_what_is_served_is_made_from_the_documents():
    """The admin listener has the description of the documents in use, as JSON that people can read."""
    with gateway("http://127.0.0.1:1") as served:
        head, content = ask(At(served.admin_url or ""), get("/openapi.json"))
    assert value_of(head, "Content-Type") == "application/json"
    assert content.decode() == json.dumps(description(), indent=2) + "\n"


def test_one_operation_in_full():
    """The list of snapshots: its parameters, its types, what took its place, and how true each field is."""
    path = "/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots"
    call = description()["paths"][path]["get"]
    assert call["operationId"] == "listServerlessBackupSnapshots.v2"
    assert (call["deprecated"], call["x-sunset"]) == (True, "2026-01-22")
    assert call["x-successors"]["flex"] == [
        "GET /api/atlas/v2/groups/{groupId}/flexClusters/{clusterName}/backup/snapshots"
    ]
    names = ["groupId", "clusterName", "envelope", "pretty", "pageNum", "itemsPerPage", "includeCount"]
    assert [parameter["name"] for parameter in call["parameters"]] == names
    assert list(call["responses"]) == ["default", "200"]
    ((kind, content),) = call["responses"]["200"]["content"].items()
    assert kind == "application/vnd.atlas.2023-01-01+json"
    fields = content["schema"]["properties"]["results"]["items"]["properties"]
    assert fields["id"] == {"type": "string", "x-fidelity": {"flex": "exact", "dedicated": "exact"}}
    assert fields["expiresAt"]["format"] == "date-time"
    assert fields["storageSizeBytes"]["x-fidelity"]["flex"] == "absent"


def test_every_operation_is_there_on_each_base():
    """Nothing that is recognised is left out, and nothing else is described."""
    paths = description()["paths"]
    found = {(method, path) for path, methods in paths.items() for method in methods}
    wanted = {
        (operation.method.lower(), api.base + operation.path.text)
        for document in shared_engine(os.environ).documents
        for api in document.apis.values()
        for operation in document.operations
    }
    assert found == wanted


def test_what_is_described_is_recognised():
    """Each path, its parameters filled in, is a retired call to the engine, whose answer's type is listed."""
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            target = path
            for parameter in operation["parameters"]:
                target = target.replace(f"{{{parameter['name']}}}", "x")
            match = shared_engine(os.environ).recognise(method.upper(), target, ())
            assert match is not None
            assert operation["summary"] == match.operation.id
            assert operation["x-sunset"] == match.operation.sunset.date().isoformat()


def test_schemas_are_schemas():
    """Each is valid JSON Schema 2020-12, which OpenAPI 3.1 wants."""
    whole = json.dumps(description())
    for schema in _schemas(json.loads(whole)):
        Draft202012Validator.check_schema(schema)


def _schemas(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "schema":
                yield value
            else:
                yield from _schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from _schemas(value)


def test_two_versions_of_a_call_share_a_place(tmp_path):
    """An operation that has another answer in a later version has both of its types under one path and method."""
    document = """
format = 1
name = "invented"
title = "Invented"
[operation.{name}]
method = "POST"
path = "/groups/{{groupId}}/things"
versions = "{versions}"
deprecated = 2025-01-01
sunset = 2026-01-01
shape = "one"
resource = "thing"
[operation.{name}.flex]
path = "/api/atlas/v2/groups/{{groupId}}/others"
version = "2024-11-13"
[operation.{name}.request]
required = ["kind"]
[operation.{name}.request.members]
kind = "string"
[resource.thing.id]
type = "string"
flex = {{ from = "id", fidelity = "exact" }}
"""
    for name, versions in (("createThing", ">=2023.1.1,<2024.1.1"), ("createThingLater", ">=2024.1.1")):
        text = document.format(name=name, versions=versions)
        (tmp_path / f"{name}.toml").write_text(text.replace('"invented"', f'"{name}"'))
    engine = load_engine({"ATLAS_SHIM_MAPPINGS": str(tmp_path)})
    call = described(engine.documents)["paths"]["/api/atlas/v2/groups/{groupId}/things"]["post"]
    types = {"application/vnd.atlas.2023-01-01+json", "application/vnd.atlas.2024-01-01+json"}
    assert set(call["requestBody"]["content"]) == types
    assert types <= {kind for response in call["responses"].values() for kind in response["content"]}


@pytest.fixture(scope="module")
def served():
    """Run a gateway in front of a fake Atlas."""
    with fake_in_thread(FakeAtlas()) as atlas, gateway(atlas.url) as running:
        yield running


@pytest.mark.parametrize(
    ("known", "mode", "phases", "checks"),
    [
        ({"path.groupId": DEMO_GROUP, "path.clusterName": DEMO_CLUSTER}, "positive", "coverage,fuzzing", TRUTHS),
        # Broken calls are not recognised, and what they get is upstream's own: all that counts is that the
        # gateway lives.
        ({}, "all", "coverage,fuzzing", TRUTHS[:1]),
    ],
)
def test_schemathesis_finds_nothing(served, tmp_path, known, mode, phases, checks):
    """Calls made from the description, good and bad ones, get what it says, and never an error of the server's."""
    lines = (f'"{name}" = "{value}"' for name, value in known.items())
    config = tmp_path / "schemathesis.toml"
    config.write_text("\n".join(("[parameters]", *lines, "")))
    command = [
        Path(sys.executable).with_name("schemathesis"), "--config-file", config, "run",
        f"{served.admin_url}/openapi.json", "--url", served.url, "--header", f"Authorization: Bearer {DEMO_TOKEN}",
        "--mode", mode, "--phases", phases, "--checks", ",".join(checks), "--max-examples", "5", "--seed", "1",
        "--continue-on-failure", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(
        command, env=clean_environ(), cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{sum(map(len, description()['paths'].values()))} selected" in done.stdout


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


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
