"""What the core may do, which stations a call passes, and the order of the record's levels."""

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
    """Every attribute and name in a file, as it is written."""
    return {
        ast.unparse(node)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute | ast.Name)
    }


def offenders(names_of, offends) -> list[str]:
    """Each file with the names in it that offend."""
    return [
        f"{path.relative_to(ROOT).as_posix()}: {one}"
        for path in FILES
        for one in names_of(path)
        if offends(one)
    ]


def test_nothing_that_talks_to_the_world_is_imported():
    """No network, no randomness, no log, no clock; and no ``os``, whose environment is an argument."""
    assert {path.parent.name for path in FILES} >= {"core", "documents"}, (
        "a room that moved away would pass"
    )
    assert not offenders(
        imported,
        lambda name: any(name == one or name.startswith(f"{one}.") for one in NEVER),
    )
    assert not offenders(used, lambda name: name in CLOCKS or name.startswith("os."))


def test_files_are_read_in_one_place():
    """By the loader of documents, and nothing is ever written.

    Functions are generated in one place, of which ``test_translator`` shows that no
    text becomes code.
    """
    assert offenders(imported, lambda name: name == "pathlib") == [
        "shim/documents/load.py: pathlib"
    ]
    found = offenders(used, lambda name: name in BUILTIN or name.endswith(WRITES))
    assert found == ["shim/core/translate.py: exec"]


STATIONS = re.findall(r"^ {4}``([a-zA-Z_.]+)``", shim.core.__doc__, re.MULTILINE)


def test_a_list_passes_the_stations_in_the_order_of_the_front_page(engine):
    """Each station is a function of the core, and a list with a new body enters them one after another."""
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


def test_fields_are_listed_by_level_but_the_exact_ones():
    """What is no longer what it was, by how far it is from that; the words stand in documents and replies in order."""
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
