"""A run as process 1 of a container: the program behaves as if it were process 1 itself."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.peers.raw import until
from tests.run.grid import BARE, FIELDS, URL

CONTAINER = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def has_namespaces():
    """Whether this machine allows PID namespaces."""
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(
            [*CONTAINER, "true"], capture_output=True, check=False
        ).returncode
        == 0
    )


pytestmark = pytest.mark.skipif(
    not has_namespaces(), reason="this machine makes no namespace of processes"
)

WAITS_FOR_ALL = "import os\ntry:\n    while os.wait(): pass\nexcept ChildProcessError:\n    print('all ended')"
ORPHAN = """
import pathlib, subprocess, time
shown = subprocess.run(["sh", "-c", "sh -c 'exit 3' & echo $!"], stdout=subprocess.PIPE, text=True).stdout
orphan, end = pathlib.Path("/proc", shown.strip()), time.monotonic() + 30
while orphan.exists() and time.monotonic() < end:
    time.sleep(0.05)
print("reaped" if not orphan.exists() else orphan.joinpath("stat").read_text())
"""
SCENARIOS = {
    "ends": ["sh", "-c", "echo hello; echo oops >&2; exit 7"],
    "waits for its children": ["sh", "-c", "sleep 0.1 & sleep 0.1 & wait; echo waited"],
    "waits for all children": [BARE, "-c", WAITS_FOR_ALL],
    "leaves a daemon": [
        "sh",
        "-c",
        "setsid sleep 1000 >/dev/null 2>&1 & echo left; exit 3",
    ],
    "reads its input": ["sh", "-c", "cat; exit 4"],
}


def contained(*command, environ, typed=""):
    """Run a command as process 1 of a namespace of its own."""
    return subprocess.run(
        [*CONTAINER, *command],
        env=environ,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_program_ends_as_without_the_run(runs, name):
    """Its output, errors and exit code are the same, and no folder has leftovers."""
    program = SCENARIOS[name]
    bare = contained(*program, environ=runs.environ, typed="typed\n")
    done = contained(*runs.command(*program), environ=runs.environ, typed="typed\n")
    assert done.stdout == bare.stdout
    assert done.stderr == bare.stderr
    assert done.returncode == bare.returncode
    assert runs.left() == []


def test_orphans_are_reaped_by_the_run(runs):
    """The program is not process 1, and gets none."""
    assert (
        contained(*runs.command(BARE, "-c", ORPHAN), environ=runs.environ).stdout
        == "reaped\n"
    )


def test_a_program_that_a_signal_ends_has_a_shell_s_exit_code(runs):
    """Process 1 can't end by a signal itself."""
    assert (
        contained(
            *runs.command("sh", "-c", "kill -KILL $$"), environ=runs.environ
        ).returncode
        == 137
    )


def test_a_missing_program_has_the_usual_error(runs):
    """The message and the exit code are those of any run."""
    done = contained(*runs.command("./nonsense"), environ=runs.environ)
    assert "no such command" in done.stderr
    assert done.returncode == 127


def test_calls_are_served_and_reported(runs):
    """That works as in any run; the folder is gone afterwards."""
    fields = [
        word for name, value in FIELDS.items() for word in ("-H", f"{name}: {value}")
    ]
    done = contained(
        *runs.command("curl", "-sf", *fields, URL, options=["--report"]),
        environ=runs.environ,
    )
    assert '"results"' in done.stdout
    assert done.returncode == 0
    assert "1 call" in done.stderr
    assert runs.left() == []


TRAPS = "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.05; done"


@pytest.mark.parametrize(
    ("script", "code"), [(TRAPS, 5), ("echo ready; exec sleep 1000", 143)]
)
def test_a_signal_reaches_the_program(runs, script, code):
    """``docker stop`` sends it to process 1: a program that traps it ends in its own way, another is terminated."""
    command = [*CONTAINER, *runs.command("sh", "-c", script)]
    with subprocess.Popen(command, env=runs.environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        os.kill(int(children.read_text().split()[0]), signal.SIGTERM)
        assert process.wait(60) == code
    until(lambda: not runs.left(), "the end of the run")


BARE_BONES = """
mount -t tmpfs -o mode=1777 shm /dev/shm
for folder in / /tmp /var/tmp /run; do
    mount --bind "$folder" "$folder"
    mount -o remount,bind,ro "$folder"
done
touch /tmp/x 2>/dev/null && exit 99
exec "$@"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_read_only_root_is_enough(runs):
    """A run's files are in /dev/shm, which a container has."""
    environ = {name: value for name, value in runs.environ.items() if name != "TMPDIR"}
    program = runs.command("sh", "-c", "echo ${SSL_CERT_FILE%/*/*}; exit 6")
    script = ["unshare", "--mount", "sh", "-c", BARE_BONES, "sh", *CONTAINER, *program]
    done = subprocess.run(
        script, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout == "/dev/shm\n"
    assert done.stderr == ""
    assert done.returncode == 6
