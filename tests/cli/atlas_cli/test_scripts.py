"""Scripts that operators wrote for the Atlas CLI, in a real shell against the fake Atlas after the sunset."""

import os
import subprocess
import sys
import time

from shim.cli.atlas_cli.run import run
from shim.fake import DEMO_CLUSTER, DEMO_GROUP

SNAPSHOTS = """\
ID                         TYPE        STATUS      CREATED AT                      EXPIRES AT
6a6e2746f892dad018f3f094   scheduled   completed   2026-08-01 17:05:48 +0000 UTC   2026-08-09 17:05:10 +0000 UTC
6a6cd5c688e799b7cc8e8aed   scheduled   completed   2026-07-31 17:05:58 +0000 UTC   2026-08-08 17:05:10 +0000 UTC
"""
JOBS = """\
ID                         SNAPSHOT                   CLUSTER   TYPE        EXPIRES AT
6a6f7790085416cde8477660   6a6e2746f892dad018f3f094   orders    download    2026-08-02 21:00:00 +0000 UTC
6a6ce2a0d2908e60d4c1e28e   6a64ecc694990c87b470889e   orders    automated   2026-08-01 00:00:00 +0000 UTC
"""

RESTORE_THE_NEWEST = f"""\
#!/bin/bash
set -euo pipefail
shopt -s expand_aliases
alias atlas='atlas-shim atlas'

CLUSTER={DEMO_CLUSTER}
SNAPSHOT=$(atlas serverless backups snapshots list "$CLUSTER" --output json \\
  | jq -r '[.results[] | select(.status == "completed")] | sort_by(.createdAt) | last | .id')
JOB=$(atlas serverless backups restores create --clusterName "$CLUSTER" --deliveryType automated \\
  --snapshotId "$SNAPSHOT" --targetClusterName "$CLUSTER" --targetProjectId {DEMO_GROUP} \\
  | grep -oP "Restore job '\\K[0-9a-f]+(?=' successfully started)")
atlas serverless backups restores list "$CLUSTER" | awk -v job="$JOB" '$1 == job {{ print $2, $3, $4 }}'
echo "$SNAPSHOT"
if ! atlas serverless backups restores list gone 2> error; then grep -o 'Error code: "[A-Z_]*"' error; fi
"""


def test_a_nightly_restore_uses_the_newest_snapshot(
    script, signed_in, tmp_path, monkeypatch
):
    """It lists with jq, creates with grep and lists with awk, under `set -euo pipefail`, and parses an error."""
    monkeypatch.chdir(tmp_path)
    done = script(RESTORE_THE_NEWEST, needs=("jq",))
    assert done.returncode == 0
    assert done.stderr == ""
    said = [
        "6a6e2746f892dad018f3f094 orders automated",
        "6a6e2746f892dad018f3f094",
        'Error code: "CLUSTER_NOT_FOUND"',
    ]
    assert done.stdout.splitlines() == said


def test_tables_are_those_of_the_cli(atlas, signed_in):
    """The flags' short forms work, and each cell is the same."""
    snapshots = atlas("sl", "backup", "snapshot", "ls", DEMO_CLUSTER, "--limit", "2")
    jobs = atlas("serverless", "backups", "restores", "list", DEMO_CLUSTER)
    assert snapshots.output == SNAPSHOTS
    assert jobs.output == JOBS


def test_a_closed_pipe_is_exit_code_141(signed_in):
    """It ends without a message, as any Go program does."""
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "shim", "atlas", "serverless", "list"]
    done = subprocess.run(
        words, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr == b""


def test_a_closed_output_is_an_error(signed_in, monkeypatch, capsys):
    """After ``>&-`` in a shell nothing can be printed, and the exit code shows that."""
    monkeypatch.setattr("sys.stdout", None)
    assert run(["serverless", "list"]) == 1
    assert capsys.readouterr().err == "Error: write /dev/stdout: bad file descriptor\n"


def test_an_interrupted_command_is_exit_code_1(atlas, signed_in, monkeypatch):
    """Ctrl-C while it waits prints nothing, as in the CLI."""

    def interrupted(_seconds):
        raise KeyboardInterrupt

    newest = "6a6e2746f892dad018f3f094"
    to = (
        "--snapshotId",
        newest,
        "--targetClusterName",
        DEMO_CLUSTER,
        "--targetProjectId",
        DEMO_GROUP,
    )
    restores = ("serverless", "backups", "restores")
    made = atlas(
        *restores,
        "create",
        "--clusterName",
        DEMO_CLUSTER,
        "--deliveryType",
        "automated",
        *to,
    )
    job = made.stdout.split("'")[1]
    monkeypatch.setattr(time, "sleep", interrupted)
    done = atlas(
        *restores, "watch", "--clusterName", DEMO_CLUSTER, "--restoreJobId", job
    )
    assert done.exit_code == 1
    assert done.stdout == "."
    assert done.stderr == ""


def test_a_wrapper_replaces_an_alias(script, program, signed_in, tmp_path, monkeypatch):
    """With a wrapper `atlas` first on the PATH, other commands still reach the real CLI behind it."""
    program("atlas", '#!/bin/sh\natlas-shim atlas "$@"\n')
    real = tmp_path / "real" / "atlas"
    real.parent.mkdir()
    real.write_text('#!/bin/sh\necho "real $*"\nexit 3\n', encoding="utf-8")
    real.chmod(0o755)
    monkeypatch.setenv(
        "PATH", f"{tmp_path / 'home' / 'bin'}:{real.parent}:/usr/bin:/bin"
    )
    done = script("atlas serverless list\natlas -P prod clusters list -o json -- x\n")
    assert done.stdout.splitlines()[1].split() == [
        "6a3d6ca0be17c8bc8ff08a46",
        DEMO_CLUSTER,
        "8.0.17",
        "IDLE",
    ]
    assert done.stdout.splitlines()[-1] == "real -P prod clusters list -o json -- x"
    assert done.returncode == 3
