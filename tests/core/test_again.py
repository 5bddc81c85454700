"""A call that is made again: sent as it was, answered by upstream's content, decided anew when it may differ."""

import attrs
import pytest

from shim.core import exchange
from shim.core.context import Memory
from shim.core.exchange import Repeats
from shim.core.settings import RouteWord, Settings
from tests.core.driver import GET, LIST, NON_FLEX, SNAPSHOT, answers, drive, refuses, snapshots

V2 = f"/api/atlas/v2{LIST}"
ONE = answers({"results": [SNAPSHOT], "totalCount": 1})
OTHER = answers({"results": [SNAPSHOT | {"id": f"{number:024x}"} for number in range(3)], "totalCount": 3})
SETTINGS = Settings(route=RouteWord.SUCCESSOR)


@pytest.fixture
def ask(engine):
    """Makes calls of one process."""
    repeats, memory = Repeats(), Memory()

    def ask(upstream, target=V2, **options):
        more = {"memory": memory, "settings": SETTINGS, **options}
        return drive(engine, target, upstream, repeats=repeats, **more)

    return ask


def alike(one, other):
    """Tell whether two exchanges asked and answered the same."""
    return (one.outcome, one.steps) == (other.outcome, other.steps)


@pytest.mark.parametrize("later", [ONE, OTHER])
@pytest.mark.parametrize("target", [V2, f"{V2}?itemsPerPage=2&envelope=true", f"/api/atlas/v2{GET}"])
def test_a_call_is_answered_as_an_exchange_answers_it(engine, ask, target, later):
    """With content that came before, and with other content: the same calls, answer and record."""
    if target.endswith(GET):
        later = answers(SNAPSHOT if later is ONE else {**SNAPSHOT, "status": "FAILED"})
    ask([later if target.endswith(GET) else ONE], target)
    expected = drive(engine, target, [later], settings=SETTINGS)
    for _ in range(2):
        assert alike(ask([later], target), expected)


def test_what_is_known_holds_no_credentials(engine):
    """The field of one call is not sent with the next, and nothing keeps it."""
    repeats, memory = Repeats(), Memory()
    for token in ("s3cret", "other"):
        sends = drive(
            engine, V2, [ONE], headers=(("Authorization", token),), memory=memory, repeats=repeats, settings=SETTINGS
        ).sends
        assert dict(sends[0].call.headers)["Authorization"] == token
    assert "s3cret" not in repr([attrs.asdict(known, recurse=False) for known in repeats._known.values()])


@pytest.mark.parametrize(
    "unusual",
    [
        refuses(500, "UNEXPECTED_ERROR"),
        refuses(404, "CLUSTER_NOT_FOUND"),
        (200, (), b"<html>"),
        (200, (), b"x" * 20_000_000),
    ],
)
def test_what_is_unusual_goes_the_ordinary_way(engine, ask, unusual):
    """With the reply that has come: nothing is asked for twice."""
    ask([ONE])
    assert alike(ask([unusual]), drive(engine, V2, [unusual], settings=SETTINGS))


def test_a_cluster_that_moves_is_found(engine, ask):
    """The error that says so leads to the other tier, which is known from then on."""
    dedicated = answers({"results": [], "totalCount": 0})
    by_date = Settings()
    ask([ONE], settings=by_date)
    assert ask([NON_FLEX, dedicated], settings=by_date).routes == ("flex", "dedicated")
    assert [ask([dedicated], settings=by_date).routes for _ in range(2)] == [("dedicated",)] * 2


def test_a_minute_later_it_is_decided_anew(ask, monkeypatch):
    """So is a call under other settings, with another memory, and one that memory has learned of."""
    began, ordinary = list[str](), exchange.exchange

    def begin(*args):
        began.append("exchange")
        return ordinary(*args)

    monkeypatch.setattr(exchange, "exchange", begin)
    ask([ONE], monotonic=lambda: 0.0)
    ask([ONE], monotonic=lambda: 59.0)
    assert len(began) == 1
    ask([ONE], monotonic=lambda: 61.0)
    ask([ONE], settings=Settings(route=RouteWord.FLEX))
    ask([ONE], settings=SETTINGS, memory=Memory())
    assert len(began) == 4


def test_calls_are_remembered_within_bounds(ask):
    """The first that was learned goes first, and large content is not kept."""
    for number in range(exchange.SIZE + 1):
        ask([ONE], f"{V2}?itemsPerPage={number + 1}")
    large = answers({"results": snapshots(400), "totalCount": 400})
    first, second = ask([large]), ask([large])
    assert first.content == second.content
