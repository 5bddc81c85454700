"""Settings and documents are replaced while calls are served; invalid ones are refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import attrs
import pytest

from shim.core.recognize import shared_engine
from shim.core.settings import RouteWord
from shim.gateway.options import Options
from shim.gateway.plan import LivePlan, Plan, PlanSource
from shim.gateway.server import Gateway
from tests.gateway.metrics.conftest import page_at
from tests.gateway.test_translating import EMPTY, V1
from tests.gateway.tls.worlds import Mount
from tests.peers.raw import PATIENCE, Held, raw_upstream, reply, replying, until
from tests.peers.served import At, ask, calling, gateway, get

OVERRIDE = """
format = 1
overrides = "snapshots"
[operation.listServerlessBackupSnapshots]
sunset = {day}
"""


def source_of(config: Path, mappings: Path | None = None, **flags: str) -> PlanSource:
    return PlanSource(
        {"ATLAS_SHIM_MAPPINGS": str(mappings)} if mappings else {}, flags, config
    )


class Applied:
    """A gateway that does not run, but follows its files."""

    def __init__(self, source: PlanSource):
        self.files = LivePlan(source.read(), source)
        self.gateway = Gateway(environ={}, settings=self.files)
        self.before = self.gateway._handler.plan

    def read(self):
        """Read the files, changed or not, and return whether all are in use."""
        watched = [one for one in self.files.watched if any(one.files())]
        return not [one for one in watched if not (one.look() or one.look())]

    @property
    def problems(self):
        """The problems of the files."""
        found: list[str] = []
        for one in self.gateway.watched:
            found.extend(one.problems)
        return found

    @property
    def plan(self):
        """Its plan."""
        return self.gateway._handler.plan


FILES = [
    ("route = ", ("shim.toml",)),
    ('sunset = "nothing=2026-01-01"', ("'nothing' is not one of",)),
    (
        'route = "flx"\ndeadline = 0\nlisen = 1\ndrain_min = 60',
        ("'flx'", "'0'", "lisen: no", "did you mean drain?"),
    ),
    (None, ("shim.toml", "No such file")),
]


@pytest.mark.parametrize(("text", "said"), FILES)
def test_an_invalid_file_is_refused(tmp_path, caplog, text, said):
    """Nothing is applied, and one line lists all problems; a valid file ends the state."""
    config = tmp_path / "shim.toml"
    config.write_text('route = "legacy"\n')
    applied = Applied(source_of(config))
    config.unlink() if text is None else config.write_text(text)
    assert not applied.read()
    assert applied.plan is applied.before
    assert all(any(word in one for one in applied.problems) for word in said)
    lines = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(lines) == 1
    assert lines[0].exc_info in {None, False}
    assert all(word in lines[0].getMessage() for word in said)
    config.write_text('route = "flex"\n')
    assert applied.read()
    assert not applied.problems


def test_options_that_need_a_restart_are_reported(tmp_path, caplog):
    """The log names them, such as address and upstream; all other options are applied."""
    config = tmp_path / "shim.toml"
    config.write_text("")
    applied = Applied(source_of(config))
    config.write_text(
        'upstream = "http://127.0.0.1:1"\nlisten = "127.0.0.1:2"\nroute = "off"\n'
    )
    assert applied.read()
    options = applied.plan.options
    assert options.upstream == Options().upstream
    assert options.listen == Options().listen
    assert options.route == RouteWord.OFF
    assert "need a restart: listen, upstream" in caplog.text
    assert applied.plan.waiting == ["listen", "upstream"]


def test_calls_in_progress_keep_their_plan():
    """A call that waits for upstream during a change is translated by the old plan."""
    held = Held(reply(EMPTY))
    with (
        raw_upstream(held) as upstream,
        gateway(upstream.origin) as served,
        calling(served) as first,
    ):
        first.send(get(V1))
        assert held.arrived.wait(PATIENCE)
        changed = attrs.evolve(served.options, public_url="https://new.test")
        served.apply(Plan(changed, shared_engine(os.environ)))
        held.answer.set()
        contents = (first.message()[1], ask(served, get(V1, host="new.test"))[1])
    links = [json.loads(content)["links"][0]["href"] for content in contents]
    assert links[0].startswith("http://shim.test/")
    assert links[1].startswith("https://new.test/")


def test_a_running_gateway_sees_files_and_signals(serve, port, tmp_path):
    """A swapped ConfigMap, a changed file and a mistyped variable are noticed without a signal."""
    folder = tmp_path / "mappings"
    folder.mkdir()
    mount = Mount(folder)
    mount.turn(toml=OVERRIDE.format(day="2026-01-01").encode())
    config = tmp_path / "shim.toml"
    config.write_text('route = "flex"\n')
    with replying(reply(EMPTY)) as upstream:
        running = serve(
            "--admin", f"127.0.0.1:{port}", "--upstream", upstream.origin, "--config", str(config),
            env={"ATLAS_SHIM_MAPPINGS": str(folder), "ATLAS_SHIM_ROUT": "off"},
        )  # fmt: skip
        running.logged(
            r"WARNING .*ATLAS_SHIM_ROUT: is not a setting; did you mean ATLAS_SHIM_ROUTE\?"
        )
        calls = running.calls()
        admin = At(f"http://127.0.0.1:{port}")
        with calling(calls) as caller:
            caller.send(get(V1))
            assert b"Atlas-Shim: route=flex" in caller.message()[0]
            for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
                running.process.send_signal(number)
            mount.turn(toml=b"nonsense")
            running.logged(r"ERROR .*new mapping documents refused.*tls\.toml")
            assert page_at(admin).value("atlas_shim_config_reload_success") == 0
            config.write_text('route = "legacy"\nupstream_timeout = 3\n')
            running.logged(r"WARNING .*these changes need a restart: upstream_timeout")
            mount.turn(toml=OVERRIDE.format(day="2026-02-01").encode())
            running.logged(r"new mapping documents in use")
            until(
                lambda: page_at(admin).value("atlas_shim_config_reload_success") == 1,
                "the metric says so",
            )
            assert page_at(admin).value("atlas_shim_config_restart_needed") == 1
            caller.send(get(V1))
            assert b"Atlas-Shim" not in caller.message()[0]
        name = "atlas_shim_sunset_timestamp_seconds"
        operation = "listServerlessBackupSnapshots"
        # 2026-02-01.
        assert page_at(admin).value(name, operation=operation) == 1769904000
        assert running.end() == 0


HUNG_UP = """
import atexit, signal, shim.cli
signal.raise_signal(signal.SIGHUP)
atexit.register(signal.raise_signal, signal.SIGHUP)
shim.cli.main()
"""


def test_sighup_does_not_end_a_starting_or_ending_gateway(serve):
    """It may come before the options are read, or after the last call."""
    running = serve("--admin", "off", program=("-c", HUNG_UP, "serve"))
    running.calls()
    assert running.end() == 0


# The interpreter and the checkout may be readable only for root, so this process keeps
# root's right to read.
STRANGER = (
    "setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--no-new-privs",
    "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
)  # fmt: skip


def _can_become_a_stranger() -> bool:
    try:
        return (
            subprocess.run(
                [*STRANGER, sys.executable, "-c", ""], check=False, capture_output=True
            ).returncode
            == 0
        )
    except FileNotFoundError:
        return False


@pytest.mark.skipif(
    not _can_become_a_stranger(),
    reason="needs root and setpriv to become an unknown user",
)
def test_a_gateway_runs_read_only_as_an_unknown_user(serve):
    """Without home, user name or writable folder it starts, answers, reloads and ends."""
    # Other users can't read pytest's own folders.
    folder = Path(tempfile.mkdtemp())
    config = folder / "shim.toml"
    config.write_text('route = "flex"\n')
    folder.chmod(0o555)
    environ = {"HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
    with replying(reply(EMPTY)) as upstream:
        running = serve(
            "--admin", "off", "--upstream", upstream.origin, "--config", str(config),
            before=STRANGER, cwd=folder, env=environ,
        )  # fmt: skip
        served = running.calls()
        assert b"Atlas-Shim: route=flex" in ask(served, get(V1))[0]
        config.write_text('route = "legacy"\n')
        running.logged("new settings in use")
        assert running.end() == 0
    assert list(folder.iterdir()) == [config]
    shutil.rmtree(folder)


def test_a_kill_switch_works_next_to_an_invalid_document(tmp_path):
    """Config and documents have separate last valid versions; the documents are reported until they are corrected."""
    config = tmp_path / "shim.toml"
    folder = tmp_path / "documents"
    config.write_text("")
    folder.mkdir()
    applied = Applied(source_of(config, folder))
    os.mkfifo(folder / "pipe.toml")
    (folder / "device.toml").symlink_to("/dev/zero")
    (folder / "broken.toml").write_text("nonsense")
    (folder / "bomb.toml").write_text("a." * 20_000 + "a = 1")
    config.write_text('allow = ["reads"]\nroute = "off"\n')
    assert not applied.read()
    options = applied.plan.options
    assert str(options.route) == "off"
    assert options.allow is not None
    for file in folder.iterdir():
        assert any(file.name in one for one in applied.problems)
        file.unlink()
    (folder / "mine.toml").write_text(OVERRIDE.format(day="2026-02-01"))
    config.write_text("= 1")
    assert not applied.read()
    assert str(applied.plan.options.route) == "off"
    assert applied.plan.engine.documents != applied.before.engine.documents
