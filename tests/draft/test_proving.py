"""Drafts that are loaded and run: what they say of themselves, and whether the pairs come out."""

import attrs
import pytest

from shim.core.recognise import Engine
from shim.documents import load_documents
from shim.draft.comparing import compare
from shim.draft.descriptions import read_description
from shim.draft.drafting import plan_document
from shim.draft.pairs import read_pairs
from shim.draft.proving import written
from shim.draft.replay import replay
from shim.draft.sides import Asked
from shim.errors import SettingsError
from tests.draft import shop
from tests.draft.conftest import SHARED

GREENHOUSES = (Asked("getGreenhouse"), Asked("listGreenhouses"))
ORDERS = (Asked("getOrder", "getPurchase"), Asked("listOrders", "listPurchases"), Asked("getOpen", "getOpening"))


@pytest.fixture
def wrong(tmp_path):
    """Return a function that runs pairs through a document's text and returns the fields that are not as declared."""

    def wrong(text, pairs):
        file = tmp_path / "draft.toml"
        file.write_text(text, "utf-8")
        replayed = replay(Engine(load_documents([file])), pairs)
        assert not [one.problem for one in replayed if one.problem]
        return {line.field for line in compare(replayed) if not line.good}

    return wrong


def test_an_example_comes_out_as_it_was(greenhouses, greenhouse_pairs, wrong):
    """Renames, words, units, casts, joins and groups are found, and no more than one question is left."""
    text = written(plan_document(greenhouses, greenhouses, GREENHOUSES, greenhouse_pairs), greenhouse_pairs)
    assert not wrong(text, greenhouse_pairs)
    assert "# 1 question is left" in text
    assert "but for what is absent: keeper, results[].keeper." in text
    assert text.count("# explains 9 of 9 pairs\n") == 6


def test_an_unlike_successor_comes_out_too(shops, recorded, wrong):
    """Lists in lists and bare arrays, parameters, objects by name: all that the two have in common is the matter."""
    (old, new), pairs = shops, recorded(*shop.pairs())
    assert not wrong(written(plan_document(old, new, ORDERS, pairs), pairs), pairs)


def test_without_pairs_each_guess_is_a_question(shops):
    """The document loads all the same."""
    old, new = shops
    text = written(plan_document(old, new, ORDERS, ()), ())
    assert "# ? a likely rename by name and type" in text
    assert "explains" not in text


def test_a_rule_that_pairs_deny_says_which(greenhouses, greenhouse_pairs):
    """Where one pair is not like the others, its line and both values stand at the top, and the rule is in question."""
    odd = attrs.evolve(greenhouse_pairs[3], old=greenhouse_pairs[3].old | {"heightCm": 1})
    pairs = [*greenhouse_pairs[:3], odd, *greenhouse_pairs[4:]]
    text = written(plan_document(greenhouses, greenhouses, GREENHOUSES, pairs), pairs)
    assert "heightCm: line 4 has 1, made was" in text
    assert "# ? explains 8 of 9 pairs" in text


def test_pairs_of_other_calls_are_counted_apart(greenhouses, greenhouse_pairs, recorded):
    """They prove nothing, and whoever recorded them should know."""
    other = recorded({"path": "/api/atlas/v2/groups/a/sheds/b", "old": {}, "new": {}})
    text = written(plan_document(greenhouses, greenhouses, GREENHOUSES, greenhouse_pairs), [*greenhouse_pairs, *other])
    assert "# 1 other pair is of other operations or versions." in text


def test_clusters_come_out_but_for_one_id(wrong):
    """The 58 recorded clusters, from the two versions that Atlas describes; nothing has to be corrected."""
    contract, recorded = SHARED / "contract" / "clusters-2026-08.json", SHARED / "recorded" / "cluster-pairs.jsonl"
    if not recorded.exists():
        pytest.skip("the recorded pairs of clusters are not here")
    api, pairs = read_description(contract), read_pairs(recorded)
    asked = [Asked(name, "", "2023-02-01", "2024-08-05") for name in ("getGroupCluster", "listGroupClusters")]
    text = written(plan_document(api, api, asked, pairs), pairs)
    assert "All 58 recorded pairs are translated to what was there, but for what is absent: replic" in text
    assert not wrong(text, pairs)
    assert len(text.splitlines()) <= 100
    assert "# 1 question is left" in text


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (Asked("getGreenhouse", "", "2020-01-01"), "no version 2020-01-01; there is 2023-01-01, 2026-06-01"),
        (Asked("getGreenhouse", "", "2026-06-01"), "has one version"),
        (Asked("getShed"), "has no operation 'getShed'"),
    ],
)
def test_what_is_not_described_is_refused(greenhouses, asked, what):
    """With what there is instead."""
    with pytest.raises(SettingsError, match=what):
        plan_document(greenhouses, greenhouses, [asked], ())


def test_a_successor_by_another_name_has_to_be_named(shops):
    """No guess is made about what took a place; those that are near are told."""
    old, new = shops
    with pytest.raises(SettingsError, match="name its successor with --successor: getPurchase"):
        plan_document(old, new, [Asked("getOrder")], ())


def test_a_write_is_left_to_its_author(described):
    """No draft is made of what changes something."""
    post = {"operationId": "make", "responses": {"200": {"content": {"application/json": {"schema": {}}}}}}
    api = described({"openapi": "3.0.1", "paths": {"/things": {"post": post}}})
    with pytest.raises(SettingsError, match="is a POST; a draft is made of reads"):
        plan_document(api, api, [Asked("make")], ())


def test_a_page_in_another_order_is_sorted_again(described, recorded, wrong):
    """What the old pages were sorted by is found, and the new pages are collected."""
    item = {"type": "object", "properties": {"id": {"type": "string"}, "made": {"type": "integer"}}}
    page = {"type": "object", "properties": {"results": {"type": "array", "items": item}}}
    both = {f"application/vnd.atlas.{day}+json": {"schema": page} for day in ("2023-01-01", "2026-01-01")}
    get = {"operationId": "all", "responses": {"200": {"content": both}}}
    api = described({"openapi": "3.0.1", "paths": {"/api/atlas/v2/things": {"get": get}}})
    items = [{"id": "a", "made": 1}, {"id": "b", "made": 2}, {"id": "c", "made": 3}]
    link = {"rel": "self", "href": "https://cloud.mongodb.com/api/atlas/v2/things"}
    old = {"links": [link], "results": items[::-1], "totalCount": 3}
    pairs = recorded({"path": "/api/atlas/v2/things", "old": old, "new": {"results": items, "totalCount": 3}})
    text = written(plan_document(api, api, [Asked("all")], pairs), pairs)
    assert 'order = ["-made"]' in text or 'order = ["-id"]' in text
    assert not wrong(text, pairs)


def test_every_pair_of_described_reads_gives_a_document_that_loads():
    """Whatever is drafted from whatever: it may be full of questions, and it loads."""
    folder = SHARED / "contract"
    if not folder.exists():
        pytest.skip("Atlas' descriptions are not here")
    files = [read_description(folder / f"{name}-2026-08.json") for name in ("clusters", "legacy-serverless", "flex")]
    reads = [(file, one) for file in files for one in file.operations if one.method == "GET" and one.answers]
    for number, (old, before) in enumerate(reads):
        new, after = reads[(number * 7 + 3) % len(reads)]
        if before.id != after.id:
            assert written(plan_document(old, new, [Asked(before.id, after.id)], ()), ())
