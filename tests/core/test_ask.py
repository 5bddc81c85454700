"""Asking a successor: what is sent, and the pages that are made of what comes back."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shim.core.engine import default_engine
from shim.core.memory import Memory
from shim.core.settings import Settings
from tests.core.driver import (
    BASE,
    BEFORE,
    GET,
    GONE,
    JOBS,
    LIST,
    NON_FLEX,
    SNAPSHOT,
    Clock,
    answers,
    drive,
    refuses,
)
from tests.core.small import HEAD, field, read

V1, V2 = f"/api/atlas/v1.0{LIST}", f"/api/atlas/v2{LIST}"
FLEX = "/api/atlas/v2/groups/g1/flexClusters/c1/backup/snapshots"
EVERYTHING = "includeCount=true&itemsPerPage=500&pageNum=1"


def snapshots(count, start=datetime(2026, 1, 1, tzinfo=UTC)):
    """Flex lists the oldest first."""
    return [
        SNAPSHOT | {"id": f"{number:024x}", "startTime": (start + timedelta(days=number)).isoformat()}
        for number in range(count)
    ]


def pages_of(items, *, most=500, links=True, count=True):
    """An upstream that cuts a list into pages as Atlas does."""

    def upstream(call):
        query = parse_qs(call.query)
        number, size = int(query["pageNum"][0]), min(int(query["itemsPerPage"][0]), most)
        cut = items[(number - 1) * size : number * size]
        document = {"results": cut}
        if links:
            rels = ["self"] + (["next"] if number * size < len(items) else [])
            document["links"] = [{"rel": rel, "href": f"http://elsewhere/{rel}"} for rel in rels]
        if count:
            document["totalCount"] = len(items)
        return answers(document)

    return upstream


def linked(document, rel):
    """Return the target that a link leads to, None when there is no such link."""
    hrefs = [link["href"] for link in document["links"] if link["rel"] == rel]
    assert len(hrefs) <= 1
    return hrefs[0].removeprefix(BASE) if hrefs else None


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


def test_a_rewritten_body_is_described_anew(engine):
    """Fields about the caller's content do not describe another content."""
    body = json.dumps(
        {"deliveryType": "automated", "snapshotId": "s", "targetClusterName": "t", "targetGroupId": "g"}
    ).encode()
    names = ("Content-Type", "Content-Length", "Content-Encoding", "Content-MD5", "Digest", "Content-Digest")
    headers = (*((name, "x") for name in names), ("X", "1"))
    driven = drive(engine, f"/api/atlas/v2{JOBS}", [answers({})], method="POST", body=body, headers=headers)
    kind = "application/vnd.atlas.2024-11-13+json"
    assert driven.sends[0].call.headers == (("X", "1"), ("Accept", kind), ("Content-Type", kind))


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


def test_a_page_has_the_legacy_members_in_their_order(engine):
    """links, results, totalCount: the order of recorded pages."""
    document = drive(engine, V2, [answers({"results": snapshots(3), "totalCount": 3})]).document
    assert list(document) == ["links", "results", "totalCount"]
    assert document["totalCount"] == 3
    assert [link["rel"] for link in document["links"]] == ["self"]


def test_links_lead_back_to_where_the_caller_came_from(engine):
    """The caller's base URL, a path before the API's included, and the legacy path with the caller's own query."""
    upstream = pages_of(snapshots(5))
    driven = drive(engine, f"{V1}?x=1&itemsPerPage=2&pageNum=2&pretty=false", upstream, base="https://proxy/atlas/")
    hrefs = {link["rel"]: link["href"] for link in driven.document["links"]}
    start = f"https://proxy/atlas{V1}?x=1&pretty=false"
    assert hrefs == {
        "self": f"{start}&pageNum=2&itemsPerPage=2",
        "previous": f"{start}&itemsPerPage=2&pageNum=1",
        "next": f"{start}&itemsPerPage=2&pageNum=3",
    }
    href = driven.document["results"][0]["links"][0]["href"]
    assert href == f"https://proxy/atlas{V1}/{driven.document['results'][0]['id']}"


def test_the_newest_comes_first_and_the_unborn_before_it(engine):
    """CreatedAt descending, missing first, then id descending; instants are compared, not texts."""
    items = [
        {"id": "a", "startTime": "2026-01-02T00:00:00Z"},
        {"id": "b", "startTime": "2026-01-02T01:30:00+02:00"},
        {"id": "c"},
        {"id": "d", "scheduledTime": "2026-01-03T00:00:00Z"},
        {"id": "e", "startTime": "2026-01-02T00:00:00.000Z"},
        {"id": "f", "startTime": "not a time"},
        {"startTime": "2026-01-02T00:00:00Z"},
    ]
    document = drive(engine, V2, [answers({"results": items})]).document
    assert [item.get("id") for item in document["results"]] == ["f", "c", "d", None, "e", "a", "b"]


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 40),
    size=st.integers(1, 45),
    most=st.sampled_from([1, 3, 7, 500]),
    links=st.booleans(),
    api=st.sampled_from([V1, V2]),
)
def test_walking_the_links_visits_everything_once(count, size, most, links, api):
    """``next`` from the first page and ``previous`` from the last see each snapshot once, the newest first."""
    engine, items = default_engine(), snapshots(count)
    upstream, limits = pages_of(items, most=most, links=links), Settings(page_cap=100)
    expected = [item["id"] for item in reversed(items)]
    target, visited, pages = f"{api}?itemsPerPage={size}", [], []
    while target is not None:
        document = drive(engine, target, upstream, settings=limits).document
        assert document["totalCount"] == count
        assert 0 <= len(document["results"]) <= size
        visited += [item["id"] for item in document["results"]]
        pages.append(target)
        target = linked(document, "next")
    assert visited == expected
    assert len(pages) == max(1, -(-count // size))
    target, back = pages[-1], []
    while target is not None:
        document = drive(engine, target, upstream, settings=limits).document
        back = [item["id"] for item in document["results"]] + back
        target = linked(document, "previous")
    assert back == expected


@pytest.mark.parametrize("count", [499, 500, 501, 1000, 1001])
@pytest.mark.parametrize("links", [False, True])
def test_more_than_one_upstream_page_is_collected(engine, count, links):
    """A list longer than the largest page is read to its end, and no further."""
    driven = drive(engine, f"{V2}?itemsPerPage=500", pages_of(snapshots(count), links=links))
    assert len(driven.sends) == -(-count // 500)
    assert [parse_qs(urlsplit(target).query)["pageNum"] for target in driven.targets] == [
        [str(number + 1)] for number in range(len(driven.sends))
    ]
    assert driven.document["totalCount"] == count
    assert driven.document["results"][0]["id"] == f"{count - 1:024x}"


def test_without_links_and_count_the_first_page_is_all(engine):
    """Nothing says that there is more, so nothing more is asked for."""
    assert len(drive(engine, V2, pages_of(snapshots(501), links=False, count=False)).sends) == 1


def test_an_empty_page_ends_the_reading_whatever_it_says(engine):
    """An upstream that promises more and gives nothing is not believed for ever."""
    endless = answers({"results": [], "links": [{"rel": "next"}], "totalCount": 10**9})
    assert len(drive(engine, V2, [endless]).sends) == 1


def test_a_snapshot_that_moved_while_reading_counts_once(engine):
    """Between two pages a list may shift by one."""
    first, second = snapshots(3), snapshots(5)[2:]
    more = [{"rel": "self"}, {"rel": "next"}]
    pages = [answers({"results": first, "links": more}), answers({"results": second, "links": more[:1]})]
    document = drive(engine, V2, pages).document
    assert [item["id"][-1] for item in document["results"]] == ["4", "3", "2", "1", "0"]
    assert document["totalCount"] == 5


def test_items_without_an_id_are_all_kept(engine):
    """What can't be told apart is not thrown away."""
    more = [{"rel": "next"}]
    pages = [answers({"results": [{}, {"id": None}], "links": more}), answers({"results": [{}, {"id": 5}, {}]})]
    assert drive(engine, V2, pages).document["totalCount"] == 5


def test_collecting_has_an_end(engine):
    """More pages than the cap is an error of the shim's own that says what to do."""
    driven = drive(engine, V2, pages_of(snapshots(30), most=1), settings=Settings(page_cap=3))
    assert len(driven.sends) == 3
    assert (driven.reply.status, driven.document["errorCode"]) == (502, "SHIM_TOO_MANY_PAGES")
    assert len(drive(engine, V2, pages_of(snapshots(3), most=1), settings=Settings(page_cap=3)).sends) == 3


def test_collecting_ends_at_the_deadline(engine):
    """The time holds for all pages together."""
    clock = Clock()
    more = pages_of(snapshots(30), most=1)

    def slow(call):
        clock.now += 25
        return more(call)

    driven = drive(engine, V2, slow, clock=clock)
    assert len(driven.sends) == 3
    assert (driven.reply.status, driven.document["errorCode"]) == (504, "SHIM_DEADLINE_EXCEEDED")


@pytest.mark.parametrize("status", [400, 404, 429, 500, 302])
def test_a_later_page_that_fails_is_the_answer(engine, status):
    """A part is not passed off as the whole."""
    first = answers({"results": snapshots(1), "links": [{"rel": "next"}]})
    driven = drive(engine, V2, [first, refuses(status, "ANY")])
    assert driven.passed
    assert [sent.status for sent in driven.outcome.record.sent] == [200, status]


def test_a_page_past_the_end_is_empty(engine):
    """It is a success with no results, and the count still tells how many there are."""
    document = drive(engine, f"{V2}?pageNum=9&itemsPerPage=2", pages_of(snapshots(3))).document
    assert document["results"] == []
    assert document["totalCount"] == 3
    assert linked(document, "next") is None
    assert linked(document, "previous") is not None


def test_the_count_is_left_out_on_request(engine):
    """includeCount=false leaves totalCount out, and the links as they are."""
    document = drive(engine, f"{V2}?includeCount=false&itemsPerPage=2", pages_of(snapshots(3))).document
    assert "totalCount" not in document
    assert linked(document, "next") == f"{V2}?includeCount=false&itemsPerPage=2&pageNum=2"


def test_a_page_size_that_is_too_large_is_clamped_and_noted(engine):
    """The caller gets 500 items, links of that size, and a note."""
    driven = drive(engine, f"{V2}?itemsPerPage=2000", pages_of(snapshots(501)))
    assert len(driven.document["results"]) == 500
    assert linked(driven.document, "next") == f"{V2}?itemsPerPage=500&pageNum=2"
    assert "itemsPerPage=2000 is more than a page may have; 500 was used" in driven.outcome.record.notes


@pytest.mark.parametrize(
    ("said", "total", "more"),
    [
        ({"totalCount": 5, "links": [{"rel": "next"}]}, 5, True),
        ({"totalCount": 5, "links": [{"rel": "self"}]}, 5, False),
        ({"totalCount": 5}, 5, True),
        ({"totalCount": 4}, 4, False),
        ({"totalCount": 5, "links": []}, 5, True),
        ({"totalCount": "5", "links": "x"}, None, False),
        ({"totalCount": -1}, None, False),
        ({"totalCount": True}, None, False),
        ({"totalCount": 5.0}, None, False),
        ({"links": ["next", None, {"rel": "next"}]}, None, True),
        ({}, None, False),
    ],
)
def test_kept_pages_count_and_go_on_as_upstream_says(engine, said, total, more):
    """Count and ``next`` are upstream's own; what it does not say is left out."""
    job = {"id": "1", "status": "COMPLETED"}
    page = answers({"results": [job, job]} | said)
    document = drive(engine, f"/api/atlas/v2{JOBS}?pageNum=2&itemsPerPage=2", [page]).document
    assert document.get("totalCount") == total
    assert (linked(document, "next") is not None) is more
    assert linked(document, "previous") is not None


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
    assert driven.reply.headers == (("Content-Type", "application/json"),)


def test_a_fault_of_the_content_is_told(engine):
    """The door's plain words reach the caller."""
    driven = drive(engine, f"/api/atlas/v2{GET}", [answers(SNAPSHOT)], fault="it is longer than 16 MiB")
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert "it is longer than 16 MiB" in driven.document["detail"]


def test_one_resource_that_is_a_list_is_unreadable(engine):
    """One resource is an object."""
    driven = drive(engine, f"/api/atlas/v2{GET}", [(200, (), b"[]")])
    assert "no content type" in driven.document["detail"]
    assert "a JSON object" in driven.document["detail"]


DROP = """
format = 1
name = "things"
[operation.dropThing]
method = "DELETE"
path = "/things/{thing}"
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2026-01-01
status = 204
[operation.dropThing.flex]
path = "/new/{thing}"
version = "2024-01-01"
"""


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


def test_an_envelope_gives_a_page_its_status(engine):
    """A page gains ``status`` beside its members."""
    driven = drive(engine, f"{V2}?envelope=true", [answers({"results": []})])
    assert list(driven.document) == ["links", "results", "totalCount", "status"]
    assert driven.document["status"] == driven.reply.status == 200


def test_an_envelope_holds_one_resource(engine):
    """One resource stands inside, beside the status."""
    plain = drive(engine, f"/api/atlas/v2{GET}", [answers(SNAPSHOT)]).document
    driven = drive(engine, f"/api/atlas/v2{GET}?envelope=true", [answers(SNAPSHOT)])
    assert driven.document == {"status": 200, "content": plain}


def test_an_envelope_holds_an_error_of_atlas(engine):
    """Its HTTP status and its other fields stay."""
    driven = drive(engine, f"{V2}?envelope=true&pretty=true", [refuses(404, "GROUP_NOT_FOUND")])
    assert driven.reply.status == 404
    assert driven.document["status"] == 404
    assert driven.document["content"] == json.loads(refuses(404, "GROUP_NOT_FOUND")[2])
    assert driven.reply.headers == (("X-Error-Code", "GROUP_NOT_FOUND"), ("Content-Type", "application/json"))
    assert driven.content.startswith(b'{\n  "status" : 404,')
    bare = drive(engine, f"{V2}?envelope=true", [(500, (), b"{}")])
    assert bare.reply.headers == (("Content-Type", "application/json"),)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"[" * 100000, b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"])
def test_an_error_that_fits_no_envelope_is_handed_back(engine, content):
    """What is no object, or too deep to be written again, goes back byte for byte."""
    assert drive(engine, f"{V2}?envelope=true&pretty=true", [(500, (), content)]).passed


def test_an_error_that_could_not_be_read_is_handed_back(engine):
    """A fault of the content is no reason to hide the error."""
    assert drive(engine, f"{V2}?envelope=true", [refuses(404, "X")], fault="too large").passed


def test_a_redirect_is_not_put_into_an_envelope(engine):
    """Only errors and successes have one."""
    assert drive(engine, f"{V2}?envelope=true", [(302, (("Location", "/"),), b"{}")]).passed


def test_an_error_in_an_envelope_can_still_lead_on(engine):
    """What was read to find the tier is not read again for the envelope."""
    driven = drive(engine, f"{V2}?envelope=true", [NON_FLEX, answers({"results": []})])
    assert driven.routes == ("flex", "dedicated")
    refused = drive(engine, f"{V2}?envelope=true", [refuses(404, "GROUP_NOT_FOUND")])
    assert len(refused.steps) == 2


@pytest.mark.parametrize("target", [V2, f"/api/atlas/v2{GET}"])
def test_errors_of_the_shim_keep_to_envelope_and_pretty(engine, target):
    """The caller that asked for an envelope gets one from the shim, too."""
    driven = drive(engine, f"{target}?envelope=true&pretty=true", [(200, (), b"x")])
    assert driven.reply.status == 502
    assert driven.document["status"] == 502
    assert driven.document["content"]["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert driven.content.startswith(b'{\n  "status" : 502,')


def test_an_error_about_the_envelope_has_none(engine):
    """A word that means nothing asks for nothing."""
    driven = drive(engine, f"{V2}?envelope=perhaps&pretty=true", [])
    assert driven.document["parameters"] == ["envelope"]


def test_pretty_is_the_same_document_laid_out(engine):
    """Two spaces, and a space before the colon, as Atlas' own pretty bodies."""
    plain = drive(engine, f"/api/atlas/v2{GET}", [answers(SNAPSHOT)])
    pretty = drive(engine, f"/api/atlas/v2{GET}?pretty=true", [answers(SNAPSHOT)])
    assert pretty.document == plain.document
    assert re.match(rb'\{\n  "createdAt" : "2026-08-02T17:05:37Z",\n  "', pretty.content)


def test_the_same_bytes_are_translated_once(engine):
    """A poller's unchanged answer is made of the kept translation, with this answer's own fields."""
    memory, page = Memory(), {"results": [SNAPSHOT, 5, SNAPSHOT | {"status": "UNHEARD"}]}
    first = drive(engine, V2, [answers(page, headers=(("Date", "1"),))], memory=memory)
    again = drive(engine, V2, [answers(page, headers=(("Date", "2"),))], memory=memory)
    assert again.content == first.content
    assert dict(again.reply.headers)["Date"] == "2"
    assert again.outcome.record == first.outcome.record


@pytest.mark.parametrize(
    "change",
    [
        {"target": f"{V2}?pretty=true"},
        {"target": V1},
        {"target": V2.replace("c1", "c2")},
        {"base": "http://other"},
    ],
)
def test_another_call_is_translated_anew(engine, change):
    """Whatever the translation depends on keeps translations apart."""
    memory, page = Memory(), answers({"results": snapshots(3)})
    drive(engine, V2, [page], memory=memory)
    arguments = {"target": V2} | change
    fresh = drive(engine, **arguments, upstream=[page])
    assert drive(engine, **arguments, upstream=[page], memory=memory).content == fresh.content


def test_other_documents_do_not_get_old_translations(engine):
    """A memory that outlives a reload of the documents holds nothing against them."""
    from shim.core.engine import Engine

    memory, page = Memory(), answers({"results": snapshots(1)})
    drive(engine, V2, [page], memory=memory)
    other = Engine(engine.documents)
    match = other.recognise("GET", V2, ())
    known = engine.recognise("GET", V2, ())
    assert match is not None
    assert known is not None
    assert match.entry != known.entry
    assert drive(other, V2, [page], memory=memory).document["totalCount"] == 1


def test_what_looks_at_the_clock_is_translated_each_time(engine):
    """A download link expires while upstream's bytes stay the same."""
    job = {"id": "1", "deliveryType": "DOWNLOAD", "expirationDate": "2026-08-01T00:30:00Z", "status": "COMPLETED"}
    memory, target = Memory(), f"/api/atlas/v2{JOBS}/1"
    at = datetime(2026, 8, 1, tzinfo=UTC).timestamp()
    assert drive(engine, target, [answers(job)], memory=memory, clock=at).document["expired"] is False
    assert drive(engine, target, [answers(job)], memory=memory, clock=at + 1801).document["expired"] is True


def test_a_fallback_translates_with_the_callers_query(engine):
    """What the caller asked of legacy is answered by flex, page and all."""
    first = [GONE]

    def upstream(call):
        return first.pop() if first else pages_of(snapshots(5))(call)

    driven = drive(engine, f"{V1}?itemsPerPage=2&pageNum=2", upstream, clock=BEFORE)
    assert driven.routes == ("legacy", "flex")
    assert [item["id"][-1] for item in driven.document["results"]] == ["2", "1"]
