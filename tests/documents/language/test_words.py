"""Each word of the language is used by a document."""

from collections.abc import Collection
from typing import Any

import pytest

from shim.documents import load_documents
from shim.documents.tables import Table
from tests.core.driver import SHIPPED

RULE = "from"
CALL = "paging"
REFUSED = {"refuse"}
"""Keys that identify a field's rule, and a call or a refused one, although their other keys differ."""


@pytest.fixture
def words(monkeypatch) -> dict[Any, tuple[set[str], set[str]]]:
    """For each kind of table, the keys that it may have, and those in shipped documents."""
    found: dict[Any, tuple[set[str], set[str]]] = {}
    tables: set[tuple[str, str]] = set()
    know = Table.know

    def noting(table: Table, keys: Collection[str]) -> None:
        if (
            table.source.file,
            table.path,
        ) not in tables:  # a table is first read as one of its sort
            tables.add((table.source.file, table.path))
            is_call = CALL in keys or set(keys) == REFUSED
            sort = (RULE) if RULE in keys else (CALL if is_call else frozenset(keys))
            known, used = found.setdefault(sort, (set(), set()))
            known.update(keys)
            used.update(table.data)
        know(table, keys)

    monkeypatch.setattr(Table, "know", noting)
    load_documents([SHIPPED])
    return found


def test_each_word_is_in_a_shipped_document(words):
    """An unused word has no user, but a parser, checks, tests and a line of the manual."""
    assert not {key for known, used in words.values() for key in known - used}
