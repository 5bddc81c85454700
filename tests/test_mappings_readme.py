"""The examples in ``mappings/README.md`` load, and do as the text says."""

import re
from pathlib import Path
from typing import Any

import pytest

from shim.core.recognize import load_engine
from shim.core.settings import RouteWord, Settings
from tests.core.driver import answers, drive, refuses
from tests.core.small import START, operation, read, successor, text_of

README = (Path(__file__).parents[1] / "mappings" / "README.md").read_text()
BLOCKS = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
(
    WIDGETS, SAME, API, ERRORS, REFUSED, BEFORE, QUERY, BLANK, MOVED, ORDER, REFUSE, OBJECTS, LENS, LATE, NESTED,
    OVERRIDE,
) = BLOCKS  # fmt: skip

GROUP = "/api/atlas/v2/groups/a"
READ = START + operation(
    "getMore", "GET", "/groups/{groupId}/more", 'resource = "machine"'
)
READ += successor("getMore", "/api/atlas/v2/groups/{groupId}/newer", "tier.successor")
ORDERING = f"""
{WIDGETS}
[operation.orderWidget]
method = "POST"
path = "/groups/{{groupId}}/widgets"
resource = "widget"
{ORDER}
"""


def ask(engine, target, *documents, **more):
    """Run a call by the flex route; the reply to each call is a document, or the result of ``answers``."""
    replies = [one if isinstance(one, tuple) else answers(one) for one in documents]
    settings = Settings(route=RouteWord.FLEX)
    return drive(engine, GROUP + target, replies, settings=settings, **more)


def test_the_invented_api_is_served():
    """The first example creates a list of widgets from two pages of gadgets, newest first."""
    gadgets = [
        {
            "title": "old",
            "history": {"started": "2026-01-01T00:00:00Z"},
            "status": "OK",
            "widthMm": 3,
        },
        {
            "title": "new",
            "history": {"planned": "2026-02-01T00:00:00Z"},
            "status": "FAILED",
            "widthMm": 4,
        },
    ]
    first = {"results": gadgets[:1], "links": [{"rel": "next", "href": "…"}]}
    driven = ask(
        read(WIDGETS), "/widgets", first, {"results": gadgets[1:], "links": [{}]}
    )
    assert [send.call.path for send in driven.sends] == [f"{GROUP}/gadgets"] * 2
    assert driven.document["results"] == [
        {
            "name": "new",
            "madeAt": "2026-02-01T00:00:00Z",
            "state": "broken",
            "size": {"width": 4},
        },
        {
            "name": "old",
            "madeAt": "2026-01-01T00:00:00Z",
            "state": "ready",
            "size": {"width": 3},
        },
    ]


def test_the_version_alone_may_change():
    """Target, body and reply are unchanged. A call without a version is not covered."""
    engine = read(SAME)
    body = b'{ "name": null }'
    gadget = {"name": "a", "new": [1]}
    headers = (("Accept", "application/vnd.atlas.2026-01-01+json"),)
    driven = ask(
        engine, "/gadgets/a", gadget, method="PATCH", headers=headers, body=body
    )
    (send,) = driven.sends
    assert send.call.target == f"{GROUP}/gadgets/a"
    assert send.call.body == body
    assert driven.document == gadget
    assert ("Accept", "application/vnd.atlas.2026-06-01+json") in send.call.headers
    assert engine.recognize("POST", f"{GROUP}/gadgets", headers) is not None
    assert engine.recognize("POST", f"{GROUP}/gadgets", ()) is None


def test_an_api_can_have_another_base_path():
    """With the second example's table the calls are recognized under their own base paths."""
    engine = read(WIDGETS.replace("[operation", API + "\n[operation", 1))
    assert engine.recognize("GET", "/api/widgets/v1/groups/a/widgets", ()) is not None
    assert engine.recognize("GET", f"{GROUP}/widgets", ()) is None


def test_a_word_of_the_body_selects_the_call():
    """A plain order is sent with a translated body, and its reply is translated."""
    engine = read(f'{ORDERING}\n[resource.widget.late]\ntype = "boolean"\n{LATE}')
    answer = {
        "title": "x",
        "status": "PLANNED",
        "history": {"planned": "2020-01-01T00:00:00Z"},
    }
    driven = ask(
        engine, "/widgets", answer, method="POST", body=b'{"kind": "plain", "count": 2}'
    )
    assert [send.call.body for send in driven.sends] == [b'{"amount":2}']
    assert driven.document["late"] is True


@pytest.mark.parametrize(
    ("body", "code", "parameters"),
    [
        (b'{"kind": "gold"}', "NO_GOLD", []),
        (b'{"kind": "plain", "count": 0}', "NO_NOTHING", ["count"]),
    ],
)
def test_a_refused_order_is_never_sent(body, code, parameters):
    """An order of gold, and one of no widgets, is a 400.

    The latter's error names the member.
    """
    driven = ask(read(ORDERING + REFUSE), "/widgets", method="POST", body=body)
    assert driven.sends == ()
    assert driven.document["errorCode"] == code
    assert driven.document["parameters"] == parameters


def test_a_read_that_went_blank_uses_its_successor():
    """From that day on flex is requested first, and its error has the legacy word."""
    driven = ask(
        read(WIDGETS + BLANK),
        "/widgets/w",
        answers({"errorCode": "GADGET_NOT_FOUND"}, 404),
    )
    assert [send.call.path for send in driven.sends] == [f"{GROUP}/gadgets/w"]
    assert driven.document["errorCode"] == "WIDGET_NOT_FOUND"


def test_an_error_is_returned_in_legacy_terms():
    """It is recognized by its code, and its text names the group."""
    engine = read(f"{WIDGETS}\n{ERRORS}")
    gone = {"errorCode": "GADGET_ARCHIVED", "detail": "Gone.", "error": 410}
    driven = ask(engine, "/widgets", answers(gone, 410))
    assert driven.reply.status == driven.document["error"] == 404
    assert driven.document["errorCode"] == "WIDGET_NOT_FOUND"
    assert driven.document["reason"] == "Not Found"
    assert driven.document["detail"] == "No widgets exist in group a."


def test_a_success_may_stand_for_an_error():
    """It does if the reply fulfills a condition."""
    engine = read(f"{WIDGETS}\n{REFUSED}")
    assert ask(engine, "/widgets", {"results": []}).reply.status == 200
    assert (
        ask(engine, "/widgets", {"results": [], "state": "EMPTY"}).document["errorCode"]
        == "WIDGET_NOT_FOUND"
    )


def test_preparatory_calls_come_first():
    """A lookup gives the values for a path and a body, or refuses.

    Writes are sent one by one.
    """
    engine = read(f"{WIDGETS}\n{BEFORE}")
    gadget = {"id": "7", "frozen": False, "label": "b", "title": "w"}
    more = {"method": "PATCH", "body": b"{}"}
    driven = ask(engine, "/widgets/w", {"results": [gadget]}, gadget, **more)
    assert driven.targets == (f"{GROUP}/gadgets?name=w", f"{GROUP}/gadgets/7")
    assert driven.sends[1].call.body == b'{"label":"b"}'
    assert driven.document["name"] == "w"
    for found in ([], [{**gadget, "frozen": True}]):
        driven = ask(engine, "/widgets/w", {"results": found}, **more)
        assert len(driven.sends) == 1
        assert driven.document["errorCode"] == "WIDGET_NOT_FOUND"
    driven = ask(engine, "/widgets/w", {"results": [gadget, gadget]}, **more)
    assert len(driven.sends) == 1
    assert driven.document["errorCode"] == "SHIM_SEVERAL_FOUND"
    assert "Rename it by its id" in driven.document["detail"]
    more = {"method": "PUT", "body": b'{"wheels": ["a", "b"]}'}
    driven = ask(
        engine, "/widgets/w/wheels", {"wheels": ["b", "c"]}, {}, {}, gadget, **more
    )
    gadgets = f"{GROUP}/gadgets/w"
    assert driven.targets == (
        gadgets,
        f"{gadgets}:addWheel",
        f"{gadgets}:removeWheel",
        gadgets,
    )
    assert [send.call.body for send in driven.sends[1:3]] == [
        b'{"wheel":"a"}',
        b'{"wheel":"c"}',
    ]


def test_parameters_use_the_successors_words():
    """They are translated, dropped or filled in.

    An unknown word is a 400 before anything is sent.
    """
    engine = read(f"{WIDGETS}\n{QUERY}")
    own = "includeCount=true&itemsPerPage=500&pageNum=1"
    driven = ask(
        engine, "/widgets?state=broken&verbose=true&color=red", {"results": []}
    )
    assert driven.sends[0].call.query == f"state=FAILED&color=red&{own}"
    assert (
        "the parameter verbose was not passed on: Gadgets always include all details."
        in driven.outcome.record.notes
    )
    assert (
        ask(engine, "/widgets", {"results": []}).sends[0].call.query
        == f"state=OK&{own}"
    )
    driven = ask(engine, "/widgets?state=blue")
    assert driven.sends == ()
    assert driven.document["errorCode"] == "INVALID_QUERY_PARAMETER"


def test_objects_in_a_field_are_translated():
    """They are grouped with a count, by name, and with every unknown member."""
    machine = {
        "color": "red",
        "secret": "s",
        "owner": {"key": "k", "name": "n"},
        "wheels": [{"axle": "front"}, {"axle": "front"}, {"axle": "back"}],
        "motors": [{"name": "left", "power": 3000}],
        "left": {"size": 1, "fingers": ["a", "b"]},
        "others": [{"size": 2, "fingers": ["c"]}],
    }
    assert ask(read(READ + NESTED), "/more", machine).document == {
        "color": "red",
        "owner": {"name": "n"},
        "wheels": [{"axle": "front", "number": 2}, {"axle": "back", "number": 1}],
        "motors": {"left": {"watts": 3000}},
        "fingers": [
            {"name": "a", "size": 1},
            {"name": "b", "size": 1},
            {"name": "c", "size": 2},
        ],
    }


def test_an_override_replaces_one_rule_and_is_reported_as_such(tmp_path):
    """The last example changes the source of createdAt, and the report names its file."""
    snapshot = {
        "id": "a",
        "finishTime": "2026-01-02T00:00:00Z",
        "startTime": "2026-01-01T00:00:00Z",
    }
    (tmp_path / "ours.toml").write_text(OVERRIDE)
    engine = load_engine({"ATLAS_SHIM_MAPPINGS": str(tmp_path)})
    driven = ask(engine, "/serverless/b/backup/snapshots/c", snapshot)
    assert driven.document["createdAt"] == "2026-01-02T00:00:00Z"
    owners = {report.name: report.owner for report in driven.outcome.record.fields}
    assert owners["createdAt"] == "ours.toml"
    assert owners["expiresAt"].endswith("snapshots.toml")


def test_moved_objects_are_served_if_their_switch_is_on():
    """This covers one error code, a list, and one size.

    With the switch off, the shim leaves the calls alone.
    """
    text = f'format = 1\nname = "toys"\n{MOVED}'
    engine = read(text, ("small-toys",), ("small-toys",))
    small = {"title": "a"}
    page = {"results": [{"name": "b"}], "totalCount": 1}
    assert ask(engine, "/toys/a", refuses(400, "TOY_IS_SMALL"), small).document == {
        "name": "a",
        "size": "S",
    }
    both = [{"name": "b"}, {"name": "a", "size": "S"}]
    assert (
        ask(engine, "/toys", {"results": [small], "totalCount": 1}, page).document[
            "results"
        ]
        == both
    )
    made = ask(
        engine, "/toys", small, method="POST", body=b'{"name": "a", "size": "S"}'
    )
    assert [(send.call.target, send.call.body) for send in made.sends] == [
        (f"{GROUP}/smallToys", b'{"title":"a"}')
    ]
    assert ask(engine, "/toys", small, method="POST", body=b'{"size": "L"}').passed
    assert read(text).recognize("GET", f"{GROUP}/toys/a", ()) is None


def test_objects_in_a_body_are_described():
    """Undeclared members are refused with their place.

    Ids that a caller sends back are not sent.
    """
    engine = read(f"{text_of('machines')}\n{OBJECTS}\n{LENS}")
    target = "/api/atlas/v2/machines"
    headers = (("Accept", "application/vnd.atlas.2023-01-01+json"),)
    settings = Settings(route=RouteWord.SUCCESSOR)
    more: dict[str, Any] = {"method": "POST", "headers": headers, "settings": settings}
    body: dict[str, Any] = {
        "machines": [{"id": "1", "name": None, "wheels": {"left": {"size": 3}}}]
    }
    driven = drive(engine, target, [answers({})], body=body, **more)
    assert driven.sends[0].call.body == b'{"machines":[{"wheels":{"left":{"size":3}}}]}'
    body["machines"][0]["wheels"]["left"]["color"] = "red"
    refused = drive(engine, target, [], body=body, **more)
    assert refused.document["parameters"] == ["machines[0].wheels.left.color"]


def test_a_body_is_merged_into_the_existing_object():
    """Members that the body lacks stay unchanged, and existing items keep their ids."""
    engine = read(f"{text_of('machines')}\n{OBJECTS}\n{LENS}")
    target = "/api/atlas/v2/machines/m"
    headers = (("Accept", "application/vnd.atlas.2023-01-01+json"),)
    settings = Settings(route=RouteWord.SUCCESSOR, writes=frozenset({"machines"}))
    box = {
        "machines": [{"id": "1", "zoneId": "z", "name": "a", "size": 3, "color": "red"}]
    }
    replies = [answers(box), answers(box), answers(box)]
    driven = drive(
        engine,
        target,
        replies,
        method="PATCH",
        body={"size": 5},
        headers=headers,
        settings=settings,
    )
    assert [send.call.method for send in driven.sends] == ["GET", "GET", "PATCH"]
    assert (
        driven.sends[2].call.body
        == b'{"machines":[{"color":"red","id":"1","name":"a","size":5}]}'
    )
