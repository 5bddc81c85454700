"""Announcements in header fields, and the shapes of paths, which contain only the API's own words."""

import json
import re
import tomllib
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shim.tools.radar.radar import read, shape_of

_DATA = tomllib.loads(
    files("shim.tools.radar").joinpath("words.toml").read_text("utf-8")
)
WORDS = {*_DATA["words"], *_DATA["verbs"]}
"""Segments of paths in Atlas's contract; no caller chose them."""

CASES = json.loads(
    (Path(__file__).parents[2] / "cases" / "announced.json").read_text("utf-8")
)["replies"]
SUNSET = ("Sunset", "Thu, 01 Jul 2027 00:00:00 GMT")


def instant(day: str | None) -> float | None:
    if day is None:
        return None
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("case", CASES, ids=[case["of"] for case in CASES])
def test_recorded_fields_are_parsed(case):
    """Atlas's days are not padded, and its Deprecation is an HTTP date."""
    lines = tuple(
        (name, case[name]) for name in ("Deprecation", "Sunset") if name in case
    )
    assert [*read(lines)][::-1] == [instant(day) for day in case["instants"]]


@pytest.mark.parametrize(
    "value",
    [
        "@1722816000",  # RFC 9745
        "@1722816000;why=x",
        "Mon, 05 Aug 2024 00:00:00 GMT",
        "Monday, 05-Aug-24 00:00:00 GMT",  # RFC 850's form (RFC 9110, 5.6.7)
        "Sun, 05 Aug 2024 00:00:00 GMT",  # some count weekdays wrong
    ],
)
def test_each_form_of_deprecation_is_parsed(value):
    """It is the RFC's form or Atlas's."""
    assert read((("deprecation", value),)) == (None, 1722816000)


@pytest.mark.parametrize(
    "value",
    ["", "soon", "2027-07-01", "2027-07-01T00:00:00Z", "@", "@-1", "@99999999999999999999", "@1.5", "true", "0",
     "Thu, 32 Jul 2027 00:00:00 GMT", "Thu, 01 Jul 99999 00:00:00 GMT", "Thu, 01 Jul 2027 00:00:00 +0200",
     "Thu, 01 Jul 2027 25:00:00 GMT", "\ud800 GMT", "GMT" * 50],
)  # fmt: skip
def test_malformed_values_are_ignored(value):
    """A malformed value is not an announcement, and does not affect the other field."""
    assert read((("Sunset", value), ("Deprecation", value), ("Date", SUNSET[1]))) == (
        None,
        None,
    )
    assert read((("Sunset", value), ("Deprecation", "@9"))) == (None, 9)
    assert read((SUNSET, ("Deprecation", value))) == (instant("2027-07-01"), None)


@given(st.text(), st.text())
def test_any_value_is_parsed_without_an_error(sunset, deprecation):
    """Upstream may send anything."""
    assert len(read((("Sunset", sunset), ("Deprecation", deprecation)))) == 2


CONTRACT = Path(__file__).parents[2] / "cases" / "contract"
PATHS = sorted(
    {
        path
        for file in CONTRACT.glob("*.json")
        for path in json.loads(file.read_text("utf-8"))["paths"]
    }
)
V2 = "/api/atlas/v2/groups/{groupId}"
OTHERS = [
    f"{V2}/clusters/provider/regions",
    f"{V2}/clusters/{{clusterName}}/backup/snapshots/shardedCluster/{{snapshotId}}",
    f"{V2}/clusters/{{clusterName}}/fts/indexes/{{databaseName}}/{{collectionName}}",
    f"{V2}/clusters/{{clusterName}}/search/indexes/{{databaseName}}/{{collectionName}}/{{indexName}}",
    f"{V2}/backup/exportBuckets/{{exportBucketId}}",
    f"{V2}/backup/{{cloudProvider}}/privateEndpoints/{{endpointId}}",
    f"{V2}/privateEndpoint/{{cloudProvider}}/endpointService/{{endpointServiceId}}/endpoint/{{endpointId}}",
    f"{V2}/aiModelApiClouds/{{cloud}}/geographies/{{geography}}/modelGroupNames/{{name}}/rateLimits:reset",
    f"{V2}/dbAccessHistory/clusters/{{clusterName}}",
    "/api/atlas/v2/alertConfigs/matchers/fieldNames",
    "/api/atlas/v2/orgs/{orgId}/teams/{teamId}/users/{userId}",
    "/api/atlas/v2/orgs/{orgId}/teams/byName/{teamName}",
    "/api/atlas/v1.0/groups/{groupId}/clusters/{clusterName}",
]
ID = "0123456789abcdef01234567"
NAMES = ["orders", "a-b.c", "jane%40example.com", ID, "7b2c1d9e-3f4a-4b5c-8d6e-7f8091a2b3c4", "42",
         "host.example.net:27017", "Müller"]  # fmt: skip


def filled(template: str, name: str) -> str:
    return re.sub(r"\{\w+\}", name, template)


@pytest.mark.parametrize("template", [*PATHS, *OTHERS])
def test_the_shape_of_a_path_is_its_template(template):
    """Each segment that isn't a word of the API counts as a name."""
    expected = re.sub(r"\{\w+\}", "{}", template)
    # One colon belongs to a verb or a port.
    names = [name for name in NAMES if ":" not in name or ":" not in template]
    assert {name: shape_of(filled(template, name)) for name in names} == dict.fromkeys(
        names, expected
    )


def test_a_new_collection_is_shown():
    """After a project's id there is always a word of the API; the next segment is a name."""
    assert (
        shape_of(f"{filled(V2, ID)}/newThings/orders")
        == "/api/atlas/v2/groups/{}/newThings/{}"
    )
    assert (
        shape_of(f"{filled(V2, ID)}/jane@example.com") == "/api/atlas/v2/groups/{}/{}"
    )
    assert (
        shape_of("/api/atlas/v2/groups/orders/newThings")
        == "/api/atlas/v2/groups/{}/{}"
    )


def test_verbs_remain():
    """A verb after a colon is the API's, a port isn't."""
    assert shape_of(f"{V2}/flexClusters:tenantUpgrade").endswith(
        "/flexClusters:tenantUpgrade"
    )
    assert shape_of(f"{V2}/streams/mine/processor/orders:start").endswith(
        "/streams/{}/processor/{}:start"
    )
    assert shape_of(f"{V2}/processes/orders:27017/measurements").endswith(
        "/processes/{}/measurements"
    )


@pytest.mark.parametrize(
    "path", ["", "/", "//", "/orders", "/orders/clusters", "/a" * 5000, "*"]
)
def test_any_path_has_a_shape(path):
    """So does a path of another API: limited, with only the words of Atlas's API."""
    shape = shape_of(path)
    assert len(shape) < 400
    assert "orders" not in shape


@given(st.text(alphabet=st.characters(exclude_characters="/:"), min_size=1))
@example("metrics")
def test_no_name_is_shown(name):
    """A cluster's name is hidden unless it is one of the API's own words."""
    shape = shape_of(f"/api/atlas/v2/groups/{ID}/clusters/{name}/processArgs")
    assert name in WORDS or shape == "/api/atlas/v2/groups/{}/clusters/{}/processArgs"
