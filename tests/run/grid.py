"""How programs start, which programs they start, and which are served: the source of the tables of hard-coded-host.md.

``python -m tests.run.grid`` prints them.
"""

import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN

HOST = "cloud.mongodb.com"
PATH = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
URL = f"https://{HOST}{PATH}"
BASE_URL = f"https://{HOST}/api/atlas/v2"
FIELDS = {
    "Authorization": f"Bearer {DEMO_TOKEN}",
    "Accept": "application/vnd.atlas.2023-01-01+json",
}
OF_CURL = [
    word for name, value in FIELDS.items() for word in ("-H", f"{name}: {value}")
]
CURL = ("curl", "-sS", *OF_CURL)
CODE = (*CURL, "-o", "/dev/null", "-w", "%{http_code}", URL)
WGET = (
    "-q",
    "-O",
    "/dev/null",
    *(f"--header={name}: {value}" for name, value in FIELDS.items()),
    URL,
)
BARE = str(Path(sys.executable).resolve())
"""A Python that has neither the shim nor its dependencies."""

URLLIB = f"from urllib.request import *; print(urlopen(Request({URL!r}, headers={FIELDS!r})).status)"
HTTP_CLIENT = (
    f"import http.client; c = http.client.HTTPSConnection({HOST!r}); c.request('GET', {PATH!r}, headers={FIELDS!r}); "
    "print(c.getresponse().status)"
)
CHILD = "import subprocess; print(subprocess.run({!r}, capture_output=True, text=True).stdout.strip())"
CODES = f"const headers = {FIELDS!r}; "
NODE = (
    CODES
    + f"require('https').get({URL!r}, {{headers}}, (a) => {{ console.log(a.statusCode); a.resume(); }})"
)
FETCH = CODES + f"fetch({URL!r}, {{headers}}).then((a) => console.log(a.status))"
IN_PERL = ", ".join(f"'{name}' => '{value}'" for name, value in FIELDS.items())

CHILDREN = {
    "urllib": URLLIB,
    "http.client": HTTP_CLIENT,
    "curl": CHILD.format([*CODE]),
    "python -I": CHILD.format([BARE, "-I", "-c", URLLIB]),
    "node": CHILD.format(["node", "-e", NODE]),
}
"""The actions of a Python program, by itself or by a child."""


def script(first: str) -> Callable[[Path, str], list[str]]:
    """Return a function that creates an executable script with this first line."""

    def make(folder: Path, code: str) -> list[str]:
        (folder / "program").write_text(f"#!{first}\n{code}\n")
        (folder / "program").chmod(0o755)
        return [str(folder / "program")]

    return make


def archive(first: str) -> Callable[[Path, str], list[str]]:
    """Return a function that creates an executable archive with this first line, as zipapp and shiv do."""

    def make(folder: Path, code: str) -> list[str]:
        with (folder / "app.pyz").open("wb") as file:
            file.write(f"#!{first}\n".encode())
            with zipfile.ZipFile(file, "a") as packed:
                packed.writestr("__main__.py", code)
        (folder / "app.pyz").chmod(0o755)
        return [str(folder / "app.pyz")]

    return make


def again(folder: Path, code: str) -> list[str]:
    """Return an archive that restarts itself, isolated, as a pex does."""
    start = "import os, sys\nif not sys.flags.isolated: os.execv(sys.executable, [sys.executable, '-I', *sys.argv])\n"
    return archive(BARE)(folder, start + code)


def module(folder: Path, code: str) -> list[str]:
    """Return a program that is a module in the working folder, which replaces PYTHONPATH."""
    (folder / "program.py").write_text(code)
    return ["sh", "-c", f"cd {folder} && exec {BARE} -m program"]


LAUNCHERS: dict[str, Callable[[Path, str], list[str]]] = {
    "python of PATH": lambda _, code: ["python3", "-c", code],
    "a Python with the shim": lambda _, code: [sys.executable, "-c", code],
    "a script": script(BARE),
    "a script by env": script("/usr/bin/env python3"),
    "python -m": module,
    "a zipapp": archive(BARE),
    "sh -c": lambda _, code: ["sh", "-c", f'"{BARE}" -c "$0"', code],
    "python -I": script(f"{BARE} -I"),
    "python -Es": script(f"{BARE} -Es"),
    "env -S python -I": script(f"/usr/bin/env -S {BARE} -I"),
    "python -S": lambda _, code: [BARE, "-S", "-c", code],
    "shiv": archive(f"{BARE} -sE"),
    "pex": again,
}
"""Ways to start a Python program, each a function that creates one from its code."""

ISOLATED = frozenset(
    {"python -I", "python -Es", "env -S python -I", "python -S", "shiv", "pex"}
)
"""Those that ignore PYTHONPATH."""


@attrs.frozen
class Row:
    """A row of the page: which ``programs`` are served, or why not, and a ``command`` that is one of them.

    ``answers`` is the number of calls whose status it prints. ``said`` is part of the
    line about an unserved program; it may also be silent.
    """

    programs: str
    by: str
    command: Sequence[str]
    answers: int = 1
    said: str = ""


PROXY = "proxy and root variables"
HOOK = "a hook in {}"
ROWS = (
    Row("curl, HTTPie, xh; Rust with native-tls", PROXY, CODE),
    Row("wget, wget2", PROXY, ("wget2", *WGET), 0),
    Row("Go with the default client", PROXY, ("go", "run", "{go}", "default")),
    Row("Python, with any library: http.client, urllib3, httpx, aiohttp, also with uvloop or gevent",
        HOOK.format("`PYTHONPATH`"), (BARE, "-c", f"{URLLIB}; {HTTP_CLIENT}"), 2),
    Row("Python with atlas-shim", "the drop-in first, which keeps the program's own API key",
        (sys.executable, "-W", "ignore", "-c", URLLIB)),
    Row("Python that ignores PYTHONPATH (`-I`, `-E`, `-S`, pex, shiv): urllib, requests, httpx", PROXY,
        (BARE, "-I", "-c", URLLIB)),
    Row("Node 12 and later: https, fetch, axios, got, needle, undici; with `--permission`, too",
        HOOK.format("`NODE_OPTIONS`"), ("node", "-e", NODE)),
    Row("Deno, Bun's fetch", PROXY, ("deno", "eval", FETCH)),
    Row("Java: HttpClient, HttpURLConnection", "`JAVA_TOOL_OPTIONS` (each JVM prints a line about it)",
        ("java", "{java}"), 2),
    Row("Ruby", PROXY, ("ruby", "-rnet/http", "-e", f"""
        u = URI('{URL}'); r = Net::HTTP::Get.new(u, {{{", ".join(f"'{n}' => '{v}'" for n, v in FIELDS.items())}}})
        puts Net::HTTP.start(u.host, u.port, use_ssl: true) {{ |h| h.request(r) }}.code""")),
    Row("PHP's curl", PROXY, ("php", "-r", f"""
        $c = curl_init('{URL}'); curl_setopt($c, CURLOPT_HTTPHEADER, {[f"{n}: {v}" for n, v in FIELDS.items()]});
        curl_setopt($c, CURLOPT_RETURNTRANSFER, 1); curl_exec($c); echo curl_getinfo($c, CURLINFO_HTTP_CODE);""")),
    Row("Perl: HTTP::Tiny, LWP", PROXY, ("perl", "-MHTTP::Tiny", "-MIO::Socket::SSL", "-e",
        f"print HTTP::Tiny->new(verify_SSL => 1)->get('{URL}', {{headers => {{{IN_PERL}}}}})->{{status}}")),
    Row("Python that ignores PYTHONPATH: http.client, aiohttp without `trust_env`", "**no**: they read no proxy",
        (BARE, "-I", "-c", HTTP_CLIENT), 0, "run it without that"),
    Row("PHP's `file_get_contents`", "**no**: PHP's streams read no proxy",
        ("php", "-r", f"@file_get_contents('{URL}');"), 0, "curl functions"),
    Row("docker, podman, ssh, sudo", "**no**: the programs that they start have another environment",
        ("sh", "-c", "docker run x >&2 2>&-; true"), 0, "docker run … IMAGE atlas-shim run"),
    Row("Java's Apache HttpClient, Erlang, Mono; Go with a custom transport; `node:http2`, Bun's `node:https`",
        "**no**: they read no proxy; some are silent", ("go", "run", "{go}", "own"), 0),
    Row("pycurl, aria2c, and others with their own root certificates",
        "**no**: they do not trust the certificate of `run`",
        ("sh", "-c", "curl -sS --cacert {roots} https://cloud.mongodb.com/ 2>&-; true"), 0, "does not trust"),
)  # fmt: skip


OWN = "ssl.create_default_context(cafile=sys.argv[2])"
SESSION = (
    "import requests, sys; s = requests.Session(); {}; print(s.get(sys.argv[1]).text)"
)
PIP = (
    "pip",
    "--disable-pip-version-check",
    "download",
    "--no-deps",
    "--no-cache-dir",
    "--retries",
    "0",
)
OTHERS = {
    "curl: its own CA": ("curl", "-sS", "--cacert", "{ca}", "{url}"),
    "curl: `-k`": ("curl", "-sSk", "{url}"),
    "curl: a CA that it does not trust": ("curl", "-sS", "{url}"),
    "curl: in the clear": ("curl", "-sS", "{plain}"),
    "wget: its own CA": ("wget", "-q", "-O", "-", "--ca-certificate={ca}", "{url}"),
    "urllib: its own CA": (BARE, "-c",
        f"import ssl, sys; from urllib.request import *; print(urlopen(sys.argv[1], context={OWN}).read())",
        "{url}", "{ca}"),
    "requests: `session.verify = CA`": (
        sys.executable, "-c", SESSION.format("s.verify = sys.argv[2]"), "{url}", "{ca}"),
    "requests: `session.verify = False`": (
        sys.executable, "-W", "ignore", "-c", SESSION.format("s.verify = False"), "{url}"),
    "requests: `session.proxies`": (
        sys.executable, "-c", SESSION.format("s.proxies['http'] = sys.argv[2]"), "{plain}", "{corporate}"),
    "httpx: its own context": (sys.executable, "-c",
        f"import httpx, ssl, sys; print(httpx.get(sys.argv[1], verify={OWN}).text)", "{url}", "{ca}"),
    "Node: its own CA": ("node", "-e", """
        const [url, file] = process.argv.slice(1), options = {ca: require('fs').readFileSync(file)};
        require('https').get(url, options, (a) => a.pipe(process.stdout)).on('error', (e) => console.log(e.code))""",
        "{url}", "{ca}"),
    "Node: the proxies that it sees": ("node", "-p", "[process.env.HTTPS_PROXY, process.env.http_proxy]"),
    "a child of Node: its own CA": ("node", "-p",
        "'' + require('child_process').execFileSync('curl', ['-sS', '--cacert', ...process.argv.slice(1)])",
        "{ca}", "{url}"),
    "pip: `--cert`": (BARE, "-m", *PIP, "--cert", "{ca}", "--index-url", "{url}", "thing"),
    "pip: `PIP_CERT`": ("env", "PIP_CERT={ca}", BARE, "-m", *PIP, "--index-url", "{url}", "thing"),
    "curl: `SSL_CERT_FILE` set inside": ("env", "SSL_CERT_FILE={ca}", "curl", "-sS", "{url}"),
    "curl: `CURL_CA_BUNDLE` set inside": ("env", "CURL_CA_BUNDLE={ca}", "curl", "-sS", "{url}"),
    "wget: `WGETRC` set inside": ("env", "WGETRC={ca}.wgetrc", "wget", "-q", "-O", "-", "{url}"),
    "git: `http.sslCAInfo`": ("git", "-c", "http.sslCAInfo={ca}", "ls-remote", "{url}"),
    "git: `GIT_SSL_CAINFO`": ("env", "GIT_SSL_CAINFO={ca}", "git", "ls-remote", "{url}"),
    "urllib: `SSL_CERT_FILE` set inside": ("env", "SSL_CERT_FILE={ca}", BARE, "-c",
        "import sys; from urllib.request import *; print(urlopen(sys.argv[1]).read())", "{url}"),
    "requests: `REQUESTS_CA_BUNDLE` set inside": (
        "env", "REQUESTS_CA_BUNDLE={ca}", sys.executable, "-c", SESSION.format(""), "{url}"),
    "requests: `CURL_CA_BUNDLE` set inside": (
        "env", "CURL_CA_BUNDLE={ca}", sys.executable, "-c", SESSION.format(""), "{url}"),
    "httpx: `SSL_CERT_FILE` set inside": ("env", "SSL_CERT_FILE={ca}", sys.executable, "-c",
        "import httpx, sys; print(httpx.get(sys.argv[1]).text)", "{url}"),
    "Node: `NODE_EXTRA_CA_CERTS` set inside": ("env", "NODE_EXTRA_CA_CERTS={ca}", "node", "-e", """
        require('https').get(process.argv[1], (a) => a.pipe(process.stdout)).on('error', (e) => console.log(e.code))""",
        "{url}"),
    "Perl: in the clear": ("perl", "-MHTTP::Tiny", "-e", "print HTTP::Tiny->new->get('{plain}')->{content}"),
}  # fmt: skip
"""A program's action with another host -> its command line."""


def table_of_programs() -> str:
    """Return the page's table."""
    lines = [
        "| program | handled through |",
        "|---|---|",
        *(f"| {row.programs} | {row.by} |" for row in ROWS),
    ]
    return "\n".join(lines) + "\n"


def table_of_other_hosts() -> str:
    """Return the page's table of behavior that a run doesn't change."""
    kinds: dict[str, list[str]] = {}
    for name in OTHERS:
        program, _, does = name.partition(": ")
        kinds.setdefault(program, []).append(does)
    lines = ["| program | the same with and without `run` |", "|---|---|"]
    return (
        "\n".join(
            [
                *lines,
                *(f"| {name} | {', '.join(does)} |" for name, does in kinds.items()),
            ]
        )
        + "\n"
    )


if __name__ == "__main__":
    sys.stdout.write(f"{table_of_programs()}\n{table_of_other_hosts()}")
