"""Random sequences of old writes through the shim end in the same state as before the sunset; also with faults."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import pytest

from tests.stateful.callers import change, creation
from tests.stateful.cluster import KINDS, regions
from tests.stateful.worlds import Worlds

CHANGES = 8
"""Changes after a creation."""
FEW = range(70)
MANY = range(1000, 2000)


@pytest.fixture(autouse=True)
def switched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch writes of clusters on and warnings, which don't matter here, off."""
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "clusters")
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")


def none(_: Random) -> Callable[[str], str]:
    return lambda _: ""


def faulty(rng: Random) -> Callable[[str], str]:
    """Return the fault of each call: of four, one is lost before it arrives, refused, or cut after it is done."""
    return lambda _: rng.choice(("busy", "lost", "cut", "cut", *[""] * 12))


def played(
    seeds: range, *, keeps: bool, fault: Callable[[Random], Callable[[str], str]] = none
) -> Iterator[Worlds]:
    """Yield the worlds after a sequence for each seed."""
    for seed in seeds:
        rng = Random(seed)
        worlds = Worlds(keeps, fault(Random(seed)))
        worlds.call(creation(rng), rng, tries=4)
        for _ in range(CHANGES):
            if worlds.native.clusters:
                worlds.call(change(rng), rng, tries=4)
        yield worlds


SEEDS = [FEW, pytest.param(MANY, marks=pytest.mark.slow)]


@pytest.mark.parametrize("seeds", SEEDS, ids=["few", "many"])
@pytest.mark.parametrize("keeps", [True, False])
def test_each_call_ends_as_natively_or_is_refused_unsent(seeds, keeps):
    """That holds for both treatments of omitted kinds of nodes. Few calls are refused."""
    seen = [
        (seed, *one)
        for seed, worlds in zip(seeds, played(seeds, keeps=keeps), strict=True)
        for one in worlds.seen
    ]
    assert [one for one in seen if one[2].startswith("wrong")] == []
    found = Counter(how.partition(":")[0] for _, _, how in seen)
    assert set(found) <= {"equal", "refused"}
    assert found["equal"] > 5 * len(seeds)
    assert found["refused"] <= 0.05 * found["equal"]


@pytest.mark.parametrize("seeds", SEEDS, ids=["few", "many"])
@pytest.mark.parametrize("keeps", [True, False])
def test_a_fault_costs_no_shard_and_sends_nothing_twice(seeds, keeps):
    """A failed call was executed exactly or not at all; a program that repeats it gets the intended state."""
    seen = [
        one
        for worlds in played(seeds, keeps=keeps, fault=faulty)
        for one in worlds.seen
    ]
    assert [one for one in seen if one[1].startswith("wrong")] == []
    found = Counter(how.partition(":")[0] for _, how in seen)
    assert found["failed"] + found["done"] > 0
    assert found["equal"] > 5 * len(seeds)


def unlike(worlds: Worlds, rng: Random) -> None:
    """Let another program change one shard alone, which the new version allows."""
    for world in (worlds.native, worlds.strict):
        shard = rng.choice(world.clusters["c"]["replicationSpecs"])
        region = shard["regionConfigs"][0]
        seed = rng.random()
        if seed < 0.5:
            region["autoScaling"] = {
                "compute": {"enabled": True, "scaleDownEnabled": False},
                "diskGB": {"enabled": True},
            }
        else:
            region["analyticsSpecs"] |= {"nodeCount": 2, "instanceSize": "M40"}


ABOUT = {
    "diskSizeGB": {"diskSizeGB"}, "size": {"instanceSize"}, "scaling of 2023-01-01": {"autoScaling"},
    "disk": {"diskSizeGB"}, "regionName": {"regionName"}, "replicationFactor": {"nodeCount"},
    "volume": {"ebsVolumeType", "diskSizeGB"}, "size and disk": {"instanceSize", "diskSizeGB"},
}  # fmt: skip
"""The members of a region that changes of the old kinds may change."""


def told(cluster, about):
    """Return the parts of each shard that a change doesn't mention."""
    specs = copy.deepcopy(cluster["replicationSpecs"])
    for region in regions({"replicationSpecs": specs}):
        for name in about | {"diskIOPS"}:
            region.pop(name, None)
            for kind in KINDS:
                region[kind].pop(name, None)
    return specs


def test_a_change_leaves_everything_else(monkeypatch):
    """If shards differ, which no old version can express, it applies to all, or is refused."""
    done = Counter[str]()
    for seed in range(300):
        rng = Random(seed)
        worlds = Worlds(keeps=True)
        worlds.call(creation(rng), rng)
        unlike(worlds, rng)
        before = copy.deepcopy(worlds.strict.clusters["c"])
        asked = change(rng)
        if asked.what not in ABOUT:
            continue
        worlds.call(asked, rng)
        assert told(worlds.strict.clusters["c"], ABOUT[asked.what]) == told(
            before, ABOUT[asked.what]
        ), (
            seed,
            asked.what,
        )
        done["changed" if worlds.strict.clusters["c"] != before else "as it was"] += 1
    assert min(done["changed"], done["as it was"]) > 10
