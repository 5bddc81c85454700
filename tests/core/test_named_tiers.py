"""Named tiers: the order of calls, which replies lead to the next tier, and what is remembered."""

import pytest

from shim.core.route import Memory
from shim.core.settings import RouteWord, Settings
from shim.errors import DocumentError
from tests.core.driver import AFTER, answers, drive, refuses
from tests.core.small import START, TARGET, asked, operation, read, successor

TIERS = ("zinc", "flex", "amber")
GET_THING = START + operation(
    "getThing", "GET", "/things/{thing}", 'resource = "thing"\ncluster = ["thing"]'
)


def document(*tiers):
    """A document with tiers. Each one leads on with the code NOT_ and the name of the next."""
    text = GET_THING
    fields = '\n[resource.thing.name]\ntype = "string"\n'
    for tier, after in tiers:
        if tier in {"flex", "dedicated"}:
            key = tier
        else:
            key = f"tier.{tier}"
        text += successor("getThing", f"/{tier}/{{thing}}", key)
        text += f"after = {list(after)}\n".replace("'", '"') if after else ""
        fields += (
            f'\n[resource.thing.name.{key}]\nfrom = "{tier}"\nfidelity = "exact"\n'
        )
    return text + fields


THREE = document(
    ("zinc", ["NOT_FLEX"]), ("flex", ["NOT_AMBER", "NOT_ZINC"]), ("amber", ["NOT_ZINC"])
)
OK = {tier: answers({tier: tier}) for tier in TIERS}
NOT = {tier: refuses(404, f"NOT_{tier.upper()}") for tier in TIERS}
TO_AMBER = [NOT["flex"], NOT["zinc"], OK["amber"]]


def ask(given, memory=None, target=TARGET, **more):
    return drive(read(THREE), target, given, memory=memory or Memory(), **more)


def test_tiers_are_called_in_order():
    """Flex comes first, then the named tiers in the order of the file. Each has its own rules."""
    driven = ask(TO_AMBER)
    assert driven.routes == ("flex", "zinc", "amber")
    assert driven.targets == ("/flex/t", "/zinc/t", "/amber/t")
    assert driven.document == {"name": "amber"}
    assert driven.outcome.record.route == "amber"
    assert driven.outcome.record.reason.endswith(
        "; flex answered NOT_FLEX; zinc answered NOT_ZINC"
    )


@pytest.mark.parametrize(("given", "routes", "passed"), [
    ([OK["flex"]], ("flex",), False), ([NOT["flex"], OK["zinc"]], ("flex", "zinc"), False),
    ([NOT["zinc"]], ("flex",), True), ([NOT["flex"], NOT["flex"]], ("flex", "zinc"), True),
    ([NOT["flex"], NOT["zinc"], NOT["amber"]], ("flex", "zinc", "amber"), True),
    ([NOT["flex"], refuses(429, "NOT_ZINC")], ("flex", "zinc"), True),
])  # fmt: skip
def test_only_a_code_for_the_next_tier_leads_on(given, routes, passed):
    """A code that leads to the third tier does not lead past the second. The last tier's reply is final."""
    driven = ask(given)
    assert driven.routes == routes
    assert driven.passed == passed
    assert driven.outcome.record.sent[-1].status == given[-1][0]


def test_the_tier_that_answered_comes_first_afterwards():
    """After ten minutes the original order returns."""
    memory = Memory()
    ask(TO_AMBER, memory)
    driven = ask([OK["amber"]], memory, clock=AFTER + 599)
    assert driven.routes == ("amber",)
    assert driven.document == {"name": "amber"}
    assert "was found on the amber tier" in driven.outcome.record.reason
    assert ask([OK["flex"]], memory, clock=AFTER + 1300).routes == ("flex",)
    assert ask([OK["flex"]], memory, "/api/atlas/v2/things/other").routes == ("flex",)


@pytest.mark.parametrize(
    ("given", "routes", "then"),
    [
        ([NOT["amber"], NOT["flex"], OK["zinc"]], ("amber", "flex", "zinc"), "zinc"),
        ([refuses(404, "OTHER")], ("amber",), "flex"),
        *[
            ([fault], ("amber",), "amber")
            for fault in (refuses(429, "X"), refuses(500, "X"), (401, (), b""))
        ],
    ],
)
def test_an_error_of_a_remembered_tier_may_lead_on(given, routes, then):
    """Its code may lead to the others, including those before it; otherwise its error is final.

    The tier is forgotten if it no longer has the cluster, but not because of a rate
    limit or a fault.
    """
    memory = Memory()
    ask(TO_AMBER, memory)
    assert ask(given, memory).routes == routes
    assert ask([OK[then]], memory).routes == (then,)


@pytest.mark.parametrize("query", ["", "?envelope=true"])
@pytest.mark.parametrize(
    "refusal",
    [refuses(401, "NO"), refuses(403, "NO"), refuses(404, "NO"), (500, (), b"")],
)
def test_an_error_is_not_remembered(refusal, query):
    """Only a success shows where a cluster is, and an error in an envelope is still an error."""
    memory = Memory()
    assert ask([NOT["flex"], refusal], memory, f"{TARGET}{query}").routes == (
        "flex",
        "zinc",
    )
    assert ask([OK["flex"]], memory).routes == ("flex",)
    assert ask([refuses(500, "NOT_FLEX")], memory, f"{TARGET}{query}").routes == (
        "flex",
    )


def test_a_remembered_tier_may_be_missing_in_another_operation():
    """Two operations on one cluster may have different tiers."""
    memory = Memory()
    ask(TO_AMBER, memory)
    other = document(("flex", ["NOT_ZINC"]), ("zinc", ["NOT_FLEX"]))
    assert asked(other, [OK["flex"]], memory=memory).routes == ("flex",)


@pytest.mark.parametrize("word", [RouteWord.SUCCESSOR, RouteWord.FLEX])
def test_a_forced_route_calls_only_the_first_tier(word):
    """Its name doesn't matter; ``flex`` is the older value of that setting. Nothing is learned or corrected."""
    memory = Memory()
    settings = Settings(route=word)
    ask([NOT["flex"], OK["zinc"]], memory)
    driven = ask([NOT["flex"]], memory, settings=settings)
    assert driven.routes == ("flex",)
    assert driven.passed is True
    assert f"the route is set to {word}" in driven.outcome.record.reason
    named = document(("zinc", ["NOT_AMBER"]), ("amber", ["NOT_ZINC"]))
    assert asked(named, [OK["zinc"]], settings=settings).routes == ("zinc",)


def test_a_tier_may_have_its_own_resource():
    """A member that passes unchanged on one tier is computed on another."""
    text = (
        GET_THING
        + "[resource.thing]\nrest = true\n"
        + successor("getThing", "/flex/{thing}")
    )
    text += (
        successor("getThing", "/zinc/{thing}", "tier.zinc")
        + 'after = ["NOT_FLEX"]\nresource = "other"\n'
    )
    text += '[resource.other.name]\ntype = "string"\ntier.zinc = { from = "title", fidelity = "renamed" }\n'
    as_it_is = {"title": "a", "name": 5}
    assert asked(text, [answers(as_it_is)]).document == as_it_is
    assert asked(text, [NOT["flex"], answers(as_it_is)]).document == {"name": "a"}
    with pytest.raises(
        DocumentError,
        match=r"tier\.zinc\.resource: 'othr' is not a resource of this document",
    ):
        read(text.replace('"other"', '"othr"'))
