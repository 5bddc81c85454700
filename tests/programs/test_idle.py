"""A program that never makes a retired call: nothing is imported for it but what the switch itself stands on."""

import json
import os
import subprocess
import sys

import pytest

from shim.fake import FakeAtlas
from shim.fake.server import serve_in_thread

SWITCH = {"shim", "wrapt", "attr", "attrs", "packaging"}
"""What the switch stands on."""

LIBRARIES = {"httpx": {"requests", "urllib3"}, "requests": {"httpx", "httpcore", "anyio", "h11"}}
"""Library that a program calls with -> what only the other one needs."""


def modules_of(code):
    """Run a program and return the names of all modules that it has in the end."""
    code += "\nimport json, sys; print(json.dumps(list(sys.modules)))"
    environ = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_program_that_calls_others_gets_no_library_more(library):
    """Neither the other library nor a line of the doors, though it calls the very host."""
    with serve_in_thread(FakeAtlas()) as server:
        code = f"import {library}; {library}.get('{server.url}/elsewhere')"
        without, covered = modules_of(code), modules_of(f"import shim.auto; {code}")
    more = covered - without
    others = {name.partition(".")[0] for name in more if not name.startswith("_sysconfigdata_")}  # named by platform
    assert others - set(sys.stdlib_module_names) <= SWITCH
    assert not LIBRARIES[library] & more
    assert not {name for name in more if name.startswith(("shim.httpx", "shim.requests"))}
