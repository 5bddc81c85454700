"""The page of all metrics is the one that the documentation explains."""

import re
from pathlib import Path

from tests.gateway.test_signing import PATH
from tests.peers.raw import reply, replying
from tests.peers.served import ask, gateway, get

TEXT = (Path(__file__).parents[2] / "docs" / "reference" / "metrics.md").read_text("utf-8")


def test_every_metric_is_explained_and_none_besides(page):
    """Names and labels in the tables are those of a gateway that was called."""
    flex = reply(b'{"results":[],"totalCount":0}', "Content-Type: application/json")
    with replying(flex) as upstream, gateway(upstream.origin, coalesce=60.0) as served:
        ask(served, get(PATH))
        ask(served, get(PATH))
        text = page(served).text
    families = set(re.findall(r"^# TYPE (atlas_shim_\w+)", text, re.MULTILINE))
    families = {name for name in families if not name.endswith("_created")}
    rows = [line for line in TEXT.splitlines() if line.startswith("| `atlas_shim_")]
    explained = {name for row in rows for name in re.findall(r"`(atlas_shim_\w+)", row)}
    assert explained == families
    for name, labels in re.findall(r"`(atlas_shim_\w+){([\w,]+)}", "\n".join(rows)):
        found = re.search(rf"^{name}(?:_count)?{{([^}}]*)}}", text, re.MULTILINE)
        if found:
            assert set(re.findall(r'(\w+)="', found[1])) == set(labels.split(",")), name
