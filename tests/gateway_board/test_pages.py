"""The pages for people and ``/status.json`` on the admin listener, of a gateway that has seen calls."""

import json
from datetime import UTC, datetime
from pathlib import Path

import attrs
import jsonschema
import pytest
import trustme

from shim.core.recognise import load_engine
from shim.core.responses import SITE
from shim.fake.constants import DEMO_GROUP
from shim.gateway import Options, serve_in_thread
from shim.gateway.board.html import page
from shim.gateway.board.status import Announced, Caller, Certificate, Error, Reload
from shim.gateway.board.text import WIDTH, text
from tests.gateway.test_admin import admin
from tests.gateway.test_signing import PATH
from tests.peers.pages import HOSTILE, Page
from tests.peers.raw import raw_upstream, reply, replying
from tests.peers.served import LOOPBACK, ask, gateway, get, status_of, value_of

SECRET = "6510aa1b2c3d4e5f60718293"
PAGES = ("/", "/status.txt", "/status.json")


def host(served):
    return admin(served).url.removeprefix("http://")


def shown(served, path="/"):
    """Return a page's head and its content as text."""
    head, content = ask(admin(served), get(path, host=host(served)))
    assert status_of(head) == 200, content
    return head, content.decode()


@pytest.fixture(scope="module")
def served():
    """Run a gateway that was asked for a few things, retired ones and others."""
    with replying(reply(b'{"results":[]}')) as upstream, gateway(upstream.origin) as served:
        for agent in ("report/1", "<script>alert(1)</script>"):
            ask(served, get(PATH, f"User-Agent: {agent}", f"Authorization: Bearer {SECRET}"))
        ask(served, get(f"/x/{SECRET}?envelope=true&name={SECRET}"))
        ask(served, get(f"/x/../{SECRET}"))
        yield served


@pytest.fixture(scope="module")
def some(served):
    """Return its status, to change."""
    return served.status()


def announcement(said, when):
    texts = dict.fromkeys(("method", "path", "version", "link"), said)
    instants = dict.fromkeys(("sunset", "deprecation", "first", "last"), when)
    return Announced(**texts, **instants, days_left=1, deprecated=True, calls=1, callers=(said,))


def saying(status, said):
    """Return a status in which callers, problems of a reload and reasons are this text."""
    return attrs.evolve(
        status,
        callers=(Caller(said, said, 1, 1, status.made),),
        errors=(Error("atlas", said, said, 500, said, 1, status.made, status.made),),
        reload=Reload("refused", status.made, status.made, (said,), (said,), (said,)),
        silence=attrs.evolve(status.silence, sentence=said, doubts=(said,)),
        announced=(announcement(said, status.made),),
    )


def test_what_was_called_is_on_every_page(served):
    """Operations, callers, fields and errors, each with a count, and the verdict before all."""
    found = json.loads(shown(served, "/status.json")[1])
    calls = {one["operation"]: (one["calls"], one["routes"]) for one in found["hour"]}
    assert calls == {"listServerlessBackupSnapshots": (2, {"flex": 2}), "other": (2, {"pass": 2})}
    kinds = [(one["operation"], one["code"], one["origin"]) for one in found["errors"]]
    assert kinds == [("other", "SHIM_BAD_REQUEST", "caller")]
    assert sum(one["retired"] for one in found["minutes"]) == 2
    html, plain = shown(served)[1], shown(served, "/status.txt")[1]
    assert html.index("Still called.") < html.index("<section>")
    assert plain.startswith("Retired calls are still made")
    for said in ("report/1", "SHIM_BAD_REQUEST", *(one["field"] for one in found["fields"])):
        assert said in html
        assert said in plain
    assert plain.endswith("Codes of errors: https://atlas-shim.github.io/atlas-shim/reference/errors/\n")


@pytest.mark.parametrize("path", PAGES)
def test_no_id_query_or_credential_is_shown(served, path):
    """Anybody on this machine may read the pages."""
    assert SECRET not in shown(served, path)[1]


def test_nothing_is_loaded_or_run(served):
    """No script, no style but its own, no other file; the policy says so in the head too, and forbids frames."""
    head, content = shown(served)
    found = Page(content)
    assert not {"script", "link", "img", "iframe", "object", "form", "button"} & set(found.elements)
    assert not [one for one in found.attributes if one[1] in {"src", "style", "srcset"} or one[1][:2] == "on"]
    links = {value for _, name, value in found.attributes if name == "href"}
    assert links == {".", "status.json", "metrics", f"{SITE}reference/errors/"}
    (policy,) = (value for _, name, value in found.attributes if name == "content" and "default-src" in value)
    assert value_of(head, "Content-Security-Policy") == f"{policy}; frame-ancestors 'none'"


def test_the_status_has_the_shape_that_is_documented(some):
    """Every member of every value is there, and no other; programs hold on to it."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "status.md").read_text("utf-8")
    schema = json.loads(page.partition("```json\n")[2].partition("```")[0])
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in (schema, *schema["$defs"].values()):
        one["additionalProperties"] = False
    certificate, announced = Certificate("listener", some.made, 1, refused=False), announcement("x", some.made)
    for status in (some, attrs.evolve(some, certificates=(certificate,), announced=(announced,))):
        jsonschema.validate(json.loads(json.dumps(attrs.asdict(status))), schema)


@pytest.mark.parametrize("name", ["evil.example", "evil.example:{port}", "", "localhost.evil.example:{port}"])
@pytest.mark.parametrize("path", PAGES)
def test_another_name_is_refused(served, name, path):
    """A page in a browser whose own name was turned to loopback reads nothing (DNS rebinding)."""
    head, content = ask(admin(served), get(path, host=name.format(port=host(served).rpartition(":")[2])))
    assert status_of(head) in {400, 421}
    assert b"upstream" not in content


@pytest.mark.parametrize("name", ["localhost:9999", "10.1.2.3:8481", "[::1]:8481", "LOCALHOST"])
def test_an_address_is_no_name(served, name):
    """A forwarded port and a pod's address lead here without anybody's name."""
    assert status_of(ask(admin(served), get("/", host=name))[0]) == 200


def test_an_outage_has_its_cause_and_whose_it_is():
    """Upstream is gone: the pages are there, and say so."""
    with raw_upstream(lambda peer: None) as upstream:
        origin = upstream.origin
    with gateway(origin) as served:
        ask(served, get(PATH))
        (error,) = json.loads(shown(served, "/status.json")[1])["errors"]
        pages = [" ".join(shown(served, path)[1].split()) for path in ("/", "/status.txt")]
    assert (error["origin"], error["cause"], error["calls"]) == ("atlas", "connection_refused", 1)
    assert all("1 call failed in the last 5 minutes" in page for page in pages)


def test_the_next_sunsets_are_told_the_first_one_first():
    """As Atlas announces them in its replies, without anybody's names."""
    first, second = (reply(b"{}", f"Sunset: {day} 2027 00:00:00 GMT") for day in ("Thu, 1 Jul", "Mon, 1 Feb"))
    with replying(first, second) as upstream, gateway(upstream.origin) as served:
        for path in ("invites", "teams/orders"):
            ask(served, get(f"/api/atlas/v2/groups/0123456789abcdef01234567/{path}"))
        plain = shown(served, "/status.txt")[1]
    _, found, section = plain.partition("The next sunsets in your traffic")
    assert found, plain
    assert section.index("2027-02-01") < section.index("2027-07-01")
    assert ("GET /api/atlas/v2/groups/{}/teams/{}" in section, "orders" in section) == (True, False)


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_what_others_say_is_text(some, said):
    """Callers, problems of a reload, reasons: none makes an element or an attribute, or steers a terminal."""
    plain, found = Page(page(saying(some, "plain"))), Page(page(saying(some, said)))
    assert found.elements == plain.elements
    assert [one[:2] for one in found.attributes] == [one[:2] for one in plain.attributes]
    assert all(line.isprintable() for line in text(saying(some, said)).split("\n"))


@pytest.mark.parametrize("said", ["word " * 100, "w" * 300, ""])
def test_the_text_fits_a_terminal(some, said):
    """Whatever callers are called."""
    assert max(map(len, text(saying(some, said)).splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ready": False}, "takes no calls"),
        ({"reload": Reload("refused", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", ("route: no",))}, "route: no"),
        ({"reload": Reload("good", "2026-06-01T00:00:00Z", waiting=("listen",))}, "wait for a restart: listen"),
        ({"certificates": (Certificate("listener", "2026-06-03T00:00:00Z", 2, refused=False),)}, "expires in 2 days"),
        (
            {"certificates": (Certificate("upstream", "2026-06-03T00:00:00Z", -1, refused=False),)},
            "Atlas is shown has expired",
        ),
        ({"certificates": (Certificate("listener", "2026-06-03T00:00:00Z", 90, refused=True),)}, "are of no use"),
    ],
)
def test_what_needs_somebody_is_said_first(some, change, said):
    """Before all sections, where it is seen at once."""
    changed = attrs.evolve(some, **change)
    html, plain = page(changed), text(changed)
    assert said in html
    assert said in " ".join(plain.split())
    assert 'class="verdict called"><strong>Look here.' in html.partition("<section>")[0]
    assert plain.index("\n  ! ") < plain.index("\n\n")


def test_every_operation_has_a_route_in_force_and_a_reason(some):
    """Whatever the documents have."""
    assert {one.operation for one in some.routes} == {one.id for one in load_engine({}).operations}
    assert all(one.first and one.reason for one in some.routes)


def test_an_empty_gateway_has_pages(some):
    """Nothing called yet, nothing wrong."""
    bare = attrs.evolve(some, hour=(), callers=(), fields=(), errors=(), certificates=())
    assert Page(page(bare)).texts["p"].count("None.") == 4
    assert "Callers" not in text(bare)


def test_the_certificate_in_use_is_shown(tmp_path):
    """With the days that are left of it."""
    leaf = trustme.CA().issue_cert("localhost")
    leaf.private_key_and_cert_chain_pem.write_to_path(tmp_path / "cert.pem")
    with gateway("http://127.0.0.1:1", tls_cert=str(tmp_path / "cert.pem")) as served:
        found = json.loads(shown(served, "/status.json")[1])
    (certificate,) = found["certificates"]
    assert (certificate["side"], certificate["refused"], certificate["days_left"] > 1000) == ("listener", False, True)
    assert found["mode"]["listens"].startswith("https://")


def test_an_inventory_that_is_on_is_looked_at(tmp_path):
    """What it says of the time before the start counts."""
    path = tmp_path / "calls.jsonl"
    path.write_text('{"time":"2026-01-01T00:00:00Z","started":"gateway"}\n')
    environ = {"ATLAS_SHIM_INVENTORY": str(path)}
    with serve_in_thread(Options(listen=LOOPBACK, admin=LOOPBACK), environ=environ) as served:
        found = json.loads(shown(served, "/status.json")[1])
    assert found["mode"]["inventory"]
    assert (found["silence"]["since"], found["silence"]["word"]) == ("2026-01-01T00:00:00Z", "quiet")


def test_calls_that_atlas_answers_until_a_later_day_do_not_keep_the_shim():
    """By the override in force, through the gateway: no retired call is made, and it is said what ends when."""
    later = {"clusters": datetime(2999, 7, 1, tzinfo=UTC)}
    call = get(f"/api/atlas/v2/groups/{DEMO_GROUP}/clusters", "Accept: application/vnd.atlas.2023-02-01+json")
    with replying(reply(b'{"results":[]}')) as upstream, gateway(upstream.origin, sunset=later) as served:
        ask(served, call)
        ask(served, call)
        found = json.loads(shown(served, "/status.json")[1])
        page = shown(served)[1]
    assert (found["silence"]["word"], found["silence"]["last"]) == ("unproven", None)
    (said,) = found["silence"]["ahead"]
    assert said.startswith("Calls that end on 2999-07-01 are made: listClusters 2 times, last ")
    assert said in page
