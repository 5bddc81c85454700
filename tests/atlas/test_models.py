import json

import attrs
import pytest

from shim import atlas
from shim.atlas.convert import Model

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
    "ServerlessConnectionStringsPrivateEndpointItem": atlas.PrivateEndpointItem,
    "ServerlessConnectionStringsPrivateEndpointList": atlas.PrivateEndpointConnection,
    "ServerlessInstanceDescription": atlas.ServerlessInstanceDescription,
    "ServerlessInstanceDescriptionConnectionStrings": atlas.ConnectionStrings,
    "ServerlessProviderSettings": atlas.ProviderSettings,
}

TENANT_SHAPES: dict[str, type[Model]] = {
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
    for attribute in attrs.fields(type(value)):
        name, content = attribute.metadata.get("name"), getattr(value, attribute.name)
        if name in value.raw and content is None:
            yield f"{path}.{name}"
        for item in content if isinstance(content, tuple) else (content,):
            if isinstance(item, Model):
                yield from unread(item, f"{path}.{name}")
        if isinstance(content, tuple) and len(content) != len(value.raw.get(name, ())):
            yield f"{path}.{name}[]"


@pytest.fixture
def contract_of(contract, tenant_contract):
    """The contract that has a schema."""
    return lambda schema: tenant_contract if schema in TENANT_SHAPES else contract


@pytest.mark.parametrize(("schema", "model"), [*SHAPES.items(), *TENANT_SHAPES.items()])
def test_contract_is_covered(contract_of, schema, model):
    """Every property of the contract has an attribute that reads an example of it."""
    contract = contract_of(schema)
    data = example(contract, contract["components"]["schemas"][schema])

    assert list(unread(model.from_json(data))) == []


@pytest.mark.parametrize(("schema", "model"), [*SHAPES.items(), *TENANT_SHAPES.items()])
def test_enums_are_the_contracts(contract_of, schema, model):
    """Every word of an enum that the facade names is known, and no other."""
    attributes = {each.metadata.get("name"): each for each in attrs.fields(model)}
    contract = contract_of(schema)
    for name, inner in contract["components"]["schemas"][schema]["properties"].items():
        words = inner.get("enum", ())
        read = [attributes[name].metadata["read"](word) for word in words]
        if len(words) > 1:
            assert {type(word) for word in read} != {str}
            assert type(read[0]).__members__.keys() >= {word.name for word in read}


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("serverless-instance-get.jsonl", atlas.ServerlessInstanceDescription),
        ("serverless-instance-list.jsonl", atlas.PaginatedServerlessInstances),
    ],
)
def test_recordings_are_read_fully(recorded, file, model):
    """Of recorded replies, nothing is unknown and nothing is lost."""
    for exchange in recorded(file):
        assert list(unread(model.from_json(json.loads(exchange["body"])))) == []


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("flex-snapshot-get.jsonl", atlas.BackupTenantSnapshot),
        ("flex-snapshot-list.jsonl", atlas.PaginatedTenantSnapshots),
        ("flex-restore-get.jsonl", atlas.TenantRestore),
        ("flex-restore-list.jsonl", atlas.PaginatedTenantRestores),
    ],
)
def test_flex_recordings_have_the_shared_tiers_shapes(recorded, file, model):
    """A flex cluster's answers are what the shared tier's were, but for the name of the cluster in a job."""
    for exchange in recorded(file):
        if exchange["status"] == 200:
            body = json.loads(exchange["body"])
            for job in body.get("results", [body]):
                job.pop("instanceName", None)
            assert list(unread(model.from_json(body))) == []


def test_a_download_link_is_in_no_repr():
    """Whoever has the link has the data."""
    job = atlas.TenantRestore.from_json({"snapshotUrl": "https://x.example/canary"})

    assert job.snapshot_url == "https://x.example/canary"
    assert "canary" not in repr(job)


def test_pages_know_their_neighbours():
    """The page numbers are those in the links; a page at the end has no next one."""
    links = [
        {"rel": "next", "href": "https://x.example/a?includeCount=true&itemsPerPage=100&pageNum=3"},
        {"rel": "previous", "href": "/a?pageNum=1"},
    ]

    page = atlas.PaginatedServerlessBackupSnapshots.from_json({"links": links})

    assert (page.next_page, page.previous_page) == (3, 1)
    assert atlas.PaginatedServerlessBackupSnapshots().next_page is None


@pytest.mark.parametrize(
    "href", [None, "", "https://[x/?pageNum=2", "/a?pageNum=two", "/a", "/a?pageNum=" + "9" * 5000]
)
def test_unreadable_link(href):
    """A link that says no page number is as good as none."""
    page = atlas.PaginatedServerlessBackupSnapshots.from_json({"links": [{"rel": "next", "href": href}]})

    assert page.next_page is None
