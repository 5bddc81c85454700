"""The image: checked by hadolint, built by Buildah and run as its users do.

The latter two need a Debian root: ``ATLAS_SHIM_TEST_ROOT`` names a tar of that root,
with a Python of its own, as made by ``mmdebstrap --variant=minbase
--include=python3,python3-venv,ca-certificates trixie root.tar``.
"""

import json
import os
import re
import resource
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.deploy.conftest import DEPLOY, program
from tests.release.conftest import NEWEST

pytestmark = pytest.mark.slow  # third-party programs

FILE = DEPLOY / "Containerfile"


def test_hadolint_finds_nothing():
    """There are neither errors nor advice."""
    done = subprocess.run(
        [program("hadolint"), "--no-color", str(FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout + done.stderr == ""


@pytest.fixture
def built():
    """Build the image, and yield its configuration and mounted folder; both are removed afterwards."""
    root = os.environ.get("ATLAS_SHIM_TEST_ROOT")
    if root is None:
        pytest.skip("ATLAS_SHIM_TEST_ROOT names no root of a Debian to build from")
    name = f"localhost/atlas-shim-test-{uuid.uuid4().hex}"

    def buildah(*words):
        done = subprocess.run(
            [program("buildah"), *words], stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.strip()

    # A machine may allow less than Buildah needs.
    limits = [
        f"--ulimit={word}={':'.join(map(str, (resource.getrlimit(kind)[1],) * 2))}"
        for word, kind in (
            ("nofile", resource.RLIMIT_NOFILE),
            ("nproc", resource.RLIMIT_NPROC),
        )
    ]
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    base = buildah("from", "scratch")
    made = [base]
    try:
        buildah("add", "-q", base, root, "/")
        buildah("commit", "-q", base, f"{name}-base")
        buildah(
            *(
                "build",
                "-q",
                "--format=docker",
                "--isolation=chroot",
                "--network=host",
                *limits,
            ),
            *(
                f"--volume={certificates}:{certificates}:ro",
                f"--build-arg=BASE={name}-base",
            ),
            *("-f", str(FILE), "-t", name, str(DEPLOY.parent)),
        )
        made.append(buildah("from", "--pull-never", name))
        config = json.loads(buildah("inspect", "--type=image", name))["Docker"][
            "config"
        ]
        yield config, buildah("mount", made[-1])
    finally:
        buildah("rm", *made)
        subprocess.run(
            [program("buildah"), "rmi", "-f", name, f"{name}-base"],
            stdout=subprocess.DEVNULL,
            check=False,
        )


def test_the_image_runs_as_nobody_on_a_read_only_file_system(built, port):
    """It takes calls, reports its health by its own command, and stops without an error."""
    config, root = built
    environ = dict(line.split("=", 1) for line in config["Env"])
    admin = {"ATLAS_SHIM_ADMIN": f"127.0.0.1:{port}", "PYTHONUNBUFFERED": "1"}
    inside = """
        mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && mount -t proc proc "$1/proc" || exit
        root=$1
        shift
        exec setpriv --no-new-privs chroot --userspec="$user" "$root" "$@"
    """

    def run(*words):
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", inside, "sh", root, *words],
            env={
                **environ,
                **admin,
                "PATH": f"{environ['PATH']}:/usr/sbin:/sbin",
                "user": config["User"],
            },
            stderr=subprocess.PIPE,
            text=True,
        )

    assert config["Cmd"][:2] == ["serve", "--listen"]
    assert config["Labels"]["org.opencontainers.image.version"] == NEWEST
    parts = json.loads(
        (Path(root) / "opt/atlas-shim/sbom.cdx.json").read_text("utf-8")
    )["components"]
    assert {"atlas-shim", "httptools", "redis"} <= {part["name"] for part in parts}
    assert {part["version"] for part in parts if part["name"] == "atlas-shim"} == {
        NEWEST
    }
    process = run(
        *config["Entrypoint"],
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        "http://127.0.0.1:1",
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert re.search(r"accepts calls at http://127\.0\.0\.1:\d+", line), line
        assert re.search(
            r"^Uid:\s+65532",
            Path(f"/proc/{process.pid}/status").read_text(),
            re.MULTILINE,
        )
        health = config["Healthcheck"]["Test"]
        assert health[0] == "CMD"
        with run(*health[1:]) as asked:
            assert asked.wait(30) == 0
        with run("python3", "-c", "open('/opt/atlas-shim/x', 'w')") as writes:
            assert writes.wait(30) == 1
            assert writes.stderr is not None
            assert "Read-only file system" in writes.stderr.read()
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()
