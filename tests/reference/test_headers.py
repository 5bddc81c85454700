"""The page of fields against a running gateway: what it names is so, and nothing else is added, changed or dropped."""

import ast
import json
import re

import pytest
from aiohttp import hdrs

from shim.fake import DEMO_CLUSTER, DEMO_GROUP
from tests.peers.raw import reply, replying
from tests.peers.served import At, ask, gateway, get, lines_of, status_of
from tests.reference.conftest import SHIM

GROUP = f"/api/atlas/v2/groups/{DEMO_GROUP}"
USERS = f"{GROUP}/databaseUsers"
BACKUP = f"{GROUP}/serverless/{DEMO_CLUSTER}/backup"
LIST = b'{"links":[],"results":[],"totalCount":0}'
JOB = json.dumps({"id": "6" * 24, "deliveryType": "DOWNLOAD", "snapshotId": "5" * 24, "status": "PENDING"}).encode()
ORDER = json.dumps(
    {"deliveryType": "automated", "snapshotId": "5" * 24, "targetClusterName": "other", "targetGroupId": DEMO_GROUP}
).encode()

ASKED = "What of a request Atlas does not see"
TOLD = "What the gateway says to Atlas in its own words"
LOST = "What of Atlas' reply a caller does not find"
FOUND = "What a caller finds in a reply"

CROSSING = {
    **dict.fromkeys(("Accept-Language", "Cookie", "From", "Origin", "Priority", "Referer", "X-Custom"), "x"),
    **dict.fromkeys(("Age", "Alt-Svc", "Cache-Control", "Content-Language", "Retry-After", "Server"), "3"),
    "Authorization": "Bearer token",
    "Link": '<https://example.com>; rel="help"',
    "User-Agent": "nightly/1.0",
    "X-Request-Id": "abc",
}
"""Fields that the gateway has no reason to touch, of requests and of replies."""

VALUES = {
    "connection": "keep-alive, X-Private",
    "content-encoding": "identity",
    "deprecation": "@1",
    "range": "bytes=0-1",
    "sunset": "Fri, 01 Jan 2027 00:00:00 GMT",
    **dict.fromkeys(("if-modified-since", "if-unmodified-since", "last-modified"), "Thu, 22 Jan 2026 00:00:00 GMT"),
}
"""Those of fields that can't have just any."""

CONTENT = {"content-digest", "content-encoding", "content-md5", "digest", "repr-digest"}
"""Fields about content, which a read may have and keep."""

FRAMING = {"expect", "transfer-encoding"}
"""Fields that say how a message is to be read, each with tests of its own (tests/gateway_attacks)."""


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


def lines(rows):
    """A line for each field that is dropped in some case, for one that is private to the connection, and for others."""
    fields = {name: VALUES.get(name, "x") for name in rows if name not in FRAMING}
    return [f"{name}: {value}" for name, value in {**fields, "x-private": "x", **CROSSING}.items()]


def passing(target, tables, method="GET", content=b"", answer=LIST):
    """Make a call with all fields, answered with all fields; return what request and reply lost and gained."""
    own = [f"Content-Length: {len(content)}", "Content-Type: application/json"] if content else []
    accept = "Accept: application/vnd.atlas.2023-01-01+json"
    request = get(target, accept, "Accept-Encoding: br, gzip", *own, *lines(tables[ASKED]), method=method) + content
    message = reply(answer, *lines(tables[LOST]))
    with replying(message) as atlas, gateway(atlas.origin) as served:
        head, _ = ask(served, request)
    asked, answered = (lines_of(one.partition(b"\r\n\r\n")[0]) for one in (request, message))
    return crossing(asked, lines_of(atlas.heads[-1])), crossing(answered, lines_of(head))


def rows(table, *words):
    """The fields of a table whose case begins with one of these words."""
    return {name for name, when in table.items() if when.startswith(words)} - FRAMING | {"x-private"}


def test_a_passed_call_loses_what_the_page_says(tables):
    """What is always dropped, and nothing else, both ways; Host and Via alone are the gateway's."""
    (dropped, own), (lost, found) = passing(USERS, tables)
    assert dropped == rows(tables[ASKED], "always")
    assert own == {"host", "via"} <= tables[TOLD].keys()
    assert lost == rows(tables[LOST], "always")
    assert found == {"via", "date"} <= tables[FOUND].keys()


def test_a_retired_read_loses_what_the_page_says(tables):
    """Beside that what speaks of the other endpoint's content; version, coding and dates are the shim's."""
    (dropped, own), (lost, found) = passing(f"{BACKUP}/snapshots", tables)
    assert dropped == {name for name in rows(tables[ASKED], "always", "to a successor") if name not in CONTENT}
    assert own == {"host", "via", "accept", "accept-encoding"} <= tables[TOLD].keys()
    assert lost == rows(tables[LOST], "always", "translated") - {"sunset", "deprecation"}
    assert {"sunset", "deprecation", "link", "atlas-shim"} < found <= tables[FOUND].keys()


def test_a_retired_write_loses_what_the_page_says(tables):
    """And what speaks of its own content, which is put in the successor's terms."""
    (dropped, own), _ = passing(f"{BACKUP}/restoreJobs", tables, "POST", ORDER, JOB)
    assert dropped == rows(tables[ASKED], "always", "to a successor", "the same")
    assert own == {"host", "via", "accept", "accept-encoding", "content-type", "content-length"} <= tables[TOLD].keys()


@pytest.mark.parametrize("path", ["/", "/livez", "/metrics", "/status.txt", "/status.json", "/config.json"])
def test_the_admin_listener_adds_what_the_page_says(path, tables):
    """Of all its pages."""
    with gateway("http://127.0.0.1:1") as served:
        url = served.admin_url or ""
        head, _ = ask(At(url), get(path, host=url.removeprefix("http://")))
    assert status_of(head) == 200
    listener = tables["The admin listener"].items()
    assert set(values(lines_of(head))) == {
        name for name, when in listener if when in {"always", "with content"} or f"`{path}`" in when
    }


OTHER_WORDS = {"warning", "uri"}
"""A level of the log, and a parameter of Digest."""


def test_every_field_that_the_code_names_is_on_the_page(page):
    """Each constant of the gateway and the core that is the name of a field which an HTTP library knows."""
    known = {str(name).lower() for name in vars(hdrs).values() if isinstance(name, type(hdrs.HOST))}
    trees = [ast.parse(path.read_text("utf-8")) for room in ("gateway", "core") for path in (SHIM / room).rglob("*.py")]
    constants = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    named = {text.lower() for text in constants if isinstance(text, str)} & known
    shown = {name.lower() for name in re.findall(r"`([A-Za-z0-9-]+)`", page("headers.md"))}
    assert named - shown == OTHER_WORDS
