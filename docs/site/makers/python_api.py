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

from shim import AsyncAtlasClient, AtlasClient, Fidelity, atlas, errors, fake
from shim.atlas.calls import EndpointGroup, EndpointMethod

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

DOORS = """
## Modules in place of HTTP libraries

`from shim import httpx` in place of `import httpx`, and so on. Every public name of the library is there, and all but
these are its own, identical objects. What one of its modules has can be imported from either (`from shim.requests.auth
import HTTPDigestAuth`): it is the same object. Type checkers know the modules that programs use most; import any other
from the library itself. The shim's take what the library's take, and raise [SettingsError and DocumentError](#errors)
where settings or mapping documents mean nothing.
"""

MOUNTED = """
`Adapter` is for programs that mount one, and keep the library's own session.
"""

PROCESS = """
## The whole process

`import shim.auto`, once at the start, is `shim.install()`. `atlas-shim run -- python app.py` does it without a changed
line. Needs the extra `auto`.
"""

ERRORS = """
## Errors

Each can be had from `shim.errors`; the first four, and the warning, from `shim` too. What happens on the way to Atlas
stays what the program's own HTTP library raises.
"""

CLIENT = """
## The typed client

[How to use it](typed-client.md): arguments, repeating, signing in, iterating. Names below are those of `shim.atlas`;
both clients can be had from `shim`. What is not given comes from the environment:
[credentials](settings.md#keys-and-tokens), and [which Atlas](settings.md#which-atlas).
"""

ENDPOINTS = """
## Endpoints

Of `AsyncAtlasClient` each method is awaited; what begins with `iter_` is for `async for`. Every call may raise what
`AtlasClient` says.
"""

VALUES = """
## Values

Frozen. Any attribute may be None, when Atlas did not send it; a word that is not known stays a `str`. Beside its own,
each value has `additional`, the fields that this version does not know (`Mapping[str, Any]`), `raw`, the JSON object as
it came (`Mapping[str, Any]`), and `record`, what `shim.record` returns (`Record` or `None`).
"""

TESTS = """
## For tests

`pytest_plugins = ["shim.testing"]` in a `conftest.py` has two fixtures ([mocks in tests](../how-to/mocks.md)):
"""

GATEWAY = """
Its `url` is where it takes calls, `admin_url` where it answers probes; `shim.gateway.options.Options` has
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
            f"{warning} `ATLAS_SHIM_WARNINGS` says how often ([settings](settings.md#for-every-entry-point))."
        ),
        *_calls("shim.set_warnings_handler"),
        "A handler takes one argument, and what it returns is not looked at:",
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
        table(("of `shim.fake`", "what it is"), _constants()),
        *_calls("shim.fake.server.FakeServer", "shim.gateway.run.serve_in_thread"),
        GATEWAY,
    )


def _calls(*names: str) -> Iterator[str]:
    """Yield a section for each function or class by its dotted name: how it is called, and what it says of itself."""
    for name in names:
        thing = _import(name)
        yield f"### `{name}`"
        yield signature(name, thing)
        yield prose(thing.__doc__)


def _values(*names: str) -> Iterator[str]:
    """Yield a section for each value that programs are given: its attributes and methods."""
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
    """Yield signature and first sentence of these methods of a class, or of all that are its own."""
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
    """Return a module, and its names that are not the library's own."""
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
    yield "Each is a `Page` whose `results` are of one kind."
    of = [
        (f"`{name}`", f"`{kind.__orig_bases__[0].__args__[0].__name__}`")
        for name, kind in lists.items()
    ]
    yield table(("page", "results"), of)
    yield "### Words"
    yield "Each is a `StrEnum`, and its words are as good as its members."
    words = {name: kind for name, kind in kinds.items() if issubclass(kind, enum.Enum)}
    rows = [
        (f"`{name}`", _words(kind), first(kind.__doc__)) for name, kind in words.items()
    ]
    yield table(("name", "words", "what it is"), rows)


def _fixtures() -> Iterator[str]:
    """Yield the fixtures by their source, which is read where pytest is not installed."""
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
