"""Recognising calls."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.recognise import Engine, Match, load_engine, shared_engine
from shim.core.settings import Settings, parse_sunsets
from shim.documents import load_documents
from shim.errors import SettingsError
from tests.core.driver import GET, JOBS, LIST, SHIPPED
from tests.core.small import operation, successor

ANY = (("Accept", "*/*"),)

CALLS = [
    ("GET", LIST, "listServerlessBackupSnapshots"),
    ("GET", GET, "getServerlessBackupSnapshot"),
    ("GET", JOBS, "listServerlessRestoreJobs"),
    ("POST", JOBS, "createServerlessRestoreJob"),
    ("GET", f"{JOBS}/6a6f78e0cab84da5c4476b25", "getServerlessRestoreJob"),
    ("GET", "/groups/g1/serverless", "listServerlessInstances"),
    ("GET", "/groups/g1/serverless/c1", "getServerlessInstance"),
]


def recognise(engine, target, method="GET", headers=ANY):
    return engine.recognise(method, target, headers)


@pytest.mark.parametrize("api", ["v1.0", "v2"])
@pytest.mark.parametrize(("method", "path", "operation"), CALLS)
def test_each_retired_call_is_recognised(engine, api, method, path, operation):
    """Every operation of the family is known on both interfaces."""
    match = recognise(engine, f"/api/atlas/{api}{path}", method)
    assert match is not None
    assert (match.operation.id, match.api.name) == (operation, api)
    assert match.needs_body is (method == "POST")


def test_the_parameters_are_those_of_the_path(engine):
    """A match has the path's parameters, raw and decoded."""
    match = recognise(engine, "/api/atlas/v2/groups/a%2Db/serverless/%C3%A4%20x/backup/snapshots/1")
    assert match.raw == {"groupId": "a%2Db", "clusterName": "%C3%A4%20x", "snapshotId": "1"}
    assert match.parameters == {"groupId": "a-b", "clusterName": "ä x", "snapshotId": "1"}


@pytest.mark.parametrize("query", ["", "?", "?pageNum=2", "?a=/../..", "?x=%zz", "??", "?a#b"])
def test_the_query_takes_no_part(engine, query):
    """Whatever stands behind the question mark, the path decides."""
    assert recognise(engine, f"/api/atlas/v2{LIST}{query}") is not None


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/",
        "*",
        "https://cloud.mongodb.com/api/atlas/v2/groups/g/serverless",
        "/api/atlas",
        "/api/atlas/v2",
        "/api/atlas/v2/",
        "/api/atlas/v2/groups",
        "/api/atlas/v2/groups/g1",
        "/api/atlas/v2/groups/g1/clusters/c1/backup/snapshots",
        "/api/atlas/v2/groups/g1/flexClusters/c1/backup/snapshots",
        "/api/atlas/v1.5/groups/g1/serverless/c1/backup/snapshots",
        "/api/atlas/v20/groups/g1/serverless/c1/backup/snapshots",
        "/API/atlas/v2/groups/g1/serverless/c1/backup/snapshots",
        "/api/atlas/v2/groups/g1/Serverless/c1/backup/snapshots",
        "/api/atlas/v2/groups/g1/%73erverless/c1/backup/snapshots",
        "//api/atlas/v2/groups/g1/serverless/c1/backup/snapshots",
        "/x/api/atlas/v2/groups/g1/serverless/c1/backup/snapshots",
        "/api/atlas/v2/groups/g1/serverless/c1/backup/snapshots//",
        "/api/atlas/v2/groups/g1/serverless/c1/backup/snapshots/1//",
        "/api/atlas/v2/groups/g1/serverless/c1/backup/snapshots/1/2",
        "/api/atlas/v2/groups//serverless/c1/backup/snapshots",
        "/api/atlas/v2/groups/g1/serverless//backup/snapshots",
        "/api/atlas/v2/groups/g1//serverless/c1/backup/snapshots",
        "/api/atlas/v2/groups/g1/serverless/c1/backup/snapshots#x",
    ],
)
def test_any_other_target_is_not_ours(engine, target):
    """Another path, an absolute form, an empty segment or a slash too many passes through."""
    assert recognise(engine, target) is None


@pytest.mark.parametrize(
    "segment",
    [
        ".",
        "..",
        "%2e",
        "%2E%2E",
        ".%2e",
        "a%2Fb",
        "a%5cb",
        "a%00",
        "%ff",
        "a%",
        "a%2",
        "a%25b",
        "a#b",
        "ä",
        "..;a",
        "a b",
    ],
)
@pytest.mark.parametrize("where", range(3))
def test_an_odd_segment_is_not_ours(engine, segment, where):
    """A parameter that a server could read as something else is left to that server."""
    parts = ["g1", "c1", "1"]
    parts[where] = segment
    target = "/api/atlas/v2/groups/{}/serverless/{}/backup/snapshots/{}".format(*parts)
    assert recognise(engine, target) is None


@given(st.text())
def test_no_target_breaks_recognition(text):
    """Any text as a target, a segment or a query is a match or none."""
    engine = shared_engine(os.environ)
    for target in (
        text,
        f"/api/atlas/v2{text}",
        f"/api/atlas/v2/groups/{text}/serverless",
        f"/api/atlas/v2{LIST}?{text}",
    ):
        assert isinstance(recognise(engine, target), Match | None)


@pytest.mark.parametrize(("method", "path", "operation"), CALLS)
def test_a_slash_at_the_end_is_read_over(engine, method, path, operation):
    """Some clients write lists with one; a query behind it changes nothing."""
    for query in ("", "?pageNum=1"):
        match = recognise(engine, f"/api/atlas/v1.0{path}/{query}", method)
        assert match is not None
        assert match.operation.id == operation


def test_head_asks_what_get_would_answer(engine):
    """A read is recognised by HEAD as well (RFC 9110, 9.3.2); a path that is only written to is not."""
    match = recognise(engine, f"/api/atlas/v2{GET}", "HEAD")
    assert match is not None
    assert match.operation.id == "getServerlessBackupSnapshot"
    path = "/api/atlas/v2/groups/g1/privateEndpoint/serverless/instance/i1/endpoint/e1"
    assert recognise(engine, path.replace("endpoint/e1", "endpoints"), "HEAD") is None


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "DELETE", "get", "PATCH", ""])
def test_another_method_is_not_ours(engine, method):
    """Only the method of the retired operation is recognised, as it is spelt on the wire."""
    assert recognise(engine, f"/api/atlas/v2{LIST}", method) is None


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("accept", "application/json"),),
        (("ACCEPT", "application/vnd.atlas.2023-01-01+json"),),
        (("Accept", "application/vnd.atlas.2026-08-01+json"),),
        (("Accept", "text/html"), ("Accept", "application/vnd.atlas.2023-01-01+json")),
        (("Accept", "application/vnd.atlas.preview+json;q=0.1"), ("Accept", "application/vnd.atlas.2023-01-01+json")),
    ],
)
def test_an_accept_from_the_first_version_on_is_ours(engine, headers):
    """No date, the legacy date and any later one resolve to the legacy version; lines are one list."""
    assert recognise(engine, f"/api/atlas/v2{LIST}", headers=headers) is not None


@pytest.mark.parametrize(
    "accept",
    [
        "application/vnd.atlas.2022-12-31+json",
        "application/vnd.atlas.0001-01-01+json",
        "application/vnd.atlas.preview+json",
        "application/vnd.atlas.2023-01-01.upcoming+json",
        "application/vnd.atlas.2023-01-01+csv",
        "application/vnd.atlas.2023-01-01+gzip",
        "application/vnd.atlas.2023-99-99+json",
    ],
)
def test_an_accept_before_or_beside_the_versions_is_not_ours(engine, accept):
    """A date before the first version, a preview or another format is for Atlas to answer."""
    assert recognise(engine, f"/api/atlas/v2{LIST}", headers=(("Accept", accept),)) is None


def test_v1_has_its_version_in_the_path(engine):
    """On the v1.0 interface Accept says nothing about the version."""
    headers = (("Accept", "application/vnd.atlas.preview+json"),)
    assert recognise(engine, f"/api/atlas/v1.0{LIST}", headers=headers) is not None


def document(name: str, operations: str) -> str:
    rules = '[resource.thing.id]\ntype = "string"\n[resource.thing.id.flex]\nfrom = "id"\nfidelity = "exact"\n'
    return f'format = 1\nname = "{name}"\n{operations}\n{rules}'


def retired(name: str, path: str, *, method: str = "GET", versions: str = ">=2023.1.1") -> str:
    return operation(name, method, path).replace(">=2023.1.1", versions) + successor(name, "/new")


def engine_of(folder: Path, **documents: str) -> Engine:
    for name, text in documents.items():
        (folder / f"{name}.toml").write_text(document(name, text))
    return Engine(load_documents([folder]))


BY_NAME, SPECIAL = retired("byName", "/things/{name}"), retired("special", "/things/special")
LEFT, RIGHT = retired("left", "/things/special/left"), retired("right", "/things/{name}/right")
DELETE = retired("delete", "/things/special", method="DELETE")


@pytest.mark.parametrize(
    ("operations", "path", "expected"),
    [
        ((BY_NAME, SPECIAL), "special", "special"),
        ((SPECIAL, BY_NAME), "special", "special"),
        ((SPECIAL, BY_NAME), "specials", "byName"),
        ((SPECIAL, BY_NAME), "specia", "byName"),
        ((LEFT, RIGHT), "special/right", "right"),
        ((DELETE, BY_NAME), "special", "byName"),
    ],
)
def test_a_fixed_segment_goes_before_a_parameter(tmp_path, operations, path, expected):
    """Whichever file is read first; and it hides no general path that has the method, or ends as the target does."""
    match = recognise(engine_of(tmp_path, a=operations[0], b=operations[1]), f"/api/atlas/v2/things/{path}")
    assert match is not None
    assert match.operation.id == expected


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("7.json", ("ended", "7")),
        ("a.b.json", ("ended", "a.b")),
        ("%C3%A4.json", ("ended", "%C3%A4")),
        ("7.xml", ("any", "7.xml")),
        (".json", ("any", ".json")),
        ("..json", ("any", "..json")),
        ("7%2Ejson", ("any", "7%2Ejson")),
    ],
)
def test_a_parameter_at_the_end_may_have_an_ending(tmp_path, segment, expected):
    """The parameter is what stands before it, and the call with the ending goes before the one without."""
    engine = engine_of(tmp_path, a=retired("any", "/things/{name}"), b=retired("ended", "/things/{name}.json"))
    match = recognise(engine, f"/api/atlas/v2/things/{segment}")
    assert match is not None
    assert (match.operation.id, match.raw["name"]) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "old"),
        ("application/vnd.atlas.2023-01-01+json", "old"),
        ("application/vnd.atlas.2024-08-04+json", "old"),
        ("application/vnd.atlas.2024-08-05+json", "new"),
        ("application/vnd.atlas.2030-01-01+json", "new"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_the_accept_date_chooses_between_two_versions(tmp_path, accept, expected, swapped):
    """The date distinguishes two operations on one path; without a date the oldest is meant, in any file order."""
    old = retired("old", "/things", versions=">=2023.1.1,<2024.8.5")
    new = retired("new", "/things", versions=">=2024.8.5")
    engine = engine_of(tmp_path, a=new + old if swapped else old + new)
    match = recognise(engine, "/api/atlas/v2/things", headers=(("Accept", accept),))
    assert match is not None
    assert match.operation.id == expected


def test_a_fixed_version_meets_only_operations_that_have_it(tmp_path):
    """An interface of one version does not have operations that came later."""
    engine = engine_of(tmp_path, a=retired("new", "/things", versions=">=2024.8.5"))
    assert recognise(engine, "/api/atlas/v1.0/things") is None
    assert recognise(engine, "/api/atlas/v2/things") is not None


def test_an_operation_is_found_by_id_and_alias(engine):
    """Tools look operations up by any name they went by."""
    operation = engine.named("listServerlessBackupSnapshots")
    assert operation is not None
    assert operation is engine.named("listServerlessBackups")
    assert operation in engine.operations
    assert engine.named("nonsense") is None


def test_a_sunset_for_an_unknown_document_is_refused(engine):
    """A typo in ATLAS_SHIM_SUNSET is reported with the known names."""
    engine.check_settings(Settings(sunsets=parse_sunsets("snapshots=2026-01-01")))
    with pytest.raises(SettingsError, match=r"'snapshot' is not one of .*snapshots"):
        engine.check_settings(Settings(sunsets=parse_sunsets("snapshot=2026-01-01")))


def test_the_engine_of_the_process_is_read_once(monkeypatch, tmp_path):
    """As long as the variable stays the same so does the engine; another folder is read anew."""
    monkeypatch.delenv("ATLAS_SHIM_MAPPINGS", raising=False)
    shipped = shared_engine(os.environ)
    assert shared_engine(os.environ) is shipped
    (tmp_path / "own.toml").write_text(document("own", retired("mine", "/mine")))
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(tmp_path))
    assert shared_engine(os.environ).named("mine") is not None
    assert shared_engine(os.environ).named("getServerlessBackupSnapshot") is not None
    monkeypatch.delenv("ATLAS_SHIM_MAPPINGS")
    assert shared_engine(os.environ) is shipped


def test_the_shipped_folder_alone_is_an_engine():
    """Without an operator's folder the shipped documents are all there is."""
    retired = [one.name for one in load_documents([SHIPPED]) if not all(each.lives for each in one.operations)]
    assert [one.name for one in load_engine({}).documents] == retired
