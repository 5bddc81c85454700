"""The started program is the process itself; the report about it; and how a run ends."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shim.run import helper
from tests.peers.raw import until
from tests.run.grid import BASE_URL, CODE, FIELDS, URL, URLLIB

SHOWN = " ".join(f"'{word}'" for word in CODE)
KEYLESS = (
    "curl",
    "-sS",
    "-o",
    "/dev/null",
    "-w",
    "%{http_code}",
    "--digest",
    "-u",
    "mine:secret",
    URL,
)
KEY = {
    "MONGODB_ATLAS_PUBLIC_API_KEY": "demokeys",
    "MONGODB_ATLAS_PRIVATE_API_KEY": "00000000-demo-demo-demo-000000000000",
}


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("kill -TERM $$", -signal.SIGTERM),
        pytest.param("exit 7", 7, marks=pytest.mark.slow),
    ],
)
def test_exit_code_and_signals_are_the_program_s(runs, script, code):
    """It replaces the command's process, so its parent sees its end. The report shows that it made no call."""
    done = runs("sh", "-c", script, options=["--report"])
    assert done.returncode == code
    assert "no call to Atlas was seen" in done.stderr


@pytest.mark.parametrize(
    ("name", "code"), [("nonsense-that-is-missing", 127), ("/", 126)]
)
def test_a_command_that_can_not_run_is_reported(runs, name, code):
    """It is one line, with a shell's exit codes."""
    done = runs(name)
    assert done.returncode == code
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("most", [20, 40])
def test_too_few_file_descriptors_are_reported(most):
    """It is one sentence before anything is started. Before, the program's stderr had a traceback."""
    script = f'ulimit -n {most}; exec "$0" -m shim run -- echo started'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert (
        done.stderr
        == f"Error: run: {most} open files are allowed here, and a run needs 64: ulimit -n 256\n"
    )


def test_a_script_without_its_first_line_runs_in_sh(runs, tmp_path):
    """Shells, env, nohup and timeout do the same."""
    script = tmp_path / "script"
    script.write_text('echo "$0 $1"; exit 3\n')
    script.chmod(0o755)
    done = runs(script, "a b")
    assert done.returncode == 3
    assert done.stdout == f"{script} a b\n"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ATLAS_SHIM_ROUTE", "flexx"), ("ALL_PROXY", "socks5://127.0.0.1:1080")],
)
def test_unsupported_variables_stop_the_start(runs, variable, value):
    """The error has the variable's name. With a SOCKS proxy, for example, other hosts would be unreachable."""
    done = runs("sh", "-c", "echo started", **{variable: value})
    assert done.returncode == 2
    assert done.stdout == ""
    assert variable in done.stderr


def test_no_key_is_on_disk_or_in_the_environment(shared):
    """Only the user can list the folder; files that a program with other rights needs are readable by name."""
    script = "stat -c %a $TMPDIR/*; grep -rl 'PRIVATE KEY' $TMPDIR; env"
    mode, rest = shared("sh", "-c", script).stdout.split("\n", 1)
    assert mode == "711"
    assert "PRIVATE KEY" not in rest


def test_nothing_remains(runs):
    """After the program has ended, killed or not, there is no folder and no process, and the port is closed."""
    with runs.begin("sh", "-c", "echo $HTTPS_PROXY; exec sleep 60") as program:
        port = int(program.stdout.readline().rpartition(":")[2])
        program.kill()
    until(lambda: not runs.left(), "nothing is left")
    assert runs.plainly("curl", "-s", f"http://127.0.0.1:{port}/").returncode == 7


def test_helper_processes_may_be_killed(runs):
    """After the gateway or the keeper is killed, new connections are served, and nothing remains at the end."""
    with runs.begin(
        "sh", "-c", f"echo up; for n in 1 2; do read line; {SHOWN}; echo; done"
    ) as program:
        # The keeper existed before.
        for said, which in (("up\n", max), ("200\n", min)):
            assert program.stdout.readline() == said
            process = which(runs.beside())
            os.kill(process, signal.SIGKILL)
            until(
                lambda: runs.has_ended(process),  # noqa: B023 - called here
                "it has died, and accepts no more",
            )
            program.stdin.write("go\n")
            program.stdin.flush()
        assert program.stdout.readline() == "200\n"
    until(lambda: not runs.left(), "nothing is left")


BROKEN = "import sys, shim.run.helper as h; h.ProxyServer = None; from shim.cli import main; main(sys.argv[1:])"


def test_a_gateway_that_can_not_start_ends_the_run(runs):
    """One line comes before the program starts; there is no endless retry."""
    done = runs.plainly(sys.executable, "-c", BROKEN, "run", "--", "echo", "ran")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    until(lambda: not runs.left(), "nothing is left")


PLAIN = f'sleep 1; {SHOWN} > "$0" 2>&1'
DOUBLE_FORK = """
import os, sys
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.closerange(0, 1000)
for _ in range(3): os.open('/dev/null', os.O_RDWR)
os.execvp('sh', ['sh', '-c', *sys.argv[1:]])
"""
DETACHED = (
    "require('child_process').spawn('sh', ['-c', ...process.argv.slice(1)],"
    " {detached: true, stdio: 'ignore'}).unref()"
)
POPEN = "import subprocess, sys; subprocess.Popen(['sh', '-c', *sys.argv[1:]], start_new_session=True)"
DAEMONS = {
    "&": ("sh", "-c", 'sh -c "$0" "$1" &'),
    "nohup": ("sh", "-c", 'nohup sh -c "$0" "$1" >&2 &'),
    "double fork": (sys.executable, "-c", DOUBLE_FORK),
    "Popen": (sys.executable, "-c", POPEN),
    "detached": ("node", "-e", DETACHED),
    "start-stop-daemon": ("start-stop-daemon", "-S", "-b", "--pidfile", "/nowhere", "--startas", "/bin/sh", "--", "-c"),
}  # fmt: skip


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(way, marks=[pytest.mark.slow] * (way not in {"&", "double fork"}))
        for way in DAEMONS
    ],
)
def test_a_daemon_is_served(runs, tmp_path, way):
    """It outlives the program and has inherited no descriptor; the run ends with it."""
    if runs.plainly("sh", "-c", f"command -v {DAEMONS[way][0]}").returncode:
        pytest.skip(f"this machine has no {DAEMONS[way][0]}")
    assert runs(*DAEMONS[way], PLAIN, tmp_path / "code").returncode == 0
    until(
        lambda: (
            (tmp_path / "code").exists() and (tmp_path / "code").read_text() == "200"
        ),
        "its answer",
    )
    until(lambda: not runs.left(), "nothing is left")


def test_a_process_that_is_executing_a_program_is_waited_for(monkeypatch):
    """The kernel shows no environment at that moment, so the run checks twice before it ends."""
    looks = [[], [Path("/proc/0")], [], []]
    monkeypatch.setattr(helper, "marked", lambda mark: iter(looks.pop(0)))
    helper._await_marked(b"")
    assert looks == []


def test_output_ends_with_the_program(runs, tmp_path):
    """A reader of it waits neither for the program's descendants nor for the helper processes."""
    os.mkfifo(tmp_path / "end")
    done = runs("sh", "-c", 'cat "$0" > /dev/null 2>&1 & echo done', tmp_path / "end")
    assert done.stdout == "done\n"
    assert bool(runs.left()) is True
    (tmp_path / "end").write_text("")
    until(lambda: not runs.left(), "nothing is left")


def test_distrust_is_reported_once(runs, other, tmp_path):
    """The line has the remedy, however often the program retries."""
    done = runs(
        "sh",
        "-c",
        f"for n in 1 2 3; do curl -s --cacert {tmp_path}/private.pem {URL}; done",
    )
    assert re.findall("atlas-shim: .*", done.stderr) == [done.stderr.strip()]
    assert "does not trust its certificate" in done.stderr


def test_a_missing_key_is_reported(runs):
    """The line has its variables, and nothing of the command line, which may contain the key."""
    done = runs(*KEYLESS)
    assert done.stdout == "403"
    assert done.stderr.count("\n") == 1
    assert (
        "MONGODB_ATLAS_PUBLIC_API_KEY=… MONGODB_ATLAS_PRIVATE_API_KEY=… atlas-shim run -- curl …"
        in done.stderr
    )
    assert "secret" not in done.stderr


def test_the_run_s_key_signs_only_retired_calls(runs, atlas):
    """A program that proves it is served. Another key is reported; if nothing is retired, Atlas decides about both."""
    own = ("--digest", "-u", ":".join(KEY.values()))
    write = [
        *KEYLESS[:-4],
        "-X",
        "POST",
        "-d",
        "{}",
        URL.partition("/serverless")[0] + "/flexClusters",
    ]
    with_keys = [
        [*KEYLESS[:-4], *own, URL],
        KEYLESS,
        [*write, *own],
        [*write, *KEYLESS[-4:-1]],
    ]
    done = runs("sh", "-c", ";echo;".join(map(shlex.join, with_keys)), **KEY)
    without = [
        runs.plainly(
            *(word.replace("https://cloud.mongodb.com", atlas.url) for word in c)
        )
        for c in with_keys
    ]
    assert done.stdout.split() == ["200", "403", *(one.stdout for one in without[2:])]
    assert (
        "1 call got 403 SHIM_DIGEST_CANNOT_CROSS. Give the run the key" in done.stderr
    )


@pytest.mark.parametrize(
    ("method", "body"), [("PATCH", '{"paused": true}'), ("DELETE", "")]
)
def test_a_program_writes_with_its_own_key(runs, atlas, method, body):
    """It proved the key, so the list of ``lent`` writes doesn't apply, and it gets Atlas's own reply."""
    own = (
        "--digest",
        "-u",
        ":".join(KEY.values()),
        "-X",
        method,
        *(("-d", body) if body else ()),
    )
    cluster = f"https://cloud.mongodb.com/api/atlas/v1.0/groups/{'6' * 24}/clusters/c0"
    done = runs(*KEYLESS[:-4], *own, cluster, **KEY)
    plain = runs.plainly(
        *KEYLESS[:-4], *own, cluster.replace("https://cloud.mongodb.com", atlas.url)
    )
    assert done.stdout == plain.stdout
    assert done.stderr == ""
    assert done.stdout in {"404", "405"}


def test_another_host_of_atlas_is_reported(runs):
    """If its API was meant, the command reports that without blaming the program."""
    done = runs(
        "curl",
        "-s",
        "https://account-dev.mongodb.com/",
        HTTPS_PROXY="http://127.0.0.1:1",
    )
    assert (
        "MONGODB_ATLAS_BASE_URL=https://account-dev.mongodb.com atlas-shim run -- curl …"
        in done.stderr
    )


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (CODE, "1 call to Atlas, 1 of them retired\n"),
        (
            (*CODE[:-1], f"{CODE[-1]}".replace("/backup/snapshots", "")),
            "1 call to Atlas, 0 of them retired; 1 by versions ",
        ),
        pytest.param(
            KEYLESS,
            "1 call to Atlas, 1 of them retired; 1 got SHIM_DIGEST_CANNOT_CROSS",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_report_counts_calls(runs, program, said):
    """It counts retired and refused ones."""
    assert f"atlas-shim: {said}" in runs(*program, options=["--report"]).stderr


def test_a_base_url_keeps_its_path(shared):
    """It points to the run's port, with TLS, so a later owner of that port can read nothing."""
    script = f"echo $MONGODB_ATLAS_BASE_URL; curl -sS -H 'Authorization: {FIELDS['Authorization']}' -o /dev/null "
    script += f"-w '%{{http_code}}' $MONGODB_ATLAS_BASE_URL{URL.removeprefix(BASE_URL)}"
    assert re.fullmatch(
        r"https://127\.0\.0\.1:\d+/api/atlas/v2\n200", shared("sh", "-c", script).stdout
    )


START = "import os, resource, signal, sys; {}; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"


@pytest.mark.parametrize(
    "before",
    [
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        pytest.param(
            "resource.setrlimit(resource.RLIMIT_NOFILE, (90, 90))",
            marks=pytest.mark.slow,
        ),
        "resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))",
        "os.close(0); os.close(2)",
    ],
)
def test_unusual_starts_have_no_traceback(runs, before):
    """With unawaited children, few or closed descriptors, the program is served, or a line has the reason."""
    done = runs.plainly(
        sys.executable, "-c", START.format(before), "-m", "shim", "run", "--", *CODE
    )
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (0, "200") or (
        done.returncode == 2 and done.stderr.count("\n") == 1
    )


def test_an_unusable_temporary_folder_is_skipped(runs, tmp_path):
    """No variable can contain such a path for every program."""
    odd = tmp_path / "a b:c\"d'e\\fü"
    odd.mkdir()
    done = runs(
        "sh", "-c", f'{SHOWN}; python3 -c "$0"; ls "$TMPDIR"', URLLIB, TMPDIR=str(odd)
    )
    assert done.stdout == "200200\n"
    assert done.stderr == ""


def test_the_report_reads_the_inventory(runs, tmp_path):
    """A new inventory is readable by its owner alone; another program's malformed line is ignored."""
    calls = tmp_path / "calls.jsonl"
    done = runs(
        "sh",
        "-c",
        'echo broken >> "$ATLAS_SHIM_INVENTORY"',
        options=["--report"],
        ATLAS_SHIM_INVENTORY=str(calls),
    )
    assert "atlas-shim: no call to Atlas was seen" in done.stderr
    assert calls.stat().st_mode & 0o077 == 0
