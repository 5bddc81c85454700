"""Write the page of the Python API: all names that programs may import, with types."""

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

from shim import AsyncAtlasClient, AtlasClient, Fidelity, atlas, errors, fake
from shim.atlas.calls import EndpointGroup, EndpointMethod

HEAD = """
# Python API

This page lists every name that a program may import, with its types. The package is typed (`py.typed`), and `help()`
shows the same text. Names that are not listed here, or begin with an underscore, may change in any version.

* [Modules in place of HTTP libraries](#modules-in-place-of-http-libraries)
* [The whole process](#the-whole-process), and [one client](#one-client)
* [What happened to a call](#what-happened-to-a-call)
* [Warnings](#warnings), and [errors](#errors)
* [The typed client](#the-typed-client), its [endpoints](#endpoints) and [values](#values)
* [For tests](#for-tests)

Importing `shim` loads only the standard library; each name is loaded when it is first used. If a name needs an extra
that is not installed, the ModuleNotFoundError includes the command that installs it.
"""

DOORS = """
## Modules in place of HTTP libraries

Replace `import httpx` by `from shim import httpx`, and so on. The module has every public name of the library; all
names except those below are the library's own, identical objects. The library's modules can be imported from either
package (`from shim.requests.auth import HTTPDigestAuth`). Type checkers know the modules that programs use most;
import any other from the library itself. The names below accept the same arguments as the library's, and raise
[SettingsError and DocumentError](#errors) if settings or mapping documents are invalid.
"""

MOUNTED = """
`Adapter` is for programs that mount an adapter and keep the library's own session.
"""

PROCESS = """
## The whole process

`import shim.auto` at the start of a program calls `shim.install()`. `atlas-shim run -- python app.py` needs no changed
line. Both need the extra `auto`.
"""

ERRORS = """
## Errors

Import them from `shim.errors`; the first four and the warning also from `shim`. Network errors are still those of the
program's own HTTP library.
"""

CLIENT = """
## The typed client

See [how to use it](typed-client.md) for arguments, retries, sign-in and iteration. The names below are in `shim.atlas`;
both clients are also in `shim`. Omitted arguments come from the environment:
[credentials](settings.md#keys-and-tokens) and [the Atlas to call](settings.md#which-atlas).
"""

ENDPOINTS = """
## Endpoints

Await each method of `AsyncAtlasClient`; use `async for` with methods that begin with `iter_`. Every call may raise the
errors that `AtlasClient` lists.
"""

VALUES = """
## Values

Values are frozen. An attribute is None if Atlas did not send it; an unknown word stays a `str`. In addition to its own
attributes, each value has these:

- `additional` (`Mapping[str, Any]`): the fields that this version does not know
- `raw` (`Mapping[str, Any]`): the JSON object as received
- `record` (`Record` or `None`): the result of `shim.record`
"""

TESTS = """
## For tests

`pytest_plugins = ["shim.testing"]` in a `conftest.py` adds two fixtures ([mocks in tests](../how-to/mocks.md)):
"""

GATEWAY = """
Its `url` accepts calls, and its `admin_url` answers probes. `shim.gateway.options.Options` has
[the gateway's options](settings.md#the-gateways-options) as attributes.
"""


def python_api() -> str:
    """Return the page."""
    warning = f"`shim.LegacyEndpointWarning`, a FutureWarning. {first(errors.LegacyEndpointWarning.__doc__)}"
    twin = f"`shim.AsyncAtlasClient`: {first(AsyncAtlasClient.__doc__)}"
    return page(
        HEAD,
        DOORS,
        table(
            ("module", "the shim's own"),
            map(_door, ("httpx", "httpx2", "requests", "urllib3", "aiohttp")),
        ),
        MOUNTED,
        *_calls("shim.requests.Adapter"),
        PROCESS,
        *_calls("shim.install", "shim.uninstall"),
        "## One client",
        *_calls("shim.wrap"),
        "## What happened to a call",
        *_calls("shim.record"),
        *_values("shim.Record", "shim.FieldReport", "shim.Sent", "shim.Dropped"),
        "### `shim.Fidelity`",
        paragraph(f"{first(Fidelity.__doc__)} {_words(Fidelity)}."),
        "## Warnings",
        paragraph(
            f"{warning} `ATLAS_SHIM_WARNINGS` sets how often ([settings](settings.md#for-every-entry-point))."
        ),
        *_calls("shim.set_warnings_handler"),
        "A handler has one argument; its return value is ignored:",
        *_values("shim.doors.notice.Notice", "shim.tools.inventory.writing.CallSite"),
        ERRORS,
        table(("error", "is a", "when"), _errors()),
        *_calls("shim.AtlasError"),
        CLIENT,
        *_calls("shim.AtlasClient"),
        *_methods(AtlasClient, "client", "close"),
        paragraph(f"{twin} `await client.aclose()` closes it, or `async with`."),
        *_calls("shim.atlas.Retries"),
        ENDPOINTS,
        *_endpoints(),
        VALUES,
        *_models(),
        TESTS,
        *_fixtures(),
        "Without pytest:",
        *_calls("shim.fake.FakeAtlas"),
        *_methods(fake.FakeAtlas, "fake"),
        table(("of `shim.fake`", "value"), _constants()),
        *_calls("shim.fake.server.FakeServer", "shim.gateway.run.serve_in_thread"),
        GATEWAY,
    )


def _calls(*names: str) -> Iterator[str]:
    """Yield a section for each function or class, with its signature and docstring."""
    for name in names:
        thing = _import(name)
        yield f"### `{name}`"
        yield signature(name, thing)
        yield prose(thing.__doc__)


def _values(*names: str) -> Iterator[str]:
    """Yield a section for each value that programs receive: its attributes and methods."""
    for name in names:
        kind = _import(name)
        yield f"### `{name.removeprefix('shim.atlas.')}`"
        yield prose(kind.__doc__)
        yield attributes(kind)
        yield from _methods(kind, kind.__name__.lower())


def _import(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


def _methods(kind: type, owner: str, *names: str) -> Iterator[str]:
    """Yield the signature and first sentence of methods of a class.

    Without names, yields all methods that the class itself has.
    """
    for name in names or dict(methods(kind)):
        value = getattr(kind, name)
        if isinstance(value, property):
            yield paragraph(f"`{owner}.{name}`: {first(value.__doc__)}")
        else:
            yield signature(
                f"{kind.__name__ if inspect.ismethod(value) else owner}.{name}", value
            )
            yield paragraph(first(value.__doc__))


def _words(kind: type[enum.Enum]) -> str:
    return ", ".join(f"`{word.value}`" for word in kind)


def _door(name: str) -> tuple[str, str]:
    """Return a module, and its names that do not come from the library."""
    library, door = import_module(name), import_module(f"shim.{name}")
    classes = [
        one
        for one, thing in vars(door).items()
        if isinstance(thing, type) and not one.startswith("_")
    ]
    own = sorted(
        one for one in classes if getattr(door, one) is not getattr(library, one, None)
    )
    return f"`shim.{name}`", ", ".join(
        f"`{one}`" for one in own
    ) + ", and the functions"


def _errors() -> Iterator[tuple[str, str, str]]:
    for name, kind in vars(errors).items():
        if (
            isinstance(kind, type)
            and issubclass(kind, Exception)
            and not issubclass(kind, Warning)
        ):
            bases = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
            yield f"`{name}`", bases, first(kind.__doc__)


def _endpoints() -> Iterator[str]:
    client = AtlasClient(access_token="shown-nowhere", environ={})  # noqa: S106 - nothing is called
    for name, group in inspect.getmembers(
        client, lambda one: isinstance(one, EndpointGroup)
    ):
        yield f"### `client.{name}`"
        yield prose(type(group).__doc__)
        for called in (
            each
            for each, kind in vars(type(group)).items()
            if isinstance(kind, EndpointMethod)
        ):
            method = getattr(group, called)
            yield signature(called, method)
            yield prose(method.__doc__)


def _models() -> Iterator[str]:
    kinds: dict[str, Any] = {
        name: kind for name, kind in vars(atlas).items() if isinstance(kind, type)
    }
    lists = {name: kind for name, kind in kinds.items() if name.startswith("Paginated")}
    models = [
        name
        for name, kind in kinds.items()
        if attrs.has(kind) and "raw" in attrs.fields_dict(kind)
    ]
    yield from _values(*(f"shim.atlas.{name}" for name in models if name not in lists))
    yield "### Pages"
    yield "Each is a `Page` with `results` of one kind."
    of = [
        (f"`{name}`", f"`{kind.__orig_bases__[0].__args__[0].__name__}`")
        for name, kind in lists.items()
    ]
    yield table(("page", "results"), of)
    yield "### Words"
    yield "Each is a `StrEnum`; plain strings work as well as its members."
    words = {name: kind for name, kind in kinds.items() if issubclass(kind, enum.Enum)}
    rows = [
        (f"`{name}`", _words(kind), first(kind.__doc__)) for name, kind in words.items()
    ]
    yield table(("name", "words", "what it is"), rows)


def _fixtures() -> Iterator[str]:
    """Yield the fixtures by their source, which can be read without pytest."""
    tree = ast.parse(
        Path(fake.__file__).parents[1].joinpath("testing.py").read_text("utf-8")
    )
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(
            "fixture" in ast.unparse(one) for one in node.decorator_list
        ):
            yield f"### `{node.name}`"
            yield prose(ast.get_docstring(node))


def _constants() -> Iterator[tuple[str, str]]:
    for name, value in vars(fake).items():
        if name[0].isupper() and value is not fake.FakeAtlas:
            yield f"`{name}`", f"`{value}`" if name.isupper() else first(value.__doc__)
