"""The page for people and ``/status.json`` on the admin listener, of a gateway that has seen calls."""

import json
from pathlib import Path

import attrs
import jsonschema
import pytest

from shim.core.recognise import load_engine
from shim.core.responses import section_of
from shim.gateway.board.html import page
from shim.gateway.board.reading import read_status
from shim.gateway.board.status import Announced, Caller, Certificate, Error, Reload, Status
from shim.gateway.board.time_line import time_line
from tests.gateway.test_admin import admin
from tests.gateway.test_signing import PATH
from tests.peers.pages import HOSTILE, Page
from tests.peers.raw import raw_upstream, reply, replying
from tests.peers.served import ask, gateway, get, status_of, value_of

SECRET = "6510aa1b2c3d4e5f60718293"


def host(served):
    return admin(served).url.removeprefix("http://")


def shown(served, path="/"):
    """Return a page's head and its content as text."""
    head, content = ask(admin(served), get(path, host=host(served)))
    assert status_of(head) == 200, content
    return head, content.decode()


@pytest.fixture(scope="module")
def seen():
    """Return page and status of a gateway that was asked for a few things, retired ones and others."""
    with replying(reply(b'{"results":[]}')) as upstream, gateway(upstream.origin) as served:
        for agent in ("report/1", "<script>alert(1)</script>"):
            ask(served, get(PATH, f"User-Agent: {agent}", f"Authorization: Bearer {SECRET}"))
        ask(served, get(f"/x/{SECRET}?envelope=true&name={SECRET}"))
        ask(served, get(f"/x/../{SECRET}"))
        head, text = shown(served)
        status = read_status(json.loads(shown(served, "/status.json")[1]))
        return head, text, status


def announcement(said, when):
    texts = dict.fromkeys(("method", "path", "version", "link"), said)
    instants = dict.fromkeys(("sunset", "deprecation", "first", "last"), when)
    return Announced(**texts, **instants, days_left=1, deprecated=True, calls=1, callers=(said,))


@pytest.fixture
def some(seen):
    """Return a status to change."""
    return seen[2]


def test_what_was_called_is_on_the_page(seen):
    """Operations, callers, fields and errors, each with a count, and the verdict before all."""
    _, text, status = seen
    found = Page(text)
    assert text.index("Still called.") < text.index("<section>")
    calls = {one.operation: (one.calls, dict(one.routes)) for one in status.hour}
    assert calls == {"listServerlessBackupSnapshots": (2, {"flex": 2}), "other": (2, {"pass": 2})}
    assert {one.field for one in status.fields} <= set(found.texts["code"])
    assert [(one.operation, one.code, one.origin) for one in status.errors] == [("other", "SHIM_BAD_REQUEST", "caller")]
    assert sum(one.retired for one in status.minutes) == 2


def test_no_id_query_or_credential_is_shown(seen):
    """Neither on the page nor in the JSON, which anybody on this machine may read."""
    _, text, status = seen
    assert SECRET not in text
    assert SECRET not in json.dumps(attrs.asdict(status))


def test_nothing_is_loaded_or_run(seen):
    """No script, no style but its own, no other file; the policy says so in the head too, and forbids frames."""
    head, text, _ = seen
    found = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "form", "button"} & set(found.elements)
    assert not [one for one in found.attributes if one[1] in {"src", "style", "srcset"} or one[1][:2] == "on"]
    links = {value for _, name, value in found.attributes if name == "href"}
    assert links == {".", "status.json", "metrics", section_of("SHIM_BAD_REQUEST")}  # what the error means
    (policy,) = (value for _, name, value in found.attributes if name == "content" and "default-src" in value)
    assert value_of(head, "Content-Security-Policy") == f"{policy}; frame-ancestors 'none'"


def test_the_status_has_the_shape_that_is_documented(seen):
    """Every member of every value is there, and no other; programs hold on to it."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "status.md").read_text("utf-8")
    schema = json.loads(page.partition("```json\n")[2].partition("```")[0])
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in (schema, *schema["$defs"].values()):
        one["additionalProperties"] = False
    certificate, announced = Certificate("listener", seen[2].made, 1, refused=False), announcement("x", seen[2].made)
    full = attrs.evolve(seen[2], certificates=(certificate,), announced=(announced,))
    for status in (seen[2], full):
        jsonschema.validate(json.loads(json.dumps(attrs.asdict(status))), schema)


@pytest.mark.parametrize("name", ["evil.example", "evil.example:{port}", "", "localhost.evil.example:{port}"])
@pytest.mark.parametrize("path", ["/", "/status.json"])
def test_another_name_is_refused(name, path):
    """A page in a browser whose own name was turned to loopback reads nothing (DNS rebinding)."""
    with gateway("http://127.0.0.1:1") as served:
        named = name.format(port=host(served).rpartition(":")[2])
        head, content = ask(admin(served), get(path, host=named))
    assert status_of(head) in {400, 421}
    assert b"upstream" not in content


@pytest.mark.parametrize("name", ["localhost:9999", "10.1.2.3:8481", "[::1]:8481", "LOCALHOST"])
def test_an_address_is_no_name(name):
    """A forwarded port and a pod's address lead here without anybody's name."""
    with gateway("http://127.0.0.1:1") as served:
        assert status_of(ask(admin(served), get("/", host=name))[0]) == 200


def test_an_outage_has_its_cause_and_whose_it_is():
    """Upstream is gone: the page is there, and says so."""
    with raw_upstream(lambda peer: None) as upstream:
        origin = upstream.origin
    with gateway(origin) as served:
        ask(served, get(PATH))
        status = read_status(json.loads(shown(served, "/status.json")[1]))
        text = shown(served)[1]
    assert [(one.origin, one.cause, one.calls) for one in status.errors] == [("atlas", "connection_refused", 1)]
    assert "1 call failed in the last 5 minutes" in text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_others_say_is_text(some, text):
    """Callers, problems of a reload, reasons: none makes an element or an attribute of its own."""

    def of(said):
        return attrs.evolve(
            some,
            callers=(Caller(said, said, 1, 1, some.made),),
            errors=(Error("atlas", said, said, 500, said, 1, some.made, some.made),),
            reload=Reload("refused", some.made, some.made, (said,), (said,), (said,)),
            silence=attrs.evolve(some.silence, sentence=said, doubts=(said,)),
            announced=(announcement(said, some.made),),
        )

    plain, found = Page(page(of("plain"))), Page(page(of(text)))
    assert found.elements == plain.elements
    assert [one[:2] for one in found.attributes] == [one[:2] for one in plain.attributes]


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
    text = page(attrs.evolve(some, **change))
    assert said in text
    assert 'class="verdict called"><strong>Look here.' in text.partition("<section>")[0]


def test_the_time_line_says_in_words_what_it_shows(some):
    """Each sunset with its distance from today, for whoever can't see it."""
    (label,) = (value for tag, name, value in Page(time_line(some.sunsets)).attributes if name == "aria-label")
    for sunset in some.sunsets:
        assert sunset.sunset[:10] in label
        assert sunset.title in label


def test_every_operation_has_a_route_in_force_and_a_reason(some):
    """Whatever the documents have."""
    assert {one.operation for one in some.routes} == {one.id for one in load_engine({}).operations}
    assert all(one.first and one.reason for one in some.routes)


def test_a_status_is_read_back_as_it_was(some):
    """And a member that a newer gateway has is no mistake."""
    value = json.loads(json.dumps(attrs.asdict(some)))
    assert read_status({**value, "newer": 1}) == some


@pytest.mark.parametrize("value", [[], {}, {"format": 2}, {"format": 1}, {"format": 1, "mode": 3}])
def test_what_is_no_status_is_refused(value):
    """A ValueError, which the command makes a line of."""
    with pytest.raises(ValueError, match=r"status|format"):
        read_status(value)


def test_an_empty_gateway_has_a_page(some):
    """Nothing called yet, nothing wrong."""
    bare: Status = attrs.evolve(some, hour=(), callers=(), fields=(), errors=(), certificates=())
    assert Page(page(bare)).texts["p"].count("None.") == 3
