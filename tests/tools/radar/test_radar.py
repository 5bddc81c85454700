"""The radar remembers announcements by operation, within limits, and reports each once."""

import logging
import os
from datetime import UTC, datetime

import pytest

from shim.core.messages import Call
from shim.core.recognize import shared_engine
from shim.tools.radar.radar import MAX_CALLERS, MAX_SIGHTINGS, Radar

GROUP = "/api/atlas/v2/groups/0123456789abcdef01234567"
ACCEPT = ("Accept", "application/vnd.atlas.2023-02-01+json")
SUNSET = ("Sunset", "Thu, 1 Jul 2027 00:00:00 GMT")
LATER = ("Sunset", "Wed, 1 Sep 2027 00:00:00 GMT")
ENGINE = shared_engine(os.environ)
NOW = datetime(2026, 11, 25, tzinfo=UTC).timestamp()


def call(path="/integrations/orders", *lines, method="GET"):
    return Call(
        method, "https://cloud.mongodb.com", f"{GROUP}{path}", lines or (ACCEPT,)
    )


@pytest.fixture
def radar():
    return Radar()


def test_calls_of_one_operation_are_one_sighting(radar):
    """The cluster does not matter; an operation of a document has the document's template."""
    for number in range(3):
        radar.look(
            call(f"/integrations/c{number}?pretty=true"),
            (SUNSET,),
            ENGINE,
            f"report/{number}",
            NOW + number,
        )
    (one,) = radar.sightings()
    assert one.key == ("GET", "/api/atlas/v2/groups/{}/integrations/{}", "2023-02-01")
    assert one.calls == 3
    assert one.first == NOW
    assert one.last == NOW + 2
    assert one.sunset == 1814400000
    assert one.callers == ("report/2", "report/1", "report/0")
    known = call(
        "/serverless/orders", ("Accept", "application/vnd.atlas.2023-01-01+json")
    )
    found = radar.look(known, (SUNSET,), ENGINE)
    assert found is not None
    assert found.path.startswith("/api/atlas/v2/groups/{groupId}/serverless/{")


def test_methods_and_versions_are_separate(radar):
    """A sunset often applies to one version. The reply has it, otherwise the request."""
    resolved = ("Content-Type", "application/vnd.atlas.2023-01-01+json;charset=utf-8")
    error = ("Content-Type", "application/json")
    radar.look(call(), (SUNSET, resolved), ENGINE)
    radar.look(call(), (SUNSET, error), ENGINE)
    radar.look(call("/integrations/orders", ("Accept", "*/*")), (SUNSET, error), ENGINE)
    radar.look(call(method="DELETE"), (SUNSET,), ENGINE)
    assert [(one.method, one.version) for one in radar.sightings()] == [
        ("GET", "2023-01-01"), ("GET", "2023-02-01"), ("GET", ""), ("DELETE", "2023-02-01"),
    ]  # fmt: skip


def test_an_announcement_is_repeated_when_the_date_moves(radar, caplog):
    """The line has the new date; known announcements are not logged again."""
    deprecation = ("Deprecation", "@1722816000")
    assert radar.look(call(), (("Server", "mdbws"), ("Sunset", "soon")), ENGINE) is None
    radar.look(call(), (deprecation,), ENGINE, now=NOW)
    for line in (SUNSET, SUNSET, LATER, LATER, SUNSET):
        radar.look(call(), (line, deprecation), ENGINE, now=NOW)
    radar.look(call("/teams"), (SUNSET,), ENGINE, now=NOW)
    teams, where = (
        f"GET /api/atlas/v2/groups/{{}}/{one} (2023-02-01)"
        for one in ("teams", "integrations/{}")
    )
    since = "2024-08-05, 842 days ago"
    assert [one.getMessage() for one in caplog.records] == [
        f"{where}: its replies announce Deprecation {since}",
        f"{where}: its replies announce Sunset 2027-07-01, in 218 days; Deprecation {since}",
        f"{where}: its replies announce Sunset 2027-09-01, in 280 days; Deprecation {since}",
        f"{teams}: its replies announce Sunset 2027-07-01, in 218 days",
    ]
    assert {one.levelno for one in caplog.records} == {logging.WARNING}
    assert len(radar.sightings()) == 2


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-2, "2 days ago"),
        (-1, "1 day ago"),
        (0, "today"),
        (1, "in 1 day"),
        (2, "in 2 days"),
    ],
)
def test_a_sunset_is_reported_with_its_distance(radar, caplog, days, said):
    """That includes one in the past whose operation still works."""
    radar.look(call(), (SUNSET,), ENGINE, now=1814400000 - days * 86400)
    assert f"Sunset 2027-07-01, {said}" in caplog.text


def test_memory_and_log_are_limited(radar, caplog):
    """Neither upstream nor a caller with many versions can fill them; the latest call is always there."""
    radar.look(call(), (SUNSET,), ENGINE)
    for number in range(2 * MAX_SIGHTINGS):
        version = ("Accept", f"application/vnd.atlas.{2000 + number}-01-01+json")
        radar.look(call("/integrations", version), (SUNSET,), ENGINE)
    found = radar.sightings()
    assert len(found) == MAX_SIGHTINGS
    assert len(caplog.records) == MAX_SIGHTINGS
    assert found[-1].version == f"{2000 + 2 * MAX_SIGHTINGS - 1}-01-01"
    assert "GET /api/atlas/v2/groups/{}/integrations/{} (2023-02-01)" in caplog.text
    for number in range(3 * MAX_CALLERS):
        last = radar.look(call(), (SUNSET,), ENGINE, f"agent/{number}")
    assert last is not None
    assert last.callers == tuple(
        f"agent/{3 * MAX_CALLERS - 1 - number}" for number in range(MAX_CALLERS)
    )
