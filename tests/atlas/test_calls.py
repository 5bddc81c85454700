# mypy: disable-error-code="arg-type, union-attr, operator"
# (what Atlas may leave out is possibly missing; a test that is wrong about that fails by itself)
"""The results of the typed client's calls before and after the sunset, and the examples of its page."""

import re
import time
from datetime import date
from pathlib import Path

import attrs
import pytest

from shim.atlas import SnapshotStatus
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN
from tests.atlas.conftest import ENDPOINTS, WRITES, signature_of, transport_of
from tests.fake.asking import filled_atlas, received

PLACE = (DEMO_GROUP, DEMO_CLUSTER)


def arguments_of(group, name, fake):
    """Return valid arguments of an endpoint: the required ones, and the snapshot of an order."""
    cluster = fake.cluster(*PLACE)
    snapshot = cluster.snapshots[0]["id"]
    job = cluster.jobs[0].id
    known = {
        "group_id": DEMO_GROUP,
        "cluster_name": DEMO_CLUSTER,
        "name": DEMO_CLUSTER,
        "snapshot_id": snapshot,
    }
    known |= {"restore_job_id": job, "restore_id": job} | WRITES.get(name, {})
    parameters = signature_of(group, name).parameters
    needed = {
        each
        for each, parameter in parameters.items()
        if parameter.default is parameter.empty
    }
    return {
        each: known[each]
        for each in parameters
        if each in needed | {"snapshot_id"} | WRITES.get(name, {}).keys()
    }


SUNSET = date(2100, 1, 1)
NOW = time.time()
"""One time for all compared calls, because ids contain the second of their creation."""


def shown(value):
    """Return a result as plain data without links and unknown values."""
    if attrs.has(type(value)):
        parts = {
            each.name: getattr(value, each.name) for each in attrs.fields(type(value))
        }
        return {
            name: shown(part)
            for name, part in parts.items()
            if name not in {"raw", "record", "links"} and part
        }
    if isinstance(value, list | tuple):
        return [shown(each) for each in value]
    return value


def within(some, whole):
    """Return whether all known parts of one value are known in the other too, with the same value."""
    if isinstance(some, dict):
        return all(
            name in whole and within(part, whole[name]) for name, part in some.items()
        )
    if isinstance(some, list):
        return len(some) == len(whole) and all(map(within, some, whole))
    return some == whole


@pytest.mark.parametrize(("group", "name"), ENDPOINTS)
def test_every_call_has_the_same_result_before_and_after_the_sunset(
    connect, monkeypatch, group, name
):
    """The record lists each value that is absent afterwards; a write is sent once."""
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "instances")
    answers = {}
    for route in ("legacy", "flex"):
        monkeypatch.setenv("ATLAS_SHIM_ROUTE", route)
        fake = filled_atlas(sunset=SUNSET, clock=lambda: NOW)
        fake.instance_sunset = fake.sunset
        method = getattr(getattr(connect(fake), group), name)
        result = method(**arguments_of(group, name, fake))
        (record,) = {
            each.record for each in (result if isinstance(result, list) else [result])
        }
        assert record.route == route
        assert len(fake.arrivals) - len(received(fake, "GET")) == (name in WRITES)
        answers[route] = shown(result)
    assert answers["flex"] or name == "delete_serverless_instance"
    assert within(answers["flex"], answers["legacy"])


def test_a_result_has_its_record(connect, retired):
    """Its values are enum members and UTC times, and the record has the fields that the successor lacks."""
    backups = connect(retired).cloud_backups
    page = backups.list_serverless_backup_snapshots(*PLACE)
    one = backups.get_serverless_backup_snapshot(*PLACE, page.results[0].id)
    assert page.total_count == len(page.results) == 8
    assert one.status == SnapshotStatus.COMPLETED
    assert one.created_at.tzname() == "UTC"
    assert "storageSizeBytes" in page.record.by_level()["absent"]
    assert one.storage_size_bytes is None
    assert page.record == page.results[0].record


PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "typed-client.md").read_text(
    "utf-8"
)


@pytest.fixture
def printed(retired, monkeypatch, capsys):
    """Run one of the page's examples against the fake, and return its output."""
    monkeypatch.setenv("MONGODB_ATLAS_ACCESS_TOKEN", DEMO_TOKEN)
    monkeypatch.setattr(
        "httpx._client.HTTPTransport", lambda **_: transport_of(retired)
    )

    def run(number):
        example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[number]
        exec(example, {"group_id": DEMO_GROUP, "cluster_name": DEMO_CLUSTER})
        return capsys.readouterr().out

    return run


def test_the_first_example_works(printed):
    """It prints a line for each snapshot."""
    assert len(re.findall("completed", printed(0))) == 8


def test_the_example_of_records_works(printed):
    """It prints the side that replied, and the side without data about a snapshot."""
    lines = printed(1).splitlines()
    assert lines[0].startswith("flex ")
    assert lines[1].split()[0::2] == ["404", "flex"]
