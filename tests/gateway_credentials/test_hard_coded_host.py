"""The authority that docs/how-to/hard-coded-host.md makes; ``tests/docs`` plays the page itself, as curl."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import blocks

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "hard-coded-host.md"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Follow the page: run its own commands for the certificates."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, whose commands the page has, is not installed")
    folder = tmp_path_factory.mktemp("recipe")
    commands = next(block.content for block in blocks(PAGE.read_text("utf-8")) if block.language == "sh")
    subprocess.run(["sh", "-ec", commands], cwd=folder, check=True, capture_output=True)
    return folder


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
