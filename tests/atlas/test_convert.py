"""Parsing JSON into the typed client's values: everything in contracts and recordings, and invalid values."""

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim import atlas
from shim.atlas import (
    PaginatedServerlessBackupSnapshots,
    ServerlessBackupRestoreJob,
    ServerlessBackupSnapshot,
)
from shim.atlas.convert import Model, members
from tests.atlas.conftest import CONTRACT, TENANT_CONTRACT
from tests.fake.asking import recorded

ROOTS: list[Any] = [
    PaginatedServerlessBackupSnapshots,
    ServerlessBackupRestoreJob,
    ServerlessBackupSnapshot,
    atlas.ServerlessInstanceDescription,
    atlas.TenantRestore,
]

NAMES = st.sampled_from(
    [
        *(rule for model in ROOTS for rule in members(model)),
        "href",
        "date",
        "endpoints",
        "raw",
        "record",
        "cls",
    ]
)
TEXTS = st.one_of(
    st.text(),
    st.sampled_from(["completed", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(data=st.dictionaries(NAMES | st.text(), JSON))
def test_any_object_is_parsed(data):
    """No JSON object raises or loses a value, and the result is a value."""
    for model in ROOTS:
        value = model.from_json(data)
        assert value.raw == data or data != data  # noqa: PLR0124 - NaN
        assert hash(value) == hash(model.from_json(data))
        assert repr(value)


def test_values_of_enums_are_members():
    """A known value is an enum member and equals its text; an unknown one is a plain string."""
    known, unknown = (
        ServerlessBackupSnapshot.from_json({"status": word})
        for word in ("inProgress", "hibernating")
    )
    assert known.status is atlas.SnapshotStatus.IN_PROGRESS
    assert str(known.status) == "inProgress"
    assert unknown.status == "hibernating"
    assert type(unknown.status) is str


@pytest.mark.parametrize(("attribute", "name", "value"), [
    ("id", "id", 5), ("id", "id", None), ("created_at", "createdAt", "yesterday"),
    ("created_at", "createdAt", 1700000000), ("storage_size_bytes", "storageSizeBytes", "1024"),
    ("storage_size_bytes", "storageSizeBytes", True), ("status", "status", ["completed"]),
    ("links", "links", {"href": "x"}),
])  # fmt: skip
def test_a_value_of_the_wrong_type_is_none(attribute, name, value):
    """It can still be seen in raw."""
    snapshot = ServerlessBackupSnapshot.from_json({name: value})
    assert getattr(snapshot, attribute) is None
    assert snapshot.raw[name] == value
    assert snapshot.additional == {}


@pytest.mark.parametrize(
    ("model", "data", "attribute", "value"),
    [
        (
            ServerlessBackupSnapshot,
            {"color": {"of": "magic"}},
            "additional",
            {"color": {"of": "magic"}},
        ),
        (
            ServerlessBackupRestoreJob,
            {"deliveryUrl": ["https://a.example", 5, None]},
            "delivery_url",
            ("https://a.example",),
        ),
        (PaginatedServerlessBackupSnapshots, {"results": None}, "results", ()),
        (PaginatedServerlessBackupSnapshots, {}, "results", ()),
    ],
)
def test_all_readable_parts_are_kept(model, data, attribute, value):
    """They are unknown fields and list items of the declared type; results are never None."""
    assert getattr(model.from_json(data), attribute) == value


def test_models_are_immutable_values():
    """They can be pickled and copied, and equal those parsed from the same data."""
    data = {"id": "a", "links": [{"href": "h", "rel": "self"}], "new": [1]}
    snapshot = ServerlessBackupSnapshot.from_json(data)
    assert pickle.loads(pickle.dumps(snapshot)) == snapshot
    assert copy.deepcopy(snapshot) == snapshot
    assert {snapshot: 1}[ServerlessBackupSnapshot.from_json(copy.deepcopy(data))] == 1
    assert snapshot != ServerlessBackupSnapshot.from_json({**data, "new": [2]})
    with pytest.raises(AttributeError):
        setattr(snapshot, "id", "b")  # noqa: B010 - mypy would see it
    # A download link gives access to the data without credentials.
    job = ServerlessBackupRestoreJob.from_json(
        {"deliveryUrl": ["canary"], "canary": "canary"}
    )
    assert "canary" not in repr(job) + repr(
        atlas.TenantRestore.from_json({"snapshotUrl": "canary"})
    )


SHAPES: dict[str, type[Model]] = {
    "ApiBSONTimestampView": atlas.BSONTimestamp,
    "ClusterServerlessBackupOptions": atlas.ServerlessBackupOptions,
    "PaginatedApiAtlasServerlessBackupRestoreJobView": atlas.PaginatedServerlessBackupRestoreJobs,
    "PaginatedApiAtlasServerlessBackupSnapshotView": atlas.PaginatedServerlessBackupSnapshots,
    "PaginatedServerlessInstanceDescriptionView": atlas.PaginatedServerlessInstances,
    "ServerlessInstanceDescriptionConnectionStrings": atlas.ConnectionStrings,
    "ServerlessProviderSettings": atlas.ProviderSettings,
    "PaginatedTenantRestoreView": atlas.PaginatedTenantRestores,
    "PaginatedTenantSnapshotView": atlas.PaginatedTenantSnapshots,
}
SHAPES |= {
    one.__name__: one
    for one in (atlas.Link, atlas.ResourceTag, ServerlessBackupRestoreJob)
}
SHAPES |= {
    one.__name__: one
    for one in (ServerlessBackupSnapshot, atlas.ServerlessInstanceDescription)
}
SHAPES |= {
    one.__name__: one for one in (atlas.BackupTenantSnapshot, atlas.TenantRestore)
}
EXAMPLES = {"string": "a", "integer": 1, "boolean": True}


def example(contract, schema):
    """Create a value that a schema of the contract allows."""
    if "$ref" in schema:
        return example(
            contract,
            contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]],
        )
    if "oneOf" in schema:
        return example(contract, schema["oneOf"][0])
    if "enum" in schema:
        return schema["enum"][-1]
    if schema.get("format") == "date-time":
        return "2026-01-21T00:00:00Z"
    if schema["type"] == "array":
        return [example(contract, schema["items"])]
    if schema["type"] == "object":
        return {
            name: example(contract, inner)
            for name, inner in schema.get("properties", {}).items()
        }
    return EXAMPLES[schema["type"]]


def unread(value, path=""):
    """Yield the paths of all data in a model's raw value without an attribute."""
    yield from (f"{path}.{name}" for name in value.additional)
    for name, (attribute, _) in members(type(value)).items():
        content = getattr(value, attribute)
        if name in value.raw and content is None:
            yield f"{path}.{name}"
        for item in content if isinstance(content, tuple) else (content,):
            if isinstance(item, Model):
                yield from unread(item, f"{path}.{name}")
        if isinstance(content, tuple) and len(content) != len(value.raw.get(name, ())):
            yield f"{path}.{name}[]"


@pytest.mark.parametrize("schema", SHAPES)
def test_the_contract_is_covered(schema):
    """Every property has an attribute that parses an example of it, and an enum has each of its values."""
    contract = TENANT_CONTRACT if "Tenant" in schema else CONTRACT
    model = SHAPES[schema]
    shape = contract["components"]["schemas"][schema]
    assert list(unread(model.from_json(example(contract, shape)))) == []
    for name, inner in shape["properties"].items():
        _, read = members(model)[name]
        words: Any = [read(word) for word in inner.get("enum", ())]
        if words and type(words[0]) is not str:
            assert {word.value for word in type(words[0])} >= set(inner["enum"])


@pytest.mark.parametrize(("file", "model"), [
    ("serverless-instance-get", atlas.ServerlessInstanceDescription),
    ("serverless-instance-list", atlas.PaginatedServerlessInstances),
    ("flex-snapshot-get", atlas.BackupTenantSnapshot), ("flex-snapshot-list", atlas.PaginatedTenantSnapshots),
    ("flex-restore-get", atlas.TenantRestore), ("flex-restore-list", atlas.PaginatedTenantRestores),
])  # fmt: skip
def test_recordings_are_parsed_completely(file, model):
    """Only the cluster's name in the job of a flex cluster has no attribute."""
    for exchange in recorded(file, 200):
        body = json.loads(exchange["body"])
        for job in body.get("results", [body]):
            job.pop("instanceName", None)
        assert list(unread(model.from_json(body))) == []


@pytest.mark.parametrize(
    ("href", "number"),
    [
        ("https://x.example/a?includeCount=true&itemsPerPage=100&pageNum=3", 3),
        *(
            (href, None)
            for href in (
                None,
                "",
                "https://[x/?pageNum=2",
                "/a?pageNum=two",
                "/a",
                "/a?pageNum=" + "9" * 5000,
            )
        ),
    ],
)
def test_a_page_knows_the_next(href, number):
    """The link has its number; a link without a page number is ignored."""
    page = atlas.PaginatedServerlessBackupSnapshots.from_json(
        {"links": [{"rel": "next", "href": href}]}
    )
    assert page.next_page == number
