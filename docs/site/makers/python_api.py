"""The page of the Python API: what programs may import, with types, as the code has it."""

from __future__ import annotations

import ast
import enum
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
from makers.docstrings import attributes, first, methods, prose, signature
from makers.markdown import page, paragraph, table

import shim
from shim import atlas, errors, fake, gateway
from shim.atlas import resources
from shim.dropin import notice
from shim.inventory import CallSite

HEAD = """
# Python API

What a program may import, with types. All of it is typed for type checkers (`py.typed`); `help()` of each name says the
same. What is not here, or begins with an underscore, may change with any version.

* [Modules in place of HTTP libraries](#modules-in-place-of-http-libraries)
* [The whole process](#the-whole-process), and [one client](#one-client)
* [What happened to a call](#what-happened-to-a-call)
* [Warnings](#warnings), and [errors](#errors)
* [The typed client](#the-typed-client), its [endpoints](#endpoints) and [values](#values)
* [For tests](#for-tests)

Importing `shim` loads the standard library only; each name is loaded when it is first used. One that needs an extra
says so in a ModuleNotFoundError.
"""

DOORS_HEAD = """
## Modules in place of HTTP libraries

`from shim import httpx` in place of `import httpx`, and so on. Every public name of the library is there, and all but
these are its own, identical objects. Import what one of its modules has from the library itself, as ever
(`from requests.auth import HTTPDigestAuth`): it is the same object, and type checkers know it there alone. The shim's
take what the library's take, and raise [SettingsError and DocumentError](#errors) where settings or mapping documents
mean nothing.
"""

DOORS_TAIL = """
`Transport` and `Adapter` are for programs that mount one, and keep the library's own client; `AsyncTransport` is the
same for an AsyncClient.
"""

PROCESS_HEAD = """
## The whole process

`import shim.auto`, once at the start, is `shim.install()`. `atlas-shim run -- python app.py` does it without a changed
line. Needs the extra `auto`.
"""

ERRORS_HEAD = """
## Errors

Each can be had from `shim.errors`; the first four, and the warning, from `shim` too. What happens on the way to Atlas
stays what the program's own HTTP library raises.
"""

CLIENT_HEAD = """
## The typed client

[How to use it](typed-client.md): arguments, repeating, signing in, iterating. Names below are those of `shim.atlas`;
both clients can be had from `shim`. What is not given comes from the environment:
[credentials](settings.md#credentials), and [which Atlas](settings.md#which-atlas).
"""

ENDPOINTS_HEAD = """
## Endpoints

Of `AsyncAtlasClient` each method is awaited; what begins with `iter_` is for `async for`. Every call may raise what
`AtlasClient` says.
"""

VALUES_HEAD = """
## Values

Frozen. Any attribute may be None, when Atlas did not send it; a word that is not known stays a `str`. Beside its own,
each value has:
"""

TESTS_HEAD = """
## For tests

`pytest_plugins = ["shim.testing"]` in a `conftest.py` has two fixtures ([mocks in tests](../how-to/mocks.md)):
"""

FAKE_HEAD = """
Without pytest:
"""

GROUPS = {
    "cloud_backups": "CloudBackups",
    "serverless_instances": "ServerlessInstances",
    "shared_tier_snapshots": "SharedTierSnapshots",
    "shared_tier_restore_jobs": "SharedTierRestoreJobs",
    "performance_advisor": "PerformanceAdvisor",
}
"""Attribute of the client -> the class of its endpoints."""

DOORS = ("httpx", "httpx2", "requests", "urllib3", "aiohttp")
MOUNTED = {
    "httpx": ("Transport", "AsyncTransport"),
    "httpx2": ("Transport", "AsyncTransport"),
    "requests": ("Adapter",),
}


def python_api() -> str:
    """Return the page."""
    return page(
        HEAD,
        DOORS_HEAD,
        _doors(),
        DOORS_TAIL,
        *_entry("shim.httpx.Transport", import_module("shim.httpx").Transport),
        *_entry("shim.requests.Adapter", import_module("shim.requests").Adapter),
        PROCESS_HEAD,
        *_entry("shim.install", shim.install),
        *_entry("shim.uninstall", shim.uninstall),
        "## One client\n",
        *_entry("shim.wrap", shim.wrap),
        "## What happened to a call\n",
        *_entry("shim.record", shim.record),
        *_value("shim.Record", shim.Record),
        *_value("shim.FieldReport", shim.FieldReport),
        *_value("shim.Sent", shim.Sent),
        *_value("shim.Dropped", shim.Dropped),
        *_words("shim.Fidelity", shim.Fidelity),
        "## Warnings\n",
        paragraph(
            f"`shim.LegacyEndpointWarning`, a FutureWarning: {_lowered(first(errors.LegacyEndpointWarning.__doc__))}"
            " `ATLAS_SHIM_WARNINGS` says how often ([settings](settings.md#for-every-way-in))."
        ),
        *_entry("shim.set_warnings_handler", shim.set_warnings_handler),
        paragraph("A handler takes one argument, and what it returns is not looked at:"),
        *_value("shim.dropin.notice.Notice", notice.Notice),
        *_value("shim.inventory.CallSite", CallSite),
        ERRORS_HEAD,
        table(("error", "is a", "when"), _errors()),
        *_entry("shim.AtlasError", shim.AtlasError),
        CLIENT_HEAD,
        *_entry("shim.AtlasClient", shim.AtlasClient),
        *_methods(shim.AtlasClient, "client", ("from_env", "close")),
        paragraph(
            f"`shim.AsyncAtlasClient`: {_lowered(first(shim.AsyncAtlasClient.__doc__))} "
            "`await client.aclose()` closes it, or `async with`."
        ),
        *_entry("shim.atlas.Retries", atlas.Retries),
        ENDPOINTS_HEAD,
        *_endpoints(),
        VALUES_HEAD,
        *_values(),
        TESTS_HEAD,
        *_fixtures(),
        FAKE_HEAD,
        *_entry("shim.fake.FakeAtlas", fake.FakeAtlas),
        *_methods(fake.FakeAtlas, "fake"),
        _constants(),
        *_entry("shim.fake.server.serve_in_thread", import_module("shim.fake.server").serve_in_thread),
        *_entry("shim.gateway.serve_in_thread", gateway.serve_in_thread),
        paragraph(
            "Its `url` is where it takes calls, `admin_url` where it answers probes; `shim.gateway.Options` has "
            "[the gateway's options](settings.md#the-gateways-options) as attributes."
        ),
    )


def _entry(name: str, thing: Any) -> Iterator[str]:
    yield f"### `{name}`\n"
    yield signature(name, thing)
    yield prose(thing.__doc__)


def _doors() -> str:
    return table(("module", "is in place of", "the shim's own"), map(_door, DOORS))


def _door(name: str) -> tuple[str, str, str]:
    library, door = import_module(name), import_module(f"shim.{name}")
    names = [one for one in vars(library) if not one.startswith("_") and callable(getattr(library, one))]
    ours = [one for one in names if getattr(door, one) is not getattr(library, one)]
    kinds = sorted(one for one in ours if isinstance(getattr(door, one), type))
    mounted = MOUNTED.get(name, ())
    said = ", ".join(f"`{one}`" for one in (*kinds, *mounted)) + ", and the functions"
    return f"`shim.{name}`", f"`{name}`", said


def _value(name: str, kind: type) -> Iterator[str]:
    yield f"### `{name}`\n"
    yield prose(kind.__doc__)
    yield attributes(kind)
    yield from _methods(kind, name.rpartition(".")[2].lower())


def _methods(kind: type, owner: str, only: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield signature and first sentence of each method of a class, or of these."""
    found = [(name, getattr(kind, name)) for name in only] or list(methods(kind))
    for name, value in found:
        if isinstance(value, property):
            yield paragraph(f"`{owner}.{name}`, a property: {_lowered(first(value.__doc__))}")
        else:
            yield signature(f"{kind.__name__ if inspect.ismethod(value) else owner}.{name}", value)
            yield paragraph(first(value.__doc__))


def _words(name: str, kind: type[enum.Enum]) -> Iterator[str]:
    yield f"### `{name}`\n"
    yield paragraph(f"{first(kind.__doc__)} {_said(kind)}.")


def _said(kind: type[enum.Enum]) -> str:
    return ", ".join(f"`{one.value}`" for one in kind)


def _errors() -> Iterator[tuple[str, str, str]]:
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not errors.LegacyEndpointWarning:
            bases = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
            yield f"`{name}`", bases, first(kind.__doc__)


def _endpoints() -> Iterator[str]:
    for attribute, kind in GROUPS.items():
        group = getattr(resources, kind)
        yield f"### `client.{attribute}`\n"
        yield prose(group.__doc__)
        for name, method in methods(group):
            yield signature(name, method)
            yield prose(method.__doc__)


def _values() -> Iterator[str]:
    yield table(
        ("attribute", "type"),
        [("`additional`", "`Mapping[str, Any]`"), ("`raw`", "`Mapping[str, Any]`"), ("`record`", "`Record` or `None`")],
    )
    yield prose((_model().__doc__ or "").partition("\n\n")[2])
    kinds = {name: getattr(atlas, name) for name in atlas.__all__}
    for name, kind in kinds.items():
        if attrs.has(kind) and issubclass(kind, _model()) and not name.startswith("Paginated"):
            yield f"### `{name}`\n"
            yield prose(kind.__doc__)
            yield attributes(kind)
            yield from _methods(kind, name.lower() if name == "Page" else name)
    pages = [
        (f"`{name}`", f"`{kind.__orig_bases__[0].__args__[0].__name__}`")
        for name, kind in kinds.items()
        if name.startswith("Paginated")
    ]
    yield "### Pages\n"
    yield paragraph("Each is a `Page` whose `results` are of one kind.")
    yield table(("page", "results"), pages)
    yield "### Words\n"
    yield paragraph("Each is a `StrEnum`, and its words are as good as its members.")
    words: dict[str, type[enum.Enum]] = {name: one for name, one in kinds.items() if issubclass(one, enum.Enum)}
    yield table(
        ("name", "words", "what it is"), [(f"`{name}`", _said(one), first(one.__doc__)) for name, one in words.items()]
    )


def _model() -> Any:
    return import_module("shim.atlas.convert").Model


def _fixtures() -> Iterator[str]:
    """Yield the fixtures by their source: pytest makes other things of them."""
    tree = ast.parse(Path(import_module("shim.testing").__file__ or "").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any("fixture" in ast.unparse(one) for one in node.decorator_list):
            yield f"### `{node.name}`\n"
            yield prose(ast.get_docstring(node))


def _constants() -> str:
    names = [name for name in fake.__all__ if name.isupper()]
    others = [name for name in fake.__all__ if not name.isupper() and name != "FakeAtlas"]
    rows = [(f"`{name}`", f"`{getattr(fake, name)}`") for name in names]
    kinds = [(f"`{name}`", first(getattr(fake, name).__doc__)) for name in others]
    return table(("of `shim.fake`", "what it is"), [*rows, *kinds])


def _lowered(text: str) -> str:
    """Return a sentence as the end of another."""
    return text[0].lower() + text[1:]
