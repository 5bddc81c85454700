"""Start other Pythons, without the settings of this process."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def run(
    *words: object, cwd: Any = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments to its end, with only the settings and proxies in ``environment``."""
    left_out = ("ATLAS_SHIM_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(left_out)
    }
    command = [sys.executable, *map(str, words)]
    return subprocess.run(
        command,
        env=environ | environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def printed(program: Path, *words: str, **environment: str) -> str:
    """Return the output of a program, which may not fail, nor write to standard error. Python's warnings are off."""
    return _output(program, *words, **environment)


def said(code: str, *words: str, **environment: str) -> str:
    """Return the output of some code, as ``printed`` does."""
    return _output("-c", code, *words, **environment)


def _output(*words: object, **environment: str) -> str:
    done = run("-W", "ignore", *words, **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()
