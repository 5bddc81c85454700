"""The legacy endpoints work until the sunset, instance reads are blank the year before; versions are checked first."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shim.fake import (
    BACKUP_SUNSET,
    DEMO_CLUSTER,
    DEMO_GROUP,
    INSTANCE_SUNSET,
    INSTANCES_BLANK,
    FakeAtlas,
)
from tests.fake.asking import LEGACY_VERSION, ROOT, Asker

SNAPSHOTS = f"{ROOT}/serverless/{DEMO_CLUSTER}/backup/snapshots"
OLD_SNAPSHOTS = SNAPSHOTS.replace("v2", "v1.0")
FLEX = f"flexClusters/{DEMO_CLUSTER}/backup/snapshots"
NONE = "0" * 24
RETIRED: list[tuple[str, str, Any]] = [
    ("GET", f"serverless/{DEMO_CLUSTER}/backup/snapshots?pageNum=none", None),
    ("GET", f"serverless/nobody/backup/snapshots/{NONE}", None),
    ("GET", f"serverless/{DEMO_CLUSTER}/backup/restoreJobs", None),
    ("POST", f"serverless/{DEMO_CLUSTER}/backup/restoreJobs", b"{"),
    ("POST", "serverless", {"name": "new", "providerSettings": {}}),
    ("PATCH", f"serverless/{DEMO_CLUSTER}", {"tags": []}),
    ("DELETE", f"serverless/{DEMO_CLUSTER}", None),
    ("GET", f"clusters/{DEMO_CLUSTER}/backup/tenant/snapshots", None),
    ("GET", f"clusters/{DEMO_CLUSTER}/backup/tenant/snapshots/{NONE}", None),
    ("GET", f"clusters/{DEMO_CLUSTER}/backup/tenant/restores", None),
    ("GET", f"clusters/{DEMO_CLUSTER}/backup/tenant/restores/{NONE}", None),
    ("POST", f"clusters/{DEMO_CLUSTER}/backup/tenant/restore", {}),
    ("POST", f"clusters/{DEMO_CLUSTER}/backup/tenant/download", {}),
]


@pytest.mark.parametrize("api", ["v2", "v1.0"])
@pytest.mark.parametrize(("method", "target", "body"), RETIRED)
def test_all_endpoints_end_at_the_same_instant(fake, ask, api, method, target, body):
    """Query, cluster and body don't matter, and nothing is executed; the errors of v2 and v1.0 have their own paths."""
    jobs = fake.cluster(DEMO_GROUP, DEMO_CLUSTER).jobs
    before = len(jobs)
    flex = ask("flexClusters").body
    fake.today = BACKUP_SUNSET
    path = f"{ROOT}/{target}".replace("v2", api)
    reply = ask(
        path,
        method,
        body,
        accept=None if api == "v1.0" else LEGACY_VERSION,
        media="text/plain",
    )
    assert reply.code == "410 VERSION_GONE"
    assert reply.json["parameters"] == ["2023-01-01", path[1:].partition("?")[0]]
    assert len(jobs) == before
    assert ask("flexClusters").body == flex


def test_the_backup_endpoints_work_until_the_last_second(ask):
    """The media type is the legacy one; v1.0 needs no Accept and returns application/json."""
    reply = ask(SNAPSHOTS, accept=LEGACY_VERSION)
    old = ask(OLD_SNAPSHOTS, accept=None)
    assert reply.status == 200
    assert reply.header("Content-Type") == f"{LEGACY_VERSION};charset=utf-8"
    assert old.status == 200
    assert old.header("Content-Type") == "application/json"


def test_the_410_has_the_known_text(fake, ask):
    """It has the concrete path without a leading slash, in Atlas's member order."""
    fake.today = date(2026, 1, 22)
    reply = ask(SNAPSHOTS, accept=LEGACY_VERSION)
    path = SNAPSHOTS[1:]
    assert reply.body.decode() == (
        f'{{"detail":"Version 2023-01-01 of {path} is no longer available.","error":410,'
        f'"errorCode":"VERSION_GONE","parameters":["2023-01-01","{path}"],"reason":"Gone"}}'
    )
    assert reply.header("X-Error-Code") == "VERSION_GONE"


def test_flex_outlives_the_sunset(fake, ask):
    """The successor works before and after, and announces no end."""
    before = ask(FLEX)
    assert before.header("Sunset") is None
    fake.today = date(2030, 1, 1)
    assert ask(FLEX).body == before.body
    assert (
        ask(OLD_SNAPSHOTS.replace("serverless", "flexClusters"), accept=None).code
        == "404 RESOURCE_NOT_FOUND"
    )


def test_sunset_and_deprecation_are_announced_as_recorded(fake, ask):
    """Both are HTTP-dates, whose day is not padded."""
    fake.sunset = datetime(2026, 3, 1, tzinfo=UTC)
    reply = ask(SNAPSHOTS)
    assert reply.header("Deprecation") == "Wed, 10 Dec 2025 00:00:00 GMT"
    assert reply.header("Sunset") == "Sun, 1 Mar 2026 00:00:00 GMT"


@pytest.mark.parametrize("accept", [
    None, "*/*", "application/json", "application/vnd.atlas.2022-12-31+json",
    "application/vnd.atlas.2023-13-01+json", "application/vnd.atlas.preview+json",
    "application/vnd.atlas.2023-01-01+csv",
])  # fmt: skip
def test_v2_needs_a_usable_version(fake, ask, accept):
    """Without a date at or after the first version the reply is 406, even after the sunset."""
    for today in (fake.today, BACKUP_SUNSET):
        fake.today = today
        assert ask(SNAPSHOTS, accept=accept).code == "406 INVALID_VERSION_DATE"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("2023-01-01", 406),
        ("2024-11-12", 406),
        ("2024-11-13", 200),
        ("2026-08-01", 200),
    ],
)
def test_a_date_means_the_latest_version_before_it(ask, asked, status):
    """The reply has the version that applies instead of the requested date."""
    reply = ask(FLEX, accept=f"text/html, application/vnd.atlas.{asked}+json; q=0.5")
    version = "application/vnd.atlas.2024-11-13+json;charset=utf-8"
    assert reply.status == status
    assert (reply.header("Content-Type") == version) == (status == 200)


def _names(reply):
    assert reply.status == 200
    assert reply.json["totalCount"] == len(reply.json["results"])
    return [each["name"] for each in reply.json["results"]]


@pytest.mark.parametrize("api", ["v2", "v1.0"])
@pytest.mark.parametrize(
    "today", [INSTANCES_BLANK, INSTANCE_SUNSET - timedelta(seconds=1)]
)
def test_blank_reads_show_no_instance(fake, ask, api, today):
    """Flex still lists the cluster; backup reads work until their own sunset, instance reads end at theirs."""
    fake.today = today
    fake.blank = INSTANCES_BLANK
    root = ROOT.replace("v2", api)
    assert _names(ask(f"{root}/serverless")) == []
    assert ask(f"{root}/serverless/{DEMO_CLUSTER}").code == "404 NOT_FOUND"
    assert _names(ask("flexClusters")) == [DEMO_CLUSTER]
    backups = ask(f"{root}/serverless/{DEMO_CLUSTER}/backup/snapshots")
    assert backups.status == (200 if today == INSTANCES_BLANK else 410)
    assert (
        ask(f"/api/atlas/{api}/groups/{'1' * 24}/serverless").code
        == "404 GROUP_NOT_FOUND"
    )
    fake.today = INSTANCE_SUNSET
    assert {ask("serverless").status, ask(f"serverless/{DEMO_CLUSTER}").status} == {410}


@pytest.mark.parametrize("blank", [None, INSTANCES_BLANK + timedelta(seconds=1)])
def test_before_the_period_the_reads_have_data(blank):
    """The period can be switched off, or start at another date."""
    fake = FakeAtlas(today=INSTANCES_BLANK)
    fake.blank = blank
    assert _names(Asker(fake)("serverless")) == [DEMO_CLUSTER]
    assert Asker(fake)(f"serverless/{DEMO_CLUSTER}").status == 200
    fake.blank = datetime(2026, 1, 14, tzinfo=UTC)
    assert _names(Asker(fake)("serverless")) == []
