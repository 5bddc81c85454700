"""The limit of open files follows the options; tested in a process of its own."""

import subprocess
import sys

PROGRAM = """
import logging, resource, sys
from shim.gateway.run import _raise_open_files
from shim.gateway.options import Options
logging.basicConfig(stream=sys.stdout, format="%(message)s")
for soft, hard in ((1000, 1024), (64, 1024), (64, 300)):
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    _raise_open_files(Options(max_connections=100))
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_the_file_limit_follows_the_options():
    """It is never lowered. It is raised to the required number, or as far as allowed, with a warning."""
    output = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    ).stdout
    assert output.splitlines() == [
        "1000", "378", "can open 300 files, but may need 378; see max_connections", "300",
    ]  # fmt: skip
