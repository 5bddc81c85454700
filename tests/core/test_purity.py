"""Limits of the core, the steps of a call, and the order of levels in the record."""

import ast
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import shim.core
from shim.core.messages import FieldReport, Record
from shim.core.question import read_query
from shim.documents.vocabulary import Fidelity
from tests.core.driver import LIST, ROOT, SNAPSHOT, answers, drive
from tests.test_layers import names_in, tree_of

FILES = sorted(
    path
    for room in ("core", "documents")
    for path in (ROOT / "shim" / room).rglob("*.py")
)
NEVER = (
    *(
        "time",
        "socket",
        "ssl",
        "asyncio",
        "selectors",
        "subprocess",
        "random",
        "uuid",
        "http.client",
        "urllib.request",
    ),
    *("httpx", "requests", "aiohttp", "httptools", "urllib3", "anyio", "trio", "click"),
    *("locale", "logging", "warnings", "os"),
)
CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
}
BUILTIN = {"open", "print", "input", "eval", "exec"}
WRITES = (".write_text", ".write_bytes", ".unlink", ".mkdir")


def imported(path: Path) -> set[str]:
    found = set()
    for both in names_in(ast.walk(tree_of(path))):
        for name in both:
            found.add(name)
    return found


def used(path: Path) -> set[str]:
    """Return every attribute and name in a file."""
    return {
        ast.unparse(node)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute | ast.Name)
    }


def offenders(names_of, offends) -> list[str]:
    """Return each file that uses forbidden names, with the names."""
    return [
        f"{path.relative_to(ROOT).as_posix()}: {one}"
        for path in FILES
        for one in names_of(path)
        if offends(one)
    ]


def test_the_core_imports_nothing_with_side_effects():
    """It has no network, randomness, log, clock or ``os``; the environment is an argument."""
    assert {path.parent.name for path in FILES} >= {"core", "documents"}, (
        "a room that moved away would pass"
    )
    assert not offenders(
        imported,
        lambda name: any(name == one or name.startswith(f"{one}.") for one in NEVER),
    )
    assert not offenders(used, lambda name: name in CLOCKS or name.startswith("os."))


def test_only_the_loader_of_documents_reads_files():
    """Nothing is ever written.

    Functions are generated in one place. ``test_translator`` shows that they contain no
    text of a document.
    """
    assert offenders(imported, lambda name: name == "pathlib") == [
        "shim/documents/load.py: pathlib"
    ]
    found = offenders(used, lambda name: name in BUILTIN or name.endswith(WRITES))
    assert found == ["shim/core/translate.py: exec"]


STATIONS = re.findall(r"^ {4}``([a-zA-Z_.]+)``", shim.core.__doc__, re.MULTILINE)


def test_a_list_goes_through_the_steps_in_the_documented_order(engine):
    """Each step is a function of the core. A list with a new body enters them in the order of the front page."""
    entered = []

    def note(frame, event, _):
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.parent.name == "core":
            entered.append(f"{file.stem}.{frame.f_code.co_qualname}")

    read_query.cache_clear()
    sys.setprofile(note)
    try:
        drive(
            engine,
            f"/api/atlas/v2{LIST}",
            [answers({"results": [SNAPSHOT], "totalCount": 1})],
        )
    finally:
        sys.setprofile(None)
    assert [name for name in dict.fromkeys(entered) if name in STATIONS] == STATIONS
    assert len(STATIONS) == 10


def test_fields_are_listed_by_level():
    """Exact fields are left out, and the least faithful come last. Documents and replies have the same order."""
    when = datetime(2026, 1, 22, tzinfo=UTC)
    levels = {"a": "absent", "b": "exact", "c": "renamed", "d": "absent"}
    fields = tuple(FieldReport(name, Fidelity(level)) for name, level in levels.items())
    record = Record("op", "v2", "flex", "why", when, when, fields=fields)
    assert record.by_level() == {"absent": ("a", "d"), "renamed": ("c",)}
    assert [level.value for level in Fidelity] == [
        "exact",
        "renamed",
        "constant",
        "derived",
        "missing",
        "absent",
    ]
