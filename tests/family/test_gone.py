"""Operations without a successor: unchanged as long as Atlas serves them, then a 410 with the next step."""

import json

import pytest

from shim.core.route import Memory
from shim.core.settings import RouteWord, Settings, parse_writes
from tests.core.driver import GONE, answers, drive, refuses
from tests.family.replay import BEFORE, CASES, GROUP, KINDS, LATE, VERSIONS

CONTRACT = CASES / "contract" / "legacy-serverless-2025-10.json"
CALLS = {
    (
        method.upper(),
        path.replace("/api/atlas/v2", "")
        .replace("{groupId}", GROUP)
        .replace("{", "")
        .replace("}", ""),
    )
    for path, operations in json.loads(CONTRACT.read_text())["paths"].items()
    for method in operations
    if "/backup/" not in path
    and not (method == "get" and path.endswith(("/serverless", "/{name}")))
}
BODY = b'{ "name" : "x", "providerSettings": {} }'
AUTO_INDEXING = (
    f"/groups/{GROUP}/serverless/clusterName/performanceAdvisor/autoIndexing"
)
"""The operations that are off by default, and so reach Atlas."""
ENDED = sorted(
    CALLS - {("GET", AUTO_INDEXING)}
    | {("POST", f"/groups/{GROUP}/clusters/tenantUpgradeToServerless")}
)


def make(
    engine, call, *given, api="v2", query="?enable=true&x=%2F", day=LATE, **settings
):
    """Make one call with an unknown query parameter, and with a body if the method has one."""
    method, path = call
    if method in {"POST", "PATCH"}:
        body = BODY
    else:
        body = None
    memory = settings.pop("memory", None)
    target = f"/api/atlas/{api}{path}{query}"
    clock = day.timestamp()
    known = Settings(**settings)
    return drive(
        engine,
        target,
        given,
        method=method,
        body=body,
        memory=memory,
        clock=clock,
        settings=known,
    )


def is_gone(driven):
    """Check the 410: Atlas's format, the shim's code, the replacement, and its documentation."""
    document = driven.document
    assert list(document) == ["detail", "error", "errorCode", "parameters", "reason"]
    assert driven.reply.status == 410
    assert document["error"] == 410
    assert document["reason"] == "Gone"
    assert document["errorCode"] == "SHIM_NO_SUCCESSOR"
    assert "lex cluster" in document["detail"]
    assert "https://" in document["detail"]


def test_ten_operations_have_no_successor():
    """They are three of instances, five of private endpoints, two of automatic indexing; plus the upgrade."""
    assert len(CALLS) == 10
    assert len(ENDED) == 10


@pytest.mark.parametrize("call", ENDED)
def test_after_the_sunset_atlas_s_410_is_explained(engine, call):
    """In auto the legacy endpoint gets the whole call first, since sunset dates moved; then its 410 is remembered."""
    memory = Memory()
    # Each interface is retired separately.
    for api, given in (
        ("v2", [GONE]),
        ("v2", []),
        ("v1.0", [GONE]),
    ):
        driven = make(engine, call, *given, api=api, memory=memory)
        is_gone(driven)
        assert [send.rewritten for send in driven.sends] == [False] * len(given)
        assert driven.routes == ("legacy",) * len(given)
    for answer in (
        answers({"id": "1"}),
        (204, (), b""),
        refuses(404, "SERVERLESS_INSTANCE_NOT_FOUND"),
        (500, (), b""),
    ):
        assert make(engine, call, answer).passed


@pytest.mark.parametrize("route", [RouteWord.AUTO, RouteWord.DATE, RouteWord.FLEX])
@pytest.mark.parametrize("api", VERSIONS)
def test_auto_indexing_reads_as_off(engine, route, api):
    """After the sunset the reply is a bare false, with the legacy content type, and nothing is sent."""
    driven = make(engine, ("GET", AUTO_INDEXING), api=api, route=route)
    assert driven.sends == ()
    assert driven.content == b"false"
    assert driven.reply.headers == (("Content-Type", KINDS[api]),)
    wrapped = make(
        engine, ("GET", AUTO_INDEXING), api=api, route=route, query="?envelope=true"
    )
    assert wrapped.document == {"status": 200, "content": False}


def test_auto_indexing_reads_as_off_after_atlas_s_410(engine):
    """Before its date Atlas is asked, and its 410 decides."""
    memory = Memory()
    for given in ([GONE], []):
        driven = make(engine, ("GET", AUTO_INDEXING), *given, day=BEFORE, memory=memory)
        assert driven.content == b"false"
        assert len(driven.sends) == len(given)


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("enable", ["true", "false"])
def test_auto_indexing_can_be_set_with_writes_on(engine, api, enable):
    """Atlas returned 200 to the end. Nothing is sent, and the strict switch refuses it as it does without writes."""
    call = ("POST", AUTO_INDEXING)
    query = f"?enable={enable}"
    driven = make(
        engine,
        call,
        api=api,
        query=query,
        writes=parse_writes("instances", name="writes"),
    )
    assert driven.sends == ()
    assert driven.reply.status == 200
    assert driven.content == b"{}"
    assert driven.reply.headers == (("Content-Type", KINDS[api]),)
    is_gone(
        make(
            engine,
            call,
            GONE,
            query=query,
            writes=parse_writes("instances-strict", name="writes"),
        )
    )
