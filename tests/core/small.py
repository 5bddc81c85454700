"""Small mapping documents, written out for one test."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from shim.core.recognise import Engine
from shim.documents import load_documents
from tests.core.driver import Driven, answers, drive

HEAD = """
format = 1
name = "things"

[operation.getThing]
method = "GET"
path = "/things/{thing}"
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2026-01-01
resource = "thing"

[operation.getThing.flex]
path = "/new/{thing}"
version = "2024-01-01"
"""

ORDER = """
[operation.orderThing]
method = "POST"
path = "/things"
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2026-01-01
resource = "thing"

[operation.orderThing.request.members]
name = "string"
count = "integer"
until = "time"
state = "string"
size = "object"

[operation.orderThing.flex]
path = "/new"
version = "2024-01-01"
"""


def read(text: str) -> Engine:
    """Return an engine for one document."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "things.toml"
        path.write_text(text, encoding="utf-8")
        return Engine(load_documents([path]))


def field(name: str, kind: str, rule: str, more: str = "") -> str:
    """Return a field of the thing with one flex rule."""
    return f'\n[resource.thing."{name}"]\ntype = "{kind}"\n{more}\n[resource.thing."{name}".flex]\n{rule}\n'


def translated(fields: str, source: Any, *, thing: str = "t1", **more: Any) -> Driven:
    """Return what the fields make of an object of the successor."""
    return drive(read(HEAD + fields), f"/api/atlas/v2/things/{thing}", [answers(source)], **more)
