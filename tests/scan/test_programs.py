"""Programs in the manner of many people: ``# @`` in a line of ``planted.txt`` says what is found there."""

import re
from pathlib import Path

import pytest

MARK = re.compile(r"  # @(-?\d*) (.*)$", re.MULTILINE)


def bundle(name):
    """The programs of a file: texts by file name, by program."""
    programs: dict[str, dict[str, str]] = {}
    for part in re.split(r"^=== ", (Path(__file__).parent / name).read_text("utf-8"), flags=re.MULTILINE)[1:]:
        head, _, text = part.partition("\n")
        program, _, file = head.partition("/")
        programs.setdefault(program, {})[file] = text
    return programs


def expected(files):
    """What the marks say, in the order in which it is found; ``@-2`` is about two lines above."""
    for file, text in sorted(files.items()):
        for number, line in enumerate(text.split("\n"), 1):
            for above, said in MARK.findall(line):
                for one in said.split(", "):
                    operation, method = one.split()
                    yield (
                        f"{file.removesuffix('.py')}:{number + int(above or 0)}",
                        operation,
                        None if method == "?" else method,
                    )


PLANTED, QUIET = bundle("planted.txt"), bundle("quiet.txt")


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_call_is_found(found, name):
    """The calls are found where the marks stand, and nothing else is."""
    assert sorted(found(PLANTED[name]), key=str) == sorted(expected(PLANTED[name]), key=str)


@pytest.mark.parametrize("name", QUIET)
def test_nothing_is_found(found, name):
    """What only looks like a retired call raises no alarm."""
    assert found(QUIET[name]) == []
