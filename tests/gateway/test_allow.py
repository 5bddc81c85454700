"""``--allow``: the syntax of its list, and its effect."""

import json

import attrs
import pytest

from shim.core.recognize import load_engine, shared_engine
from shim.core.settings import RouteWord
from shim.documents import load_documents
from shim.errors import DocumentError, SettingsError
from shim.fake import DEMO_GROUP, DEMO_PUBLIC_KEY, DEMO_TOKEN
from shim.gateway.allow import BY_DEFAULT, WORDS, parse_allow
from shim.gateway.options import TABLE
from shim.gateway.plan import Plan, read_options
from tests.core.driver import shipped_documents
from tests.gateway.credentials.worlds import (
    FLEX,
    INSTANCE,
    RETIRED,
    UNTOUCHED,
    Signature,
    line,
    nonce_of,
    world,
)
from tests.peers.served import status_of, value_of

CLUSTERS = UNTOUCHED.replace("flexClusters", "clusters")
ACCEPT = f"Accept: {FLEX}"
READS = parse_allow("reads", "--allow")


def told(reply) -> tuple[int, str]:
    """Return status and error code of a response."""
    head, content = reply
    return status_of(head), json.loads(content).get("errorCode") or ""


def signed(seen, target, method):
    """Make a correctly signed call."""
    parts = Signature(nonce_of(seen), uri=target, method=method).parts
    seen.fake.arrivals.clear()
    return seen.ask(target, line(parts), ACCEPT, "Content-Length: 0", method=method)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_unknown_writes_are_not_signed(method):
    """Reads and recognized calls are signed; another write is refused, with the fix in the response."""
    with world("own", allow=BY_DEFAULT) as seen:
        head, content = seen.ask(CLUSTERS, "Content-Length: 0", method=method)
        assert told((head, content)) == (403, "SHIM_NOT_ALLOWED")
        assert "--allow" in json.loads(content)["detail"]
        assert "error=http_request_denied" in (value_of(head, "Proxy-Status") or "")
        assert not seen.targets
        assert status_of(seen.ask(UNTOUCHED, ACCEPT)[0]) == 200


WRITES = [
    ("POST", CLUSTERS), ("PATCH", f"{CLUSTERS}/c"), ("DELETE", f"{CLUSTERS}/c"), ("DELETE", f"{UNTOUCHED}/c"),
    ("PATCH", f"{CLUSTERS}/c".replace("/v2/", "/v1.0/")),
]  # fmt: skip
"""Writes in shipped documents that are not lent, and writes in no document."""


@pytest.mark.parametrize(("method", "target"), WRITES)
def test_a_verified_caller_needs_no_lending(method, target):
    """Atlas decides what the key may do; the call is signed with the caller's own key."""
    with world("verify") as seen:
        assert b"SHIM_NOT_ALLOWED" not in signed(seen, target, method)[1]
        (arrival,) = [one for one in seen.fake.arrivals if one.header("Authorization")]
        assert arrival.method == method
        assert arrival.target == target
        assert f'username="{DEMO_PUBLIC_KEY}"' in (
            arrival.header("Authorization") or ""
        )


@pytest.mark.parametrize(("method", "target"), WRITES)
def test_an_unverified_caller_gets_no_signature(method, target):
    """Unsigned, or signed for another path or method, or with another private key."""
    with world("verify") as seen:
        nonce = nonce_of(seen)
        wrong = [
            Signature(nonce, uri=target, method="GET"), Signature(nonce, uri=UNTOUCHED, method=method),
            Signature(nonce, uri=target, method=method, secret="another"),
        ]  # fmt: skip
        lines = [[], *([line(one.parts)] for one in wrong)]
        seen.fake.arrivals.clear()
        statuses = [
            told(seen.ask(target, *one, "Content-Length: 0", method=method))[0]
            for one in lines
        ]
        assert statuses == [401, 401, 400, 401]
        assert seen.targets == []


def test_a_list_also_applies_to_verified_callers():
    """It is the operator's decision on all calls."""
    with world("verify", allow=READS) as seen:
        assert told(signed(seen, CLUSTERS, "POST")) == (403, "SHIM_NOT_ALLOWED")
        assert not seen.targets
        assert status_of(signed(seen, UNTOUCHED, "GET")[0]) == 200


@pytest.mark.parametrize("mode", ["own", "verify", "passthrough"])
def test_without_a_list_a_callers_own_token_may_do_anything(mode):
    """Lending applies only to the gateway's key."""
    with world(mode) as seen:
        lines = (f"Authorization: Bearer {DEMO_TOKEN}", "Content-Length: 0")
        assert b"SHIM_NOT_ALLOWED" not in seen.ask(CLUSTERS, *lines, method="POST")[1]
        assert seen.targets == [CLUSTERS]


@pytest.mark.parametrize("route", [RouteWord.AUTO, RouteWord.OFF])
def test_lent_writes_are_signed(route):
    """Whether they are translated or not."""
    with world("own", allow=BY_DEFAULT, route=route) as seen:
        seen.ask(
            RETIRED.replace("snapshots", "restoreJobs"),
            "Content-Length: 0",
            method="POST",
        )
        seen.ask(INSTANCE, method="DELETE")
        assert {arrival.method for arrival in seen.fake.arrivals} >= {"DELETE"}


def test_an_operators_list_applies_to_every_call():
    """Calls that are not on it are refused, even reads and recognized calls."""
    allow = parse_allow(
        "GET /api/atlas/v2/groups/*/flexClusters, POST /api/atlas/v2/groups/{groupId}/clusters",
        "",
    )
    with world("passthrough", allow=allow) as seen:
        bearer = f"Authorization: Bearer {DEMO_TOKEN}"
        assert status_of(seen.ask(UNTOUCHED, bearer, ACCEPT)[0]) == 200
        seen.ask(CLUSTERS, bearer, "Content-Length: 0", method="POST")
        assert seen.targets == [UNTOUCHED, CLUSTERS]
        seen.fake.arrivals.clear()
        for method, target in [
            ("GET", CLUSTERS), ("GET", RETIRED), ("DELETE", UNTOUCHED), ("POST", f"{CLUSTERS}/x"), ("GET", "/"),
            ("GET", UNTOUCHED.replace("flex", "%66lex")), ("POST", "/api/oauth/token"),
        ]:  # fmt: skip
            assert told(
                seen.ask(target, bearer, "Content-Length: 0", method=method)
            ) == (403, "SHIM_NOT_ALLOWED")
        assert not seen.targets


def test_the_query_is_not_part_of_the_path():
    """A question mark in it does not change the result."""
    with world(
        "own", allow=parse_allow("GET /api/atlas/v2/groups/*/flexClusters", "")
    ) as seen:
        assert status_of(seen.ask(f"{UNTOUCHED}?pageNum=1", ACCEPT)[0]) == 200
        assert told(seen.ask(f"{CLUSTERS}?{UNTOUCHED}")) == (403, "SHIM_NOT_ALLOWED")


@pytest.mark.parametrize("mode", ["passthrough", "own"])
def test_reads_alone_can_be_allowed(mode):
    """Reads pass and writes are refused, recognized or not."""
    with world(mode, allow=READS) as seen:
        bearer = f"Authorization: Bearer {DEMO_TOKEN}"
        for method in ("GET", "OPTIONS"):
            seen.ask(UNTOUCHED, bearer, method=method)
        seen.ask(INSTANCE, bearer)
        assert UNTOUCHED in seen.targets
        seen.fake.arrivals.clear()
        for method, target in [
            ("POST", CLUSTERS), ("DELETE", INSTANCE), ("PATCH", CLUSTERS),
            ("POST", RETIRED.replace("snapshots", "restoreJobs")), ("POST", "/api/oauth/token/"),
            ("POST", "/api/oauth/x"), ("DELETE", "/api/oauth/token"),
        ]:  # fmt: skip
            head, content = seen.ask(target, bearer, "Content-Length: 0", method=method)
            assert told((head, content)) == (403, "SHIM_NOT_ALLOWED")
            assert "--allow" in json.loads(content)["detail"]
        assert not seen.targets


def test_reads_include_the_sign_in():
    """Tokens are issued and revoked with the caller's own credentials; without them there would be no reads."""
    with world("verify", allow=READS) as seen:
        for path in ("/api/oauth/token", "/api/oauth/revoke"):
            seen.ask(
                path, "Authorization: Basic eDp5", "Content-Length: 0", method="POST"
            )
        assert seen.targets == ["/api/oauth/token", "/api/oauth/revoke"]


@pytest.mark.parametrize(
    "name",
    [
        "X-HTTP-Method-Override",
        "x-http-method",
        "X-Method-Override",
        "X_HTTP_Method_Override",
    ],
)
def test_a_method_override_is_not_a_read(name):
    """A field may ask for another method."""
    with world("own", allow=BY_DEFAULT) as seen:
        for target in (UNTOUCHED, INSTANCE, RETIRED):
            assert told(seen.ask(target, f"{name}: DELETE")) == (
                403,
                "SHIM_NOT_ALLOWED",
            )
        assert not seen.targets
        assert status_of(seen.ask(UNTOUCHED, f"{name}: GET", ACCEPT)[0]) == 200
    with world("passthrough", allow=READS) as seen:
        assert told(seen.ask(UNTOUCHED, f"{name}: DELETE")) == (403, "SHIM_NOT_ALLOWED")
    with world(
        "verify"
    ) as seen:  # Digest does not cover the field, so anyone on the network can add it.
        signature = line(Signature(nonce_of(seen)).parts)
        seen.fake.arrivals.clear()
        head, content = seen.ask(UNTOUCHED, signature, f"{name}: DELETE")
        assert told((head, content)) == (403, "SHIM_NOT_ALLOWED")
        assert seen.targets == []
        assert "X-HTTP-Method-Override" in json.loads(content)["detail"]


@pytest.mark.parametrize("name", ["X-Original-URL", "X_Rewrite_URL", "x-original-uri"])
def test_a_target_override_is_refused(name):
    """A field may name another path; with the gateway's credentials or a list the call is refused."""
    with world("verify") as seen:
        seen.ask(
            UNTOUCHED,
            f"{name}: {CLUSTERS}",
            ACCEPT,
            line(Signature(nonce_of(seen)).parts),
        )
        assert seen.fake.arrivals
        assert not any(arrival.header(name) for arrival in seen.fake.arrivals)
    for credentials, allow in (("own", "all"), ("passthrough", "reads")):
        with world(credentials, allow=parse_allow(allow, "")) as seen:
            seen.ask(
                UNTOUCHED,
                f"{name}: {CLUSTERS}",
                ACCEPT,
                f"Authorization: Bearer {DEMO_TOKEN}",
            )
            assert seen.fake.arrivals
            assert not any(arrival.header(name) for arrival in seen.fake.arrivals)
    with world("passthrough") as seen:
        seen.ask(
            UNTOUCHED,
            f"{name}: {CLUSTERS}",
            ACCEPT,
            f"Authorization: Bearer {DEMO_TOKEN}",
        )
        assert seen.fake.arrivals[-1].header(name) == CLUSTERS


def test_the_list_can_change_while_the_gateway_runs():
    """The next call follows the new list."""
    assert "allow" in {row.name for row in TABLE if row.live}
    with world("passthrough") as seen:
        options = attrs.evolve(seen.gateway.options, allow=READS)
        seen.gateway.apply(Plan(options, seen.gateway._handler.plan.engine))
        assert told(seen.ask(CLUSTERS, "Content-Length: 0", method="POST")) == (
            403,
            "SHIM_NOT_ALLOWED",
        )
        assert not seen.targets


GROUP = "/api/atlas/v2/groups/5f0000000000000000000001"


def has(text: str, method: str, path: str) -> bool:
    """Return whether an operator's list allows an unrecognized call."""
    found = parse_allow(text, "--allow")
    assert found is not None
    return found.has(method, path, None)


@pytest.mark.parametrize(("text", "method", "path"), [
    ("GET /api/atlas/v2/**", "GET", GROUP), ("GET /api/atlas/v2/**", "HEAD", f"{GROUP}/clusters"),
    ("GET /api/atlas/v2/**", "GET", "/api/atlas/v2"),
    ("POST /api/atlas/v2/groups/*/clusters", "POST", f"{GROUP}/clusters"),
    ("POST /api/atlas/v2/groups/{groupId}/clusters", "POST", f"{GROUP}/clusters/"),
    ("* /api/atlas/v2/groups/*/clusters/c%C3%A9", "DELETE", f"{GROUP}/clusters/c%C3%A9"),
    ("PATCH /api/atlas/v2/groups/*/clusters/*", "PATCH", f"{GROUP}/clusters/caf%C3%A9;v=1"),
    ("recognized , GET /x", "GET", "/x"), ("all", "BREW", "/anything"), ("reads", "OPTIONS", "/%2e%2e"),
])  # fmt: skip
def test_calls_on_the_list(text, method, path):
    """A star or a name in braces is one segment, two stars are all following ones, and GET includes HEAD."""
    assert has(text, method, path)


CLUSTER = f"{GROUP}/clusters/"


@pytest.mark.parametrize(("method", "path"), [
    *(("POST", f"{GROUP}/clusters"), ("get", f"{CLUSTER}c"), ("GET", f"{GROUP}//clusters/c"), ("GET", "")),
    *(("GET", CLUSTER + rest) for rest in ("c/d", "", "/c", "c//", "c%2fd", "c%2F..%2Fd", "%2e%2e", "..", "..;x")),
    *(("GET", CLUSTER + rest) for rest in ("%252e%252e", "c%5cd", "c\\d", "c%00", "%c0%ae", "%zz")),
    *(("GET", GROUP + rest) for rest in ("/%63lusters/c", "/Clusters/c", ";v=1/clusters/c;/d")),
    *(("GET", f"{before}{CLUSTER}c") for before in ("/x/..", "x")),
])  # fmt: skip
def test_calls_not_on_the_list(method, path):
    """Another method or spelling, or a path that a server might read differently."""
    assert not has("GET /api/atlas/v2/groups/*/clusters/*", method, path)


@pytest.mark.parametrize(
    "rest",
    ["..", "%2e%2e/x", "a/%2f..%2f..%2fb", "a//b", "a/%5c..", "a;/../b", "%c0%af"],
)
def test_two_stars_match_only_plain_segments(rest):
    """The rest of the path can't lead out again."""
    assert not has(
        "DELETE /api/atlas/v2/groups/*/alerts/**", "DELETE", f"{GROUP}/alerts/{rest}"
    )
    assert has(
        "DELETE /api/atlas/v2/groups/*/alerts/**", "DELETE", f"{GROUP}/alerts/a/b"
    )


@pytest.mark.parametrize(("name", "words"), [
    (None, {"all"}), ("createServerlessInstance", {"all", "recognized", "lent"}),
    ("createLogExport", {"all", "recognized"}), ("getLogExport", {"all", "recognized", "lent"}),
])  # fmt: skip
def test_words_of_the_list(name, words):
    """``recognized`` is all in documents; ``lent`` is their reads, and the writes marked as lent."""
    if name is None:
        operation = None
    else:
        operation = shared_engine({}).named(name)
    assert {
        word
        for word in WORDS
        if (found := parse_allow(word, "")) and found.has("POST", "/x", operation)
    } == words


def test_the_default_list():
    """It consists of lent calls and reads."""
    assert parse_allow("lent, reads", "") == BY_DEFAULT
    assert BY_DEFAULT.has("GET", "/x", None)
    assert not BY_DEFAULT.has("POST", "/x", None)
    assert not BY_DEFAULT.has("get", "/x", None)


LENT = {
    "createServerlessInstance", "updateServerlessInstance", "deleteServerlessInstance",
    "createServerlessPrivateEndpoint", "updateServerlessPrivateEndpoint", "deleteServerlessPrivateEndpoint",
    "setServerlessAutoIndexing", "upgradeSharedClusterToServerless", "createServerlessRestoreJob",
    "createSharedClusterBackupRestoreJob", "downloadSharedClusterBackup", "createCluster", "updateCluster",
}  # fmt: skip
"""The writes retired by 2026-01-22, and those of clusters in 2024-08-05."""


def test_no_other_write_is_lent():
    """A new document lends nothing, whatever is switched on."""
    operations = [
        one for document in shipped_documents() for one in document.operations
    ]
    assert {one.id for one in operations if one.lent and one.method != "GET"} == LENT


@pytest.mark.parametrize("mode", ["own", "verify"])
def test_no_new_write_is_signed_for_an_unsigned_caller(mode):
    """Even with every family switched on; in own mode the response mentions --allow."""
    operations = [
        one for document in shipped_documents() for one in document.operations
    ]
    writes = {one.switch for one in operations if one.switch} | {"former-clusters"}
    with world(mode, writes=frozenset(writes)) as seen:
        for one in [one for one in operations if one.method != "GET" and not one.lent]:
            accept = f"Accept: application/vnd.atlas.{one.version}+json"
            path = one.full_path.replace("{", "").replace("}", "")
            status, code = told(
                seen.ask(path, accept, "Content-Length: 0", method=one.method)
            )
            assert (status, code) in {
                (403, "SHIM_NOT_ALLOWED"),
                (401, "SHIM_UNAUTHORIZED"),
            }, one.id
            assert (status == 401) == (mode == "verify")
        assert not seen.targets


WIDGETS = """
format = 1
name = "widgets"
[all]
versions = ">=2023.1.1"
deprecated = 2025-01-01
sunset = 2025-01-01
status = 204
[operation.makeWidget]
method = "POST"
path = "/groups/{groupId}/widgets"
tier.successor = { path = "/api/atlas/v2/groups/{groupId}/gadgets", version = "2024-11-13" }
"""


def test_an_operators_document_lends_nothing(tmp_path, monkeypatch):
    """Its writes are signed only with an entry in --allow."""
    (tmp_path / "widgets.toml").write_text(WIDGETS)
    path = f"/api/atlas/v2/groups/{DEMO_GROUP}/widgets"
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(tmp_path))
    with world("own") as seen:
        assert told(seen.ask(path, "Content-Length: 0", method="POST")) == (
            403,
            "SHIM_NOT_ALLOWED",
        )
        assert not seen.targets
        seen.ask(
            path,
            f"Authorization: Bearer {DEMO_TOKEN}",
            "Content-Length: 0",
            method="POST",
        )
        assert [one.header("Authorization") for one in seen.fake.arrivals] == [
            f"Bearer {DEMO_TOKEN}"
        ]
    with world(
        "own", allow=parse_allow("POST /api/atlas/v2/groups/*/widgets", "")
    ) as seen:
        seen.ask(path, "Content-Length: 0", method="POST")
        assert "Digest" in (seen.fake.arrivals[-1].header("Authorization") or "")


@pytest.mark.parametrize("text", [
    f"{WIDGETS}lent = true",
    'format = 1\noverrides = "widgets"\noperation.makeWidget.lent = true',
])  # fmt: skip
def test_an_operators_document_cannot_use_lent(text, tmp_path):
    """Neither a new document nor a change of a shipped one."""
    (tmp_path / "a.toml").write_text(WIDGETS)
    (tmp_path / "b.toml").write_text(text)
    with pytest.raises(
        DocumentError, match=r"b.toml: operation.makeWidget.lent: .*--allow"
    ):
        load_documents([tmp_path])


def test_a_changed_write_is_not_lent(tmp_path):
    """A write that an override sends elsewhere needs its own entry."""
    changes = 'format = 1\noverrides = "cluster_writes"\noperation.createCluster.tier.successor.version = "2025-01-01"'
    (tmp_path / "mine.toml").write_text(changes)
    engine = load_engine({"ATLAS_SHIM_MAPPINGS": str(tmp_path)})
    assert [(one.id, one.lent) for one in engine.operations if one.document == "cluster_writes"] == [
        ("createCluster", False), ("updateCluster", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["GET", "/x", "GET x", "get /x", "BREW /x", "GET /a*", "GET /**/x", "GET /a//b", "GET /../x", "everything",
     "GET /a/%2f", "GET /a?b=c", "GET /x POST /y", "GET /x/"],
)  # fmt: skip
def test_an_invalid_list_is_an_error(text):
    """The error includes the option and the invalid or ambiguous entry."""
    with pytest.raises(SettingsError, match="ATLAS_SHIM_ALLOW"):
        read_options({"ATLAS_SHIM_ALLOW": f"reads, {text}"})


def test_flag_variable_and_file_accept_the_same_list():
    """A file may use an array instead of commas; the list is shown as written."""
    written = read_options({"ATLAS_SHIM_ALLOW": "reads,POST /x"}).allow
    listed = read_options({}, file={"allow": ["reads", "POST /x"]}).allow
    assert written == listed
    assert (written and written.text) == "reads,POST /x"
    assert read_options({}, {"allow": ""}, {"allow": ["reads"]}).allow is None
