"""Writes: sent once, translated for their target and behind their switches; also cluster writes of 2024-08-05."""

import json
from datetime import UTC, datetime

import pytest

from shim.core.recognize import shared_engine
from shim.core.route import Memory
from shim.core.settings import Settings, read_settings
from shim.errors import SettingsError
from tests.core.driver import AFTER, BEFORE, JOBS, Clock, answers, drive, refuses
from tests.core.small import START, TARGET, field, operation, read, successor
from tests.test_mappings_readme import MOVED

RESTORE = {
    "deliveryType": "automated",
    "snapshotId": "s",
    "targetClusterName": "t",
    "targetGroupId": "g2",
}
POINT = RESTORE | {"deliveryType": "pointInTime", "oplogTs": 1, "oplogInc": 1}


def create(engine, upstream, body, **more):
    """Request a restore."""
    return drive(
        engine, f"/api/atlas/v2{JOBS}", upstream, method="POST", body=body, **more
    )


def test_a_member_without_a_rule_is_noted(engine):
    """The record lists each member that the successor does not get."""
    driven = create(
        engine,
        [answers({"id": "1", "deliveryType": "RESTORE"})],
        RESTORE | {"oplogTs": 1, "oplogInc": None},
    )
    assert "oplogTs" not in json.loads(driven.sends[0].call.body)
    notes = [note for note in driven.outcome.record.notes if "not passed on" in note]
    assert notes == ["the member oplogTs was not passed on: no rule reads it"]


@pytest.mark.parametrize("words", ["instances", "instances-strict"])
def test_a_name_in_an_update_is_noted(words):
    """A flex cluster can't be renamed. The update succeeds as before, and the record notes the name."""
    path = "/api/atlas/v2/groups/g/serverless/a"
    environ = {"ATLAS_SHIM_WRITES": words}
    body = {"name": "b", "tags": [], "id": "1"}
    settings = read_settings(environ)
    flex = [answers({"name": "a"})]
    driven = drive(
        shared_engine(environ), path, flex, method="PATCH", body=body, settings=settings
    )
    assert json.loads(driven.sends[0].call.body or b"") == {"tags": []}
    assert (
        "the member name was not passed on: no rule reads it"
        in driven.outcome.record.notes
    )


def test_a_known_tier_is_not_looked_up(engine):
    """Neither the lookup before the refusal nor memory depends on the wall clock."""
    memory = Memory()
    uptime = Clock(1000.0)
    listed = drive(
        engine,
        f"/api/atlas/v2{JOBS}",
        [answers({"results": []})],
        memory=memory,
        monotonic=uptime,
    )
    assert listed.routes == ("flex",)
    assert create(engine, [], POINT, memory=memory, monotonic=uptime).steps == ()
    assert len(memory._entries) == 1


def test_a_missing_successor_is_explained():
    """The reason is the 410's text or the constant's; there is none where a successor always exists."""
    said = {one.id: one.without_successor for one in shared_engine({}).operations}
    assert said["getServerlessAutoIndexing"].startswith("The answer is always false. ")
    assert said["deleteServerlessInstance"].endswith(
        "See https://dochub.mongodb.org/core/flex-migration"
    )
    assert said["listServerlessInstances"] == ""


PEOPLE = START + operation("dropThing", "DELETE", "/things/{thing}", 'status = 204\nswitch = "people"') + successor(
    "dropThing", "/new/{thing}"
)  # fmt: skip


@pytest.mark.parametrize("clock", [BEFORE, AFTER])
def test_a_family_that_is_off_uses_its_legacy_endpoint(clock):
    """The later 410 names the replacement and the setting that switches it on."""
    alive = drive(read(PEOPLE), TARGET, [answers({})], method="DELETE", clock=clock)
    gone = refuses(410, "VERSION_GONE")
    assert alive.routes == ("legacy",)
    assert alive.passed is True
    driven = drive(read(PEOPLE), TARGET, [gone], method="DELETE", clock=clock)
    assert driven.routes == ("legacy",)
    assert driven.reply.status == 410
    assert driven.document["errorCode"] == "SHIM_NO_SUCCESSOR"
    said = "DELETE /new/{thing} took its place. Set ATLAS_SHIM_WRITES=people to let atlas-shim send this call there. "
    assert driven.document["detail"].startswith(said)
    assert "(set ATLAS_SHIM_WRITES=people)" in driven.outcome.record.reason


def test_a_family_that_is_on_uses_its_successor():
    """The setting accepts the name in the document, and no other one."""
    engine = read(PEOPLE)
    settings = read_settings({"ATLAS_SHIM_WRITES": "people"})
    engine.check_settings(settings)
    with pytest.raises(
        SettingsError,
        match="ATLAS_SHIM_WRITES: 'person' is not one of off, people, people-strict",
    ):
        engine.check_settings(read_settings({"ATLAS_SHIM_WRITES": "person"}))
    driven = drive(engine, TARGET, [answers({})], method="DELETE", settings=settings)
    assert driven.targets == ("/new/t",)
    assert driven.reply.status == 204


FAMILIES = {
    "people": {"users", "invites", "teams", "access", "roles"},
    "log-export": {"pushBasedLogExport"},
}


def test_writes_on_users_and_log_exports_have_a_switch():
    """That holds for all shipped documents and kinds of successor, except if only the version changes."""
    for one in (
        one
        for one in shared_engine({}).operations
        if one.method != "GET" and one.successors
    ):
        words = {
            word
            for word, names in FAMILIES.items()
            if names & {*one.path.text.split("/")}
        }
        assert words <= {one.switch}, one.id


def test_restores_need_no_switch():
    """As documented, a restore overwrites a cluster in its place and is always translated."""
    switched = {
        one.id: bool(one.switch)
        for one in shared_engine({}).operations
        if one.method == "POST"
    }
    names = (
        "createServerlessRestoreJob",
        "createSharedClusterBackupRestoreJob",
        "downloadSharedClusterBackup",
    )
    assert [switched[name] for name in names] == [False] * 3
    assert switched["createServerlessInstance"]


OTHERS = "former-clusters, instances, instances-strict, log-export, log-export-strict, off, people, people-strict"
WORDS = f"clusters, clusters-strict, {OTHERS}"


def test_a_switch_accepts_only_its_exact_values():
    """A typo switches nothing on."""
    engine = shared_engine({})
    assert read_settings({"ATLAS_SHIM_WRITES": "off"}).writes == frozenset()
    assert read_settings({"ATLAS_SHIM_WRITES": " instances "}).writes == {"instances"}
    strict = read_settings({"ATLAS_SHIM_WRITES": "instances-strict"})
    engine.check_settings(strict)
    assert strict.writes == {"instances", "instances-strict"}
    for text in ("?", "off,instances"):
        with pytest.raises(SettingsError, match="ATLAS_SHIM_WRITES: "):
            read_settings({"ATLAS_SHIM_WRITES": text})
    for name, word, words in (
        ("WRITES", "instance", WORDS),
        ("READS", "instances", "former-clusters, off"),
    ):
        with pytest.raises(
            SettingsError, match=f"ATLAS_SHIM_{name}: '{word}' is not one of {words}"
        ):
            engine.check_settings(read_settings({f"ATLAS_SHIM_{name}": word}))


@pytest.mark.parametrize(
    ("reads", "writes"), [((), ()), (("small-toys",), ()), ((), ("small-toys",))]
)
def test_a_switch_of_reads_does_not_switch_writes(reads, writes):
    """An unknown value is refused."""
    engine = read(f'format = 1\nname = "toys"\n{MOVED}', writes, reads)
    found = [
        engine.recognize(method, "/api/atlas/v2/groups/g/toys", ()) is not None
        for method in ("GET", "POST")
    ]
    assert found == [bool(reads), bool(writes)]
    engine.check_settings(Settings(reads=frozenset(reads), writes=frozenset(writes)))
    with pytest.raises(
        SettingsError, match="ATLAS_SHIM_READS: 'other' is not one of off, small-toys"
    ):
        engine.check_settings(Settings(reads=frozenset({"other"})))


@pytest.mark.parametrize(("given", "body", "side"), [
    ("true", b'{"kind": "x"}', "flex"), ("true", b'{"kind": null}', "legacy"), ("true", b"{}", "legacy"),
    ("false", b"{}", "flex"), ("false", b'{"kind": 5}', "legacy"), ("false", b"no JSON", "legacy"),
])  # fmt: skip
def test_a_body_selects_its_successor(given, body, side):
    """A member is present or missing. Null counts as missing, and an unreadable body selects none."""
    dates = "deprecated = 2026-01-01\nsunset = 2026-01-01\n"
    text = START + operation("orderThing", "POST", "/things").replace(
        dates, "lives = true\n"
    )
    text += (
        successor("orderThing", "/new")
        + f'switch = "s"\nwhen = {{ source = "kind", given = {given} }}\n'
    )
    text += field("id", "string", 'from = "id"\nfidelity = "exact"')
    driven = drive(
        read(text, ("s",)),
        "/api/atlas/v2/things",
        [answers({"id": "1"})],
        method="POST",
        body=body,
    )
    assert driven.routes == (side,)


CLUSTERS = "/api/atlas/v2/groups/g1/clusters"
CALLS = {
    "create": ("POST", CLUSTERS, 201),
    "update": ("PATCH", f"{CLUSTERS}/c1?x=1", 200),
}
OLD, NEW = (
    f"application/vnd.atlas.{version}+json" for version in ("2024-08-05", "2024-10-23")
)
BODY = b'{ "name":"c1", "replicationSpecs": [{"numShards": 2.0}], "x": null }'
CLUSTER = {
    "name": "c1",
    "replicationSpecs": [{"id": "1"}],
    "newMember": {"a": [1]},
    "tags": None,
}


@pytest.mark.parametrize("call", CALLS)
def test_cluster_bodies_are_passed_through_both_ways(engine, call):
    """After the end of 2024-08-05 the same call of 2024-10-23 has the same target, body and members."""
    method, target, status = CALLS[call]
    headers = (("Accept", OLD), ("Content-Type", OLD))
    clock = datetime(2027, 3, 2, tzinfo=UTC).timestamp()
    driven = drive(
        engine,
        target,
        [answers(CLUSTER, status)],
        method=method,
        headers=headers,
        body=BODY,
        clock=clock,
    )
    (send,) = driven.sends
    assert send.call.method == method
    assert send.call.target == target
    assert send.call.body == BODY
    assert set(send.call.headers) == {("Accept", NEW), ("Content-Type", NEW)}
    assert driven.reply.status == status
    assert driven.document == CLUSTER
    assert any("scales on its own" in note for note in driven.outcome.record.notes)


@pytest.mark.parametrize(("accept", "document"), [
    ("2024-10-23", None), ("2025-03-12", None), ("2023-02-01", "clusters"), (None, "clusters"),
])  # fmt: skip
@pytest.mark.parametrize("call", CALLS)
def test_other_versions_are_other_calls(engine, call, accept, document):
    """Later ones are current. Earlier ones, and calls without a version, belong to another document."""
    headers = (
        (())
        if accept is None
        else ((("Accept", f"application/vnd.atlas.{accept}+json"),))
    )
    match = engine.recognize(*CALLS[call][:2], headers)
    assert (match and match.operation.document) == document
