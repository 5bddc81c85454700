"""``fake-atlas`` as a process."""

import os
import signal

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_PUBLIC_KEY, DEMO_TOKEN


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--today", "2026-01-21"), 200),
        (("--today", "2026-01-22"), 410),
        (("--today", "2026-01-22", "--sunset", "2026-02-01"), 200),
    ],
)
def test_its_date_decides_whether_legacy_answers(start, wait_for, retired_call, words, status):
    """Before the sunset the legacy endpoint answers, from then on it is gone."""
    process = start("fake-atlas", "--listen", "127.0.0.1:0", *words)
    assert retired_call(wait_for(process.stdout, r"listens at (\S+)")[1]) == status
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_it_says_what_one_needs_for_a_call(start, wait_for):
    """Group, clusters, token and key names are printed."""
    process = start("fake-atlas", "--listen", "127.0.0.1:0")
    wait_for(process.stdout, rf"group\s+{DEMO_GROUP}")
    wait_for(process.stdout, DEMO_CLUSTER)
    wait_for(process.stdout, DEMO_TOKEN)
    wait_for(process.stdout, DEMO_PUBLIC_KEY)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--today", "tomorrow"), "not a date"),
        (("--listen", "nowhere"), "not an address"),
        (("--sunset", "x"), "not a date"),
    ],
)
def test_bad_usage(run, words, said):
    """A value that means nothing is exit code 2."""
    done = run("fake-atlas", *words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
