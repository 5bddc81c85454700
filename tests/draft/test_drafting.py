"""Drafts as documents: they load, pairs confirm them, and operations that no draft is made of are refused."""

import tomllib
from pathlib import Path

import attrs
import pytest

from shim.core.recognise import Engine
from shim.documents import load_documents
from shim.errors import SettingsError
from shim.tools.draft.descriptions import read_description
from shim.tools.draft.drafting import Asked, draft
from shim.tools.draft.pairs import compare, read_pairs, replay

EXAMPLE = Path(__file__).parents[2] / "examples" / "next_sunset"
GREENHOUSES = (Asked("getGreenhouse"), Asked("listGreenhouses"))
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def read(operation, path, schema, *query):
    parameters = [{"in": "query", "name": name, "schema": TEXT} for name in query]
    content = {"application/json": {"schema": schema}}
    get = {"operationId": operation, "parameters": parameters, "responses": {"200": {"content": content}}}
    return {path: {"get": get}}


def api(server, *reads):
    paths = {path: methods for one in reads for path, methods in one.items()}
    return {"openapi": "3.1.0", "servers": [{"url": f"https://shop.example{server}"}], "paths": paths}


ORDER = {"type": "object", "properties": {"orderNumber": TEXT, "state": TEXT, "shop": TEXT}}
PURCHASE = {"type": "object", "properties": {"number": WHOLE, "status": TEXT}}
OLD = api(
    "/v1",
    read("listOrders", "/shops/{shop}/orders", {"type": "array", "items": ORDER}, "verbose"),
    read("getOrder", "/shops/{shop}/orders/{orderNumber}", ORDER),
    read("isOpen", "/shops/{shop}/open", {"type": "boolean"}),
    {"/shops/{shop}": {"post": {"operationId": "makeShop"}, "get": {"operationId": "getShop"}}},
)
PAGE = {"type": "object", "properties": {"items": {"type": "array", "items": PURCHASE}}}
NEW = api(
    "/v2",
    read("listPurchases", "/stores/{shop}/purchases", {"type": "object", "properties": {"data": PAGE}}),
    read("getPurchase", "/stores/{shop}/purchases/{number}", PURCHASE),
)
ORDERS = (Asked("getOrder", "getPurchase"), Asked("listOrders", "listPurchases"))


@pytest.fixture
def greenhouses():
    """The invented API of the examples, in two versions."""
    return read_description(EXAMPLE / "greenhouses.json")


@pytest.fixture
def greenhouse_pairs():
    """What it answered in both."""
    return read_pairs(EXAMPLE / "greenhouse-pairs.jsonl")


@pytest.fixture
def shops(described):
    """Two descriptions without dates that have little in common but the matter."""
    return {"old": described(OLD, "old.json"), "new": described(NEW, "new.json")}


@pytest.fixture
def lines(tmp_path):
    """Return a function that runs pairs through a document's text; it returns the lines of the table by field."""

    def lines(text, pairs):
        (tmp_path / "draft.toml").write_text(text, "utf-8")
        replayed = replay(Engine(load_documents([tmp_path / "draft.toml"])), pairs)
        assert not [one.problem for one in replayed if one.problem]
        return {line.field: line for line in compare(replayed)}

    return lines


def test_an_example_comes_out_as_it_was(greenhouses, greenhouse_pairs, lines):
    """Renames, words, units, casts and groups are found, and two questions are left."""
    text = draft(greenhouses, greenhouses, GREENHOUSES, greenhouse_pairs)
    found = lines(text, greenhouse_pairs)
    assert all(line.good for line in found.values())
    assert {name for name, line in found.items() if line.absent and "[]" not in name} == {"keeper", "crops"}
    assert "# Questions left: 2; each is a line with # ?" in text
    assert text.count("# ? ") == 2


def test_an_unlike_successor_comes_out_too(shops, recorded, lines):
    """A bare array made of a list inside a page, renamed parameters, numbers of texts: what pairs confirm holds."""
    both = [
        ({"orderNumber": str(n), "state": f"s{n % 4}", "shop": "corner"}, {"number": n, "status": f"s{n % 4}"})
        for n in range(9)
    ]
    path = "/v1/shops/corner/orders"
    gets = [{"path": f"{path}/{old['orderNumber']}", "old": old, "new": new} for old, new in both[:4]]
    page = {"data": {"items": [new for _, new in reversed(both)]}}
    pairs = recorded(*gets, {"path": path, "old": [old for old, _ in reversed(both)], "new": page})
    text = draft(**shops, wanted=ORDERS, pairs=pairs)
    assert all(line.equal == line.total for line in lines(text, pairs).values())
    assert "/stores/{shop}/purchases/{orderNumber}" in text
    assert "# ? these parameters differ in the new call: verbose" in text


def test_recorded_clusters_come_out_but_for_one_id(described, lines):
    """What Atlas answered in two versions says enough, though the description says nothing of the answers."""
    pairs = read_pairs(EXAMPLE.parents[1] / "tests" / "cases" / "recorded" / "cluster-pairs.jsonl")
    days = ("2023-02-01", "2024-08-05")
    content = {f"application/vnd.atlas.{day}+json": {"schema": True} for day in days}
    get = {"operationId": "getCluster", "responses": {"200": {"content": content}}}
    path = "/api/atlas/v2/groups/{groupId}/clusters/{clusterName}"
    api = described({"openapi": "3.0.1", "paths": {path: {"get": get}}})
    found = lines(draft(api, api, [Asked("getCluster")], pairs), pairs)
    assert all(line.good for line in found.values())
    assert [name for name, line in found.items() if line.absent] == ["replicationSpecs[].id"]


def test_a_rule_that_a_pair_denies_is_dropped(greenhouses, greenhouse_pairs):
    """One pair that is not like the others is enough."""
    pairs = [*greenhouse_pairs]
    pairs[3].old["heightCm"] = 1
    table = tomllib.loads(draft(greenhouses, greenhouses, GREENHOUSES, pairs))["resource"]["greenhouse"]
    assert table["heightCm"]["tier"]["successor"] == {"absent": True, "why": "?"}


def test_without_pairs_a_draft_loads_and_is_full_of_questions(shops, greenhouses, lines):
    """Nothing is made up: what the new description has under the same name passes, and is asked."""
    assert not lines(draft(**shops, wanted=ORDERS, pairs=()), ())
    text = draft(greenhouses, greenhouses, GREENHOUSES, ())
    assert not lines(text, ())
    assert "# ? passed on, though no pair has them: id, groupId, name, heater.on, heater.watts" in text
    assert "from =" not in text.replace('from = "links"', "")


def test_texts_that_pairs_quote_are_one_line_of_toml(shops, recorded, lines):
    """Whatever is in a recorded value, and however a resource's members are called."""
    odd = "it's a\"\n# \x7f\u2028"
    old = {odd: 1, "state": odd, "x" * 2000: 1}
    pairs = recorded(*({"path": f"/v1/shops/a/orders/{n}", "old": old, "new": {}} for n in "12"))
    assert lines(draft(**shops, wanted=ORDERS[:1], pairs=pairs), pairs)["state"].equal == 2


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (Asked("getGreenhouse", "", "2020-01-01"), "no version 2020-01-01; there is 2023-01-01, 2026-06-01"),
        (Asked("getGreenhouse", "", "2026-06-01"), "has one version"),
        (Asked("getGreenhous"), "has no operation 'getGreenhous'; there are getGreenhouse"),
    ],
)
def test_what_is_not_described_is_refused(greenhouses, asked, what):
    """With what there is instead."""
    with pytest.raises(SettingsError, match=what):
        draft(greenhouses, greenhouses, [asked], ())


def test_an_api_at_the_root_of_its_host_has_the_base_of_that(described, lines):
    """A server without a path, whose paths may have one segment."""
    old, new = (described(api("", read("listAll", path, {"type": "array", "items": ORDER}))) for path in ("/a", "/b"))
    text = draft(old, attrs.evolve(new, name="new.json"), [Asked("listAll")], ())
    assert 'base = "/"\n' in text
    assert not lines(text, ())
