"""Start other Pythons, without the settings of this process."""

import os
import subprocess
import sys
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


def said(code: str, *words: str, **environment: str) -> str:
    """Return the output of some code; it may not fail, nor write to standard error. Python's warnings are off."""
    done = run("-W", "ignore", "-c", code, *words, **environment)
    assert done.returncode == 0
    assert done.stderr == ""
    return done.stdout.strip()
