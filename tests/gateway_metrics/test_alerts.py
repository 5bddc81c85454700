"""Alert rules, checked and tried by Prometheus' own tool."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.peers.raw import raw_upstream
from tests.peers.served import ask, gateway, get

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"

promtool = shutil.which("promtool") or ""
needs_promtool = pytest.mark.skipif(not promtool, reason="promtool (prometheus) is not installed")


def run(*words):
    done = subprocess.run([promtool, *words], cwd=RULES, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_rules_are_well_formed():
    """Prometheus takes them."""
    run("check", "rules", "--lint-fatal", "alerts.yml")


@needs_promtool
def test_rules_fire_when_they_should_and_at_no_other_time():
    """The unit tests beside them pass."""
    run("test", "rules", "alerts_test.yml")


def test_each_alert_has_a_case():
    """No rule is without a test of its own."""
    alerts = re.findall(r"alert: (\w+)", (RULES / "alerts.yml").read_text("utf-8"))
    tried = set(re.findall(r"alertname: (\w+)", (RULES / "alerts_test.yml").read_text("utf-8")))
    assert len(alerts) > 8
    assert set(alerts) == tried


@needs_promtool
def test_page_is_as_prometheus_wants_it(page):
    """Names, types, help texts and units follow its conventions."""
    with raw_upstream(lambda peer: None) as upstream, gateway(upstream.origin) as served:
        ask(served, get("/x"))
        text = page(served).text
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
