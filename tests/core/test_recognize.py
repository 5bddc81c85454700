"""Recognition of calls."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.recognize import Engine, Match, shared_engine
from shim.core.settings import Settings, parse_sunsets
from shim.errors import SettingsError
from tests.core.driver import GET, JOBS, LIST
from tests.core.small import START, operation, read, successor

ANY = (("Accept", "*/*"),)


def recognize(engine, target, method="GET", headers=ANY):
    return engine.recognize(method, target, headers)


def name_of(engine, target, method="GET", headers=ANY):
    """Return the id of a call's operation, None if it is not a legacy one."""
    match = recognize(engine, target, method, headers)
    if match is None:
        return None
    return match.operation.id


@pytest.mark.parametrize("api", ["v1.0", "v2"])
@pytest.mark.parametrize(("method", "path", "operation"), [
    ("GET", GET, "getServerlessBackupSnapshot"), ("POST", JOBS, "createServerlessRestoreJob"),
    ("GET", "/groups/g1/serverless", "listServerlessInstances"),
])  # fmt: skip
@pytest.mark.parametrize(
    "more", ["", "/", "?", "/?pageNum=2", "?a=/../..", "?x=%zz", "??", "?a#b"]
)
def test_each_retired_call_is_recognized(engine, api, method, path, operation, more):
    """That holds on both interfaces. The path decides; a trailing slash and the query don't matter."""
    match = recognize(engine, f"/api/atlas/{api}{path}{more}", method)
    assert match.operation.id == operation
    assert match.api.name == api
    assert match.needs_body == (method == "POST")


OTHERS = [
    *(
        "",
        "/",
        "*",
        "/api/atlas",
        "/api/atlas/v2",
        "/api/atlas/v2/",
        "/api/atlas/v2/groups/g1",
    ),
    "https://cloud.mongodb.com/api/atlas/v2/groups/g/serverless",
    *(
        f"/api/atlas/v2/groups/g1/{kind}/c1/backup/snapshots"
        for kind in ("clusters", "flexClusters", "Serverless")
    ),
    *(f"/api/atlas/{version}{LIST}" for version in ("v1.5", "v20")),
    *(f"{before}/atlas/v2{LIST}" for before in ("/API", "//api", "/x/api")),
    *(f"/api/atlas/v2{LIST}{behind}" for behind in ("//", "/1//", "/1/2", "#x")),
    *(
        f"/api/atlas/v2/groups/{path}/backup/snapshots"
        for path in ("/serverless/c", "g/serverless/", "g//serverless/c")
    ),
    "/api/atlas/v2/groups/g1/%73erverless/c1/backup/snapshots",
]
ODD = ["..", "%2e", "a%2Fb", "a%00", "%ff", "a%2", "ä", "..;a", "a b"]


def test_other_targets_are_passed_through(engine):
    """Examples are other paths, the absolute form, and an empty segment or extra slash.

    A parameter that servers interpret differently (``templates.decoded``) is left to
    the server.
    """
    path = "/api/atlas/v2/groups/{}/serverless/{}/backup/snapshots/{}"
    names = ["g1", "c1", "1"]
    odd = [
        path.format(*names[:at], segment, *names[at + 1 :])
        for segment in ODD
        for at in range(3)
    ]
    assert recognize(engine, path.format(*names)) is not None
    assert [
        target for target in OTHERS + odd if recognize(engine, target) is not None
    ] == []


@given(st.text())
def test_any_text_is_a_match_or_none(text):
    """That holds for a target, a segment and a query."""
    engine = shared_engine(os.environ)
    for target in (
        text,
        f"/api/atlas/v2{text}",
        f"/api/atlas/v2/groups/{text}/serverless",
        f"/api/atlas/v2{LIST}?{text}",
    ):
        assert isinstance(recognize(engine, target), Match | None)


def test_other_methods_are_not_recognized(engine):
    """The method must be that of the retired operation, in the same case."""
    methods = ["OPTIONS", "POST", "PUT", "DELETE", "get", "PATCH", "", "GET"]
    assert [
        method
        for method in methods
        if recognize(engine, f"/api/atlas/v2{LIST}", method)
    ] == ["GET"]


VENDOR = "application/vnd.atlas.{}+json"


@pytest.mark.parametrize(
    ("fields", "is_ours"),
    [
        ({}, True),
        ({"accept": "application/json"}, True),
        ({"ACCEPT": VENDOR.format("2023-01-01")}, True),
        ({"Accept": VENDOR.format("2026-08-01")}, True),
        ({"Accept": "text/html", "accept": VENDOR.format("2023-01-01")}, True),
        (
            {
                "Accept": VENDOR.format("preview") + ";q=0.1",
                "accept": VENDOR.format("2023-01-01"),
            },
            True,
        ),
        *[
            ({"Accept": VENDOR.format(version)}, False)
            for version in ("2022-12-31", "preview", "2023-99-99")
        ],
        ({"Accept": "application/vnd.atlas.2023-01-01+csv"}, False),
    ],
)
def test_the_accept_field_must_allow_the_version(engine, fields, is_ours):
    """No date, the legacy date or any later one is ours; several lines are one list.

    Previews and other formats are Atlas's. v1.0 has its version in the path, so Accept
    doesn't matter.
    """
    headers = tuple(fields.items())
    assert (
        recognize(engine, f"/api/atlas/v2{LIST}", headers=headers) is not None
    ) is is_ours
    assert recognize(engine, f"/api/atlas/v1.0{LIST}", headers=headers) is not None


def test_remembered_accept_fields_change_nothing(engine):
    """Their number and length don't matter."""
    legacy = VENDOR.format("2023-01-01")
    preview = VENDOR.format("preview")
    for padding in [*range(200), 1000]:
        asked = [
            (("Accept", f"{'x' * padding}/x, {accept}"),)
            for accept in (legacy, preview)
        ]
        found = [
            recognize(engine, f"/api/atlas/v2{LIST}", headers=headers)
            for headers in asked
        ]
        assert [match is not None for match in found] == [True, False]


THING = '[resource.thing.id]\ntype = "string"\n[resource.thing.id.flex]\nfrom = "id"\nfidelity = "exact"\n'


def retired(
    name: str, path: str, *, method: str = "GET", versions: str = ">=2023.1.1"
) -> str:
    return operation(name, method, path).replace(">=2023.1.1", versions) + successor(
        name, "/new"
    )


def engine_of(*operations: str) -> Engine:
    return read("".join([START, *operations, THING]))


BY_NAME = retired("byName", "/things/{name}")
SPECIAL = retired("special", "/things/special")
LEFT = retired("left", "/things/special/left")
RIGHT = retired("right", "/things/{name}/right")
DELETE = retired("delete", "/things/special", method="DELETE")


@pytest.mark.parametrize(("operations", "path", "expected"), [
    ((BY_NAME, SPECIAL), "special", "special"), ((SPECIAL, BY_NAME), "special", "special"),
    ((SPECIAL, BY_NAME), "specials", "byName"), ((SPECIAL, BY_NAME), "specia", "byName"),
    ((LEFT, RIGHT), "special/right", "right"), ((DELETE, BY_NAME), "special", "byName"),
])  # fmt: skip
def test_a_fixed_segment_precedes_a_parameter(operations, path, expected):
    """The order in the documents doesn't matter. It hides no general path with the right method or ending."""
    assert name_of(engine_of(*operations), f"/api/atlas/v2/things/{path}") == expected


@pytest.mark.parametrize(("segment", "expected"), [
    ("7.json", ("ended", "7")), ("a.b.json", ("ended", "a.b")), ("%C3%A4.json", ("ended", "%C3%A4")),
    ("7.xml", ("any", "7.xml")), (".json", ("any", ".json")), ("..json", ("any", "..json")),
    ("7%2Ejson", ("any", "7%2Ejson")),
])  # fmt: skip
def test_a_last_parameter_may_have_a_suffix(segment, expected):
    """The parameter is the text before the suffix. The path with the suffix precedes the one without."""
    engine = engine_of(
        retired("any", "/things/{name}"), retired("ended", "/things/{name}.json")
    )
    match = recognize(engine, f"/api/atlas/v2/things/{segment}")
    assert (match.operation.id, match.raw["name"]) == expected


@pytest.mark.parametrize(("accept", "expected"), [
    ("*/*", "old"), (VENDOR.format("2023-01-01"), "old"), (VENDOR.format("2024-08-04"), "old"),
    (VENDOR.format("2024-08-05"), "new"), (VENDOR.format("2030-01-01"), "new"),
])  # fmt: skip
@pytest.mark.parametrize("swapped", [False, True])
def test_the_accept_date_selects_between_two_versions(accept, expected, swapped):
    """It distinguishes two operations on one path. Without a date the oldest is meant, in any order."""
    old = retired("old", "/things", versions=">=2023.1.1,<2024.8.5")
    new = retired("new", "/things", versions=">=2024.8.5")
    engine = engine_of(*([new, old] if swapped else [old, new]))
    assert (
        name_of(engine, "/api/atlas/v2/things", headers=(("Accept", accept),))
        == expected
    )


def test_a_fixed_version_has_only_its_own_operations():
    """An interface of one version doesn't have later operations."""
    engine = engine_of(retired("new", "/things", versions=">=2024.8.5"))
    assert recognize(engine, "/api/atlas/v1.0/things") is None
    assert recognize(engine, "/api/atlas/v2/things") is not None


def test_an_operation_is_found_by_id_and_alias(engine):
    """Tools find operations by any of their names."""
    operation = engine.named("listServerlessBackupSnapshots")
    assert operation is not None
    assert operation is engine.named("listServerlessBackups")
    assert operation in engine.operations
    assert engine.named("nonsense") is None


def test_a_sunset_for_an_unknown_document_is_refused(engine):
    """The error for a typo in ATLAS_SHIM_SUNSET lists the known names."""
    engine.check_settings(Settings(sunsets=parse_sunsets("snapshots=2026-01-01")))
    with pytest.raises(SettingsError, match=r"'snapshot' is not one of .*snapshots"):
        engine.check_settings(Settings(sunsets=parse_sunsets("snapshot=2026-01-01")))


def test_the_process_has_one_engine(monkeypatch, tmp_path):
    """It stays the same until the variable changes; another folder is loaded again."""
    monkeypatch.delenv("ATLAS_SHIM_MAPPINGS", raising=False)
    shipped = shared_engine(os.environ)
    assert shared_engine(os.environ) is shipped
    (tmp_path / "own.toml").write_text(
        START.replace("things", "own") + retired("mine", "/mine") + THING
    )
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(tmp_path))
    assert shared_engine(os.environ).named("mine") is not None
    assert shared_engine(os.environ).named("getServerlessBackupSnapshot") is not None
    monkeypatch.delenv("ATLAS_SHIM_MAPPINGS")
    assert shared_engine(os.environ) is shipped
