"""Writes: sent once, in terms of their target; behind their switches; and of clusters in 2024-08-05."""

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
    """Order a restore."""
    return drive(
        engine, f"/api/atlas/v2{JOBS}", upstream, method="POST", body=body, **more
    )


def test_a_member_that_no_rule_reads_is_noted(engine):
    """What the caller gave and the successor does not get is said, one by one."""
    driven = create(
        engine,
        [answers({"id": "1", "deliveryType": "RESTORE"})],
        RESTORE | {"oplogTs": 1, "oplogInc": None},
    )
    assert "oplogTs" not in json.loads(driven.sends[0].call.body)
    notes = [note for note in driven.outcome.record.notes if "not sent" in note]
    assert notes == ["the member oplogTs was not sent on: no rule reads it"]


@pytest.mark.parametrize("words", ["instances", "instances-strict"])
def test_a_name_that_an_update_brings_along_is_noted(words):
    """A flex cluster can't be renamed: the answer is a success as before, and the record says what was not sent."""
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
        "the member name was not sent on: no rule reads it"
        in driven.outcome.record.notes
    )


def test_a_tier_that_is_known_is_not_asked_for(engine):
    """Neither the read before the refusal nor what was learned depends on what a wall clock says."""
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


def test_what_is_left_without_a_successor_is_said():
    """The 410's text, the constant with its reason, or nothing where a successor always may be asked."""
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
def test_a_family_that_is_off_stays_with_its_endpoint(clock):
    """It answers while it lives; the 410 that is later given names the call that took its place, and the word."""
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


def test_a_family_that_is_on_is_sent():
    """The word of the document is known to whoever sets it, and another one is not."""
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


def test_writes_on_people_and_on_log_export_have_a_switch():
    """Of all shipped documents, whatever the successor is; what only changes its version needs none."""
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
    """As the option, the page and the settings say: what overwrites a cluster in its place is not switched."""
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


def test_a_switch_is_a_strict_word():
    """Nothing is switched on by a typo."""
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
def test_a_word_of_reads_switches_no_write_on(reads, writes):
    """And what is not a word is refused."""
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
def test_a_body_leads_to_a_successor_by_what_it_has(given, body, side):
    """A member that is there, or is not; null is as good as none, and what can't be read leads nowhere."""
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
def test_bodies_of_clusters_pass_as_they_are_both_ways(engine, call):
    """To the same call of 2024-10-23, once those of 2024-08-05 have ended: target, body and each member stay."""
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
    """Later ones are current; earlier ones, and a call without a version, are another document's."""
    headers = (
        (())
        if accept is None
        else ((("Accept", f"application/vnd.atlas.{accept}+json"),))
    )
    match = engine.recognize(*CALLS[call][:2], headers)
    assert (match and match.operation.document) == document
