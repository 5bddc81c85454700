"""Calls to a successor: the request that is sent, and the translation of its reply."""

import pytest

from tests.core.driver import (
    BASE,
    GET,
    JOBS,
    LIST,
    SNAPSHOT,
    answers,
    drive,
    linked,
    refuses,
)
from tests.core.small import HEAD, START, asked, field, operation, read, successor

V1 = f"/api/atlas/v1.0{LIST}"
V2 = f"/api/atlas/v2{LIST}"
V2_GET = f"/api/atlas/v2{GET}"
V2_JOBS = f"/api/atlas/v2{JOBS}"
FLEX = "/api/atlas/v2/groups/g1/flexClusters/c1/backup"
EVERYTHING = "includeCount=true&itemsPerPage=500&pageNum=1"
EMPTY = answers({"results": []})
VERSION = "application/vnd.atlas.2024-11-13+json"


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        (V2, f"/snapshots?{EVERYTHING}"),
        (
            f"{V2}?pageNum=3&itemsPerPage=7&includeCount=false&envelope=true&pretty=true",
            f"/snapshots?{EVERYTHING}",
        ),
        (f"{V2}?x=%C3%a4&pretty=true&y&x=+", f"/snapshots?x=%C3%a4&y&x=+&{EVERYTHING}"),
        (
            f"{V2_JOBS}?pageNum=3&itemsPerPage=700&includeCount=false",
            "/restoreJobs?includeCount=true&itemsPerPage=500&pageNum=3",
        ),
        (f"{V2_GET}?envelope=true", f"/snapshots/{SNAPSHOT['id']}"),
        (f"{V2_GET}?x=1&pretty", f"/snapshots/{SNAPSHOT['id']}?x=1"),
    ],
)
def test_the_query_is_translated_for_the_successor(engine, target, sent):
    """A sorted list is fetched as a whole, and pages in upstream's order page by page.

    The shim applies ``envelope`` and ``pretty`` itself, passes unknown parameters on
    unchanged, and sends no question mark without a query.
    """
    driven = drive(engine, target, [answers({**SNAPSHOT, "results": []})])
    assert driven.targets == (FLEX + sent,)


def test_percent_encoding_in_the_path_is_preserved(engine):
    """The successor's path and the links have the caller's bytes."""
    target = "/api/atlas/v2/groups/a%2db/serverless/%C3%a4%20x/backup/snapshots"
    driven = drive(engine, target, [answers({"results": [SNAPSHOT]})])
    assert driven.targets[0].startswith(
        "/api/atlas/v2/groups/a%2db/flexClusters/%C3%a4%20x/backup/snapshots?"
    )
    assert driven.document["results"][0]["serverlessInstanceName"] == "ä x"
    assert (
        driven.document["results"][0]["links"][0]["href"]
        == f"{BASE}{target}/{SNAPSHOT['id']}"
    )
    assert linked(driven.document, "self") == f"{target}?pageNum=1&itemsPerPage=100"


def test_request_fields_about_the_legacy_representation_are_not_sent(engine):
    """Accept is the successor's. Conditions and ranges refer to another representation."""
    own = (
        "ACCEPT",
        "If-None-Match",
        "if-modified-since",
        "If-Match",
        "If-Unmodified-Since",
        "If-Range",
        "Range",
    )
    kept = (
        ("Authorization", "Bearer t"),
        ("X-Twice", "1"),
        ("x-twice", "2"),
        ("Accept-Encoding", "gzip"),
    )
    headers = (
        ("accept", "application/vnd.atlas.2023-01-01+json"),
        *kept,
        *((name, "*/*") for name in own),
    )
    call = drive(engine, V2, [EMPTY], headers=headers).sends[0].call
    assert call.headers == (*kept, ("Accept", VERSION))
    assert call.body is None


ORDER = b'{"deliveryType":"automated","snapshotId":"s","targetClusterName":"t","targetGroupId":"g"}'


def test_fields_about_the_content_match_the_rewritten_body(engine):
    """Fields that describe the caller's content would be wrong for the new one."""
    names = (
        "Content-Type",
        "Content-Length",
        "Content-MD5",
        "Digest",
        "Content-Digest",
    )
    headers = (
        *((name, "x") for name in names),
        ("Content-Encoding", "Identity"),
        ("X", "1"),
    )
    driven = drive(
        engine, V2_JOBS, [answers({})], method="POST", body=ORDER, headers=headers
    )
    assert driven.sends[0].call.headers == (
        ("X", "1"),
        ("Accept", VERSION),
        ("Content-Type", VERSION),
    )


@pytest.mark.parametrize(
    ("target", "accept", "kind"),
    [
        (V1, "*/*", "application/json"),
        (V2, "*/*", "application/vnd.atlas.2023-01-01+json;charset=utf-8"),
        (
            V2,
            "application/vnd.atlas.2026-01-01+json",
            "application/vnd.atlas.2023-01-01+json;charset=utf-8",
        ),
    ],
)
def test_a_translated_response_has_the_content_type_of_its_version(
    engine, target, accept, kind
):
    """That includes a later date that resolves to the version. Upstream's other response fields stay."""
    about = (
        "Content-Length",
        "content-encoding",
        "ETag",
        "Last-Modified",
        "Transfer-Encoding",
        "Content-MD5",
    )
    kept = (("Date", "now"), ("Ratelimit-Limit", "1200"), ("Set-Cookie", "a"))
    upstream = [
        answers({"results": []}, headers=(*((name, "x") for name in about), *kept))
    ]
    reply = drive(engine, target, upstream, headers=(("Accept", accept),)).reply
    assert reply.status == 200
    assert reply.headers == (*kept, ("Content-Type", kind))


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"<html>", b"null", b"[]", b'"x"', b"5", b"{}", b"\xff{}"),
        *(
            b'{"results":%s}' % results
            for results in (
                b"null",
                b"{}",
                b"[NaN]",
                b"[1e999]",
                b"[" * 200 + b"]" * 200,
            )
        ),
        b'{"results":[]',
        b"[" * 100000,
    ],
)
def test_a_success_without_the_expected_list_is_a_502(engine, content):
    """The error describes what upstream sent; nothing is guessed."""
    driven = drive(engine, V2, [(200, (("Content-Type", "text/html"),), content)])
    assert driven.reply.status == 502
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert "text/html" in driven.document["detail"]
    assert "'results'" in driven.document["detail"]
    assert list(driven.document) == [
        "detail",
        "error",
        "errorCode",
        "parameters",
        "reason",
    ]
    assert driven.reply.headers == (("Content-Type", "application/json"),)


def test_a_single_resource_must_be_a_readable_json_object(engine):
    """The caller gets the reason for which the content could not be read."""
    driven = drive(
        engine, V2_GET, [answers(SNAPSHOT)], fault="it is longer than 16 MiB"
    )
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert "it is longer than 16 MiB" in driven.document["detail"]
    detail = drive(engine, V2_GET, [(200, (), b"[]")]).document["detail"]
    assert "no content type" in detail
    assert "a JSON object" in detail


def test_a_partial_response_is_refused(engine):
    """The shim requested no range. Items may be missing, even if the JSON is complete."""
    driven = drive(
        engine, V2, [(206, (("Content-Range", "bytes 0-13/900"),), b'{"results":[]}')]
    )
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert "it is a part" in driven.document["detail"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_by_a_successor_is_refused(engine, status):
    """A client that followed it would get an untranslated response."""
    driven = drive(
        engine, V2, [(status, (("Location", "https://other.example/api"),), b"")]
    )
    assert driven.reply.status == 502
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_REDIRECTED"
    assert "https://other.example/api" in driven.document["detail"]
    assert "location" not in {name.lower() for name, _ in driven.reply.headers}


DROP = (
    START
    + operation("dropThing", "DELETE", "/things/{thing}", "status = 204")
    + successor("dropThing", "/new/{thing}")
)


@pytest.mark.parametrize(
    "said",
    [(204, (), b""), (202, (("Content-Type", "application/json"), ("X", "1")), b"{}")],
)
def test_a_response_without_content_follows_from_any_success(said):
    """If the legacy response has no content, upstream's content is not read."""
    driven = drive(
        read(DROP), "/api/atlas/v2/things/1?envelope=true", [said], method="DELETE"
    )
    assert len(driven.steps) == 1
    assert driven.reply.status == 204
    assert driven.content == b""
    assert driven.reply.headers == said[1][1:]
    assert drive(
        read(DROP), "/api/atlas/v2/things/1", [refuses(404, "X")], method="DELETE"
    ).passed


def test_a_response_of_constants_needs_no_upstream_content():
    """If no rule reads upstream's content, any success is enough."""
    text = HEAD + field("done", "boolean", 'constant = true\nwhy = "It worked."')
    assert asked(text, [(202, (), b"<html>")]).document == {"done": True}


def test_an_unreadable_error_is_passed_through(engine):
    """A fault of its content is no reason to hide the error."""
    assert drive(
        engine, f"{V2}?envelope=true", [refuses(404, "X")], fault="too large"
    ).passed
