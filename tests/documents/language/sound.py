"""Valid documents, one of which uses every feature, and the defects after a change."""

from pathlib import Path

import pytest

from shim.documents import Document, load_documents
from shim.errors import DocumentError
from tests.core.small import text_of

SOUND = text_of("sound")


def changed(*changes: tuple[str, str]) -> str:
    """Return the valid document with texts replaced, each of which occurs once."""
    text = SOUND
    for old, new in changes:
        assert text.count(old) == 1, (old, text.count(old))
        text = text.replace(old, new)
    return text


def write(folder: Path, **texts: str) -> Path:
    """Write documents into a folder, by name."""
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def load(folder: Path, text: str) -> Document:
    """Return the one document."""
    (document,) = load_documents([write(folder, things=text)])
    return document


def problems(folder: Path, **texts: str) -> tuple[str, ...]:
    """Return the defects of documents."""
    with pytest.raises(DocumentError) as caught:
        load_documents([write(folder, **texts)])
    return caught.value.problems
