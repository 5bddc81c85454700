"""The limit of open files follows the options, in a process of its own."""

import subprocess
import sys

import pytest

PROGRAM = """
import logging, resource, sys
from shim.gateway.run import _raise_open_files
from shim.gateway.options import Options
logging.basicConfig(stream=sys.stdout, format="%(message)s")
soft, hard, connections = (int(word) for word in sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
_raise_open_files(Options(max_connections=connections))
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "then", "warned"),
    [(64, 1024, 100, 378, False), (64, 300, 100, 300, True), (1000, 1024, 100, 1000, False)],
    ids=["raised", "raised as far as allowed", "enough"],
)
def test_open_files(soft, hard, connections, then, warned):
    """The limit is raised to what the options need, as far as the hard one allows, and never lowered."""
    command = [sys.executable, "-c", PROGRAM, str(soft), str(hard), str(connections)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert int(output[-1]) == then
    assert (len(output) > 1) == warned
