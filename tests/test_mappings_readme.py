"""The examples in ``mappings/README.md`` are documents that load, and do what the text says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shim.core.commands import Send
from shim.core.context import Context
from shim.core.exchange import exchange
from shim.core.memory import Memory
from shim.core.messages import Call, Reply
from shim.core.recognise import Engine, load_engine
from shim.core.settings import RouteWord, Settings

README = (Path(__file__).parents[1] / "mappings" / "README.md").read_text()
BLOCKS = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
WIDGETS, API, ERRORS, QUERY, FIND, BLANK, ORDER, REFUSE, LATE, NESTED, BARE, OVERRIDE = BLOCKS

HEAD = """
format = 1
name = "more"
"""

READ = """
[operation.getMore]
method = "GET"
path = "/groups/{groupId}/more"
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2027-01-01

[operation.getMore.tier.successor]
path = "/api/atlas/v2/groups/{groupId}/newer"
version = "2026-06-01"
"""

ORDER_HEAD = """
[operation.orderWidget]
method = "POST"
path = "/groups/{groupId}/widgets"
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2027-01-01
resource = "widget"
"""


def engine_of(tmp_path: Path, **files: str) -> Engine:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return load_engine({"ATLAS_SHIM_MAPPINGS": str(tmp_path)})


def serve(engine, method, target, answers, body=None):
    """Run a call by the flex route, answered from a list of (status, document)."""
    match = engine.recognise(method, target, ())
    assert match is not None
    settings = Settings(route=RouteWord.FLEX)
    context = Context(settings=settings, memory=Memory(), clock=lambda: 1.8e9, base="http://shim")
    steps = exchange(match, Call(method, "https://atlas", target, (), body), context)
    sent, replies = [], iter(answers)
    try:
        step = next(steps)
        while True:
            if isinstance(step, Send):
                sent.append(step.call)
                status, document = next(replies)
                step = steps.send(Reply(status))
            else:
                step = steps.send(Reply(status, (), json.dumps(document).encode()))
    except StopIteration as stop:
        return stop.value, sent


def test_the_invented_api_is_served(tmp_path):
    """The first example answers a list of widgets from two pages of gadgets, newest first."""
    engine = engine_of(tmp_path, widgets=WIDGETS)
    gadgets = [
        {"title": "old", "history": {"started": "2026-01-01T00:00:00Z"}, "status": "OK", "widthMm": 3},
        {"title": "new", "history": {"planned": "2026-02-01T00:00:00Z"}, "status": "FAILED", "widthMm": 4},
    ]
    more = [{"rel": "next", "href": "…"}]
    answers = [(200, {"results": gadgets[:1], "links": more}), (200, {"results": gadgets[1:], "links": [{}]})]
    outcome, sent = serve(engine, "GET", "/api/atlas/v2/groups/a/widgets", answers)
    assert [call.path for call in sent] == ["/api/atlas/v2/groups/a/gadgets"] * 2
    assert json.loads(outcome.reply.body)["results"] == [
        {"name": "new", "madeAt": "2026-02-01T00:00:00Z", "state": "broken", "size": {"width": 4}},
        {"name": "old", "madeAt": "2026-01-01T00:00:00Z", "state": "ready", "size": {"width": 3}},
    ]


def test_an_api_can_live_elsewhere(tmp_path):
    """With the second example's table the calls are recognised under their own base paths."""
    engine = engine_of(tmp_path, widgets=WIDGETS.replace("[operation", API + "\n[operation", 1))
    assert engine.recognise("GET", "/api/widgets/v1/groups/a/widgets", ()) is not None
    assert engine.recognise("GET", "/api/atlas/v2/groups/a/widgets", ()) is None


@pytest.fixture
def ordering(tmp_path):
    late = '[resource.widget.late]\ntype = "boolean"\n' + LATE
    return engine_of(tmp_path, widgets=f"{WIDGETS}\n{ORDER_HEAD}\n{ORDER}\n{late}")


def test_a_word_of_the_body_chooses_the_call(ordering):
    """A plain order is sent on with its body rewritten, and its answer translated."""
    answer = {"title": "x", "status": "PLANNED", "history": {"planned": "2020-01-01T00:00:00Z"}}
    body = b'{"kind": "plain", "count": 2}'
    outcome, sent = serve(ordering, "POST", "/api/atlas/v2/groups/a/widgets", [(200, answer)], body)
    assert [call.body for call in sent] == [b'{"amount":2}']
    assert json.loads(outcome.reply.body)["late"] is True


def test_a_refused_word_is_never_sent(ordering):
    """A golden order is a 400 before anything is sent."""
    outcome, sent = serve(ordering, "POST", "/api/atlas/v2/groups/a/widgets", [], b'{"kind": "gold"}')
    assert sent == []
    assert json.loads(outcome.reply.body)["errorCode"] == "NO_GOLD"


def test_a_refused_value_is_never_sent(tmp_path):
    """An order of nothing is a 400 that names the member."""
    engine = engine_of(tmp_path, widgets=WIDGETS + ORDER_HEAD + ORDER + REFUSE)
    outcome, sent = serve(engine, "POST", "/api/atlas/v2/groups/a/widgets", [], b'{"kind": "plain", "count": 0}')
    assert sent == []
    told = json.loads(outcome.reply.body)
    assert (told["errorCode"], told["parameters"]) == ("NO_NOTHING", ["count"])


def test_a_read_that_went_blank_is_answered_by_its_successor(tmp_path):
    """From that day on flex is asked first, and its error has the legacy word."""
    engine = engine_of(tmp_path, widgets=WIDGETS + BLANK)
    target = "/api/atlas/v2/groups/a/widgets/w"
    outcome, sent = serve(engine, "GET", target, [(404, {"errorCode": "GADGET_NOT_FOUND"})])
    assert [call.path for call in sent] == ["/api/atlas/v2/groups/a/gadgets/w"]
    assert json.loads(outcome.reply.body)["errorCode"] == "WIDGET_NOT_FOUND"


def test_an_error_is_told_in_legacy_terms(tmp_path):
    """By its code, or by its status alone, with a text that names the group."""
    engine = engine_of(tmp_path, widgets=f"{WIDGETS}\n{ERRORS}")
    target = "/api/atlas/v2/groups/a/widgets"
    outcome, _ = serve(
        engine, "GET", target, [(410, {"errorCode": "GADGET_ARCHIVED", "detail": "Gone.", "error": 410})]
    )
    told = json.loads(outcome.reply.body)
    assert outcome.reply.status == told["error"] == 404
    assert (told["errorCode"], told["reason"]) == ("WIDGET_NOT_FOUND", "Not Found")
    assert told["detail"] == "No widgets exist in group a."
    outcome, _ = serve(engine, "GET", target, [(423, {"errorCode": "LOCKED", "error": 423})])
    assert (outcome.reply.status, json.loads(outcome.reply.body)["errorCode"]) == (409, "LOCKED")


def test_parameters_are_told_in_the_successors_words(tmp_path):
    """Renamed, translated, dropped and given by default; an unknown word is a 400 before anything is sent."""
    engine = engine_of(tmp_path, widgets=f"{WIDGETS}\n{QUERY}")
    target = "/api/atlas/v2/groups/a/widgets"
    empty: tuple[int, Any] = (200, {"results": []})
    own = "includeCount=true&itemsPerPage=500&pageNum=1"
    outcome, sent = serve(engine, "GET", f"{target}?state=broken&verbose=true&colour=red", [empty])
    assert sent[0].query == f"status=FAILED&colour=red&{own}"
    assert "the parameter verbose was not sent on: Gadgets say all there is." in outcome.record.notes
    assert serve(engine, "GET", target, [empty])[1][0].query == f"status=OK&{own}"
    outcome, sent = serve(engine, "GET", f"{target}?state=blue", [])
    assert (sent, json.loads(outcome.reply.body)["errorCode"]) == ([], "INVALID_QUERY_PARAMETER")


def test_a_parameter_chooses_the_call(tmp_path):
    """The answer is a bare list, made of a page or of a bare list."""
    engine = engine_of(tmp_path, widgets=f"{WIDGETS}\n{FIND}")
    target, gadget = "/api/atlas/v2/groups/a/widgets:find", {"title": "x"}
    outcome, sent = serve(engine, "GET", f"{target}?kind=gold", [(200, [gadget])])
    assert (sent[0].target, json.loads(outcome.reply.body)) == (
        "/api/atlas/v2/groups/a/goldenGadgets",
        [{"name": "x"}],
    )
    outcome, sent = serve(engine, "GET", target, [(200, {"results": [gadget], "totalCount": 1})])
    assert (sent[0].path, json.loads(outcome.reply.body)) == ("/api/atlas/v2/groups/a/gadgets", [{"name": "x"}])
    outcome, sent = serve(engine, "GET", f"{target}?kind=tin", [])
    assert (sent, outcome.reply.status) == ([], 400)


def test_objects_in_a_field_are_translated(tmp_path):
    """Grouped with a count, by name, and with all that is not known."""
    document = READ.replace("sunset =", 'resource = "machine"\nsunset =')
    engine = engine_of(tmp_path, more=f"{HEAD}\n{document}\n{NESTED}")
    machine = {
        "colour": "red",
        "secret": "s",
        "owner": {"key": "k", "name": "n"},
        "wheels": [{"axle": "front"}, {"axle": "front"}, {"axle": "back"}],
        "motors": [{"name": "left", "kilowatts": 3}],
    }
    outcome, _ = serve(engine, "GET", "/api/atlas/v2/groups/a/more", [(200, machine)])
    assert json.loads(outcome.reply.body) == {
        "colour": "red",
        "owner": {"name": "n"},
        "wheels": [{"axle": "front", "number": 2}, {"axle": "back", "number": 1}],
        "motors": {"left": {"watts": 3000}},
    }


def test_an_answer_is_a_bare_value(tmp_path):
    """The value of the one field stands alone."""
    document = READ.replace("sunset =", 'resource = "flag"\nsunset =')
    engine = engine_of(tmp_path, more=f"{HEAD}\n{document}\n{BARE}")
    outcome, _ = serve(engine, "GET", "/api/atlas/v2/groups/a/more", [(200, {"state": "ON"})])
    assert outcome.reply.body == b"true"


def test_an_override_replaces_one_rule_and_shows_as_the_operators(tmp_path):
    """The last example changes where createdAt comes from, and the report names its file."""
    engine = engine_of(tmp_path, ours=OVERRIDE)
    snapshot = {"id": "a", "finishTime": "2026-01-02T00:00:00Z", "startTime": "2026-01-01T00:00:00Z"}
    target = "/api/atlas/v2/groups/a/serverless/b/backup/snapshots/c"
    outcome, _ = serve(engine, "GET", target, [(200, snapshot)])
    assert json.loads(outcome.reply.body)["createdAt"] == "2026-01-02T00:00:00Z"
    owners = {report.name: report.owner for report in outcome.record.fields}
    assert owners["createdAt"] == "ours.toml"
    assert owners["expiresAt"].endswith("snapshots.toml")
