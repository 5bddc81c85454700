"""The rows of ``defects.txt``: invalid, meaningless and never applied parts are errors at their keys."""

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.core.small import parsed, text_of
from tests.documents.language.sound import SOUND
from tests.test_mappings_readme import (
    BEFORE,
    LENS,
    MOVED,
    NESTED,
    OBJECTS,
    REFUSED,
    WIDGETS,
)

TEXTS = {
    "things": SOUND,
    "reads": SOUND + text_of("again"),
    "parts": text_of("parts"),
    "harbors": (Path(__file__).parents[1] / "apis" / "harbors.toml").read_text("utf-8"),
    "machines": f"{text_of('machines')}\n{OBJECTS}\n{LENS}",
    "toys": f'format = 1\nname = "toys"\n{MOVED}',
    "widgets": f"{WIDGETS}\n{REFUSED}\n{BEFORE}\n{text_of('file')}\n{NESTED}",
}
BASES = {name: tomllib.loads(text) for name, text in TEXTS.items()}
"""Valid documents, several of them from the manual."""


def change(data: Any, key: str, value: Any) -> None:
    """Set the value of a dotted key, or remove the key if it is None."""
    path: list[Any] = []
    for piece in re.split(r"\[(\d+)\]", key):
        names: Any = (
            tomllib.loads(f"{piece.strip('.')} = 0")
            if piece and not piece.isdigit()
            else {}
        )
        path += [int(piece)] if piece.isdigit() else []
        while isinstance(names, dict) and len(names) == 1:
            ((name, names),) = names.items()
            path.append(name)
    for name in path[:-1]:
        if isinstance(data, dict):
            data = data.setdefault(name, {})
        else:
            data = data[name]
    if value is None:
        del data[path[-1]]
    elif isinstance(data, list) and path[-1] == len(data):
        data.append(value)
    else:
        data[path[-1]] = value


def rows(base: str) -> list[tuple[str, Any, str, str]]:
    """Return for each row of a document its text, the changed document, the error's key, and its word."""
    text = (Path(__file__).parent / "defects.txt").read_text("utf-8")
    part = text.partition(f"\n== {base}\n")[2].partition("\n== ")[0]
    found = []
    table = ""
    lines = list[str]()
    data = copy.deepcopy(BASES[base])
    for line in filter(None, part.splitlines()):
        if line.startswith("["):
            table = line[1:-1] + "."
            continue
        said, _, error = line.partition(" #")
        key, _, value = said.removeprefix("- ").partition(" = ")
        change(
            data,
            table + key.strip(),
            tomllib.loads(f"x = {value}")["x"] if value else None,
        )
        lines.append(said.strip())
        if error:
            where, _, word = error.strip().rpartition(": ")
            own = where.startswith((".", "[")) or not where
            found.append(
                (
                    "; ".join(lines),
                    data,
                    f"{table}{key.strip()}{where}" if own else where,
                    word,
                )
            )
            lines = []
            data = copy.deepcopy(BASES[base])
    assert not lines
    return found


@pytest.mark.parametrize("base", BASES)
def test_a_defect_is_an_error_at_its_key(base):
    """There is one line, or more for its consequences; a valid document has none."""
    assert parsed(copy.deepcopy(BASES[base]))[1] == []
    for row, data, where, word in rows(base):
        problems = parsed(data)[1]
        named = [
            line
            for line in problems
            if line.startswith(f"things.toml: {where}: ")
            and word.removesuffix(" …") in line
        ]
        if word == "sound":
            expected = (0, False)
        else:
            expected = (1, word.endswith("…"))
        assert (min(len(named), 1), len(problems) > 1) == expected, (
            f"{row}: {where}: {word}, not {problems}"
        )
