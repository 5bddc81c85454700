"""Reading JSON into the typed client's values: whatever comes is kept, and what cannot be read is None."""

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim import atlas
from shim.atlas import PaginatedServerlessBackupSnapshots, ServerlessBackupRestoreJob, ServerlessBackupSnapshot
from shim.atlas.convert import instant, members

ROOTS: list[Any] = [
    PaginatedServerlessBackupSnapshots,
    ServerlessBackupRestoreJob,
    ServerlessBackupSnapshot,
    atlas.ServerlessInstanceDescription,
    atlas.TenantRestore,
]

NAMES = st.sampled_from(
    [*(rule for model in ROOTS for rule in members(model)), "href", "date", "endpoints", "raw", "record", "cls"]
)
TEXTS = st.one_of(st.text(), st.sampled_from(["completed", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(), inner, max_size=8),
    max_leaves=40,
)


@pytest.mark.parametrize("model", ROOTS)
@given(data=st.dictionaries(NAMES | st.text(), JSON))
def test_any_object_is_read(model, data):
    """Whatever JSON object comes, reading it neither raises nor loses a value, and the result is a value."""
    value = model.from_json(data)

    assert value.raw == data or data != data  # noqa: PLR0124 - NaN
    assert hash(value) == hash(model.from_json(data))
    assert repr(value)


def test_words():
    """A known word is a member of its enum and equal to its spelling; one from the future is a plain string."""
    known, unknown = (ServerlessBackupSnapshot.from_json({"status": word}) for word in ("inProgress", "hibernating"))

    assert known.status is atlas.SnapshotStatus.IN_PROGRESS
    assert str(known.status) == "inProgress"
    assert unknown.status == "hibernating"
    assert type(unknown.status) is str


def test_unknown_field_stays():
    """A field from the future is kept."""
    snapshot = ServerlessBackupSnapshot.from_json({"id": "a", "colour": {"of": "magic"}})

    assert snapshot.additional == {"colour": {"of": "magic"}}


@pytest.mark.parametrize(
    ("attribute", "name", "value"),
    [
        ("id", "id", 5),
        ("id", "id", None),
        ("created_at", "createdAt", "yesterday"),
        ("created_at", "createdAt", 1700000000),
        ("storage_size_bytes", "storageSizeBytes", "1024"),
        ("storage_size_bytes", "storageSizeBytes", True),
        ("status", "status", ["completed"]),
        ("links", "links", {"href": "x"}),
    ],
)
def test_wrong_type(attribute, name, value):
    """A value of the wrong type leaves None, and can still be seen in raw."""
    snapshot = ServerlessBackupSnapshot.from_json({name: value})

    assert getattr(snapshot, attribute) is None
    assert snapshot.raw[name] == value
    assert snapshot.additional == {}


def test_list_keeps_the_readable():
    """Of a list, what is not of the declared type is left out."""
    job = ServerlessBackupRestoreJob.from_json({"deliveryUrl": ["https://a.example", 5, None]})

    assert job.delivery_url == ("https://a.example",)


def test_results_are_never_none():
    """A page without readable results has none, and can be iterated over."""
    assert PaginatedServerlessBackupSnapshots.from_json({"results": None}).results == ()
    assert PaginatedServerlessBackupSnapshots.from_json({}).results == ()


@pytest.mark.parametrize(
    "text",
    ["2026-01-21T22:00:00Z", "2026-01-22T00:00:00+02:00", "2026-01-21T22:00:00", "2026-01-21T22:00:00.000000000Z"],
)
def test_instant(text):
    """Every spelling of a time gives the same aware datetime in UTC."""
    when = instant(text)

    assert when == datetime(2026, 1, 21, 22, tzinfo=UTC)
    assert when.tzinfo is UTC


def test_value():
    """A model cannot be changed, survives pickle and copies, and equals what was made from the same data."""
    data = {"id": "a", "links": [{"href": "h", "rel": "self"}], "new": [1]}
    snapshot = ServerlessBackupSnapshot.from_json(data)

    assert pickle.loads(pickle.dumps(snapshot)) == snapshot
    assert copy.deepcopy(snapshot) == snapshot
    assert {snapshot: 1}[ServerlessBackupSnapshot.from_json(copy.deepcopy(data))] == 1
    assert snapshot != ServerlessBackupSnapshot.from_json({**data, "new": [2]})
    with pytest.raises(AttributeError):
        setattr(snapshot, "id", "b")  # noqa: B010 - mypy would see it


@pytest.mark.parametrize(
    ("model", "name", "link"),
    [(ServerlessBackupRestoreJob, "deliveryUrl", ["canary"]), (atlas.TenantRestore, "snapshotUrl", "canary")],
)
def test_a_download_link_is_in_no_repr(model, name, link):
    """Whoever has the link has the data, without a sign-in."""
    assert "canary" not in repr(model.from_json({name: link, "canary": "canary"}))
