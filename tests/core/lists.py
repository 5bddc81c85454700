"""Recorded lists, and unusual lists derived from them."""

import copy
import json
import random
from typing import Any

from tests.core.driver import CASES, JOBS, LIST

SHARED_TIER = "/groups/g1/clusters/c1/backup/tenant"
LISTS = {
    "snapshot": [LIST, f"{SHARED_TIER}/snapshots"],
    "restore": [JOBS, f"{SHARED_TIER}/restores"],
    "cluster": ["/groups/g1/serverless"],
}
"""The retired lists, by the resource that their successors list."""

QUERIES = [
    "",
    "?itemsPerPage=2&pageNum=2",
    "?envelope=true&includeCount=false",
    "?x=%22&pretty=true",
    "?pageNum=3&a=b",
]

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2**70, 1.5, "", "x", "a b", "é", "\ud800", '"', "\\", "\x7f", "\x00", "\u2028",
    [], {}, [None], ["x"], {"id": "x"}, [[]], "true", "daily", "queued", "COMPLETED", "FAILED", "DOWNLOAD", "20",
    "2026-01-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-31T00:00:00Z",
    "2026-01-01T00:00:00.5Z", "9999-12-31T23:59:59-14:00",
    "x\ny", "2026-01-01T00:00:00Z\n2026-01-01T00:00:00Z",
]  # fmt: skip


def recorded() -> list[tuple[str, str, dict[str, Any]]]:
    """Return the recorded lists: tier, resource and document."""
    found = []
    for tier in ("flex", "dedicated"):
        for kind in LISTS:
            path = CASES / "recorded" / f"{tier}-{kind}-list.jsonl"
            lines = (
                (map(json.loads, path.read_text("utf-8").splitlines()))
                if path.exists()
                else (())
            )
            found += [
                (tier, kind, json.loads(line["body"]))
                for line in lines
                if line["status"] == 200
            ]
    return found


RECORDED = recorded()
FULL = [one for one in RECORDED if one[2]["results"]]


def mutated(chance: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with one or two unusual changes."""
    made = copy.deepcopy(document)
    items = made["results"]
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        place = chance.randrange(len(items))
        item = items[place]
        if isinstance(item, dict) and item:
            name = chance.choice([*item, "x"])
        else:
            name = "x"
        match chance.randrange(10):
            case 0 | 1 if isinstance(item, dict):
                item.pop(name, None)
            case 2 | 3 | 4 if isinstance(item, dict):
                item[name] = chance.choice(ODD)
            case 5:
                items[place] = chance.choice(
                    [*ODD, [*item] if isinstance(item, dict) else 1]
                )
            case 6:
                items.insert(place, copy.deepcopy(chance.choice(items)))
            case 7 if isinstance(item, dict):
                items[place] = dict(chance.sample([*item.items()], len(item)))
            case 8:
                whole = chance.choice(["totalCount", "links", "results"])
                made[whole] = chance.choice([*ODD, items, [{"rel": "next"}]])
                if made["results"] is not items:
                    return made
            case _:
                chance.shuffle(items)
    return made
