"""Every call of the shipped documents, the settings it is made with, and the core's result for it.

The core's own generator runs here without any HTTP library: its requests and replies
are what every entry point must produce.
"""

import json
import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import product
from operator import itemgetter
from typing import Any

import attrs

from shim.core.messages import Call, PassThrough, Record, field
from shim.core.recognize import Engine, shared_engine
from shim.core.route import Memory
from shim.core.settings import STRICT, RouteWord, read_settings
from tests.core.driver import (
    NON_FLEX,
    Given,
    answers,
    drive,
    refuses,
    shipped_documents,
)
from tests.doors.calls import BEARER
from tests.family.replay import CASES, recordings

DOCUMENTS = shipped_documents()

Calls = Mapping[tuple[str, str], Iterable[str]]
"""The Accept fields, empty for none, of each method and path, whose parameters are ``{}``."""

OF_NOBODY = ("2022-12-31", "2024-08-04", "2099-01-01", "2023-13-01")
"""Versions before all others, between two, after all, and one that isn't a date."""


def versions_in_contracts() -> dict[tuple[str, str], set[str]]:
    """Return the versions that Atlas's own specifications have for each method and path."""
    found: dict[tuple[str, str], set[str]] = {}
    for file in sorted((CASES / "contract").glob("*.json")):
        for path, methods in json.loads(file.read_text("utf-8"))["paths"].items():
            for method, said in methods.items():
                dates = re.findall(r"vnd\.atlas\.(\d{4}-\d\d-\d\d)", json.dumps(said))
                found.setdefault(
                    (method.upper(), re.sub(r"{\w+}", "{}", path)), set()
                ).update(dates)
    return found


def shipped_calls() -> Calls:
    """Return the calls of all documents: in each version of the contracts and the documents, and in others."""
    known = versions_in_contracts()
    found = dict[tuple[str, str], set[str]]()
    for api, operation in (
        (api, one)
        for each in DOCUMENTS
        for api in each.apis.values()
        for one in each.operations
    ):
        key = (
            operation.method,
            re.sub(r"{\w+}", "{}", f"{api.base}{operation.path.text}"),
        )
        dates = {operation.versions.first}
        # If the path has the version, Accept makes no difference.
        if api.version is None:
            dates |= {operation.versions.end, *known.get(key, ()), *OF_NOBODY}
            dates |= {
                target.version
                for one in operation.successors.values()
                for _, target in one.targets()
            }
        named = [f"application/vnd.atlas.{date}+json" for date in dates if date]
        weighted = f"application/json;q=0.5, application/vnd.atlas.{operation.versions.first}+json"
        found.setdefault(key, set()).update(
            {"", "*/*", "application/json", weighted, *named}
        )
    return found


SHIPPED = shipped_calls()
NOBODYS: Calls = {
    **{("HEAD", path): ["*/*"] for _, path in SHIPPED},
    **{("PUT", path): ["*/*"] for _, path in SHIPPED if ("PUT", path) not in SHIPPED},
    **{
        (method, f"{path}/more"): ["*/*"]
        for method, path in SHIPPED
        if (method, f"{path}/{{}}") not in SHIPPED
    },
}
"""Calls with another method, or a longer path."""

REGION = {
    "providerName": "TENANT",
    "backingProviderName": "AWS",
    "regionName": "US_EAST_1",
}
JOB = {"snapshotId": "0" * 24, "targetClusterName": "other", "targetGroupId": "1" * 24}
ORDER = {
    "snapshotId": "0" * 24,
    "targetDeploymentItemName": "other",
    "targetProjectId": "1" * 24,
}
BODIES: dict[str, list[Any]] = {
    "}/clusters": [
        {
            "name": "shop",
            "replicationSpecs": [
                {"regionConfigs": [REGION | {"electableSpecs": {"instanceSize": size}}]}
            ],
        }
        for size in ("M5", "M10")
    ],
    "/serverless": [
        {
            "name": "shop",
            "providerSettings": {
                "backingProviderName": "AWS",
                "regionName": "US_EAST_1",
            },
        }
    ],
    "/backup/restoreJobs": [
        JOB | {"deliveryType": kind}
        for kind in ("automated", "download", "pointInTime")
    ],
    "/backup/tenant/restore": [ORDER],
    "/backup/tenant/download": [ORDER],
    "": [{"tags": []}, {"terminationProtectionEnabled": True}],
}
"""The bodies of writes, by the end of the path."""


def calls_of(calls: Calls, chance: random.Random) -> Iterator[Call]:
    """Yield each call in each version, in its own project; a seeded random source chooses the rest.

    The first letter of a project is its kind: ``a`` still has serverless instances,
    ``d`` dedicated clusters, ``f`` flex ones.
    """
    for (method, path), accepts in calls.items():
        for accept in sorted(accepts):
            project = f"{chance.choice('adf')}{chance.getrandbits(92):023x}"
            target = path.replace("{}", project, 1).replace(
                "{}", chance.choice(("shop", "a%20b")), 1
            )
            target = target.replace("{}", "0" * 24) + chance.choice(
                ("", "/", "?pageNum=1&itemsPerPage=2&odd=%2F")
            )
            lines = [*BEARER.items(), *([("Accept", accept)] if accept else [])]
            body = None
            if method in {"PATCH", "POST", "PUT"}:
                said = next(said for end, said in BODIES.items() if path.endswith(end))
                lines.append(("Content-Type", "application/json"))
                body = json.dumps(chance.choice(said), indent=1).encode()
            yield Call(method, "", target, tuple(lines), body)


def all_settings() -> dict[str, dict[str, str]]:
    """Return the variables of each route, with no switch, with each one, and with all."""
    engine = Engine(DOCUMENTS)
    reads, added = (
        sorted(word for of_reads, word in engine.switches if of_reads is kind)
        for kind in (True, False)
    )
    own = sorted({one.switch for one in engine.operations if one.switch})
    strict = [f"{word}{STRICT}" for word in own]
    words = [
        ("off", "off"),
        *((one, "off") for one in reads),
        *(("off", one) for one in (*added, *own, *strict)),
    ]
    words += [(",".join(reads), ",".join((*added, *more))) for more in (own, strict)]
    days = {"before": "2999-01-01", "after": "2020-01-01"}
    routes = [
        ("auto", "before"),
        ("auto", "after"),
        ("legacy", "after"),
        ("successor", "before"),
    ]
    return {
        f"{route} {day}, reads {read}, writes {write}": {
            "ATLAS_SHIM_ROUTE": route,
            "ATLAS_SHIM_SUNSET": ",".join(
                f"{document.name}={days[day]}" for document in engine.documents
            ),
            "ATLAS_SHIM_READS": read,
            "ATLAS_SHIM_WRITES": write,
        }
        for (read, write), (route, day) in (
            *product(words, routes),
            (words[-1], ("off", "after")),
        )
    }


SETTINGS = all_settings()
RETIRED = shared_engine({})


def shape_of(target: str) -> str:
    """Return a path without the names in it."""
    path = target.partition("?")[0].removesuffix("/")
    return re.sub(
        r"/(groups|\w*[cC]lusters|serverless|snapshots|restoreJobs)/[^/]+",
        r"/\1/{}",
        path,
    )


def recorded() -> dict[tuple[str, str], Given]:
    """Return the shortest recorded success with content, by method and shape of path."""
    found: dict[tuple[str, str], Given] = {}
    for one in sorted(recordings(), key=lambda one: -len(one.body)):
        if one.status < 300 and '"results":[]' not in one.body:
            kind = (("Content-Type", "application/json"),)
            found[one.method, shape_of(one.path)] = one.status, kind, one.body.encode()
    for line in (
        (CASES / "recorded" / "cluster-pairs.jsonl").read_text("utf-8").splitlines()
    ):
        cluster = json.loads(line)["new"]
        found["GET", "/api/atlas/v2/groups/{}/clusters/{}"] = answers(cluster)
        found["GET", "/api/atlas/v2/groups/{}/clusters"] = answers(
            {"results": [cluster], "totalCount": 1}
        )
    return found


RECORDED = recorded()
OTHERWISE = answers({"id": "0" * 24, "name": "shop", "results": [], "totalCount": 0})


@lru_cache(maxsize=4096)
def said_by_atlas(method: str, target: str, accept: str) -> Given:
    """Reply as Atlas does after all sunsets, except in projects whose kind still exists."""
    if method == "HEAD":
        return *said_by_atlas("GET", target, accept)[:2], b""
    kind = target.partition("/groups/")[2][:1]
    if (
        kind != "a"
        and RETIRED.recognize(method, target, (("Accept", accept),)) is not None
    ):
        # It is accepted for this path alone.
        return (
            410,
            (("Content-Type", "text/plain"),),
            b"gone",
        )
    if kind == "d" and "/flexClusters/" in target:
        return NON_FLEX
    if kind == "f" and "/clusters/" in target:
        return refuses(400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API")
    return RECORDED.get((method, shape_of(target)), OTHERWISE)


@attrs.frozen
class Seen:
    """The part of a call that is the same through each entry point: its requests, its reply, and its record."""

    sent: list[tuple[str, ...]]
    status: int
    kind: list[str]
    content: bytes
    record: Record | str | None


def sent_line(
    method: str, target: str, fields: Mapping[str, str], body: bytes
) -> tuple[str, ...]:
    """Return one call to Atlas in the form that is compared; ``fields`` have names in lower case.

    A call without Accept accepts anything (RFC 9110, 12.5.1), which some libraries send
    explicitly.
    """
    with_body = ((fields.get("content-type", ""), body.decode())) if body else (())
    return (
        method,
        target,
        fields.get("accept", "*/*"),
        fields["authorization"],
        *with_body,
    )


def by_the_core(
    call: Call, environ: Mapping[str, str], memory: Memory, base: str
) -> Seen:
    """Return the result of a call from the engine, the settings and the exchange alone."""
    engine = shared_engine(environ)
    settings = read_settings(environ)
    sends = [call]
    outcome = None
    if (
        settings.route is not RouteWord.OFF
        and engine.recognize(call.method, call.target, call.headers) is not None
    ):
        driven = drive(
            engine,
            call.target,
            lambda one: said_by_atlas(
                one.method, one.target, field(one.headers, "accept") or "*/*"
            ),
            method=call.method,
            headers=call.headers,
            body=call.body,
            settings=settings,
            memory=memory,
            clock=time.time,
            monotonic=time.monotonic,
            base=base,
        )
        sends = [one.call for one in driven.sends]
        outcome = driven.outcome
    sent = [
        sent_line(
            one.method,
            one.target,
            {name.lower(): value for name, value in one.headers},
            one.body or b"",
        )
        for one in sends
    ]
    if outcome is None or isinstance(outcome, PassThrough):
        status, headers, content = said_by_atlas(*sent[-1][:3])
    else:
        status = outcome.reply.status
        headers = outcome.reply.headers
        content = outcome.reply.body or b""
    kind = [value for name, value in headers if name.lower() == "content-type"]
    return Seen(
        sent, status, kind, content, None if outcome is None else outcome.record
    )


@lru_cache(maxsize=1)
def expected(
    seed: str, settings: tuple[str, ...], base: str, *, times: int = 1, share: int = 1
) -> list[tuple[str, Call, Seen]]:
    """Return one in ``share`` calls, each with one of the settings, repeated ``times``, with its result.

    The random source is seeded.
    """
    chance = random.Random(seed)
    memory = Memory()
    asked = [
        call
        for call in calls_of({**SHIPPED, **NOBODYS}, chance)
        if not chance.randrange(share)
    ]
    chosen = [(chance.choice(settings), call) for call in asked]
    calls = [one for one in sorted(chosen, key=itemgetter(0)) for _ in range(times)]
    return [
        (words, call, by_the_core(call, SETTINGS[words], memory, base))
        for words, call in calls
    ]
