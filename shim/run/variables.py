"""The program's environment: proxies, trusted roots, and hooks, in the variables that runtimes read.

Each bundle has the roots that its variable named before (else the system's) and this run's root, so that private
roots stay trusted. Variables of tools that only call other hosts (git, pip, aws, npm) stay: their TLS is tunnelled.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import attrs

from shim.origins import BASE_URL_VARIABLES
from shim.run.certificates import java_store, system_bundle

PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")

BUNDLES = {
    "SSL_CERT_FILE": ("SSL_CERT_FILE",),
    "CURL_CA_BUNDLE": ("CURL_CA_BUNDLE", "SSL_CERT_FILE"),
    "REQUESTS_CA_BUNDLE": ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "HTTPLIB2_CA_CERTS": ("HTTPLIB2_CA_CERTS",),
    "PERL_LWP_SSL_CA_FILE": ("PERL_LWP_SSL_CA_FILE", "HTTPS_CA_FILE", "SSL_CERT_FILE"),
}
"""Variable -> the variables that may name its roots, the first that is set; else the system's roots."""

ADDITIONS = ("NODE_EXTRA_CA_CERTS", "DENO_CERT")
"""Variables whose roots the runtime adds to its own."""


@attrs.frozen
class Run:
    """One run: Atlas' host, the loopback ports that lead to the gateway, and the folder for the program's files."""

    host: str
    folder: Path
    root: bytes = attrs.field(repr=False)
    proxy_port: int
    tls_port: int
    gateway_port: int


def environment_of(run: Run, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the program's environment; writes the files that it refers to into the run's folder."""
    changed = _proxies(run, environ) | _roots(run, environ) | _hooks(run, environ) | _base_urls(run, environ)
    return {**environ, **changed}


def _proxies(run: Run, environ: Mapping[str, str]) -> dict[str, str]:
    mine, others = {"localhost", "127.0.0.1", "::1"}, _proxies_in(environ).get("no", "")
    kept = [entry for entry in map(str.strip, others.split(",")) if entry and not _names(entry, run.host)]
    passing = ",".join(sorted(mine - set(kept)) + kept)
    found = dict.fromkeys(PROXIES, f"http://127.0.0.1:{run.proxy_port}")
    found |= {"no_proxy": passing, "NO_PROXY": passing}
    if not _proxies_in(environ).keys() & {"http", "https", "all"}:
        # If a proxy was set, this would send calls through it that went directly before.
        found["PERL_LWP_ENV_PROXY"] = "1"
    return found


def _proxies_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment's proxies by scheme, and NO_PROXY as ``no``; lower-case names come first."""
    names = {name.lower(): value for name, value in environ.items() if name.isupper() and value}
    names |= {name: value for name, value in environ.items() if name.islower() and value}
    return {name.removesuffix("_proxy"): value for name, value in names.items() if name.endswith("_proxy")}


def _names(entry: str, host: str) -> bool:
    """Return whether an entry of NO_PROXY matches the host."""
    name = entry.lower().partition(":")[0].lstrip("*").lstrip(".")
    return entry == "*" or host == name or host.endswith(f".{name}")


def _roots(run: Run, environ: Mapping[str, str]) -> dict[str, str]:
    system, found = system_bundle(), {}
    for variable, sources in BUNDLES.items():
        before = next((environ[source] for source in sources if environ.get(source)), "")
        found[variable] = _write(run, f"{variable}.pem", _joined(_read(before) or system, run.root))
    for variable in ADDITIONS:
        found[variable] = _write(run, f"{variable}.pem", _joined(_read(environ.get(variable, "")), run.root))
    bundle = found["SSL_CERT_FILE"]
    wgetrc = _read(environ.get("WGETRC") or os.path.expanduser("~/.wgetrc"))  # noqa: PTH111 - may name no file
    found["WGETRC"] = _write(run, "wgetrc", _joined(wgetrc, f"ca_certificate = {bundle}\n".encode()))
    (run.folder / "php").mkdir()
    ini = f'curl.cainfo="{found["CURL_CA_BUNDLE"]}"\nopenssl.cafile="{bundle}"\n'
    _write(run, "php/atlas-shim.ini", ini.encode())
    found["PHP_INI_SCAN_DIR"] = f"{environ.get('PHP_INI_SCAN_DIR', '')}{os.pathsep}{run.folder / 'php'}"
    return found | _java(run, environ, Path(bundle).read_bytes())


def _java(run: Run, environ: Mapping[str, str], bundle: bytes) -> dict[str, str]:
    given = environ.get("JAVA_TOOL_OPTIONS", "")
    words = [
        given,
        f"-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={run.proxy_port}",
        "-Dhttp.nonProxyHosts=localhost|127.*|[::1]",
    ]
    if "javax.net.ssl.trustStore=" not in given:
        store = _write(run, "java.p12", java_store(bundle))
        words.append(f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStoreType=PKCS12")
    return {"JAVA_TOOL_OPTIONS": " ".join(filter(None, words))}


def _hooks(run: Run, environ: Mapping[str, str]) -> dict[str, str]:
    node = _write(run, "node.cjs", _hook(run, "node.cjs"))
    (run.folder / "python").mkdir()
    _write(run, "root.pem", run.root)
    _write(run, "python/sitecustomize.py", _hook(run, "python_hook.txt"))
    return {
        "NODE_OPTIONS": f'{environ.get("NODE_OPTIONS", "")} --require "{node}"'.strip(),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(run.folder / "python"), environ.get("PYTHONPATH", "")])),
    }


def _hook(run: Run, name: str) -> bytes:
    text = files("shim.run").joinpath(name).read_text("utf-8")
    for word, value in (("@HOST@", run.host), ("@PORT@", str(run.tls_port)), ("@ROOT@", str(run.folder / "root.pem"))):
        text = text.replace(word, value)
    return text.encode()


def _base_urls(run: Run, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the base-URL variables for Atlas' host, with the gateway's origin and their own path."""
    origin = f"https://{run.host}"
    return {
        name: f"http://127.0.0.1:{run.gateway_port}{environ[name][len(origin) :].removeprefix(':443')}"
        for name in BASE_URL_VARIABLES
        if environ.get(name, "").lower().startswith((origin, f"{origin}:443"))
        and environ[name][len(origin) :][:1] in {"", "/", ":"}
    }


def _read(path: str) -> bytes:
    """Return the content of a file, or of all certificates in a folder; empty if it does not exist."""
    found = Path(path) if path else None
    if found is None or not found.exists():
        return b""
    if found.is_file():
        return found.read_bytes()
    return b"\n".join(one.read_bytes() for one in sorted(found.iterdir()) if one.suffix in {".pem", ".crt", ".cer"})


def _joined(*parts: bytes) -> bytes:
    return b"\n".join(part.rstrip(b"\n") for part in parts if part) + b"\n"


def _write(run: Run, name: str, content: bytes) -> str:
    path = run.folder / name
    path.write_bytes(content)
    return str(path)
