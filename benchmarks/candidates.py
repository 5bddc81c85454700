"""The gateway and its peers: how to start each, and whether it is installed."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.processes import Running, free_port, running

PEERS = Path(__file__).parent / "peers"
MODULES = Path("/usr/lib/nginx/modules")
REFERENCE = "nginx"
"""The reference for the others: nginx without translation."""


@contextlib.contextmanager
def gateway(upstream: int, *, pair: Path | None = None) -> Iterator[Running]:
    """Run this project's gateway, with TLS if a file with a certificate and its key is given."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "shim",
        "serve",
        "--listen",
        f"127.0.0.1:{port}",
        "--admin",
        "off",
    ]
    command += [
        "--upstream",
        f"http://127.0.0.1:{upstream}",
        *(["--tls-cert", str(pair)] if pair else []),
    ]
    with running(command, port, tls=pair is not None) as process:
        yield process


@contextlib.contextmanager
def nginx(
    upstream: int, *, pair: Path | None = None, translate: bool = False
) -> Iterator[Running]:
    """Run nginx with ``proxy_pass``, alone or with the same translation in njs."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        words = {
            "MODULES": f"load_module {MODULES}/ngx_http_js_module.so;"
            if translate
            else "",
            "SCRIPTS": f"js_path {PEERS}; js_import translate from translate.js;"
            if translate
            else "",
            "FILTER": "js_header_filter translate.header; js_body_filter translate.body;"
            if translate
            else "",
            "FOLDER": folder,
            "UPSTREAM": f"127.0.0.1:{upstream}",
            "PORT": str(port) + " ssl" * bool(pair),
            "PAIR": f"ssl_certificate {pair}; ssl_certificate_key {pair};"
            if pair
            else "",
        }
        text = (PEERS / "nginx.conf").read_text()
        for word, value in words.items():
            text = text.replace(word, value)
        path = Path(folder) / "nginx.conf"
        path.write_text(text)
        with running(["nginx", "-c", str(path)], port, tls=pair is not None) as process:
            yield process


@contextlib.contextmanager
def starlette(upstream: int, *, pair: Path | None = None) -> Iterator[Running]:
    """Run Starlette with httpx on uvicorn."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--port",
        str(port),
        "benchmarks.peers.starlette_httpx:app",
    ]
    command += ["--ssl-certfile", str(pair), "--ssl-keyfile", str(pair)] if pair else []
    origin = f"http://127.0.0.1:{upstream}"
    with running(
        command, port, environ={"UPSTREAM": origin}, tls=pair is not None
    ) as process:
        yield process


CANDIDATES: Mapping[str, Callable[..., contextlib.AbstractContextManager[Running]]] = {
    "nginx": nginx,
    "njs": partial(nginx, translate=True),
    "gateway": gateway,
    "starlette": starlette,
}


def missing(name: str) -> str:
    """Return the missing requirement of a candidate, empty if it can run."""
    match name:
        case "nginx":
            return "" if shutil.which("nginx") else "nginx is not installed"
        case "njs":
            return missing("nginx") or (
                ""
                if (MODULES / "ngx_http_js_module.so").exists()
                else "njs is not installed"
            )
        case "starlette":
            lacking = [
                one
                for one in ("starlette", "uvicorn")
                if importlib.util.find_spec(one) is None
            ]
            return f"{' and '.join(lacking)} not installed" if lacking else ""
        case _:
            return ""
