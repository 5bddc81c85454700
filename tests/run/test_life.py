"""The program is the process that was started; what stands beside it begins before it and ends after its last child."""

import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.peers.raw import until
from tests.run.conftest import CURL, URL

CODE = (*CURL, "-o", os.devnull, "-w", "%{http_code}", URL)


def beside(folders):
    """Return the processes of a run's own, by the folder for temporary files that they were given."""
    own = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            environ, command = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
            if f"TMPDIR={folders}".encode() in environ and b"\0run\0" in command:
                own.append(int(process.name))
    return own


def test_the_exit_code_and_signals_are_the_programs(runs):
    """It is executed in the command's place, so its parent sees how it ended."""
    assert runs("sh", "-c", "exit 7").returncode == 7
    assert runs("sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM
    assert runs("nonsense-that-is-missing").returncode == 127


def test_nothing_is_left(runs, folders):
    """No folder and no process, once the program has ended."""
    assert runs(*CODE).stdout == "200"
    until(lambda: not beside(folders) and not list(folders.iterdir()), "nothing is left")


def test_no_key_is_on_disk_or_in_the_environment(runs, folders):
    """The folder is the user's own, and holds certificates alone."""
    script = f"ls -ld {folders}/*; grep -rl 'PRIVATE KEY' {folders}; env"
    done = runs("sh", "-c", script)
    first, rest = done.stdout.split("\n", 1)
    assert first.startswith("drwx------")
    assert "PRIVATE KEY" not in rest


def test_a_child_that_outlives_the_program_is_served(runs, folders):
    """Until it has ended, too; the program's own end is not held up by it."""
    inner = "sleep 1; " + " ".join(f"'{word}'" for word in CODE)
    done = runs("sh", "-c", f"({inner}) > {folders.parent}/code 2>&1 &")
    assert done.returncode == 0
    until(lambda: (folders.parent / "code").read_text() == "200", "its answer")
    until(lambda: not list(folders.iterdir()), "no folder is left")


def test_a_gateway_that_is_killed_is_started_again(runs, folders):
    """The next connections are served, to Atlas and to other hosts."""
    with runs.begin("sh", "-c", "echo up; read line; " + " ".join(f"'{word}'" for word in CODE)) as program:
        assert program.stdout.readline() == "up\n"
        os.kill(max(beside(folders)), signal.SIGKILL)  # the keeper was there first
        out, _ = program.communicate("go\n", timeout=60)
    assert out == "200"


def test_a_program_that_is_killed_takes_all_with_it(runs, folders):
    """The processes beside it notice its end by themselves."""
    with runs.begin("sh", "-c", "echo up; exec sleep 60") as program:
        assert program.stdout.readline() == "up\n"
        program.kill()
    until(lambda: not list(folders.iterdir()), "no folder is left")


def test_a_program_that_does_not_trust_the_certificate_is_named(runs, other, tmp_path):
    """Once, with the way out."""
    (tmp_path / "private.pem").write_bytes(other.pem)
    done = runs("sh", "-c", f"for n in 1 2; do curl -s --cacert {tmp_path}/private.pem {URL}; done")
    said = [line for line in done.stderr.splitlines() if line.startswith("atlas-shim: ")]
    assert len(said) >= 1
    assert "does not trust this run's certificate" in said[0]


def test_the_report_counts(runs):
    """At the end, on standard error; or it says that none came, and why that may be."""
    served = runs(*CODE, options=["--report"])
    assert (served.stdout, served.stderr) == ("200", "atlas-shim: 1 calls to Atlas, 1 of them retired\n")
    none = runs("sh", "-c", "exit 3", options=["--report"])
    assert none.returncode == 3
    assert "no call to Atlas was seen" in none.stderr


def test_show_prints_variables_alone(runs):
    """One a line; the program is not started."""
    done = runs("sh", "-c", "echo started", options=["--show"])
    lines = done.stdout.splitlines()
    assert "started" not in done.stdout
    assert all(re.match(r"\w+=", line) for line in lines)
    assert any(line.startswith("SSL_CERT_FILE=") for line in lines)


def test_wrong_settings_stop_the_start(runs):
    """Before the program runs, with the variable's name."""
    done = runs("sh", "-c", "echo started", ATLAS_SHIM_ROUTE="flexx")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ATLAS_SHIM_ROUTE" in done.stderr


def test_a_proxy_that_cant_be_passed_on_is_named(runs):
    """Other hosts would else be reached by another way than before, or not at all."""
    done = runs("sh", "-c", "echo started", ALL_PROXY="socks5://127.0.0.1:1080")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ALL_PROXY" in done.stderr


def test_another_users_process_gets_no_answer(runs):
    """The proxy would lend it the user's own proxy, and its password."""
    if os.getuid() or subprocess.run(["setpriv", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("only root can be somebody else, by setpriv")
    script = f"setpriv --reuid 65534 --clear-groups curl -sS {URL}; echo $?"
    assert runs("sh", "-c", script).stdout.split()[-1] != "0"
