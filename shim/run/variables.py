"""Set the program's environment: proxies, trusted roots, and hooks.

Each bundle contains the roots of its original variable (else the system's) and this
run's root, so that private roots stay trusted. Variables of tools that only call other
hosts (git, pip, aws, npm) stay unchanged: their TLS is tunnelled.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

import attrs

from shim.origins import BASE_URL_VARIABLES, origin_of
from shim.run.certificates import java_store, system_bundle

PROXIES = (
    "https_proxy",
    "HTTPS_PROXY",
    "http_proxy",
    "HTTP_PROXY",
    "all_proxy",
    "ALL_PROXY",
)

BUNDLES = {
    "SSL_CERT_FILE": ("SSL_CERT_FILE",),
    "REQUESTS_CA_BUNDLE": ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "NODE_EXTRA_CA_CERTS": ("NODE_EXTRA_CA_CERTS",),
    "DENO_CERT": ("DENO_CERT",),
}
"""Variable -> the variables that may name its original roots; the first that is set counts.

If none is set, the system's roots are used.
"""

OUTRANKING = (
    "CURL_CA_BUNDLE",
    "HTTPLIB2_CA_CERTS",
    "PERL_LWP_SSL_CA_FILE",
    "HTTPS_CA_FILE",
)
"""Variables that precede SSL_CERT_FILE, set only if the user has set them.

So a program inside the run can still choose other roots by SSL_CERT_FILE.
"""

ADDITIONS = frozenset({"NODE_EXTRA_CA_CERTS", "DENO_CERT"})
"""Variables whose roots the runtime adds to its own, or to the system's."""

MARK = "_ATLAS_SHIM_RUN"
"""The variable that marks a run's processes, even if they have closed all files.

A run inside a run adds its own mark.
"""

FOLDER = "_ATLAS_SHIM_RUN_FOLDER"
"""The variable with the run's folder; a run inside it leaves a record there."""


@attrs.frozen
class Run:
    """One run: values of its command, and from ``folder`` on those of the helper."""

    host: str
    """Atlas's host."""
    origins: tuple[str, ...]
    """The hosts that a base URL of the program may name."""
    drop_in: bool
    """Whether a Python that has atlas-shim imports the drop-in."""
    guarded: bool
    """Whether a Node of the program can read only named files (``--permission``)."""
    folder: Path = Path()
    """The folder of the program's files."""
    root: bytes = attrs.field(default=b"", repr=False)
    port: int = 0
    mark: str = attrs.field(default="", repr=False)
    """A text in the environment of all descendants."""
    secret: bool = False
    """Whether callers prove by the mark that they are descendants, because the kernel can't tell."""

    @property
    def hooks_name(self) -> str:
        """The server name by which hooks ask for their certificate."""
        if self.secret:
            return f"{self.mark}.{self.host}"
        return self.host

    @property
    def login(self) -> str:
        """The part of the proxy's URL before the host."""
        return f"run:{self.mark}@" if self.secret else ""


def environment_of(run: Run, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the program's environment, based on this process's.

    Writes the files that it refers to into the run's folder.
    """
    run.folder.chmod(0o711)  # The program may give up its user's rights.
    changed = _proxies(run) | _roots(run, environ) | _base_urls(run, environ)
    marks = filter(None, [run.mark, environ.get(MARK, "")])
    changed |= {MARK: ",".join(marks), FOLDER: str(run.folder)}
    return {**environ, **changed, **_hooks(run, environ, changed)}


def _proxies(run: Run) -> dict[str, str]:
    before = getproxies_environment()
    entries = [
        "localhost",
        "127.0.0.1",
        "::1",
        *map(str.strip, before.get("no", "").split(",")),
    ]
    passing = ",".join(
        entry
        for entry in dict.fromkeys(entries)
        if entry and not _names(entry, run.host)
    )
    found = dict.fromkeys(PROXIES, f"http://{run.login}127.0.0.1:{run.port}")
    found |= {"no_proxy": passing, "NO_PROXY": passing}
    if not before.keys() & {"http", "https", "all"}:
        # If a proxy was set, this would send calls through it that went directly
        # before.
        found["PERL_LWP_ENV_PROXY"] = "1"
    return found


def _names(entry: str, host: str) -> bool:
    """Return whether an entry of NO_PROXY matches the host."""
    name = entry.lower().partition(":")[0].lstrip("*").lstrip(".")
    return entry == "*" or host == name or host.endswith(f".{name}")


def _roots(run: Run, environ: Mapping[str, str]) -> dict[str, str]:
    system = system_bundle()
    found = dict[str, str]()
    written = dict[bytes, str]()
    own = {variable: (variable,) for variable in OUTRANKING if environ.get(variable)}
    for variable, sources in {**BUNDLES, **own}.items():
        before = _read(next(filter(None, map(environ.get, sources)), ""))
        roots = before or (b"" if variable in ADDITIONS else system)
        content = _joined(roots, run.root)
        if content not in written:
            written[content] = _write(run, f"{variable}.pem", content)
        found[variable] = written[content]
    bundle = found["SSL_CERT_FILE"]
    wgetrc = _read(environ.get("WGETRC") or os.path.expanduser("~/.wgetrc"))  # noqa: PTH111 - may name no file
    found["WGETRC"] = _write(
        run, "wgetrc", _joined(wgetrc, f"ca_certificate = {bundle}\n".encode())
    )
    if wgetrc:  # It may contain passwords.
        (run.folder / "wgetrc").chmod(0o600)
    (run.folder / "php").mkdir()
    ini = f'curl.cainfo="{found.get("CURL_CA_BUNDLE", bundle)}"\nopenssl.cafile="{bundle}"\n'
    _write(run, "php/atlas-shim.ini", ini.encode())
    found["PHP_INI_SCAN_DIR"] = (
        f"{environ.get('PHP_INI_SCAN_DIR', '')}{os.pathsep}{run.folder / 'php'}"
    )
    store = _write(run, "java.p12", java_store(Path(bundle).read_bytes()))
    proxy = f"-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={run.port}"
    trust = f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStoreType=PKCS12"
    # The last one wins, so the user's setting stays.
    given = environ.get("JAVA_TOOL_OPTIONS", "")
    return found | {"JAVA_TOOL_OPTIONS": f"{proxy} {trust} {given}".strip()}


def _hooks(
    run: Run, environ: Mapping[str, str], changed: Mapping[str, str]
) -> dict[str, str]:
    folder = run.folder / "python"
    before = getproxies_environment()
    folder.mkdir()
    is_direct = not before.keys() - {"no"}
    added = {}
    if is_direct:
        added["https_proxy"] = changed["https_proxy"]
    if not environ.get("REQUESTS_CA_BUNDLE") and not environ.get("CURL_CA_BUNDLE"):
        added["REQUESTS_CA_BUNDLE"] = changed["REQUESTS_CA_BUNDLE"]
    # In Node, only children use this run's proxy. An original proxy does not apply to
    # Atlas's host.
    passing = ",".join(filter(None, [before.get("no", ""), run.host]))
    own = {
        **environ,
        **({} if is_direct else {"no_proxy": passing, "NO_PROXY": passing}),
    }
    both = {
        name: (changed[name], own.get(name))
        for name in (*PROXIES, "no_proxy", "NO_PROXY")
    }
    known = {"HOST": run.host, "PORT": run.port, "NAME": run.hooks_name}
    node = _write(run, "node.cjs", _fill("node.cjs", json.dumps, PROXIES=both, **known))
    known |= {"ROOT": run.root.decode("ascii"), "DROP_IN": run.drop_in, "ADDED": added}
    _write(run, "python/sitecustomize.py", _fill("python_hook.txt", repr, **known))
    # --permission keeps Node from reading its own hook
    if run.guarded:
        allowed = f'"--allow-fs-read={node}" '
    else:
        allowed = ""
    return {
        "NODE_OPTIONS": f'{environ.get("NODE_OPTIONS", "")} {allowed}--require "{node}"'.strip(),
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(folder), environ.get("PYTHONPATH", "")])
        ),
    }


def _fill(name: str, literal: Callable[[object], str], **words: object) -> bytes:
    text = files("shim.run").joinpath(name).read_text("utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", literal(value))
    return text.encode()


def _base_urls(run: Run, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the base URL variables that name Atlas, with this run's origin and their own path."""
    found = {}
    # callers could not prove by them that they are descendants
    for name in BASE_URL_VARIABLES if not run.secret else ():
        with contextlib.suppress(ValueError):
            parts = urlsplit(environ.get(name, ""))
            if origin_of(parts.scheme, parts.hostname or "", parts.port) in run.origins:
                found[name] = parts._replace(
                    scheme="https", netloc=f"127.0.0.1:{run.port}"
                ).geturl()
    return found


def _read(path: str) -> bytes:
    """Return the content of a file, or of all certificates in a folder.

    Empty if it does not exist.
    """
    found = Path(path) if path else None
    if found is None or not found.exists():
        return b""
    if found.is_file():
        return found.read_bytes()
    return b"\n".join(
        one.read_bytes()
        for one in sorted(found.iterdir())
        if one.suffix in {".pem", ".crt", ".cer"}
    )


def _joined(*parts: bytes) -> bytes:
    return b"\n".join(part.rstrip(b"\n") for part in parts if part) + b"\n"


def _write(run: Run, name: str, content: bytes) -> str:
    path = run.folder / name
    path.write_bytes(content)
    path.chmod(0o644)
    return str(path)
