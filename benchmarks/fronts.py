"""nginx and HAProxy as ``atlas-shim front`` configures them, beside the same proxy without the decision.

The proxy has the first processor; gateway, upstream and load share the second. So requests/s of a retired call say
little: what counts is the proxy's processor time a call. Straight calls go to upstream, retired ones to the gateway.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bodies import GROUP, legacy_path
from benchmarks.candidates import PEERS, gateway
from benchmarks.load import Measured
from benchmarks.load import measure as measure_load
from benchmarks.processes import OTHERS, Running, free_port, running, upstream

CONNECTIONS = 16
STRAIGHT = f"/api/atlas/v2/groups/{GROUP}/flexClusters/small/backup/snapshots"
ACCEPT = ("-H", "Accept: application/vnd.atlas.2024-11-13+json")
FLAGS = {"nginx": ("--trusted-proxies", "127.0.0.1/32"), "haproxy": ("--proxy-protocol", "on")}
"""Each proxy, and what its configuration asks of the gateway."""


def measure(seconds: int) -> list[tuple[str, str]]:
    """Return (what, figure) rows: a proxy alone, a straight call and a retired one; a proxy not installed has none."""
    rows = []
    for proxy, flags in FLAGS.items():
        if shutil.which(proxy) is None:
            sys.stderr.write(f"left out: {proxy} is not installed\n")
            continue
        with upstream(0) as server:
            port = free_port()
            with _proxy(proxy, _bare(proxy, port, server.port), port) as process:
                bare = measure_load(process, STRAIGHT, CONNECTIONS, seconds, *ACCEPT)
            with gateway(server.port, *flags, cpu=OTHERS) as behind:
                port = free_port()
                with _proxy(proxy, _printed(proxy, port, behind.port, server.port), port) as process:
                    straight = measure_load(process, STRAIGHT, CONNECTIONS, seconds, *ACCEPT)
                    retired = measure_load(process, legacy_path("small"), CONNECTIONS, seconds)
        rows += [
            (f"{proxy} {name}: requests/s, p50, cpu µs/req of the proxy, failed", _shown(found))
            for name, found in (("alone", bare), ("in front, straight", straight), ("in front, retired", retired))
        ]
        more = (f"{one.cpu - bare.cpu:.1f} µs" for one in (straight, retired))
        rows.append((f"{proxy} in front takes more than alone: straight, retired", ", ".join(more)))
    return rows


def _shown(found: Measured) -> str:
    return f"{found.rate:.0f}, {found.p50:.2f} ms, {found.cpu:.1f}, {found.failures}"


def _bare(proxy: str, port: int, upstream_port: int) -> str:
    text = (PEERS / f"bare_{proxy}.conf").read_text()
    return text.replace("UPSTREAM", f"127.0.0.1:{upstream_port}").replace("PORT", str(port))


def _printed(proxy: str, port: int, gateway_port: int, upstream_port: int) -> str:
    """Return what the command prints, for one process."""
    places = ["--listen", f"127.0.0.1:{port}", "--gateway", f"127.0.0.1:{gateway_port}", "--admin", "off"]
    command = [sys.executable, "-m", "shim", "front", "--for", proxy, *places]
    command += ["--upstream", f"http://127.0.0.1:{upstream_port}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return text.replace("worker_processes auto", "worker_processes 1")


@contextlib.contextmanager
def _proxy(proxy: str, text: str, port: int) -> Iterator[Running]:
    """Run a proxy with a configuration, in one process of one thread."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conf"
        path.write_text(text)
        command = {
            "nginx": ["nginx", "-c", str(path), "-p", folder, "-e", "stderr", "-g", f"daemon off; pid {folder}/pid;"],
            "haproxy": ["haproxy", "-db", "-f", str(path)],
        }[proxy]
        with running(command, port) as process:
            yield process
