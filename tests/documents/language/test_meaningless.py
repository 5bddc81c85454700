"""What a document can say that would silently mean nothing: each is told with its key, and nothing else is."""

import copy
import datetime as dt
import tomllib

import pytest

from tests.documents.conftest import APIS
from tests.documents.language.sound import parsed

HARBOURS = tomllib.loads((APIS / "harbours.toml").read_text("utf-8"))
NEW = "tier.successor"
ORDER = "operation.orderShip.request"
SAIL = f"operation.orderShip.{NEW}.choose.sail"
LISTED = f"operation.listHarbours.{NEW}"
GOT = f"operation.getHarbour.{NEW}"


def told(changes):
    """Return what is wrong with the harbours after changes by key path; None takes a key away."""
    data = copy.deepcopy(HARBOURS)
    for path, value in changes.items():
        inner, (*outer, last) = data, path.split("/")[0].split(".") + path.split("/")[1:]
        for key in outer:
            inner = inner.setdefault(key, {})
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return parsed(data)[1]


def when(*conditions):
    """Return rules with these conditions, and a last one without."""
    rule = {"absent": True, "why": "x"}
    return [*({"when": {"source": "a", **one}, **rule} for one in conditions), rule]


LIT = f"resource.harbour.lit.{NEW}"
LINKS = f"resource.harbour.links.{NEW}"


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"operation.listHarbours.order": ["name", "-name"]}, "operation.listHarbours.order", "can't both apply"),
        ({f"{LISTED}.query/": {"default": "x"}}, f'{LISTED}.query.""', "not the name of a parameter"),
        ({f"{GOT}.errors.200": "X"}, f"{GOT}.errors.200", "say by when"),
        ({f"{GOT}.method": "POST"}, f"{GOT}.method", "a read stays a read"),
        ({f"{SAIL}.method": "GET"}, f"{SAIL}.method", "a write a write"),
        ({f"{GOT}.version": "2025-01-01"}, f"{GOT}.path", "the legacy call itself"),
        ({f"{ORDER}.ignored": ["hull.beamMm"]}, f"{ORDER}.ignored", "would never be read"),
        ({f"{ORDER}.members.kind": "integer"}, f"{ORDER}.choose", "of type string"),
        ({f"{ORDER}.refuse.number.value": "13"}, f"{ORDER}.refuse.number", "not of the member's type, integer"),
        ({f"{ORDER}.refuse.number.but": 12}, f"{ORDER}.refuse.number.value", "stands beside but"),
        ({f"{SAIL}.body.x": {"type": "string", "from": "id"}}, f"{SAIL}.body.x", "which is ignored"),
        ({f"{SAIL}.body.masts.type": "array"}, f"{SAIL}.body.masts.of", "belongs to fields of type object"),
        ({"resource.harbour.without": ["a[each].b"]}, "resource.harbour.without", "is not a name"),
        ({"resource.harbour.without": ["piers.x"]}, "resource.harbour.without", "'piers' does not pass"),
        ({"resource.harbour.without": ["a", "a.b.c"]}, "resource.harbour.without", "'a' does not pass"),
        ({f"{LINKS}.link.path": "/x/{piers}"}, LINKS, "the field's type is objects"),
        ({LIT: when({"given": True}, {"given": True})}, f"{LIT}[1]", "can never apply"),
        (
            {
                "operation.getTide.tier": None,
                "operation.getTide.resource": None,
                "resource.tide": None,
                "operation.getTide.constant": {"value": [dt.date(2026, 1, 1)], "why": "x"},
            },
            "operation.getTide.constant.value",
            "not a JSON value",
        ),
    ],
    ids=lambda one: ",".join(one) if isinstance(one, dict) else None,
)
def test_what_means_nothing_is_told(changes, where, what):
    """Each is refused at load, with its file and key path."""
    found = told(changes)
    assert found
    assert all(line.startswith(f"f.toml: {where}: ") and what in line for line in found), found


@pytest.mark.parametrize(
    "conditions",
    [
        ({"given": True}, {"given": False}),
        ({"is_not": "X"}, {"is": "X"}),
        ({"is_not": ["X", "Y"]}, {"is_not": "X"}),
        ({"is": "X"}, {"is_not": "X"}),
    ],
)
def test_conditions_that_leave_something_over(conditions):
    """A rule after others may take what they leave."""
    assert told({LIT: when(*conditions)}) == []
