"""A page of docs/, executed as its reader would do: its blocks in one shell, in an empty folder, and its output.

The word after the fence decides about a block:

- ``sh`` is typed into the shell, block after block;
- ``text`` directly after it is that block's output; ``…`` in a line stands for any text, as a line for any lines;
- another language is a file, if the line before it ends with a name and a colon, as in "Save this as `app.py`:";
- ``bash`` otherwise is for a machine that no test has (a cluster, systemd, a package index), and is not executed.

A command that fails has a comment after it: ``exit code 4``. The test replaces the
ports of the fake Atlas and of gateways with free ones.
"""

import difflib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from tests.peers.ports import free_port

DOCS = Path(__file__).parents[2] / "docs"
PORTS = {
    "8480": "ATLAS_SHIM_LISTEN",
    "8481": "ATLAS_SHIM_ADMIN",
    "8482": "",
    "8400": "",
}
"""The ports in pages, and the variables for gateways that use a default port."""

START = """\
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
trap 'failed="$failed $?"' ERR
exec 2>&1
failed=
"""
END = "\x1e"
"""The shell's separator between blocks, followed by the exit codes of failed commands."""

_STARTS = re.compile(r"atlas-shim (?:fake-atlas|serve)\b")

LISTENS = """
for try in {{1..600}}; do (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && break; sleep 0.1; done
"""
"""The time limit for a program to start; a reader types the next command after that."""


@attrs.frozen
class Block:
    """A fenced block: its word, its content, and the file name from the line before it."""

    language: str
    content: str
    file: str


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order."""
    fenced = r"(?:`([^`\s]+)`:\s*\n)?^```(\S*)[^\n]*\n(.*?)^```"
    for file, language, content in re.findall(fenced, text, re.MULTILINE | re.DOTALL):
        yield Block(language, content, file)


def play(
    page: str | Path,
    folder: Path,
    *,
    environ: Mapping[str, str] = {},
    replaced: Sequence[tuple[str, str]] = (),
    lacking: Sequence[str] = (),
) -> None:
    """Execute a page of docs/ in a folder, with words replaced; raise AssertionError at the first difference.

    Blocks with a program that this machine is ``lacking`` are skipped.
    """
    # So pip finds it without a clone.
    text = (DOCS / page).read_text("utf-8").replace("CLONE[", "atlas-shim[")
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new)
    starts = any(
        _STARTS.search(block.content)
        for block in blocks(text)
        if block.language == "sh"
    )
    if starts:
        ports = {name: str(free_port()) for name in PORTS}
    else:
        ports = {}
    for name, port in ports.items():
        text = text.replace(f":{name}", f":{port}")
    listens = {
        PORTS[name]: f"127.0.0.1:{port}" for name, port in ports.items() if PORTS[name]
    }
    steps = [
        step
        for step in _steps(text)
        if not any(f"{program} " in step[0].content for program in lacking)
    ]
    assert steps, f"{page} has no block to play"
    script = START + "".join(_typed(block.content, ports) for block, _ in steps)
    shown = _shell(script, folder, {**listens, **environ})
    for (block, expected), (came, failed) in zip(steps, _answers(shown), strict=False):
        said = f"{page}, this block:\n\n{block.content}\n"
        assert failed == re.findall(r"# .*\bexit code (\d+)", block.content), (
            f"{said}exit codes {failed}\n{came}"
        )
        if expected is not None:
            difference = difflib.ndiff(
                expected.splitlines(keepends=True), came.splitlines(keepends=True)
            )
            assert matches(expected, came), said + "".join(difference)
    assert len(list(_answers(shown))) == len(steps), f"{page} ended early:\n{shown}"


def path() -> str:
    """Return where the shell looks for programs: first in this environment, last where Debian installs servers."""
    return os.pathsep.join(
        (str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin")
    )


def _steps(text: str) -> Iterator[tuple[Block, str | None]]:
    """Yield the input, with files as commands that write them, each with its output on the page."""
    found = list(blocks(text))
    for block, after in zip(found, [*found[1:], Block("", "", "")], strict=True):
        if block.language == "sh":
            yield block, after.content if after.language == "text" else None
        elif block.file and block.language != "text":
            yield attrs.evolve(block, content=_saved(block)), None


def _saved(block: Block) -> str:
    return f"mkdir -p $(dirname {block.file})\ncat > {block.file} <<'END OF FILE'\n{block.content}END OF FILE\n"


def _typed(content: str, ports: Mapping[str, str]) -> str:
    """Return a block as it is typed, and the wait for the program that it starts."""
    waits = ""
    if ports:
        atlas = f"atlas-shim fake-atlas --listen 127.0.0.1:{ports['8482']}"
        content = re.sub(r"atlas-shim fake-atlas(?!.*--listen)", atlas, content)
    for command in re.findall(
        r"^(.*[^&]) &$", content.replace("\\\n", " "), re.MULTILINE
    ):
        given = re.findall(r"--(?:listen|admin)[ =]127\.0\.0\.1:(\d+)", command)
        default = [
            ports[name]
            for name, flag in (("8480", "--listen"), ("8481", "--admin"))
            if flag not in command
        ]
        for port in given + (default if " serve" in command else []):
            waits += LISTENS.format(port=port)
    return f"{content}{waits}printf '\\n{END}%s\\n' \"$failed\"; failed=\n"


def _shell(script: str, folder: Path, environ: Mapping[str, str]) -> str:
    """Return the output of a shell and its programs, all of which have ended then."""
    kept = {
        name: os.environ[name]
        for name in ("LANG", "LC_ALL", "TMPDIR")
        if name in os.environ
    }
    kept["PATH"] = path()
    quiet = {
        "NO_PROXY": "*",
        "HOME": str(folder),
        "COLUMNS": "80",
        "PYTHONUNBUFFERED": "1",
    }
    shown = folder.parent / f"{folder.name}.shown"
    with shown.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env={**kept, **quiet, **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(timeout=200)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return shown.read_text("utf-8", "replace")


def _answers(shown: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the output of each block, and the exit codes of its failed commands."""
    for found in re.finditer(rf"(.*?)\n{END}([ \d]*)\n", shown, re.DOTALL):
        yield found[1], found[2].split()


def matches(expected: str, came: str) -> bool:
    """Return whether the output matches the page."""
    pattern = ""
    for line in expected.strip().splitlines():
        said = "[^\n]*".join(re.escape(part) for part in line.rstrip().split("…"))
        pattern += "(?:[^\n]*\n)*?" if line.strip() == "…" else rf"{said}[ \t]*\n"
    return re.fullmatch(pattern, came.strip() + "\n") is not None
