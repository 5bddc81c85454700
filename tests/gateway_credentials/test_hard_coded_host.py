"""The recipe of docs/how-to/hard-coded-host.md: Python's callers of https://cloud.mongodb.com, led to the gateway.

``tests/docs`` plays the page itself, whose caller is curl.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from tests.docs.pages import blocks
from tests.gateway_credentials.worlds import FLEX, LOOPBACK, RETIRED, UNTOUCHED, V2, world

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "hard-coded-host.md"
HOST = "https://cloud.mongodb.com"

# What a hosts entry does, for one process and with another port.
TURNED = """
import socket
true = socket.getaddrinfo
def turned(host, port, *rest, **more):
    if host in ("cloud.mongodb.com", b"cloud.mongodb.com"):
        host, port = "127.0.0.1", {port}
    return true(host, port, *rest, **more)
socket.getaddrinfo = turned
"""

PROGRAMS = {
    "httpx": """
import httpx
with httpx.Client(base_url="{host}", auth=httpx.DigestAuth("{name}", "{secret}")) as client:
    for path, accept in {calls}:
        reply = client.get(path, headers={{"Accept": accept}})
        print(reply.status_code, reply.json()["links"][0]["href"])
""",
    "requests": """
import requests
from requests.auth import HTTPDigestAuth
with requests.Session() as client:
    client.auth = HTTPDigestAuth("{name}", "{secret}")
    for path, accept in {calls}:
        reply = client.get("{host}" + path, headers={{"Accept": accept}})
        print(reply.status_code, reply.json()["links"][0]["href"])
""",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Follow the page: run its own commands for the certificates."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, whose commands the page has, is not installed")
    folder = tmp_path_factory.mktemp("recipe")
    commands = next(block.content for block in blocks(PAGE.read_text("utf-8")) if block.language == "sh")
    subprocess.run(["sh", "-ec", commands], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def seen(files):
    options: dict[str, Any] = {
        "tls_cert": str(files / "shim.pem"),
        "tls_key": str(files / "shim.key"),
        "public_url": HOST,
    }
    with world("verify", listen=LOOPBACK, **options) as found:
        yield found


@pytest.mark.parametrize("library", sorted(PROGRAMS))
def test_python(seen, files, library):
    """Programs with the host written into them work with two variables set around them."""
    port = seen.authority.rpartition(":")[2]
    calls = [(RETIRED, V2), (UNTOUCHED, FLEX), (RETIRED, V2)]
    code = TURNED.format(port=port) + PROGRAMS[library].format(
        host=HOST, name=DEMO_PUBLIC_KEY, secret=DEMO_PRIVATE_KEY, calls=calls
    )
    roots = str(files / "ca.pem")
    environ = {**os.environ, "SSL_CERT_FILE": roots, "REQUESTS_CA_BUNDLE": roots, "NO_PROXY": "*"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=False)
    assert [row.split(" ")[0] for row in done.stdout.splitlines()] == ["200"] * 3, done.stderr
    assert done.stdout.splitlines()[0].split(" ")[1].startswith(HOST + RETIRED)


def test_authority_is_good_for_nothing_else(files):
    """A certificate for another name that it signed is refused, by its name constraint."""
    script = """
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca2.key -out ca2.pem -subj /CN=x \\
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign \\
        -addext 'nameConstraints=critical,permitted;DNS:cloud.mongodb.com'
    openssl req -newkey rsa:2048 -nodes -keyout evil.key -out evil.csr -subj /CN=evil.test
    echo subjectAltName=DNS:evil.test > evil.ext
    openssl x509 -req -in evil.csr -CA ca2.pem -CAkey ca2.key -CAcreateserial -days 2 -extfile evil.ext -out evil.pem
    ! openssl verify -CAfile ca2.pem evil.pem
    openssl verify -CAfile ca.pem shim.pem
    """
    subprocess.run(["sh", "-ec", script], cwd=files, check=True, capture_output=True)
    assert not (files / "ca.key").exists()
