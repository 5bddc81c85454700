"""Asking a successor: what is sent, and the pages that are made of what comes back."""

import pytest

from tests.core.driver import BASE, GET, JOBS, LIST, SNAPSHOT, answers, drive, linked, refuses
from tests.core.small import HEAD, START, field, operation, read, successor

V1, V2 = f"/api/atlas/v1.0{LIST}", f"/api/atlas/v2{LIST}"
FLEX = "/api/atlas/v2/groups/g1/flexClusters/c1/backup/snapshots"
EVERYTHING = "includeCount=true&itemsPerPage=500&pageNum=1"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("", EVERYTHING),
        ("pageNum=3&itemsPerPage=7&includeCount=false&envelope=true&pretty=true", EVERYTHING),
        ("x=%C3%a4&pretty=true&y&x=+", f"x=%C3%a4&y&x=+&{EVERYTHING}"),
    ],
)
def test_a_list_is_asked_for_whole(engine, given, sent):
    """Paging, envelope and pretty are the shim's; what it does not know goes on as it came."""
    driven = drive(engine, f"{V2}?{given}", [answers({"results": []})])
    assert driven.targets == (f"{FLEX}?{sent}",)


def test_one_resource_is_asked_for_without_a_query(engine):
    """No question mark is sent where there is nothing to ask."""
    assert drive(engine, f"/api/atlas/v2{GET}?envelope=true", [answers(SNAPSHOT)]).targets == (
        f"{FLEX}/{SNAPSHOT['id']}",
    )
    assert drive(engine, f"/api/atlas/v2{GET}?x=1&pretty", [answers(SNAPSHOT)]).targets[0].endswith("?x=1")


def test_kept_pages_are_asked_for_as_the_caller_cut_them(engine):
    """Where the order stays upstream's, so do its pages."""
    driven = drive(
        engine, f"/api/atlas/v2{JOBS}?pageNum=3&itemsPerPage=700&includeCount=false", [answers({"results": []})]
    )
    assert driven.targets[0].endswith(
        "/flexClusters/c1/backup/restoreJobs?includeCount=true&itemsPerPage=500&pageNum=3"
    )


def test_the_raw_path_is_kept_byte_for_byte(engine):
    """Percent-encoding goes to the successor and into links as the caller wrote it."""
    target = "/api/atlas/v2/groups/a%2db/serverless/%C3%a4%20x/backup/snapshots"
    driven = drive(engine, target, [answers({"results": [SNAPSHOT]})])
    assert driven.targets[0].startswith("/api/atlas/v2/groups/a%2db/flexClusters/%C3%a4%20x/backup/snapshots?")
    assert driven.document["results"][0]["serverlessInstanceName"] == "ä x"
    assert driven.document["results"][0]["links"][0]["href"] == f"{BASE}{target}/{SNAPSHOT['id']}"
    assert linked(driven.document, "self") == f"{target}?pageNum=1&itemsPerPage=100"


def test_the_callers_fields_go_on_but_those_about_the_legacy_representation(engine):
    """Accept is the successor's; conditions and ranges of another representation would be wrong."""
    headers = (
        ("accept", "application/vnd.atlas.2023-01-01+json"),
        ("ACCEPT", "*/*"),
        ("Authorization", "Bearer t"),
        ("If-None-Match", '"x"'),
        ("if-modified-since", "Mon, 5 Aug 2024 00:00:00 GMT"),
        ("If-Match", "*"),
        ("If-Unmodified-Since", "x"),
        ("If-Range", "x"),
        ("Range", "bytes=0-1"),
        ("X-Twice", "1"),
        ("x-twice", "2"),
        ("Accept-Encoding", "gzip"),
        ("User-Agent", "me"),
    )
    driven = drive(engine, V2, [answers({"results": []})], headers=headers)
    assert driven.sends[0].call.headers == (
        ("Authorization", "Bearer t"),
        ("X-Twice", "1"),
        ("x-twice", "2"),
        ("Accept-Encoding", "gzip"),
        ("User-Agent", "me"),
        ("Accept", "application/vnd.atlas.2024-11-13+json"),
    )
    assert driven.sends[0].call.body is None


ORDER = b'{"deliveryType":"automated","snapshotId":"s","targetClusterName":"t","targetGroupId":"g"}'


def test_a_rewritten_body_is_described_anew(engine):
    """Fields about the caller's content do not describe another content."""
    names = ("Content-Type", "Content-Length", "Content-MD5", "Digest", "Content-Digest")
    headers = (*((name, "x") for name in names), ("Content-Encoding", "Identity"), ("X", "1"))
    driven = drive(engine, f"/api/atlas/v2{JOBS}", [answers({})], method="POST", body=ORDER, headers=headers)
    kind = "application/vnd.atlas.2024-11-13+json"
    assert driven.sends[0].call.headers == (("X", "1"), ("Accept", kind), ("Content-Type", kind))


def test_a_compressed_body_that_must_be_translated_is_refused(engine):
    """The shim says that it can't read it; nothing is sent."""
    headers = (("Content-Encoding", "gzip"),)
    driven = drive(engine, f"/api/atlas/v2{JOBS}", [], method="POST", body=b"\x1f\x8b", headers=headers)
    assert (driven.reply.status, driven.document["errorCode"]) == (415, "SHIM_CONTENT_CODED")


@pytest.mark.parametrize(
    ("target", "kind"), [(V1, "application/json"), (V2, "application/vnd.atlas.2023-01-01+json;charset=utf-8")]
)
def test_an_answer_has_the_content_type_of_its_version(engine, target, kind):
    """Upstream's fields stay but those that describe its own content."""
    about = ("Content-Length", "content-encoding", "ETag", "Last-Modified", "Transfer-Encoding", "Content-MD5")
    headers = (*((name, "x") for name in about), ("Date", "now"), ("Ratelimit-Limit", "1200"), ("Set-Cookie", "a"))
    driven = drive(engine, target, [answers({"results": []}, headers=headers)])
    assert driven.reply.status == 200
    assert driven.reply.headers == (
        ("Date", "now"),
        ("Ratelimit-Limit", "1200"),
        ("Set-Cookie", "a"),
        ("Content-Type", kind),
    )


def test_a_later_date_is_answered_in_the_version_it_resolves_to(engine):
    """The content type names the legacy version, as Atlas' own would."""
    headers = (("Accept", "application/vnd.atlas.2026-01-01+json"),)
    driven = drive(engine, V2, [answers({"results": []})], headers=headers)
    assert dict(driven.reply.headers)["Content-Type"] == "application/vnd.atlas.2023-01-01+json;charset=utf-8"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b'"x"',
        b"5",
        b"{}",
        b'{"results":null}',
        b'{"results":{}}',
        b'{"results":[]',
        b"\xff{}",
        b'{"results":[NaN]}',
        b'{"results":[1e999]}',
        b'{"results":' + b"[" * 200 + b"]" * 200 + b"}",
        b"[" * 100000,
    ],
)
def test_a_success_that_is_no_list_is_the_shims_own_error(engine, content):
    """What can't be translated is a 502 that says what came, never a guess."""
    driven = drive(engine, V2, [(200, (("Content-Type", "text/html"),), content)])
    assert (driven.reply.status, driven.document["errorCode"]) == (502, "SHIM_UPSTREAM_UNREADABLE")
    assert "text/html" in driven.document["detail"]
    assert "'results'" in driven.document["detail"]
    assert list(driven.document) == ["detail", "error", "errorCode", "parameters", "reason"]
    assert [name for name, _ in driven.reply.headers] == ["Link", "Content-Type"]
    assert driven.reply.headers[-1] == ("Content-Type", "application/json")


def test_a_fault_of_the_content_is_reported(engine):
    """The door's plain words reach the caller."""
    driven = drive(engine, f"/api/atlas/v2{GET}", [answers(SNAPSHOT)], fault="it is longer than 16 MiB")
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert "it is longer than 16 MiB" in driven.document["detail"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_successor_leads_nobody_around_the_shim(engine, status):
    """What it names is for people: followed, it would give an answer that is not translated."""
    driven = drive(engine, V2, [(status, (("Location", "https://other.example/api"),), b"")])
    assert (driven.reply.status, driven.document["errorCode"]) == (502, "SHIM_UPSTREAM_REDIRECTED")
    assert "https://other.example/api" in driven.document["detail"]
    assert "location" not in {name.lower() for name, _ in driven.reply.headers}


def test_one_resource_that_is_a_list_is_unreadable(engine):
    """One resource is an object."""
    driven = drive(engine, f"/api/atlas/v2{GET}", [(200, (), b"[]")])
    assert "no content type" in driven.document["detail"]
    assert "a JSON object" in driven.document["detail"]


DROP = (
    START + operation("dropThing", "DELETE", "/things/{thing}", "status = 204") + successor("dropThing", "/new/{thing}")
)


@pytest.mark.parametrize("said", [(204, (), b""), (202, (("Content-Type", "application/json"), ("X", "1")), b"{}")])
def test_an_answer_without_content_is_made_of_any_success(said):
    """Where the legacy answer has no content, upstream's is not even read."""
    driven = drive(read(DROP), "/api/atlas/v2/things/1?envelope=true", [said], method="DELETE")
    assert len(driven.steps) == 1
    assert (driven.reply.status, driven.content) == (204, b"")
    assert driven.reply.headers == said[1][1:]
    assert drive(read(DROP), "/api/atlas/v2/things/1", [refuses(404, "X")], method="DELETE").passed


def test_an_answer_of_constants_needs_no_content(engine):
    """Where no rule reads upstream's content, any success will do."""
    rule = 'constant = true\nwhy = "It worked."'
    text = HEAD + field("done", "boolean", rule)
    driven = drive(read(text), "/api/atlas/v2/things/1", [(202, (), b"<html>")])
    assert driven.document == {"done": True}


def test_an_error_that_could_not_be_read_is_handed_back(engine):
    """A fault of the content is not a reason to hide the error."""
    assert drive(engine, f"{V2}?envelope=true", [refuses(404, "X")], fault="too large").passed
