"""A certificate for TLS at the caller's side, made by openssl for one run."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs


@attrs.frozen
class Certificate:
    """Files of a self-signed certificate and its key, ECDSA over P-256, as a public authority would give today."""

    chain: Path
    key: Path


@contextlib.contextmanager
def certificate() -> Iterator[Certificate]:
    """Make a certificate for 127.0.0.1 that lasts until the block ends; raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        made = Certificate(Path(folder) / "chain.pem", Path(folder) / "key.pem")
        kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1")
        command = ["openssl", "req", "-x509", *kind, "-days", "2", "-out", str(made.chain), "-keyout", str(made.key)]
        subprocess.run(command, check=True, capture_output=True)
        yield made
