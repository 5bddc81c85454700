"""Run Prometheus on a store that contains pages of gateways."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.metrics.conftest import Page
from tests.peers.raw import until

PROMETHEUS = shutil.which("prometheus") or ""
PROMTOOL = shutil.which("promtool") or ""

needs_prometheus = pytest.mark.skipif(
    not (PROMETHEUS and PROMTOOL), reason="prometheus is not installed"
)


class Answering:
    """A Prometheus that answers queries.

    ``now`` is the time of the last pages, in seconds since the epoch.
    """

    def __init__(self, address: str, now: float) -> None:
        self._address = address
        self._now = now

    def ask(self, path: str, **words: str | float) -> Any:
        """Call its API. Raises AssertionError for an invalid request."""
        answer = httpx.get(
            f"http://{self._address}/api/v1/{path}", params=words, trust_env=False
        ).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, query: str) -> list[tuple[Mapping[str, str], str]]:
        """Return labels and values of a query's result."""
        found = self.ask("query", query=query, time=self._now)["result"]
        return [(one["metric"], one["value"][1]) for one in found]


@contextlib.contextmanager
def watching(
    folder: Path,
    pages: Mapping[str, tuple[Page, Page]],
    now: float,
    rules: Path | None = None,
) -> Iterator[Answering]:
    """Run a Prometheus that has read two pages of each job, 15 seconds apart.

    The test writes the store, because Prometheus itself would need five seconds for a
    first scrape.
    """
    lines = []
    for order, moment in enumerate((now - 15, now)):
        for job, both in pages.items():
            for name in sorted(both[order].names):
                for labels, value in both[order].all(name):
                    said = {**labels, "job": job, "instance": "a"}
                    text = ",".join(f'{label}="{word}"' for label, word in said.items())
                    lines.append(f"{name}{{{text}}} {value} {moment}")
    source = folder / "pages.txt"
    data = folder / "data"
    source.write_text("\n".join([*lines, "# EOF", ""]))
    words = [
        PROMTOOL,
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        str(source),
        str(data),
    ]
    subprocess.run(words, check=True, capture_output=True, timeout=180)
    config = folder / "prometheus.yml"
    log = folder / "prometheus.log"
    config.write_text(f"rule_files: [{rules}]" if rules else "{}")
    words = [
        PROMETHEUS,
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--web.listen-address=127.0.0.1:0",
    ]
    with (
        log.open("wb") as output,
        subprocess.Popen(words, stdout=output, stderr=output) as process,
    ):
        try:
            until(lambda: "ready to receive" in log.read_text("utf-8"), "Prometheus")
            address = re.search(
                r'"Listening on".*? address=(\S+)', log.read_text("utf-8")
            )
            assert address, log.read_text("utf-8")
            yield Answering(address[1], now)
        finally:
            process.kill()
