"""The shapes of the typed client hold all that the contracts and the recordings have."""

import json
from typing import Any

import pytest

from shim import atlas
from shim.atlas.convert import Model, members
from tests.atlas.described import CONTRACT, TENANT_CONTRACT
from tests.fake.asking import recorded

SHAPES: dict[str, type[Model]] = {
    "ApiBSONTimestampView": atlas.BSONTimestamp,
    "ClusterServerlessBackupOptions": atlas.ServerlessBackupOptions,
    "Link": atlas.Link,
    "PaginatedApiAtlasServerlessBackupRestoreJobView": atlas.PaginatedServerlessBackupRestoreJobs,
    "PaginatedApiAtlasServerlessBackupSnapshotView": atlas.PaginatedServerlessBackupSnapshots,
    "PaginatedServerlessInstanceDescriptionView": atlas.PaginatedServerlessInstances,
    "ResourceTag": atlas.ResourceTag,
    "ServerlessBackupRestoreJob": atlas.ServerlessBackupRestoreJob,
    "ServerlessBackupSnapshot": atlas.ServerlessBackupSnapshot,
    "ServerlessInstanceDescription": atlas.ServerlessInstanceDescription,
    "ServerlessInstanceDescriptionConnectionStrings": atlas.ConnectionStrings,
    "ServerlessProviderSettings": atlas.ProviderSettings,
    "BackupTenantSnapshot": atlas.BackupTenantSnapshot,
    "PaginatedTenantRestoreView": atlas.PaginatedTenantRestores,
    "PaginatedTenantSnapshotView": atlas.PaginatedTenantSnapshots,
    "TenantRestore": atlas.TenantRestore,
}
EXAMPLES = {"string": "a", "integer": 1, "boolean": True}


def example(contract, schema):
    """Make a value that a schema of the contract allows."""
    if "$ref" in schema:
        return example(contract, contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "oneOf" in schema:
        return example(contract, schema["oneOf"][0])
    if "enum" in schema:
        return schema["enum"][-1]
    if schema.get("format") == "date-time":
        return "2026-01-21T00:00:00Z"
    if schema["type"] == "array":
        return [example(contract, schema["items"])]
    if schema["type"] == "object":
        return {name: example(contract, inner) for name, inner in schema.get("properties", {}).items()}
    return EXAMPLES[schema["type"]]


def unread(value, path=""):
    """Yield the paths of all data in a model's raw value that no attribute holds."""
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
def test_contract_is_covered(schema):
    """Every property of the contract has an attribute that reads an example of it, and an enum each of its words."""
    contract, model = TENANT_CONTRACT if "Tenant" in schema else CONTRACT, SHAPES[schema]
    shape = contract["components"]["schemas"][schema]
    assert list(unread(model.from_json(example(contract, shape)))) == []

    for name, inner in shape["properties"].items():
        _, read = members(model)[name]
        words: Any = [read(word) for word in inner.get("enum", ())]
        if words and type(words[0]) is not str:
            assert {word.value for word in type(words[0])} >= set(inner["enum"])


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("serverless-instance-get", atlas.ServerlessInstanceDescription),
        ("serverless-instance-list", atlas.PaginatedServerlessInstances),
        ("flex-snapshot-get", atlas.BackupTenantSnapshot),
        ("flex-snapshot-list", atlas.PaginatedTenantSnapshots),
        ("flex-restore-get", atlas.TenantRestore),
        ("flex-restore-list", atlas.PaginatedTenantRestores),
    ],
)
def test_recordings_are_read_fully(file, model):
    """Of recorded replies nothing is unknown, but for the cluster's name in the job of a flex cluster."""
    for exchange in recorded(file, 200):
        body = json.loads(exchange["body"])
        for job in body.get("results", [body]):
            job.pop("instanceName", None)
        assert list(unread(model.from_json(body))) == []


def test_a_page_knows_the_next():
    """By the number in its link; a page at the end has no next one."""
    href = "https://x.example/a?includeCount=true&itemsPerPage=100&pageNum=3"
    page = atlas.PaginatedServerlessBackupSnapshots.from_json({"links": [{"rel": "next", "href": href}]})

    assert page.next_page == 3
    assert atlas.PaginatedServerlessBackupSnapshots().next_page is None


@pytest.mark.parametrize(
    "href", [None, "", "https://[x/?pageNum=2", "/a?pageNum=two", "/a", "/a?pageNum=" + "9" * 5000]
)
def test_unreadable_link(href):
    """A link that says no page number is as good as none."""
    page = atlas.PaginatedServerlessBackupSnapshots.from_json({"links": [{"rel": "next", "href": href}]})

    assert page.next_page is None
