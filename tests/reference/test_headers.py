"""The page of fields against a running gateway: what it names is so, and nothing else is added, changed or dropped."""

import ast
import json
import re
from typing import Any

import http_sf
import pytest
from aiohttp import hdrs

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from shim.gateway.fields import _LEVELS
from shim.gateway.options import CredentialsMode
from tests.peers.raw import BREAK, reply, replying
from tests.peers.served import At, ask, calling, gateway, get, lines_of, status_of
from tests.reference.reads import SHIM

GROUPS = f"/api/atlas/v2/groups/{DEMO_GROUP}"
USERS = f"{GROUPS}/databaseUsers"
BACKUP = f"{GROUPS}/serverless/{DEMO_CLUSTER}/backup"
SNAPSHOTS, JOBS = f"{BACKUP}/snapshots", f"{BACKUP}/restoreJobs"
LIST = b'{"links":[],"results":[],"totalCount":0}'
JOB = {"id": "6" * 24, "deliveryType": "DOWNLOAD", "snapshotId": "5" * 24, "status": "PENDING"}
ORDER = json.dumps(
    {"deliveryType": "automated", "snapshotId": "5" * 24, "targetClusterName": "other", "targetGroupId": DEMO_GROUP}
).encode()
KEYS = {"MONGODB_ATLAS_PUBLIC_API_KEY": DEMO_PUBLIC_KEY, "MONGODB_ATLAS_PRIVATE_API_KEY": DEMO_PRIVATE_KEY}
CHALLENGE = 'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5, qop="auth"'

CONTENT = ("Content-Digest", "Content-MD5", "Digest", "Repr-Digest")
"""Fields about content that may stand in a request without meaning that it has some."""

ASKED = {
    **dict.fromkeys(CONTENT, "x"),
    "Content-Encoding": "identity",
    **dict.fromkeys(("If-Match", "If-None-Match", "If-Range"), '"x"'),
    **dict.fromkeys(("If-Modified-Since", "If-Unmodified-Since"), "Thu, 22 Jan 2026 00:00:00 GMT"),
    **dict.fromkeys(("Forwarded", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X_Forwarded_Host"), "10.0.0.7"),
    **dict.fromkeys(("Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade", "Proxy-Authenticate"), "x"),
    "Proxy-Authorization": "Basic eDp5",
    "Connection": "keep-alive, X-Private",
    "X-Private": "x",
    "Range": "bytes=0-1",
    "Accept": "application/vnd.atlas.2023-01-01+json",
    "Accept-Encoding": "br, gzip",
    "Accept-Language": "de",
    "Authorization": "Bearer token",
    "Cache-Control": "no-cache",
    "Cookie": "a=b",
    "Date": "Thu, 22 Jan 2026 00:00:00 GMT",
    "From": "x@example.com",
    "Max-Forwards": "3",
    "Origin": "https://example.com",
    "Pragma": "no-cache",
    "Priority": "u=1",
    "Referer": "https://example.com",
    "Sec-Fetch-Site": "none",
    "User-Agent": "nightly/1.0",
    "Via": "1.1 somebody",
    "X-Custom": "x",
    "X-HTTP-Method-Override": "GET",
    "X-Request-Id": "abc",
    "traceparent": f"00-{'1' * 32}-{'2' * 16}-01",
    "tracestate": "x=y",
}

SAID = {
    **dict.fromkeys(("Content-Digest", "Content-MD5", "Digest", "Repr-Digest"), "x"),
    **dict.fromkeys(("Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade"), "x"),
    "Proxy-Authenticate": "Basic",
    "Proxy-Authorization": "x",
    "Connection": "keep-alive, X-Private",
    "X-Private": "x",
    "Accept-Ranges": "bytes",
    "Age": "3",
    "Allow": "GET",
    "Alt-Svc": "clear",
    "Cache-Control": "no-store",
    "Content-Disposition": "inline",
    "Content-Encoding": "identity",
    "Content-Language": "en",
    "Content-Location": "/x",
    "Content-Range": "bytes 0-1/2",
    "Content-Type": "application/vnd.atlas.2024-11-13+json",
    "Deprecation": "@1",
    "ETag": '"x"',
    "Expires": "0",
    "Last-Modified": "Thu, 22 Jan 2026 00:00:00 GMT",
    "Link": '<https://example.com>; rel="help"',
    "Location": "/x",
    "Referrer-Policy": "no-referrer",
    "Retry-After": "3",
    "Server": "mdbws",
    "Set-Cookie": "a=b",
    "Strict-Transport-Security": "max-age=1",
    "Sunset": "Fri, 01 Jan 2027 00:00:00 GMT",
    "Vary": "Accept",
    "Via": "1.1 somebody",
    "WWW-Authenticate": "Bearer",
    "X-Custom": "x",
    "X-Java-Method": "x",
    "X-MongoDB-Service-Version": "x",
}


def lines(fields):
    """Field lines for a request or reply."""
    return [f"{name}: {value}" for name, value in fields.items()]


def values(pairs):
    """The values of each field, in order."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name.lower(), []).append(value)
    return found


def crossing(before, after):
    """The names that are dropped on the way, and those that are added or changed."""
    old, new = values(before), values(after)
    return set(old) - set(new), {name for name in new if new[name] != old.get(name)}


@pytest.fixture(scope="module")
def tables(page):
    """Section -> field -> when, of the page's tables; ``the same`` is what the line above says."""
    found: dict[str, dict[str, str]] = {}
    for section in page("headers.md").split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        when = ""
        for name, said in re.findall(r"^\| `([A-Za-z0-9-]+)` \| ([^|]+?) \|", text, re.MULTILINE):
            when = when if said == "the same" else said
            found.setdefault(heading, {})[name.lower()] = when
    return found


def asked(content=b"", method="GET", target=USERS, fields=ASKED, answer=LIST, **options):
    """Make a call with all fields through a gateway; return what was sent, and what Atlas got."""
    extra = (f"Content-Length: {len(content)}",) if content else ()
    request = get(target, *lines(fields), *extra, method=method) + content
    with replying(reply(answer)) as atlas, gateway(atlas.origin, **options) as served:
        ask(served, request)
    return crossing(lines_of(request.partition(b"\r\n\r\n")[0]), lines_of(atlas.heads[-1]))


ALONG = {"x-private", "x-forwarded-proto", "x_forwarded_host"}
"""What goes with fields that are named on the page: by Connection, or by the same beginning."""


def test_what_a_passed_call_loses(tables):
    """What the page says is always dropped, and nothing else; Host and Via alone are the gateway's."""
    dropped, own = asked()
    rows = tables["What of a request Atlas does not see"]
    assert dropped == {name for name, when in rows.items() if when.startswith("always")} - {"expect"} | ALONG
    assert own == {"host", "via"}
    assert own <= tables["What the gateway says to Atlas in its own words"].keys()


def test_what_a_retired_read_loses(tables):
    """Beside that, what speaks of the old endpoint's content; version and coding are the gateway's."""
    dropped, own = asked(target=SNAPSHOTS)
    rows = tables["What of a request Atlas does not see"]
    expected = {name for name, when in rows.items() if when.startswith("always") or when == "to a successor"}
    assert dropped == expected - {"expect"} | ALONG
    assert own == {"host", "via", "accept", "accept-encoding"}
    assert own <= tables["What the gateway says to Atlas in its own words"].keys()


def test_what_a_retired_write_loses(tables):
    """And what speaks of its own content, which is put in the successor's terms."""
    fields = {**ASKED, "Content-Type": "application/json"}
    dropped, own = asked(ORDER, "POST", JOBS, fields, json.dumps(JOB).encode())
    assert dropped == set(tables["What of a request Atlas does not see"]) - {"expect"} | ALONG
    assert own == {"host", "via", "accept", "accept-encoding", "content-type", "content-length"}


def test_the_gateway_answers_an_expectation_itself(tables):
    """Atlas is not asked to say 100."""
    assert "expect" in tables["What of a request Atlas does not see"]
    with replying(reply(LIST)) as atlas, gateway(atlas.origin) as served, calling(served) as peer:
        peer.send(get(USERS, "Expect: 100-continue", "Content-Length: 2", method="POST"))
        assert status_of(peer.take(b"\r\n\r\n")) == 100
        peer.send(b"{}")
        peer.message()
    assert "expect" not in values(lines_of(atlas.heads[0]))


@pytest.fixture
def told(monkeypatch):
    """What Atlas is told in the gateway's own words, in calls of every kind."""
    found = set()
    for call in (
        {},
        {"target": SNAPSHOTS},
        {"method": "POST", "target": JOBS, "content": ORDER},
    ):
        found |= asked(**{"fields": {}, **call})[1]
    with replying(reply(LIST)) as atlas, gateway(atlas.origin) as served:  # content of unknown length
        ask(served, get(USERS, "Transfer-Encoding: chunked", method="POST") + b"2\r\n{}\r\n0\r\n\r\n")
    found |= crossing([], lines_of(atlas.heads[0]))[1]
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    denied = reply(b"{}", CHALLENGE, status="401 Unauthorized")
    with replying(denied, reply(LIST)) as atlas, gateway(atlas.origin, credentials=CredentialsMode.OWN) as served:
        ask(served, get(SNAPSHOTS, host=served.url.removeprefix("http://")))
    found |= crossing([], lines_of(atlas.heads[-1]))[1]
    with replying(reply(LIST)) as proxy:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTP_PROXY", proxy.origin.replace("http://", "http://user:word@"))
        monkeypatch.setenv("http_proxy", proxy.origin.replace("http://", "http://user:word@"))
        with gateway("http://atlas.example") as served:
            ask(served, get(USERS))
    return found | crossing([], lines_of(proxy.heads[0]))[1]


def test_all_that_atlas_is_told_is_on_the_page(told, tables):
    """Each field is found in some call, but the one that needs OpenTelemetry (tests/gateway_metrics has it)."""
    assert told == set(tables["What the gateway says to Atlas in its own words"]) - {"traceparent"}


def answered(target, fields=SAID, answer=LIST, status="200 OK", **options):
    """Let Atlas answer with all fields; return what was dropped of them, and what the caller got otherwise."""
    message = reply(answer, *lines(fields), status=status)
    with replying(message) as atlas, gateway(atlas.origin, **options) as served:
        head, _ = ask(served, get(target, "Accept: application/vnd.atlas.2023-01-01+json", "Authorization: Bearer x"))
    return crossing(lines_of(message.partition(b"\r\n\r\n")[0]), lines_of(head))


def test_what_a_passed_reply_loses(tables):
    """What is for the connection alone, and nothing else."""
    dropped, own = answered(USERS)
    rows = tables["What of Atlas' reply a caller does not find"]
    always = {name for name, when in rows.items() if when.startswith("always")} - {"transfer-encoding"}
    assert dropped == always | {"x-private"}
    assert own == {"via", "x-request-id", "date"}


def test_what_a_translated_reply_loses(tables):
    """Beside that, what speaks of the successor's content; dates are those of the old endpoint."""
    dropped, own = answered(SNAPSHOTS)
    rows = tables["What of Atlas' reply a caller does not find"]
    assert dropped == set(rows) - {"transfer-encoding", "sunset", "deprecation"} | {"x-private"}
    assert {"sunset", "deprecation", "link", "atlas-shim"} < own
    assert own <= set(tables["What a caller finds in a reply"])


def test_a_chunked_reply_is_framed_anew():
    """Atlas' chunks are not the caller's."""
    message = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    with replying(message) as atlas, gateway(atlas.origin) as served, calling(served) as peer:
        peer.send(get(USERS).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        head = peer.take(b"\r\n\r\n")
    assert "transfer-encoding" not in values(lines_of(head))


def test_a_successor_s_error_keeps_its_dates():
    """Its Sunset and Deprecation get no second line."""
    _, own = answered(SNAPSHOTS, answer=b"{}", status="404 Not Found")
    assert not {"sunset", "deprecation"} & own
    assert "atlas-shim" in own


@pytest.fixture
def found(monkeypatch):
    """What callers find that Atlas did not say, in replies of every kind."""
    names = answered(USERS)[1] | answered(SNAPSHOTS, {})[1]
    refused = ORDER.replace(b"automated", b"pointInTime")
    with replying(reply(b"{}")) as atlas, gateway(atlas.origin) as served:  # an answer of the shim's own
        request = get(JOBS, f"Content-Length: {len(refused)}", method="POST") + refused
        names |= crossing([], lines_of(ask(served, request)[0]))[1]
    with (
        replying(b"HTTP/1.1 200 OK\r\n\r\n" + BREAK) as atlas,
        gateway(atlas.origin) as served,
    ):  # no length, then the end
        names |= crossing([], lines_of(ask(served, get(USERS))[0]))[1]
        names |= crossing([], lines_of(ask(served, get(USERS, method="TRACE"))[0]))[1]
    with gateway("http://127.0.0.1:1", memory=1000) as served:  # no room
        names |= crossing([], lines_of(ask(served, get(USERS))[0]))[1]
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with replying() as atlas, gateway(atlas.origin, credentials=CredentialsMode.VERIFY) as served:
        names |= crossing([], lines_of(ask(served, get(SNAPSHOTS, host=served.url.removeprefix("http://")))[0]))[1]
    return names


def test_all_that_callers_find_is_on_the_page(found, tables):
    """Each field is found in some reply, and no reply has another."""
    assert found == set(tables["What a caller finds in a reply"])


@pytest.mark.parametrize("path", ["/", "/livez", "/metrics", "/status.json", "/config.json"])
def test_the_admin_listener_adds_what_the_page_says(path, tables):
    """Of all its pages."""
    rows = tables["The admin listener"]
    with gateway("http://127.0.0.1:1") as served:
        url = served.admin_url or ""
        head, _ = ask(At(url), get(path, host=url.removeprefix("http://")))
    assert status_of(head) == 200
    expected = {name for name, when in rows.items() if when in {"always", "with content"} or f"`{path}`" in when}
    assert set(values(lines_of(head))) == expected


def test_the_members_of_atlas_shim(page, tables):
    """Those that can be there are on the page, and its example is one that a reader of Structured Fields takes."""
    assert set(tables["The field `Atlas-Shim`"]) == {"route", "reason", "call", *_LEVELS, "dropped"}
    example = page("headers.md").partition("    Atlas-Shim: ")[2].partition("\n\n")[0]
    found: Any = http_sf.parse(" ".join(example.split()).encode(), tltype="dictionary")
    assert set(found) <= set(tables["The field `Atlas-Shim`"])
    assert len(found) > 4


NO_FIELDS = {"warning", "uri"}
"""A level of the log, and a parameter of Digest."""
SECRETS = {"cookie"}
"""What crosses unread; a head that has it is not remembered."""


def test_every_field_that_the_code_names_is_on_the_page(page):
    """Whatever the gateway and the core know by name, out of the names that an HTTP library knows."""
    registry = {str(value).lower() for name, value in vars(hdrs).items() if type(value) is type(hdrs.HOST)}
    registry |= {name.lower() for name in (*ASKED, *SAID)}
    texts = {
        node.value if isinstance(node.value, str) else node.value.decode("latin-1")
        for room in ("gateway", "core")
        for path in (SHIM / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    }
    named = {found[0].lower() for text in texts if (found := re.match(r"[A-Za-z-]+(?=:|$)", text))}
    shown = {name.lower() for name in re.findall(r"`([A-Za-z0-9-]+)`", page("headers.md"))}
    assert named & registry - shown == NO_FIELDS | SECRETS


def test_every_field_that_the_page_says_is_read_is_one_that_the_code_names(tables):
    """By its name, in the gateway or in the core."""
    sources = "\n".join(path.read_text("utf-8") for room in ("gateway", "core") for path in (SHIM / room).rglob("*.py"))
    missing = [name for name in tables["What the gateway reads in a request"] if f'"{name}"' not in sources.lower()]
    assert not missing
