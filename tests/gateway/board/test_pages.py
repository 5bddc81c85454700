"""The status pages and ``/status.json`` on the admin listener, after some calls."""

import base64
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
import trustme

from shim.core.recognize import shared_engine
from shim.gateway.admin import WIDTH, page, text
from shim.gateway.errors import origin_of
from shim.gateway.logs import CallLine
from tests.gateway.test_signing import PATH
from tests.peers.pages import HOSTILE, Page
from tests.peers.raw import raw_upstream, reply, replying
from tests.peers.served import admin, ask, counted, gateway, get, status_of, value_of

SECRET = "6510aa1b2c3d4e5f60718293"
PAGES = ("/", "/status.txt", "/status.json", "/metrics")


def host(served):
    return admin(served).url.removeprefix("http://")


def shown(served, path="/"):
    """Return the head of a page, and its content as text."""
    head, content = ask(counted(served), get(path, host=host(served)))
    assert status_of(head) == 200, content
    return head, content.decode()


@pytest.fixture(scope="module")
def served():
    """Run a gateway after some retired calls and others."""
    with (
        replying(reply(b'{"results":[]}')) as upstream,
        gateway(upstream.origin) as served,
    ):
        for agent in ("report/1", "<script>alert(1)</script>"):
            ask(
                served,
                get(PATH, f"User-Agent: {agent}", f"Authorization: Bearer {SECRET}"),
            )
        ask(served, get(f"/x/{SECRET}?envelope=true&name={SECRET}"))
        ask(served, get(f"/x/../{SECRET}"))
        yield served


@pytest.fixture(scope="module")
def some(served):
    """Return a status, to modify."""
    return served.status()


LOST = {"log": {"count": 7, "last": "2999-01-01T00:00:00Z", "cause": "no space"}}


def announcement(said, when):
    texts = dict.fromkeys(("method", "path", "version"), said)
    instants = dict.fromkeys(("sunset", "deprecation", "first", "last"), when)
    return {**texts, **instants, "days_left": 1, "calls": 1, "callers": [said]}


def certificate(side, days, *, refused=False):
    return {
        "side": side,
        "not_after": "2026-06-03T00:00:00Z",
        "days_left": days,
        "refused": refused,
    }


def reload(state="good", **lists):
    instants = {"good_since": "2026-06-01T00:00:00Z", "refused": "2026-06-02T00:00:00Z"}
    return {"state": state, **instants, "problems": [], "waiting": [], **lists}


def saying(status, said):
    """Return a status with this text as every caller, reload problem and reason."""
    made = status["made"]
    numbers = {"calls": 1, "first": made, "last": made}
    counts = dict.fromkeys(("retired", "client_errors", "failed"), 1)
    counts |= {"recent_calls": 1, "recent_errors": 1}
    error = {
        "origin": "atlas",
        "operation": said,
        "code": said,
        "status": 500,
        "cause": said,
        "cure": said,
        **numbers,
    }
    return status | {
        "callers": [
            {
                **dict.fromkeys(("peer", "agent", "key"), said),
                **counts,
                **numbers,
                "error": error,
            }
        ],
        "errors": [error],
        "reload": reload("refused", problems=[said], waiting=[said]),
        "silence": status["silence"] | {"sentence": said, "doubts": [said]},
        "announced": [announcement(said, made)],
    }


def test_every_page_shows_the_calls(served):
    """Operations, callers and errors are listed with their counts, after the verdict."""
    found = json.loads(shown(served, "/status.json")[1])
    calls = {
        one["operation"]: (one["calls"], one["routes"]) for one in found["operations"]
    }
    assert calls == {
        "listServerlessBackupSnapshots": (2, {"flex": 2}),
        "other": (2, {"pass": 1, "refused": 1}),
    }
    kinds = [(one["operation"], one["code"], one["origin"]) for one in found["errors"]]
    assert kinds == [("other", "SHIM_BAD_REQUEST", "caller")]
    html = shown(served)[1]
    plain = shown(served, "/status.txt")[1]
    assert html.index("Still called.") < html.index("<section")
    assert plain.startswith("Retired calls are still made")
    for said in ("report/1", "SHIM_BAD_REQUEST"):
        assert said in html
        assert said in plain
    assert "none switched on; restores and some others need no switch" in " ".join(
        plain.split()
    )
    assert plain.endswith("What an error code means: atlas-shim explain CODE\n")


@pytest.mark.parametrize("path", PAGES)
def test_no_id_query_or_credential_is_shown(served, path):
    """Every user of this machine can read the pages."""
    assert SECRET not in shown(served, path)[1]


def test_only_the_own_style_and_script_run(served):
    """The policy allows them by their hashes; no other file and no frame is allowed."""
    head, content = shown(served)
    found = Page(content)
    assert not {"link", "img", "iframe", "object", "form"} & set(found.elements)
    assert not [
        one
        for one in found.attributes
        if one[1] in {"src", "style", "srcset"} or one[1][:2] == "on"
    ]
    links = {value for _, name, value in found.attributes if name == "href"}
    assert links == {".", "status.json", "status.txt", "metrics"}
    sources = [
        f"{name}-src '{digest_of(content, name)}'" for name in ("style", "script")
    ]
    said = [
        "default-src 'none'",
        *sources,
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert value_of(head, "Content-Security-Policy") == "; ".join(
        [*said, "frame-ancestors 'none'"]
    )


def digest_of(content, element):
    """Return the hash of the only element of a name, in the format of a policy (CSP 3, 2.3.1)."""
    _, inside = content.split(f"<{element}>")
    return (
        "sha256-"
        + base64.b64encode(
            hashlib.sha256(inside.partition(f"</{element}>")[0].encode()).digest()
        ).decode()
    )


def test_refreshed_parts_have_ids(some):
    """The script replaces their content. No part is inside another one, and none is added or removed."""
    ids = [value for _, name, value in Page(page(some)).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    bare = some | {
        "operations": [],
        "callers": [],
        "errors": [],
        "certificates": [],
        "announced": [],
    }
    assert [
        value for _, name, value in Page(page(bare)).attributes if name == "id"
    ] == ids


def test_client_errors_are_neither_failures_nor_successes():
    """48 calls with the status 401 are shown separately."""
    with (
        replying(*[reply(status="401 Unauthorized")] * 48) as upstream,
        gateway(upstream.origin) as served,
    ):
        for _ in range(48):
            ask(served, get("/x"))
        (row,) = json.loads(shown(served, "/status.json")[1])["operations"]
        plain = shown(served, "/status.txt")[1]
    assert row["calls"] == 48
    assert row["client_errors"] == 48
    assert row["failed"] == 0
    assert "OPERATION | CALLS | 4XX | 5XX" in plain
    assert "other | 48 | 48 | 0 | pass 48" in plain


def test_templates_are_loaded_on_first_use():
    """A gateway whose page is never opened doesn't load the template engine."""
    code = "import sys, shim.gateway.server; assert 'jinja2' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_status_has_the_documented_shape(some):
    """Each value has exactly the documented members, because programs depend on them."""
    schema = json.loads(
        Path(__file__).with_name("status.schema.json").read_text("utf-8")
    )
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in (schema, *schema["$defs"].values()):
        one["additionalProperties"] = False
    more = {
        "certificates": [certificate("listener", 1)],
        "losses": LOST,
        "announced": [announcement("x", some["made"])],
    }
    for status in (some, some | more):
        jsonschema.validate(json.loads(json.dumps(status)), schema)


@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:{port}", "", "localhost.evil.example:{port}"]
)
@pytest.mark.parametrize("path", PAGES)
def test_an_unknown_host_name_is_refused(served, name, path):
    """This protects browsers from DNS rebinding."""
    head, content = ask(
        admin(served), get(path, host=name.format(port=host(served).rpartition(":")[2]))
    )
    assert status_of(head) in {400, 421}
    assert b"upstream" not in content


@pytest.mark.parametrize(
    "name", ["localhost:9999", "10.1.2.3:8481", "[::1]:8481", "LOCALHOST"]
)
def test_an_address_is_accepted_as_host(served, name):
    """Forwarded ports and pod addresses work without a configured name."""
    assert status_of(ask(admin(served), get("/", host=name))[0]) == 200


def test_an_outage_is_shown_with_its_cause():
    """While upstream is down the pages still load and show the cause."""
    with raw_upstream(lambda peer: None) as upstream:
        origin = upstream.origin
    with gateway(origin) as served:
        ask(served, get(PATH))
        (error,) = json.loads(shown(served, "/status.json")[1])["errors"]
        pages = [
            " ".join(shown(served, path)[1].split()) for path in ("/", "/status.txt")
        ]
    assert error["origin"] == "atlas"
    assert error["cause"] == "connection_refused"
    assert error["calls"] == 1
    said = "Calls failed in the last 5 minutes. The latest error: SHIM_UPSTREAM_UNREACHABLE: connection refused (Atlas"
    assert all(said in page for page in pages)


@pytest.mark.parametrize(("failure", "whose"), [
    ((None, 500, "500"), "atlas"), (("SHIM_UPSTREAM_UNREACHABLE", 502, "dns_error"), "atlas"),
    (("SHIM_TOO_MANY_PAGES", 502, "http_request_error"), "shim"), (("SHIM_BUSY", 503, "none"), "shim"),
    (("SHIM_BAD_REQUEST", 400, "http_request_error"), "caller"),
])  # fmt: skip
def test_an_error_shows_the_side_that_can_fix_it(failure, whose):
    """A limit of the gateway is not shown as Atlas's error, though the status is 503."""
    assert origin_of(failure) == whose


def test_the_next_sunsets_are_listed_in_order():
    """They come from Atlas's replies, and are listed without names of callers."""
    first, second = (
        reply(b"{}", f"Sunset: {day} 2027 00:00:00 GMT")
        for day in ("Thu, 1 Jul", "Mon, 1 Feb")
    )
    with replying(first, second) as upstream, gateway(upstream.origin) as served:
        for path in ("invites", "teams/orders"):
            ask(served, get(f"/api/atlas/v2/groups/0123456789abcdef01234567/{path}"))
        plain = shown(served, "/status.txt")[1]
    _, found, section = plain.partition("The next sunsets among your calls")
    assert found, plain
    assert section.index("2027-02-01") < section.index("2027-07-01")
    assert "GET /api/atlas/v2/groups/{}/teams/{}" in section
    assert "orders" not in section


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_values_from_others_are_escaped(some, said):
    """Callers, reload problems and reasons can't add elements or attributes, or control a terminal."""
    plain = Page(page(saying(some, "plain")))
    found = Page(page(saying(some, said)))
    assert found.elements == plain.elements
    assert [one[:2] for one in found.attributes] == [
        one[:2] for one in plain.attributes
    ]
    assert all(line.isprintable() for line in text(saying(some, said)).split("\n"))


def test_sentences_fit_a_terminal(some):
    """Table rows may be longer, so that grep finds a caller in one line."""
    sentences = text(saying(some, "word " * 100)).partition("since the start")[0]
    assert max(map(len, sentences.splitlines())) <= WIDTH


@pytest.mark.parametrize("name", ["team " * 40, "a-name-with-hyphens-" * 10])
def test_a_caller_is_one_line_of_text(some, name):
    """The line includes its counts and its error, whatever its name."""
    (line,) = [
        one for one in text(saying(some, name.strip())).splitlines() if " from " in one
    ]
    assert line.count(" | ") == 8


def test_failing_callers_come_first(some):
    """Only recent errors count; the last five minutes are shown next to the total."""
    with gateway("http://127.0.0.1:1") as served:
        now = time.time()
        for agent, ago, status in (
            ("old", 3600, 500),
            ("new", 2, 500),
            ("new", 3600, 200),
            ("fine", 1, 200),
        ):
            line = CallLine(
                "GET", "/x", "10.0.0.7", "id", shared_engine({}), agent=agent
            )
            line.began = now - ago
            line.seconds = 0.0
            line.status = status
            served.ledger.add(line)
        callers = served.status()["callers"]
    assert [one["agent"] for one in callers] == ["new", "fine", "old"]
    assert [(one["recent_calls"], one["recent_errors"], one["calls"]) for one in callers] == [
        (1, 1, 2), (1, 0, 1), (0, 0, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), [
    ({"ready": False}, "accepts no calls"), ({"reload": reload("refused", problems=["route: no"])}, "route: no"),
    ({"reload": reload(waiting=["listen"])}, "need a restart: listen"),
    ({"losses": LOST}, "is incomplete. Writing failed: no space."),
    ({"certificates": [certificate("listener", 2)]}, "expires in 2 days"),
    ({"certificates": [certificate("listener", -1)]}, "TLS certificate has expired"),
    ({"certificates": [certificate("listener", 90, refused=True)]}, "TLS certificate can"),
])  # fmt: skip
def test_problems_come_first(some, change, said):
    """They are shown before all sections."""
    changed = some | change
    html = page(changed)
    plain = text(changed)
    assert said in html
    assert said in " ".join(plain.split())
    assert 'class="verdict called"><strong>Attention.' in html.partition("<section")[0]
    assert plain.index("\n  ! ") < plain.index("\n\n")


def test_past_losses_are_shown_as_a_fact(some):
    """The file is written again, but some calls are missing from it."""
    past = {
        "inventory": {"count": 7, "last": "2026-01-01T00:00:00Z", "cause": "no space"}
    }
    plain = " ".join(text(some | {"losses": past}).split())
    assert (
        "7 calls are missing, the last one at 2026-01-01 00:00 UTC: no space" in plain
    )
    assert "can't be written" not in plain


def test_a_new_gateway_has_pages(some):
    """It has no calls and no problems."""
    bare = some | {"operations": [], "callers": [], "errors": [], "certificates": []}
    assert Page(page(bare)).texts["p"].count("None.") == 4
    assert "Callers" not in text(bare)


def test_the_certificate_is_shown(tmp_path):
    """The page includes the remaining days."""
    leaf = trustme.CA().issue_cert("localhost")
    leaf.private_key_and_cert_chain_pem.write_to_path(tmp_path / "cert.pem")
    with gateway("http://127.0.0.1:1", tls_cert=str(tmp_path / "cert.pem")) as served:
        found = json.loads(shown(served, "/status.json")[1])
    (certificate,) = found["certificates"]
    assert certificate["side"] == "listener"
    assert certificate["refused"] is False
    assert certificate["days_left"] > 1000
    assert found["mode"]["listens"].startswith("https://")


def test_an_inventory_is_mentioned(tmp_path):
    """It may contain calls from before this gateway's start."""
    environ = {"ATLAS_SHIM_INVENTORY": str(tmp_path / "calls.jsonl")}
    with gateway("http://127.0.0.1:1", environ=environ) as served:
        found = json.loads(shown(served, "/status.json")[1])
    assert found["mode"]["inventory"]
    assert "atlas-shim inventory" in found["silence"]["doubts"][0]


@pytest.mark.parametrize("path", [*PAGES, "/livez"])
def test_two_host_fields_are_refused(served, path):
    """Different readers could use different ones (RFC 9112, 3.2)."""
    head, _ = ask(admin(served), get(path, "Host: localhost", host=host(served)))
    assert status_of(head) == 400


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/readyz?verbose"])
def test_probes_accept_any_host_and_do_not_depend_on_upstream(path):
    """They reveal nothing, and balancers use arbitrary host names."""
    with (
        raw_upstream(lambda peer: None) as upstream,
        gateway(upstream.origin) as served,
    ):
        assert ask(admin(served), get(path, host="balancer.example"))[1] == b"ok\n"
        assert upstream.connections == 0


def test_only_get_and_head_are_allowed(served):
    """The admin listener has no other methods and no other pages."""
    assert status_of(ask(admin(served), get("/livez", method="POST"))[0]) == 405
    assert (
        status_of(ask(admin(served), get("/api/atlas/v2/groups", host="localhost"))[0])
        == 404
    )


def test_the_admin_listener_is_optional():
    """Without an admin address there is no listener."""
    with gateway("http://127.0.0.1:1", admin=None) as served:
        assert served.admin_url is None
