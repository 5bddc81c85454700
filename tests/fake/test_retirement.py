"""The legacy endpoints answer until the sunset and are gone from that instant on; versions are checked first."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import pytest

from shim.fake import BACKUP_SUNSET, DEMO_CLUSTER, DEMO_GROUP, INSTANCE_SUNSET, FakeAtlas

GROUPS = f"groups/{DEMO_GROUP}"
SNAPSHOTS = f"/api/atlas/v2/{GROUPS}/serverless/{DEMO_CLUSTER}/backup/snapshots"
FLEX = f"/api/atlas/v2/{GROUPS}/flexClusters/{DEMO_CLUSTER}/backup/snapshots"


def test_the_backup_endpoints_answer_until_the_last_second(fake, ask):
    """One second before the sunset a snapshot list is 200, in the legacy media type."""
    reply = ask(fake, SNAPSHOTS, accept="application/vnd.atlas.2023-01-01+json")
    assert reply.status == 200
    assert reply.header("Content-Type") == "application/vnd.atlas.2023-01-01+json;charset=utf-8"


def test_the_backup_endpoints_are_gone_from_the_first_instant(fake, ask):
    """At 00:00 UTC the answer is 410 with the concrete path and no leading slash, in Atlas' member order."""
    fake.today = date(2026, 1, 22)
    reply = ask(fake, SNAPSHOTS + "?pageNum=1", accept="application/vnd.atlas.2023-01-01+json")
    path = SNAPSHOTS[1:]
    assert reply.status == 410
    assert reply.body.decode() == (
        f'{{"detail":"Version 2023-01-01 of {path} is no longer available.","error":410,'
        f'"errorCode":"VERSION_GONE","parameters":["2023-01-01","{path}"],"reason":"Gone"}}'
    )
    assert reply.header("X-Error-Code") == "VERSION_GONE"


def test_flex_outlives_the_sunset(fake, ask):
    """The successor answers before and after."""
    before = ask(fake, FLEX).body
    fake.today = date(2030, 1, 1)
    assert ask(fake, FLEX).body == before


def test_v1_goes_with_v2(fake, ask):
    """v1.0 needs no Accept, answers application/json, and is gone at the same instant, in its own path."""
    old = SNAPSHOTS.replace("/v2/", "/v1.0/")
    reply = ask(fake, old, accept=None)
    assert (reply.status, reply.header("Content-Type")) == (200, "application/json")
    fake.today = BACKUP_SUNSET
    reply = ask(fake, old, accept=None)
    assert reply.status == 410
    assert json.loads(reply.body)["parameters"] == ["2023-01-01", old[1:]]


def test_v1_can_be_spared(ask):
    """Whether v1.0 went with v2 is unknown, so a fake can keep it."""
    fake = FakeAtlas(today=date(2026, 5, 1), old_gone=False)
    assert ask(fake, SNAPSHOTS.replace("/v2/", "/v1.0/"), accept=None).status == 200
    assert ask(fake, SNAPSHOTS).status == 410


def test_instances_live_a_year_longer(fake, ask):
    """The instance reads answer until their own sunset."""
    instances = f"/api/atlas/v2/{GROUPS}/serverless"
    fake.today = datetime(2027, 1, 17, 23, 59, 59, tzinfo=UTC)
    assert ask(fake, instances).status == 200
    assert ask(fake, f"{instances}/{DEMO_CLUSTER}").status == 200
    fake.today = INSTANCE_SUNSET
    assert ask(fake, instances).status == 410
    assert ask(fake, f"{instances}/{DEMO_CLUSTER}").status == 410


def test_the_sunset_can_move(fake, ask):
    """Atlas moved its dates more than once, and a 410 was taken back."""
    fake.today = date(2026, 1, 23)
    assert ask(fake, SNAPSHOTS).status == 410
    fake.sunset = datetime(2026, 2, 1, tzinfo=UTC)
    assert ask(fake, SNAPSHOTS).status == 200


def test_sunset_and_deprecation_are_announced_as_recorded(fake, ask):
    """Both are HTTP-dates; flex announces nothing."""
    reply = ask(fake, f"/api/atlas/v2/{GROUPS}/serverless")
    assert reply.header("Deprecation") == "Wed, 10 Dec 2025 00:00:00 GMT"
    sunset = ask(fake, SNAPSHOTS).header("Sunset")
    assert sunset is not None
    assert parsedate_to_datetime(sunset) == BACKUP_SUNSET
    assert ask(fake, FLEX).header("Sunset") is None


def test_an_announced_day_is_not_padded(fake, ask):
    """Recorded: the day of 1 March has one digit."""
    fake.sunset = datetime(2026, 3, 1, tzinfo=UTC)
    assert ask(fake, SNAPSHOTS).header("Sunset") == "Sun, 1 Mar 2026 00:00:00 GMT"


def test_gone_comes_before_everything_about_the_resource(fake, ask):
    """A retired version looks neither at the query nor at the cluster nor at the body."""
    fake.today = BACKUP_SUNSET
    assert ask(fake, SNAPSHOTS + "?pageNum=none").status == 410
    assert ask(fake, SNAPSHOTS.replace(DEMO_CLUSTER, "nobody")).status == 410
    jobs = SNAPSHOTS.replace("snapshots", "restoreJobs")
    assert ask(fake, jobs, method="POST", body=b"{", media="text/plain").status == 410


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "application/json",
        "application/vnd.atlas.2022-12-31+json",
        "application/vnd.atlas.2023-13-01+json",
        "application/vnd.atlas.preview+json",
        "application/vnd.atlas.2023-01-01+csv",
    ],
)
def test_v2_needs_a_usable_version(fake, ask, accept):
    """Without a date at or after the first version the answer is 406, even after the sunset."""
    for today in (fake.today, BACKUP_SUNSET):
        fake.today = today
        reply = ask(fake, SNAPSHOTS, accept=accept)
        assert (reply.status, reply.header("X-Error-Code")) == (406, "INVALID_VERSION_DATE")


def test_flex_refuses_the_legacy_version(fake, ask):
    """A date before 2024-11-13 names no flex version."""
    assert ask(fake, FLEX, accept="application/vnd.atlas.2023-01-01+json").status == 406
    assert ask(fake, FLEX, accept="application/vnd.atlas.2024-11-12+json").status == 406


@pytest.mark.parametrize("asked", ["2024-11-13", "2025-03-12", "2026-08-01"])
def test_a_later_date_means_the_latest_version_before_it(fake, ask, asked):
    """The answer names the version that answered, not the date that was asked for."""
    reply = ask(fake, FLEX, accept=f"text/html, application/vnd.atlas.{asked}+json; q=0.5")
    assert reply.status == 200
    assert reply.header("Content-Type") == "application/vnd.atlas.2024-11-13+json;charset=utf-8"


def test_a_lenient_fake_takes_any_accept_for_the_first_version(ask):
    """Whether Atlas accepts */* is unknown, so a fake can; a date before the first version is still refused."""
    fake = FakeAtlas(today=date(2026, 1, 1), strict=False)
    assert ask(fake, SNAPSHOTS, accept="*/*").status == 200
    assert ask(fake, FLEX, accept="application/vnd.atlas.2023-01-01+json").status == 406


def test_flex_does_not_exist_under_v1(fake, ask):
    """v1.0 has no flex clusters."""
    reply = ask(fake, FLEX.replace("/v2/", "/v1.0/"), accept=None)
    assert (reply.status, reply.header("X-Error-Code")) == (404, "RESOURCE_NOT_FOUND")
