"""For any upstream reply the core never fails, and never returns a value that neither side sent."""

import json
import os
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shim.core.messages import PassThrough
from shim.core.recognize import shared_engine
from tests.core.driver import AFTER, BASE, BEFORE, GET, JOBS, LIST, SNAPSHOT, drive

TARGETS = [
    *(
        f"/api/atlas/{api}{path}"
        for api in ("v1.0", "v2")
        for path in (LIST, GET, JOBS, f"{JOBS}/1")
    ),
    "/api/atlas/v2/groups/g1/serverless",
    "/api/atlas/v2/groups/g1/serverless/c1",
]
QUERIES = [
    "",
    "?envelope=true",
    "?pretty=true",
    "?envelope=true&pretty=true&itemsPerPage=2&pageNum=2",
    "?includeCount=false",
]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**18, 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(
        [
            "\ud800",
            "COMPLETED",
            "FAILED",
            "RESTORE",
            "DOWNLOAD",
            "queued",
            "2026-01-01T00:00:00Z",
        ]
    )
)
MEMBERS = """
    results links totalCount rel href errorCode deliveryType snapshotUrl name expirationDate targetProjectId
    connectionStrings standardSrv providerSettings diskSizeGB tags storageSizeBytes createdAt frequencyType
    targetClusterName failed deliveryUrl stateName
"""
NAMES = st.sampled_from([*SNAPSHOT, *MEMBERS.split()]) | st.text(max_size=3)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=10,
)
RESOURCES = st.dictionaries(NAMES, JSON, max_size=12)
DOCUMENTS = (
    JSON
    | RESOURCES
    | st.fixed_dictionaries(
        {"results": st.lists(RESOURCES | JSON, max_size=6)},
        optional={"totalCount": JSON, "links": JSON},
    )
)
STATUSES = st.sampled_from([
    *(200, 201, 204, 206, 299, 301, 302, 304, 400, 401, 403, 404, 405, 410, 429, 500, 502, 503, 599)
])  # fmt: skip

DECLARED = {
    *(
        "daily",
        "scheduled",
        "queued",
        "inProgress",
        "completed",
        "failed",
        "automated",
        "download",
    ),
    *("SERVERLESS", "TENANT", "FLEX", "self", "next", "previous"),
    *("https://cloud.mongodb.com/restoreJobs", "https://cloud.mongodb.com/snapshots"),
    *("http://cloud.mongodb.com/restoreJobs", "http://cloud.mongodb.com/snapshots"),
}
"""Constants and translated words of the decided fields, and relations of links; written by hand from the design."""
PARAMETERS = {"g1", "c1", "1", GET.rpartition("/")[2]}


def leaves(value: Any):
    """Return every scalar and every empty container in a value."""
    if isinstance(value, dict) and value:
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def same(one: Any) -> tuple[str, Any]:
    """Return a scalar in a comparable form: 5.0 may become 5 where an integer is declared, but true never 1."""
    if type(one) in {int, float}:
        kind = "number"
    else:
        kind = type(one).__name__
    return kind, repr(one) if isinstance(one, dict | list) else one


def invented(made: Any, said: Any) -> list[Any]:
    """Return the scalars of a response that nothing supplied."""
    known = {same(leaf) for leaf in leaves(said)} | {
        same(word) for word in DECLARED | PARAMETERS
    }
    # Verbs compute true and false (values, passed, constant) and lists that wrap
    # nothing.
    known |= {*map(same, (True, False)), same([]), same({})}
    return [
        leaf
        for leaf in leaves(made)
        if same(leaf) not in known and not str(leaf).startswith(f"{BASE}/api/atlas/v")
    ]


OWN = {
    "INVALID_ATTRIBUTE",
    "INVALID_ENUM_VALUE",
    "INVALID_QUERY_PARAMETER",
    "MALFORMED_JSON",
    "MISSING_ATTRIBUTE",
}
"""Atlas's codes that the shim replies with itself."""


def is_handed_back(driven, content):
    """Return whether the caller gets upstream's response byte for byte."""
    return isinstance(driven.outcome, PassThrough) or driven.content == content


def check(driven, said, given):
    """Check that an outcome is allowed and contains only supplied values."""
    if is_handed_back(driven, json.dumps(said).encode()):
        return
    document = driven.document
    if driven.reply.status >= 400:
        inner = document.get("content", document)
        code = str(inner.get("errorCode"))
        ours = code in OWN or code.startswith("SHIM_")
        assert ours or not invented(document, [said, {"status": driven.reply.status}])
        assert ours or driven.reply.status == given
        return
    if driven.reply.status == 204:
        return
    counts = [document.pop("totalCount", None), document.pop("status", 200)]
    if set(document) == {"content"}:
        inner = document.get("content", document)
    else:
        inner = document
    if "results" in inner:
        assert counts[0] is None or counts[0] >= len(inner["results"])
    assert invented(inner, said) == []


@given(
    said=DOCUMENTS,
    status=STATUSES,
    target=st.sampled_from(TARGETS),
    query=st.sampled_from(QUERIES),
    clock=st.sampled_from([BEFORE, AFTER, AFTER + 3e7]),
)
def test_any_json_with_any_status(said, status, target, query, clock):
    """The core translates it, passes it through or reports that it can't. No value is invented."""
    content = json.dumps(said).encode()
    driven = drive(
        shared_engine(os.environ),
        target + query,
        lambda call: (status, (), content),
        clock=clock,
    )
    check(driven, said, status)


ODD = [
    b'{"id":"1","id":"2"}',
    b'{"id":NaN}',
    b'{"id":1e999,"status":"COMPLETED"}',
    b'{"id":"\\ud800","status":"COMPLETED"}',
    b'{"id":"\\ud83d\\ude00"}',
    b'{"id":' + b"9" * 5000 + b"}",
    b'{"id":' + b"9" * 4000 + b',"status":' + b"9" * 4000 + b"}",
    b'{"id":' + b"[" * 99 + b"]" * 99 + b"}",
    b'{"id":' + b"[" * 5000 + b"]" * 5000 + b"}",
    b"[" * 100000 + b"]" * 100000,
    b'\xef\xbb\xbf{"id":"1"}',
    '{"id":"1"}'.encode("utf-16"),
    b'{"id":"\x00"}',
    b'{"id":"1"}garbage',
    b'{"":{"":{"":""}},"id":""}',
    b"{" + b",".join(b'"k%d":1' % number for number in range(20000)) + b"}",
]


@given(
    content=st.binary()
    | st.sampled_from([*ODD, *(b'{"results":[' + one + b"]}" for one in ODD)]),
    status=STATUSES,
    target=st.sampled_from(TARGETS),
    query=st.sampled_from(QUERIES),
)
def test_any_bytes_with_any_status(content, status, target, query):
    """Garbage is passed through or reported, in every layout.

    Duplicate keys, numbers of any length, lone surrogates and deep nesting are handled.
    """
    driven = drive(
        shared_engine(os.environ), target + query, lambda call: (status, (), content)
    )
    assert is_handed_back(driven, content) or isinstance(driven.document, dict)


@given(
    body=RESOURCES
    | st.fixed_dictionaries(
        {
            "deliveryType": st.sampled_from(["automated", "download", "pointInTime"]),
            "targetClusterName": st.text(),
            "targetGroupId": st.text(),
        },
        optional={"snapshotId": SCALARS},
    ),
    said=DOCUMENTS,
    status=STATUSES,
    clock=st.sampled_from([BEFORE, AFTER]),
)
def test_any_order_with_any_reply(body, said, status, clock):
    """Upstream gets only values of the caller, and the caller only values of upstream."""
    reply = (status, (), json.dumps(said).encode())
    sent = json.dumps(body).encode()
    engine = shared_engine(os.environ)
    target = f"/api/atlas/v2{JOBS}"
    driven = drive(
        engine, target, lambda call: reply, method="POST", body=sent, clock=clock
    )
    for send in driven.sends:
        assert (
            send.call.method != "POST"
            or invented(json.loads(send.call.body or b"{}"), body) == []
        )
    executed = [
        send
        for send in driven.outcome.record.sent
        if send.method == "POST" and (send.status or 0) < 300
    ]
    assert len(executed) <= 1
    check(driven, said, status)
