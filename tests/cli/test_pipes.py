"""A command ends without an error when the reader of its pipe leaves, as ``head`` does."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "words",
    ["calendar --within 0", "explain GET /api/atlas/v2/groups/g/clusters", "--help"],
)
def test_a_closed_pipe_is_no_error(words):
    """Nothing goes to standard error, and the exit code is the command's own."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "shim", *words.split()]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.returncode == 0
    assert done.stderr == b""
