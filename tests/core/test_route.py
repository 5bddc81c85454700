"""Which side is asked first."""

from datetime import UTC, datetime, timedelta

import pytest

from shim.core.context import Context, Memory
from shim.core.messages import Call
from shim.core.route import decide, retired_key, sunset_of, tier_key
from shim.core.settings import RouteWord, Settings
from tests.core.driver import JOBS, LIST, ORIGIN

SUNSET = datetime(2026, 1, 22, tzinfo=UTC)
"""Of the backup endpoints, as announced."""
INSTANCES = datetime(2027, 1, 18, tzinfo=UTC)
BLANK = datetime(2026, 1, 15, tzinfo=UTC)
"""From then on the legacy answers of instance reads mean nothing, a year before their sunset."""
SECOND = timedelta(seconds=1)


def decided(engine, when, word=RouteWord.AUTO, *, path=LIST, memory=None, sunsets=None, method="GET"):
    target = f"/api/atlas/v2{path}"
    match = engine.recognise(method, target, ())
    assert match is not None
    settings = Settings(route=word, sunsets=sunsets or {})
    context = Context(settings, memory or Memory(), when.timestamp, ORIGIN, monotonic=when.timestamp)
    return decide(match, Call(method, ORIGIN, target), context)


@pytest.mark.parametrize(
    ("word", "before", "after"),
    [
        (RouteWord.AUTO, "legacy", "flex"),
        (RouteWord.DATE, "legacy", "flex"),
        (RouteWord.LEGACY, "legacy", "legacy"),
        (RouteWord.FLEX, "flex", "flex"),
        (RouteWord.OFF, "legacy", "legacy"),
    ],
)
@pytest.mark.parametrize(("path", "sunset"), [(LIST, SUNSET), (JOBS, SUNSET), ("/groups/g/serverless", BLANK)])
def test_the_word_and_the_instant_decide(engine, word, before, after, path, sunset):
    """Until the last moment before the sunset it is one side, from that very instant on the other."""
    for when, side in (
        (sunset - SECOND, before),
        (sunset - SECOND / 1000, before),
        (sunset, after),
        (sunset + SECOND, after),
    ):
        assert decided(engine, when, word, path=path).route == side


@pytest.mark.parametrize("word", list(RouteWord))
def test_replies_correct_the_date_in_auto_only(engine, word):
    """Every other word is obeyed whatever is answered."""
    for when in (SUNSET - SECOND, SUNSET):
        assert decided(engine, when, word).corrects is (word is RouteWord.AUTO)


@pytest.mark.parametrize(
    ("word", "when", "reason"),
    [
        (RouteWord.AUTO, SUNSET - SECOND, "its sunset, 2026-01-22, is still to come"),
        (RouteWord.AUTO, SUNSET, "its sunset, 2026-01-22, has passed"),
        (RouteWord.DATE, SUNSET - SECOND, "the route is decided by date: its sunset, 2026-01-22, is still to come"),
        (RouteWord.DATE, SUNSET, "the route is decided by date: its sunset, 2026-01-22, has passed"),
        (RouteWord.LEGACY, SUNSET, "the route is set to legacy"),
        (RouteWord.FLEX, SUNSET - SECOND, "the route is set to flex"),
        (RouteWord.OFF, SUNSET, "the shim is switched off"),
    ],
)
def test_each_decision_has_a_reason(engine, word, when, reason):
    """The reason is in plain words and names the date."""
    assert decided(engine, when, word).reason == reason


@pytest.mark.parametrize("word", [RouteWord.AUTO, RouteWord.DATE])
def test_an_operators_sunset_is_the_one_in_force(engine, word):
    """A date of the operator's takes the place of the document's, earlier or later, for that document alone."""
    moved = {"snapshots": datetime(2026, 2, 1, 12, 30, tzinfo=UTC)}
    decision = decided(engine, SUNSET, word, sunsets=moved)
    assert decision.route == "legacy"
    assert "2026-02-01T12:30Z" in decision.reason
    assert decided(engine, moved["snapshots"], word, sunsets=moved).route == "flex"
    assert decided(engine, SUNSET, word, path=JOBS, sunsets=moved).route == "flex"
    earlier = {"snapshots": datetime(2025, 1, 1, tzinfo=UTC)}
    assert decided(engine, SUNSET - SECOND, word, sunsets=earlier).route == "flex"


def test_the_sunset_in_force_can_be_asked_for(engine):
    """Doors show the same date that decides."""
    operation = engine.named("listServerlessBackupSnapshots")
    moved = datetime(2026, 2, 1, tzinfo=UTC)
    assert sunset_of(operation, Settings()) == SUNSET
    assert sunset_of(operation, Settings(sunsets={"snapshots": moved})) == moved


def keys(engine, path=LIST, origin=ORIGIN, api="v2"):
    match = engine.recognise("GET", f"/api/atlas/{api}{path}", ())
    assert match is not None
    return retired_key(match, origin), tier_key(match, Call("GET", origin, path)) if match.cluster else None


def test_what_was_learned_is_kept_apart_by_what_it_holds_for(engine):
    """Gone is a matter of origin, operation and version; the tier one of origin, group and cluster."""
    gone, tier = keys(engine)
    assert keys(engine, f"{LIST}/1")[0] != gone
    assert keys(engine, f"{LIST}/1")[1] == tier
    assert keys(engine, api="v1.0") == (keys(engine, api="v1.0")[0], tier)
    assert keys(engine, api="v1.0")[0] != gone
    assert all(one != other for one, other in zip(keys(engine, origin="http://h"), (gone, tier), strict=True))
    assert keys(engine, LIST.replace("c1", "c2")) == (gone, keys(engine, LIST.replace("c1", "c2"))[1])
    assert keys(engine, LIST.replace("c1", "c2"))[1] != tier
    assert keys(engine, "/groups/g1/serverless")[1] is None


@pytest.mark.parametrize("passed", [0.0, 599.0])
def test_a_legacy_endpoint_that_was_gone_is_not_asked_again(engine, passed):
    """For ten minutes what legacy answered counts more than the date."""
    memory = Memory()
    memory.remember(keys(engine)[0], "410", (SUNSET - timedelta(days=1)).timestamp())
    when = SUNSET - timedelta(days=1) + timedelta(seconds=passed)
    decision = decided(engine, when, memory=memory)
    assert decision.route == "flex"
    assert decision.reason == "the legacy endpoint answered 410 less than ten minutes ago"
    assert decided(engine, when, path=f"{LIST}/1", memory=memory).route == "legacy"
    assert decided(engine, when, RouteWord.DATE, memory=memory).route == "legacy"
    assert decided(engine, when, RouteWord.LEGACY, memory=memory).route == "legacy"


def test_after_ten_minutes_the_date_counts_again(engine):
    """Nothing is believed for ever, since sunset dates moved in both directions."""
    memory = Memory()
    memory.remember(keys(engine)[0], "410", (SUNSET - timedelta(days=1)).timestamp())
    when = SUNSET - timedelta(days=1) + timedelta(seconds=600)
    assert decided(engine, when, memory=memory).route == "legacy"


@pytest.mark.parametrize(
    ("word", "side"), [(RouteWord.AUTO, "dedicated"), (RouteWord.DATE, "flex"), (RouteWord.FLEX, "flex")]
)
def test_a_cluster_known_to_be_dedicated_is_asked_there(engine, word, side):
    """In auto the remembered tier comes first; by date and by flag it is never the dedicated one."""
    memory = Memory()
    memory.remember(keys(engine)[1], "dedicated", SUNSET.timestamp())
    decision = decided(engine, SUNSET, word, memory=memory)
    assert decision.route == side
    assert ("dedicated tier" in decision.reason) is (side == "dedicated")


@pytest.mark.parametrize("tier", ["flex", "platinum"])
def test_any_other_remembered_tier_changes_nothing(engine, tier):
    """Flex comes first anyway, and a tier that the operation has no successor on is not asked."""
    memory = Memory()
    memory.remember(keys(engine)[1], tier, SUNSET.timestamp())
    assert decided(engine, SUNSET, memory=memory).route == "flex"


def test_a_remembered_tier_does_not_overrule_the_date(engine):
    """Before the sunset it is the legacy endpoint that is asked, whatever the cluster is."""
    memory = Memory()
    memory.remember(keys(engine)[1], "dedicated", SUNSET.timestamp())
    assert decided(engine, SUNSET - SECOND, memory=memory).route == "legacy"


GONE = ["POST /groups/g/serverless", "DELETE /groups/g/serverless/n"]


@pytest.mark.parametrize("call", GONE)
@pytest.mark.parametrize(
    ("word", "side"),
    [
        (RouteWord.AUTO, "legacy"),
        (RouteWord.DATE, "none"),
        (RouteWord.FLEX, "none"),
        (RouteWord.LEGACY, "legacy"),
        (RouteWord.OFF, "legacy"),
    ],
)
def test_without_a_successor_only_the_legacy_endpoint_could_answer(engine, call, word, side):
    """In auto it is asked even after its sunset; by date and by flag there is nobody to ask."""
    method, path = call.split()
    decision = decided(engine, INSTANCES, word, path=path, method=method)
    assert decision.route == side
    if side == "none":
        assert "there is no successor" in decision.reason


def test_without_a_successor_a_remembered_410_ends_it(engine):
    """What answered as gone a moment ago is not asked again."""
    memory = Memory()
    match = engine.recognise("DELETE", "/api/atlas/v2/groups/g/serverless/n", ())
    assert match is not None
    memory.remember(retired_key(match, ORIGIN), "410", INSTANCES.timestamp())
    decision = decided(engine, INSTANCES, path="/groups/g/serverless/n", method="DELETE", memory=memory)
    assert decision.route == "none"
    assert "410" in decision.reason
