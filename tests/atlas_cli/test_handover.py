"""Every other command goes to the real Atlas CLI, and nothing goes in a circle."""

import os

import pytest

from shim.cli.atlas_cli.run import MARK, hand_over


@pytest.fixture
def became(monkeypatch):
    """Note what this process would have become."""
    calls = []
    monkeypatch.setattr(os, "execve", lambda path, words, environ: calls.append((path, words, environ)))
    return calls


def executable(folder, text="#!/bin/sh\n"):
    folder.mkdir()
    path = folder / "atlas"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("words", [("clusters", "list"), ("--version",), ("-P", "sl", "auth", "whoami"), ()])
def test_without_the_real_one_a_line_says_what_this_is(words, atlas):
    """One line on stderr, and the exit code of a command that is not there."""
    done = atlas(*words)
    assert (done.exit_code, done.stdout) == (127, "")
    assert done.stderr.count("\n") == 1
    assert "to the Atlas CLI, which is not on the PATH" in done.stderr


def test_the_words_are_handed_on_as_they_are(tmp_path, became, monkeypatch, atlas):
    """Options and `--` included: nothing is read into them."""
    real = executable(tmp_path / "real", b"\x7fELF")
    monkeypatch.setenv("PATH", str(real.parent))
    atlas("--profile", "serverless", "clusters", "--help", "--", "-o")
    ((path, words, _),) = became
    assert (path, words) == (str(real), ["atlas", "--profile", "serverless", "clusters", "--help", "--", "-o"])


def test_wrappers_around_the_shim_are_passed_over(tmp_path, became):
    """A script that mentions atlas-shim is skipped; the next program on the PATH is the Atlas CLI."""
    wrapper = executable(tmp_path / "a", '#!/bin/sh\nexec atlas-shim atlas "$@"\n')
    module = executable(tmp_path / "b", '#!/bin/sh\nexec python3 -m shim atlas "$@"\n')
    real = executable(tmp_path / "c", b"\x7fELF")
    hand_over(["version"], {"PATH": os.pathsep.join(str(path.parent) for path in (wrapper, module, real))})
    assert became[0][0] == str(real)


def test_a_program_that_leads_back_is_not_tried_twice(tmp_path, became, capsys):
    """A wrapper that can't be seen through is left after one round, in the same process or as its parent.

    The mark counts for these two alone: a plugin of the real one starts afresh.
    """
    environ = {"PATH": str(executable(tmp_path / "odd", b"\x7fELF that calls us again").parent)}
    hand_over(["version"], environ)
    assert became[0][2][MARK] == str(os.getpid())
    for pid in (os.getpid(), os.getppid()):
        assert hand_over(["version"], {**environ, MARK: str(pid)}) == 127
    assert "not on the PATH" in capsys.readouterr().err
    hand_over(["version"], {**environ, MARK: "1"})
    assert len(became) == 2


def test_a_program_that_can_not_run_is_told(tmp_path, capsys):
    """As a shell does: what, why, and exit code 126."""
    broken = executable(tmp_path / "broken", b"neither a program nor a script")
    assert hand_over([], {"PATH": str(broken.parent)}) == 126
    assert capsys.readouterr().err == f"atlas-shim: {broken}: Exec format error\n"
