"""Alert rules, checked and tried by Prometheus's own tool."""

import re
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.gateway.metrics.prometheus import PROMTOOL, needs_prometheus, watching
from tests.peers.raw import raw_upstream, reply, replying
from tests.peers.served import ask, gateway, get

RULES = Path(__file__).parents[3] / "deploy" / "prometheus"


def run(*words):
    done = subprocess.run(
        [PROMTOOL, *words],
        cwd=RULES,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@needs_prometheus
def test_rules_are_valid():
    """Prometheus accepts them."""
    run("check", "rules", "--lint-fatal", "alerts.yml")


@pytest.mark.slow
@needs_prometheus
def test_rules_fire_only_when_they_should():
    """Their unit tests pass."""
    run("test", "rules", "alerts_test.yml")


def test_each_alert_links_to_a_section():
    """Its runbook is a heading on a page of the repository."""
    rules = (RULES / "alerts.yml").read_text("utf-8")
    found = re.findall(
        r"runbook: (docs/[\w/-]+\.md)(?:#([\w-]+))?$", rules, re.MULTILINE
    )
    assert len(found) == rules.count("- alert: ")
    for page, anchor in found:
        text = (RULES.parents[1] / page).read_text("utf-8")
        titles = re.findall(r"^#+ (.+)$", text.lower(), re.MULTILINE)
        headings = {re.sub(r"[^\w -]", "", one).replace(" ", "-") for one in titles}
        assert not anchor or anchor in headings


def test_each_alert_has_a_test():
    """In the file of unit tests."""
    alerts = re.findall(r"alert: (\w+)", (RULES / "alerts.yml").read_text("utf-8"))
    tried = set(
        re.findall(r"alertname: (\w+)", (RULES / "alerts_test.yml").read_text("utf-8"))
    )
    assert len(alerts) > 8
    assert set(alerts) == tried


@pytest.mark.slow
@needs_prometheus
def test_the_page_follows_prometheus_conventions(page):
    """Names, types, help texts and units."""
    with (
        raw_upstream(lambda peer: None) as upstream,
        gateway(upstream.origin) as served,
    ):
        ask(served, get("/x"))
        text = page(served).text
    done = subprocess.run(
        [PROMTOOL, "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout + done.stderr == ""


@pytest.fixture(scope="module")
def both(page):
    """Return a function that makes a call, and returns the page before and after it."""

    def read(served):
        before = page(served)
        for _ in range(3):
            ask(served, get("/x"))
        return before, page(served)

    return read


@pytest.fixture(scope="module")
def pages(both, page, tmp_path_factory):
    """Return the pages of gateways with different problems."""
    path = tmp_path_factory.mktemp("tls") / "tls.pem"
    end = datetime.now(UTC) + timedelta(days=10)
    trustme.CA().issue_cert(
        "127.0.0.1", not_after=end
    ).private_key_and_cert_chain_pem.write_to_path(path)

    def slow(peer):
        while peer.message():
            time.sleep(0.15)
            peer.send(reply())

    found = {}
    with (
        replying(*[reply(status="503 Service Unavailable")] * 3) as upstream,
        gateway(upstream.origin) as served,
    ):
        found["Atlas fails"] = both(served)
    with gateway("http://127.0.0.1:1") as served:
        found["no way to Atlas"] = both(served)
    with gateway("http://127.0.0.1:1", memory=1000) as served:
        found["the gateway fails"] = both(served)
    with (
        replying(*[reply(status="404 Not Found")] * 3) as upstream,
        gateway(upstream.origin) as served,
    ):
        found["callers fail"] = both(served)
    with raw_upstream(slow) as upstream, gateway(upstream.origin) as served:
        found["callers wait"] = both(served)
    with gateway("http://127.0.0.1:1", tls_cert=str(path)) as served:
        found["a certificate ends"] = (page(served), page(served))
    return found


@pytest.mark.slow
@needs_prometheus
def test_each_problem_raises_only_its_own_alert(pages, tmp_path):
    """The unchanged rules tell the problems apart; only the time that callers may wait is adapted."""
    with watching(
        tmp_path, pages, float(int(time.time())), RULES / "alerts.yml"
    ) as prometheus:
        rules = {
            rule["name"]: rule["query"]
            for group in prometheus.ask("rules")["groups"]
            for rule in group["rules"]
        }
        rules["AtlasShimCallersWait"] = rules["AtlasShimCallersWait"].replace(
            "> 5", "> 0.1"
        )
        raised = {
            name: {labels["job"] for labels, _ in prometheus.query(query)}
            for name, query in rules.items()
        }
    assert {name: jobs for name, jobs in raised.items() if jobs} == {
        "AtlasShimAtlasFails": {"Atlas fails", "no way to Atlas"},
        "AtlasShimFails": {"the gateway fails"},
        "AtlasShimCallersWait": {"callers wait"},
        "AtlasShimCertificateEnds": {"a certificate ends"},
    }


@pytest.mark.slow
@needs_prometheus
def test_the_metrics_page_has_working_alert_expressions(pages, tmp_path):
    """Prometheus accepts each one; those on waits, failures and certificates find their problems."""
    text = (RULES.parents[1] / "docs" / "reference" / "metrics.md").read_text("utf-8")
    section = text.partition("## Alerts of your own")[2].partition("\n## ")[0]
    shown = ["".join(block) for block in re.findall(r"\n\n((?:    .+\n)+)", section)]
    assert len(shown) == 4
    with watching(tmp_path, pages, float(int(time.time()))) as prometheus:
        waits, fails, ends, goes = (
            prometheus.query(query.replace("> 2\n", "> 0.1\n")) for query in shown
        )
        over = prometheus.query(shown[3].partition(" > ")[0])
    assert waits
    assert fails
    assert ends
    assert not goes  # no test runs for a month
    assert over
