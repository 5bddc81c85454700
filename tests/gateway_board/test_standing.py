"""What isn't counted: reloads, certificates, and what the inventory adds."""

import json
from datetime import UTC, datetime

import trustme

from shim.core.recognise import load_engine
from shim.fake.constants import DEMO_GROUP
from shim.gateway import Options, serve_in_thread
from shim.gateway.board.standing import PROBLEMS, Standing
from shim.gateway.reload import Plan, PlanSource, Reloader
from tests.gateway_board.test_pages import shown
from tests.peers.raw import reply, replying
from tests.peers.served import LOOPBACK, ask, gateway, get


def status(served):
    return json.loads(shown(served, "/status.json")[1])


async def test_a_refused_reload_says_why_until_a_good_one_comes(tmp_path):
    """With what was wrong; then with what the good one changed, and what waits for a restart."""
    file = tmp_path / "shim.toml"
    standing, plan = Standing(), Plan(Options(), load_engine({}))
    reloader = Reloader(PlanSource({}, {}, file), plan, lambda plan: None, standing)
    began = standing.reload.good_since
    file.write_text('route = "nonsense"\n')
    assert not await reloader.reload()
    assert (standing.reload.state, standing.reload.good_since) == ("refused", began)
    assert "'nonsense' is not one of" in standing.reload.problems[0]
    file.write_text('route = "flex"\nlisten = "127.0.0.1:9"\n')
    assert await reloader.reload()
    assert (standing.reload.state, standing.reload.waiting) == ("good", ("listen",))
    assert standing.reload.changes == ("route was auto, is flex",)
    assert standing.reload.refused


def test_endless_problems_are_cut():
    """The log has them all."""
    standing = Standing()
    standing.refused(["x" * 100_000] * 1000)
    assert len(standing.reload.problems) == PROBLEMS
    assert max(map(len, standing.reload.problems)) < 600


def test_the_certificate_in_use_is_shown(tmp_path):
    """With the days that are left of it."""
    leaf = trustme.CA().issue_cert("localhost")
    leaf.private_key_and_cert_chain_pem.write_to_path(tmp_path / "cert.pem")
    with gateway("http://127.0.0.1:1", tls_cert=str(tmp_path / "cert.pem")) as served:
        found = status(served)
    (certificate,) = found["certificates"]
    assert (certificate["side"], certificate["refused"], certificate["days_left"] > 1000) == ("listener", False, True)
    assert found["mode"]["listens"].startswith("https://")


def test_an_inventory_that_is_on_is_looked_at(tmp_path):
    """What it says of the time before the start counts."""
    path = tmp_path / "calls.jsonl"
    path.write_text('{"time":"2026-01-01T00:00:00Z","started":"gateway"}\n')
    environ = {"ATLAS_SHIM_INVENTORY": str(path)}
    with serve_in_thread(Options(listen=LOOPBACK, admin=LOOPBACK), environ=environ) as served:
        found = status(served)
    assert found["mode"]["inventory"]
    assert (found["silence"]["since"], found["silence"]["word"]) == ("2026-01-01T00:00:00Z", "quiet")


def test_calls_that_atlas_answers_until_a_later_day_do_not_keep_the_shim():
    """By the override in force, through the gateway: no retired call is made, and it is said what ends when."""
    later = {"clusters": datetime(2999, 7, 1, tzinfo=UTC)}
    call = get(f"/api/atlas/v2/groups/{DEMO_GROUP}/clusters", "Accept: application/vnd.atlas.2023-02-01+json")
    with replying(reply(b'{"results":[]}')) as upstream, gateway(upstream.origin, sunset=later) as served:
        ask(served, call)
        ask(served, call)
        found = status(served)
        page = shown(served)[1]
    assert (found["silence"]["word"], found["silence"]["last"]) == ("unproven", None)
    (said,) = found["silence"]["ahead"]
    assert said.startswith("Calls that end on 2999-07-01 are made: listClusters 2 times, last ")
    assert said in page
