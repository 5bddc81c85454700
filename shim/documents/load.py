"""Find the documents, apply overrides to them, and report every defect at once."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shim.documents.fields import TIERS
from shim.documents.model import (
    DEFAULT_APIS,
    FORMAT,
    NO_CONTENT,
    Api,
    Around,
    Document,
    Operation,
)
from shim.documents.objects import BodyObjects
from shim.documents.resources import Resources
from shim.documents.tables import DocumentSource, Table, key_path, same
from shim.errors import DocumentError

LARGEST = 16 * 1024 * 1024
"""The maximum size of a document, in bytes."""
MOST_BYTES = 16 * LARGEST
"""The maximum size of a file of descriptions, pairs or findings, in bytes."""
SETTINGS_BYTES = 1024 * 1024
"""The maximum size of a file of settings or flags, in bytes."""

KINDS = ("sdk", "package", "atlas", "resource", "data", "word")
"""The kinds of callers in sources: a client's method, one package's method, a command, a Terraform block, a word."""
CALLER = re.compile(rf"({'|'.join(KINDS)}) (\S.*?)(?: >=([\d.]+))?(?: <([\d.]+))?$")
"""A caller, its name, and the first versions of its tool that call and no longer call the operations."""

_DOTS_OF_A_LINE = 100
_DOTS = 50_000
"""The maximum number of dots in a line and in a file: a key takes memory by the square of its parts.

Ours have 7 in a line, 500 in all.
"""


def mapping_folders(environ: Mapping[str, str]) -> tuple[Path | Traversable, ...]:
    """Return the shipped folder and the operator's (``ATLAS_SHIM_MAPPINGS``), if set.

    Raises DocumentError if that doesn't exist.
    """
    own = environ.get("ATLAS_SHIM_MAPPINGS")
    if own and not Path(own).exists():
        raise DocumentError(
            (
                f"ATLAS_SHIM_MAPPINGS: {own} does not exist; give a folder of mapping documents",
            )
        )
    if own:
        return (_SHIPPED, Path(own))
    return (_SHIPPED,)


def shipped(name: str) -> Path | Traversable:
    """Return a file or folder that is in the package, perhaps in an archive, or next to it in a clone."""
    packed = files("shim") / name
    is_packed = packed.is_dir() or packed.is_file()
    return packed if is_packed else Path(__file__).parents[2] / name


_SHIPPED = shipped("mappings")


def load_documents(folders: Iterable[Path | Traversable]) -> tuple[Document, ...]:
    """Read every ``*.toml`` below the folders (a single file will do).

    Raises DocumentError that lists all defects of all files. The shipped documents
    alone are not checked: a test does that, and programs without their own documents
    start sooner.
    """
    folders = tuple(folders)
    problems: list[str] = []
    files = [file for folder in folders for file in _read(folder, problems)]
    plain = [file for file in files if "overrides" not in file.data]
    for file in files:
        file.trusted = folders == (_SHIPPED,)
        if file not in plain:
            _override(file, plain)
    read = dict[int, Document]()
    for borrows in (False, True):  # of the others, only resources
        lenders = {document.name: document for document in read.values()}
        found = [file for file in plain if ("resources_of" in file.data) is borrows]
        read |= {id(file): parse_document(file, lenders) for file in found}
    documents = tuple(read[id(file)] for file in plain)
    if folders != (_SHIPPED,):
        from shim.documents.check import check_documents  # noqa: PLC0415 - see above

        sources = {id(read[id(file)]): file for file in plain}
        for document, at, what in check_documents(documents):
            sources[id(document)].add(at, what)
    if not documents and not problems:
        problems.append("no mapping document was found")
    if problems:
        raise DocumentError(tuple(dict.fromkeys(problems)))
    return documents


def parse_document(
    source: DocumentSource, others: Mapping[str, Document] = MappingProxyType({})
) -> Document:
    """Return the document in a TOML file; defects are added to its ``problems``.

    ``others`` are documents by name, whose resources it may use.
    """
    top = Table(source.data, source)
    top.know(
        (
            "format",
            "name",
            "title",
            "resources_of",
            "api",
            "resource",
            "object",
            "operation",
            "all",
            "callers",
        )
    )
    if not same(top.data.get("format"), FORMAT):
        only = "the only format this version of atlas-shim reads"
        top.wrong("format", f"must be {FORMAT}, {only}")
    name = top.text("name")
    title = top.text("title", default="")
    lender = top.text("resources_of", default="")
    apis = _apis(top)
    if lender and lender not in others:
        what = f"no document with resources of its own is named {lender!r}"
        top.wrong("resources_of", what)
    resources = Resources()
    objects = BodyObjects()
    newest = [*apis.values()][-1]
    top.around = Around(name, apis, newest.base, resources, objects)
    resources.tables = top.named_tables("resource")
    objects.tables = top.named_tables("object")
    if lender in others:
        lent = others[lender].resources
        borrowed = lent.keys() - resources.tables.keys()
        resources.read = {key: lent[key] for key in borrowed}
    found = _operations(top)
    for key in resources.tables:
        if key not in resources.read:
            top.wrong("resource", f"{key!r} is not used by any operation")
    for key in objects.tables:
        if key not in objects.read:
            top.wrong("object", f"{key!r} is not used by any operation")
    own = {}
    for one in resources.tables:
        own[one] = resources.get(one)
    top.around = [one.id for one in found]
    overridden = dict(source.overridden)
    callers = top.each("callers", _called)
    return Document(name, title, source.file, apis, found, overridden, own, callers)


def _apis(top: Table) -> dict[str, Api]:
    """Return the APIs of a document; the default is v1.0 and v2."""
    tables = top.named_tables("api")
    if not tables:
        tables = Table({"api": DEFAULT_APIS}, top.source).named_tables("api")
    apis = dict[str, Api]()
    for key, table in tables.items():
        table.around = {api.base for api in apis.values()}
        apis[key] = Api.read(table)
    return apis


def _operations(top: Table) -> tuple[Operation, ...]:
    common = top.table("all")
    tables = top.named_tables("operation")
    for table in tables.values():
        table.data = _with_common(table, common.data if common else {})
    if not tables:
        what = "is missing; describe at least one operation"
        top.wrong("operation", what)
    return tuple(map(Operation.read, tables.values()))


def _called(table: Table, name: str) -> tuple[str, ...]:
    """Return the operations that a caller in sources calls."""
    called = table.texts(name)
    known = table.around
    unknown = ", ".join(one for one in called if one not in known)
    is_odd = CALLER.fullmatch(name) is None
    odd = f"needs a name after one of {', '.join(KINDS)}"
    others = f"names {unknown}, but the document has {', '.join(known)}"
    table.refuse([(name, is_odd, odd), (name, unknown, others)])
    return called


def _with_common(table: Table, common: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the keys of an operation, including those that apply to all operations."""
    data = _merged(common, table.data)
    status = data.get("status")
    codes: Iterable[Any] = [status]
    if isinstance(status, dict):
        codes = status.values()
    is_empty = all(one in NO_CONTENT for one in codes)
    has_resource = data.get("content") != "gzip" and not is_empty
    if "resource" not in table.data and not has_resource:
        data.pop("resource", None)
    # An operator's successor replaces a ``gone`` or ``constant`` entry.
    begins = [f"{path}." for path in table.source.overridden]
    own = []
    for key in ("gone", *TIERS, "tier"):
        at = f"{table.at(key)}."
        if any(path.startswith(at) for path in begins):
            own.append(key)
    if own and own[0] != "gone" and "switch" not in data:
        data.pop("gone", None)
    return data


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of two tables, merged in depth; the second one's values win."""
    merged = {**common, **own}
    for key, value in own.items():
        if isinstance(value, dict) and isinstance(common.get(key), dict):
            merged[key] = _merged(common[key], value)
    return merged


def _read(folder: Path | Traversable, problems: list[str]) -> Iterator[DocumentSource]:
    shipped = _SHIPPED in (folder, *Path(str(folder)).resolve().parents)
    for name, path in _named(folder):
        try:
            yield DocumentSource(
                name, read_toml(path), problems=problems, shipped=shipped
            )
        except (OSError, ValueError) as error:
            problems.append(f"{name}: {error}")


def _named(folder: Path | Traversable) -> Iterator[tuple[str, Path | Traversable]]:
    """Return the documents of a folder, which may be in an archive, and their names."""
    if isinstance(folder, Path):
        for file in document_files(folder):
            if file == folder:
                yield file.name, file
            else:
                yield file.relative_to(folder).as_posix(), file
        return
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            for name, path in _named(one):
                yield f"{one.name}/{name}", path
        elif one.name.endswith(".toml"):
            yield one.name, one


def document_files(folder: Path) -> list[Path]:
    """Return the files of a folder that are documents, or the single file given instead."""
    if folder.is_dir():
        found = sorted(folder.rglob("*.toml"))
    else:
        found = [folder]
    # A folder that Kubernetes mounts contains each file a second time below a hidden
    # folder.
    made = []
    for path in found:
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            made.append(path)
    return made


def text_of(path: Path | Traversable, most: int = LARGEST) -> str:
    """Return a file's text.

    Raises ValueError for a pipe or a device, which may never end, and OSError.
    """
    if isinstance(path, Path):
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("is not a regular file")
        if found.st_size > most:
            raise ValueError(f"has more than {most} bytes")
    return path.read_text(encoding="utf-8-sig")


def read_toml(path: Path | Traversable, most: int = LARGEST) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises ValueError for an invalid or too large file, and OSError.
    """
    text = text_of(path, most)
    most = max((line.count(".") for line in text.splitlines()), default=0)
    if text.count(".") > _DOTS or most > _DOTS_OF_A_LINE:
        raise ValueError(
            f"has more than {_DOTS_OF_A_LINE} dots in a line, or {_DOTS} in all"
        )
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("is nested too deep") from None


def _override(own: DocumentSource, plain: Sequence[DocumentSource]) -> None:
    """Apply an operator's document to the one it names.

    Record who set each replaced key.
    """
    wanted = own.data["overrides"]
    named = (one for one in plain if one.data.get("name") == wanted)
    target = next(named, None)
    if target is None:
        own.add("overrides", f"no document is named {wanted!r}")
        return
    if not same(own.data.get("format"), target.data.get("format")):
        own.add(
            "format",
            f"must be {target.data.get('format')}, as in the document it changes",
        )
    for key, value in own.data.items():
        if key in {"resource", "operation"} and isinstance(value, dict):
            # A rule (a field's tier, below resource and field) is replaced completely:
            # half of one means nothing.
            whole_at = 3 if key == "resource" else 0
            _lay(value, target.data.get(key), key, (own, target), whole_at)
        elif key not in {"overrides", "format"}:
            own.add(key, "can't be overridden; only resource and operation can")


_NAMES = frozenset({3, 2, 0})
"""The levels of ``_lay`` at which keys name resources, fields and operations, which must exist."""


def _lay(
    new: dict[str, Any],
    old: Any,
    path: str,
    both: tuple[DocumentSource, DocumentSource],
    whole_at: int,
) -> None:
    own, target = both
    overridden = target.overridden
    for key, value in new.items():
        at = key_path(path, key)
        is_table = isinstance(value, dict)
        # Below ``tier`` the keys are tiers, as they are next to it.
        holds_tiers = whole_at == 1 and key == "tier"
        known = [*old] if isinstance(old, dict) else ["nothing"]
        is_name = is_table and whole_at in _NAMES
        if not isinstance(old, dict) or (is_name and key not in old):
            what = (
                f"overrides nothing; at this place the document has {', '.join(known)}"
            )
            own.add(at, what)
        elif is_table and key in old and holds_tiers:
            _lay(value, old[key], at, both, whole_at)
        elif is_table and key in old and whole_at != 1:
            _lay(value, old[key], at, both, whole_at - 1)
        elif at in overridden:
            own.add(at, f"is already overridden by {overridden[at]}")
        else:
            old[key] = value
            overridden[at] = own.file
