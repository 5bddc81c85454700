"""The gateway and its peers: how each is started, and whether it can be."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.certificate import Certificate
from benchmarks.processes import CANDIDATE, Running, free_port, running

PEERS = Path(__file__).parent / "peers"
MODULES = Path("/usr/lib/nginx/modules")
REFERENCE = "nginx"
"""What the others are compared with: nginx without translation."""


@contextlib.contextmanager
def gateway(
    upstream: int,
    *flags: str,
    certificate: Certificate | None = None,
    environ: Mapping[str, str] | None = None,
    cpu: str = CANDIDATE,
) -> Iterator[Running]:
    """Run this project's gateway."""
    port = free_port()
    if certificate:
        flags = (*flags, "--tls-cert", str(certificate.chain), "--tls-key", str(certificate.key))
    command = [sys.executable, "-m", "shim", "serve", "--listen", f"127.0.0.1:{port}", "--admin", "off"]
    command += ["--upstream", f"http://127.0.0.1:{upstream}", *flags]
    with running(command, port, environ=environ, cpu=cpu, scheme=_scheme(certificate)) as process:
        yield process


def _scheme(certificate: Certificate | None) -> str:
    return "https" if certificate else "http"


@contextlib.contextmanager
def nginx(upstream: int, *, certificate: Certificate | None = None, translate: bool = False) -> Iterator[Running]:
    """Run nginx: ``proxy_pass`` alone, or with the same translation in njs."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        words = {
            "MODULES": f"load_module {MODULES}/ngx_http_js_module.so;" if translate else "",
            "SCRIPTS": f"js_path {PEERS}; js_import translate from translate.js;" if translate else "",
            "FILTER": "js_header_filter translate.header; js_body_filter translate.body;" if translate else "",
            "FOLDER": folder,
            "UPSTREAM": f"127.0.0.1:{upstream}",
            "PORT": str(port) + " ssl" * bool(certificate),
            "PAIR": f"ssl_certificate {certificate.chain}; ssl_certificate_key {certificate.key};"
            if certificate
            else "",
        }
        text = (PEERS / "nginx.conf").read_text()
        for word, value in words.items():
            text = text.replace(word, value)
        path = Path(folder) / "nginx.conf"
        path.write_text(text)
        with running(["nginx", "-c", str(path)], port, scheme=_scheme(certificate)) as process:
            yield process


@contextlib.contextmanager
def njs(upstream: int, *, certificate: Certificate | None = None) -> Iterator[Running]:
    """Run nginx with njs."""
    with nginx(upstream, certificate=certificate, translate=True) as process:
        yield process


@contextlib.contextmanager
def mitmproxy(upstream: int) -> Iterator[Running]:
    """Run mitmproxy in reverse mode with an addon."""
    port = free_port()
    mode = ["--mode", f"reverse:http://127.0.0.1:{upstream}", "--listen-port", str(port), "--set", "flow_detail=0"]
    command = ["mitmdump", "--quiet", *mode, "--scripts", str(PEERS / "mitm_addon.py")]
    with running(command, port, environ={"PYTHONPATH": str(PEERS.parents[1])}) as process:
        yield process


@contextlib.contextmanager
def starlette(upstream: int, *, certificate: Certificate | None = None) -> Iterator[Running]:
    """Run Starlette with httpx on uvicorn."""
    port = free_port()
    app = "benchmarks.peers.starlette_httpx:app"
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), app]
    if certificate:
        command += ["--ssl-certfile", str(certificate.chain), "--ssl-keyfile", str(certificate.key)]
    origin = f"http://127.0.0.1:{upstream}"
    with running(command, port, environ={"UPSTREAM": origin}, scheme=_scheme(certificate)) as process:
        yield process


CANDIDATES: Mapping[str, Callable[..., contextlib.AbstractContextManager[Running]]] = {
    "nginx": nginx,
    "njs": njs,
    "gateway": gateway,
    "mitmproxy": mitmproxy,
    "starlette": starlette,
}
PLAIN_ONLY = {"mitmproxy"}
"""Candidates that are not given a certificate."""


def missing(name: str) -> str:
    """Return what a candidate lacks on this machine, empty when it can run."""
    match name:
        case "nginx":
            return "" if shutil.which("nginx") else "nginx is not installed"
        case "njs":
            return missing("nginx") or ("" if (MODULES / "ngx_http_js_module.so").exists() else "njs is not installed")
        case "mitmproxy":
            return "" if shutil.which("mitmdump") else "mitmproxy is not installed"
        case "starlette":
            lacking = [one for one in ("starlette", "uvicorn") if importlib.util.find_spec(one) is None]
            return f"{' and '.join(lacking)} not installed" if lacking else ""
        case _:
            return ""
