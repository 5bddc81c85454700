"""One sound document that has something of everything, and what is wrong with it after a change."""

from pathlib import Path
from typing import Any

import pytest

from shim.documents import Document, load_documents
from shim.documents.check import check_documents
from shim.documents.load import parse_document
from shim.documents.tables import DocumentSource
from shim.errors import DocumentError

SOUND = """
format = 1
name = "things"
title = "Things"

[api.v1]
base = "/api/v1"
version = "2023-01-01"
content_type = "application/json"

[api.v2]
base = "/api/v2"

[operation.listThings]
aliases = ["allThings"]
method = "GET"
path = "/groups/{groupId}/things/{thing}"
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2027-01-01
shape = "page"
resource = "thing"
order = ["-made", "name"]
cluster = ["groupId", "thing"]
note = "They changed."

[operation.listThings.flex]
path = "/new/{groupId}/{thing}"
version = "2024-01-01"
paging = "collected"

[operation.listThings.dedicated]
path = "/newer/{groupId}"
version = "2024-01-01"
paging = "collected"
after = ["NOT_FLEX"]
note = "Elsewhere."

[operation.orderThing]
method = "POST"
path = "/groups/{groupId}/things"
versions = ">=2023.1.1,<2024.1.1"
deprecated = 2026-01-01
sunset = 2028-01-01
resource = "thing"
status = { v1 = 201, v2 = 200 }
cluster = ["groupId"]

[operation.orderThing.request]
choose = "kind"
words = ["plain", "gold"]
required = ["kind"]
ignored = ["id"]

[operation.orderThing.request.members]
kind = "string"
count = "integer"

[operation.orderThing.flex]
probe = "/new/{groupId}"

[operation.orderThing.flex.choose.plain]
path = "/new/{groupId}"
version = "2024-01-01"

[operation.orderThing.flex.choose.plain.body]
amount = { type = "integer", from = "count" }

[operation.orderThing.flex.choose.gold.refuse]
errorCode = "SHIM_NO_GOLD"
detail = "No gold."

[operation.orderThing.dedicated]
path = "/newer/{groupId}"
version = "2024-01-01"
after = ["NOT_FLEX"]

[operation.dropThing]
method = "DELETE"
path = "/groups/{groupId}/things/{thing}"
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2027-01-01

[operation.dropThing.gone]
detail = "Keep them."
see = "https://example.com"

[resource.thing.name]
type = "string"

[resource.thing.name.flex]
from = ["title", "old.title"]
fidelity = "renamed"

[resource.thing.name.dedicated]
parameter = "groupId"
fidelity = "derived"
why = "It has none."

[resource.thing.made]
type = "time"

[resource.thing.made.flex]
from = "made"
fidelity = "exact"

[resource.thing.made.dedicated]
absent = true
why = "Unknown."

[resource.thing.state]
type = "string"
words = ["up", "down"]

[resource.thing.state.flex]
from = "status"
values = { UP = "up", DOWN = "down" }
fidelity = "renamed"

[[resource.thing.state.dedicated]]
when = { source = "paused", given = true }
constant = "down"
why = "It rests."

[[resource.thing.state.dedicated]]
from = "state"
fidelity = "exact"

[resource.thing."size.width"]
type = "integer"

[resource.thing."size.width".flex]
from = "width"
drop = [0]
whole = true
fidelity = "renamed"

[resource.thing."size.width".dedicated]
from = "width"
fidelity = "renamed"

[resource.thing.urls]
type = "strings"

[resource.thing.urls.flex]
list = "url"
fidelity = "renamed"

[resource.thing.urls.dedicated]
list = "url"
fidelity = "renamed"

[resource.thing.failed]
type = "boolean"

[resource.thing.failed.flex]
equals = { source = "status", word = "FAILED" }
fidelity = "derived"
why = "By status."

[resource.thing.failed.dedicated]
passed = "until"
fidelity = "derived"
why = "By time."

[resource.thing.links]
type = "links"

[resource.thing.links.flex]
link = { rel = { v1 = "me", v2 = "self" }, path = "/groups/{groupId}/things/{name}" }
fidelity = "derived"
why = "Made."

[resource.thing.links.dedicated]
absent = true
why = "None."

[callers]
"sdk Things.List <2024.1" = "listThings"
"atlas things list" = ["listThings"]
"""


def changed(*changes: tuple[str, str]) -> str:
    """Return the sound document with texts replaced, each of which stands there once."""
    text = SOUND
    for old, new in changes:
        assert text.count(old) == 1, (old, text.count(old))
        text = text.replace(old, new)
    return text


def without(start: str, end: str) -> str:
    """Return the sound document without the part between two texts, of which the second stays."""
    return SOUND[: SOUND.index(start)] + SOUND[SOUND.index(end) :]


def defects(old: str, at: str, *changes: tuple[str, str]) -> list[tuple[str, str, str]]:
    """Return rows of changes at one place: what stands there, what takes its place, and what is then told at a key."""
    return [(old, new, f"{at}{told}") for new, told in changes]


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
    """Return what is wrong with documents."""
    with pytest.raises(DocumentError) as caught:
        load_documents([write(folder, **texts)])
    return caught.value.problems


def parsed(data: dict[str, Any]) -> tuple[Document, list[str]]:
    """Return the document that tables are, and what is wrong with it."""
    source = DocumentSource("f.toml", data)
    document = parse_document(source)
    for _, at, what in check_documents([document]):
        source.add(at, what)
    return document, list(dict.fromkeys(source.problems))


def is_told(folder: Path, text: str, *told: str) -> None:
    """Hold that each text begins a line of what is wrong with a document, behind the file's name."""
    lines = problems(folder, things=text)
    assert all(line.startswith("things.toml: ") for line in lines)
    assert all(any(line.startswith(f"things.toml: {one}") for line in lines) for one in told), lines


def only_problem(folder: Path, text: str) -> str:
    """Return the one thing that is wrong with a document, without the file's name."""
    found = problems(folder, things=text)
    assert len(found) == 1, found
    assert found[0].startswith("things.toml: ")
    return found[0].removeprefix("things.toml: ")
