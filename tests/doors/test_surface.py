"""``from shim import …`` has the library's names, signatures, modules and objects."""

import importlib.util
import inspect
import pickle
import pkgutil
from typing import Any

import attrs
import pytest

import shim
from shim.doors import served
from shim.requests import Adapter
from tests.peers.pythons import run, said

VERBS = {"delete", "get", "head", "options", "patch", "post", "put", "request"}
POOLS = {"HTTPConnectionPool", "HTTPSConnectionPool", "PoolManager", "ProxyManager"}


@attrs.frozen
class Surface:
    """The names that are the shim's own in the place of a library's, those it adds, and modules that hold some."""

    classes: set[str]
    functions: set[str]
    added: set[str] = attrs.field(factory=set)
    modules: set[str] = attrs.field(factory=set)


FAMILY = {"AsyncClient", "Client"}
SURFACES = {
    "httpx": Surface(FAMILY, VERBS | {"stream"}),
    "httpx2": Surface(FAMILY, VERBS | {"query", "stream"}),
    "requests": Surface(
        {"Session"}, VERBS | {"session"}, {"Adapter"}, {"api", "sessions"}
    ),
    "urllib3": Surface(
        POOLS,
        {"connection_from_url", "proxy_from_url", "request"},
        set(),
        {"connectionpool", "poolmanager"},
    ),
    "aiohttp": Surface({"ClientSession"}, {"request"}, set(), {"client"}),
}


@pytest.fixture(params=SURFACES)
def library(request):
    """Name, the library, what is in its place, and what of that is the shim's own."""
    plain: Any = pytest.importorskip(request.param)
    surface = SURFACES[request.param]
    if inspect.ismodule(getattr(plain, "request", None)):  # urllib3 1.26
        surface = attrs.evolve(surface, functions=surface.functions - {"request"})
    return (
        request.param,
        plain,
        importlib.import_module(f"shim.{request.param}"),
        surface,
    )


def public(module):
    return {name for name in vars(module) if not name.startswith("_")}


def submodules(plain):
    shells = {"pytest_plugin", "worker"}  # pytest's and gunicorn's own business
    found = pkgutil.iter_modules(plain.__path__)
    return {
        one.name
        for one in found
        if not one.name.startswith("_") and one.name not in shells
    }


def test_every_public_name_is_there(library):
    """Ours where retired calls are served, the library's own object everywhere else; a star imports the same."""
    _, plain, ours, surface = library
    own = surface.classes | surface.functions
    exported = set(getattr(plain, "__all__", public(plain)))
    for name in (exported | public(plain)) - surface.modules:
        assert (getattr(ours, name) is getattr(plain, name)) is (name not in own), name
    assert set(ours.__all__) == exported
    assert public(ours) <= public(plain) | exported | submodules(plain) | surface.added
    assert ours.__version__ == plain.__version__


def test_what_else_it_has_can_be_reached(library):
    """Names that no list has, and nothing that it has not."""
    _, plain, ours, _ = library
    for name in ("_types", "__title__", "client_exceptions", "_version"):
        if hasattr(plain, name):
            assert getattr(ours, name) is getattr(plain, name)
    with pytest.raises(AttributeError, match="nonsense"):
        ours.nonsense  # noqa: B018 - looking is the test


def test_functions_are_called_as_the_library_has_them(library):
    """Signature and documentation; what it refuses is refused."""
    _, plain, ours, surface = library
    for name in surface.functions:
        one = getattr(ours, name)
        original = getattr(plain, name)
        assert one.__doc__ == original.__doc__
        assert one.__name__ == name
        # Whose pool is named in the signature.
        if name != "request" or "urllib3" not in plain.__name__:
            assert inspect.signature(one) == inspect.signature(original)
        if surface.classes == FAMILY:
            assert one.__module__ == ours.__name__
            assert pickle.loads(pickle.dumps(one)) is one
            with pytest.raises(TypeError, match="nonsense"):
                one(
                    *["GET", "http://127.0.0.1:1/"][
                        name not in {"request", "stream"} :
                    ],
                    nonsense=1,
                )


def test_classes_are_made_and_used_as_the_library_has_them(library):
    """Each is one of the library's, so that isinstance of other libraries holds; its methods have their signatures."""
    _, plain, ours, surface = library
    for name in surface.classes:
        one = getattr(ours, name)
        original = getattr(plain, name)
        assert issubclass(one, original)
        assert one.__name__ == original.__name__
        assert one.__qualname__ == original.__qualname__
        methods = [
            each
            for each in dir(original)
            if not each.startswith("_") and callable(getattr(original, each))
        ]
        for method in methods if surface.classes == FAMILY else ():
            assert inspect.signature(getattr(one, method)) == inspect.signature(
                getattr(original, method)
            ), method


@pytest.mark.parametrize(
    "library", [name for name, one in SURFACES.items() if one.modules], indirect=True
)
def test_every_module_can_be_imported_by_name(library):
    """As the library's own module, except those that hold ours; a module that the library lacks is an error."""
    name, plain, ours, surface = library
    for each in submodules(plain):
        module = importlib.import_module(f"shim.{name}.{each}")
        original = importlib.import_module(f"{name}.{each}")
        assert getattr(ours, each) is module
        if each not in surface.modules:
            assert module is original, each
            continue
        made_there = {
            key
            for key, value in vars(original).items()
            if getattr(value, "__module__", "") == original.__name__
            and not key.startswith("__")
        }
        for key in made_there:
            own = key in surface.classes | surface.functions
            assert getattr(module, key) is getattr(ours if own else original, key), key
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"shim.{name}.of_nobody")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_exceptions_name_a_managers_pools_as_ever(scheme):
    """By the class's own name, whatever the host."""
    ours = importlib.import_module("shim.urllib3")
    plain = importlib.import_module("urllib3")
    managers = (
        ours.PoolManager(),
        ours.ProxyManager("http://localhost:1"),
        plain.PoolManager(),
    )
    pools = {
        str(manager.connection_from_url(f"{scheme}://localhost/"))
        for manager in managers
    }
    assert len(pools - {"HTTPConnectionPool(host='localhost', port=1)"}) == 1


def test_an_import_loads_no_engine():
    """Nor does a client that is made: it costs little more than the library's."""
    made = {"aiohttp": "request", "requests": "Session()", "urllib3": "PoolManager()"}
    names = [name for name in SURFACES if importlib.util.find_spec(name)]
    uses = "".join(
        f"from shim import {name} as ours; ours.{made.get(name, 'Client()')}; "
        for name in names
    )
    assert (
        said(
            f"import sys; {uses}print([name for name in sys.modules if name.startswith('shim.core')])"
        )
        == "[]"
    )


def test_a_mistyped_setting_is_an_error_of_the_import():
    """Not of the first call, which may be made in the middle of a night; a variable's name is logged."""
    lines = run(
        "-c",
        "from shim import requests",
        ATLAS_SHIM_ROUTE="nonsense",
        ATLAS_SHIM_RUOTE="off",
    ).stderr
    assert lines.startswith(
        "ATLAS_SHIM_RUOTE: is not a setting; did you mean ATLAS_SHIM_ROUTE?"
    )
    assert lines.splitlines()[-1].startswith(
        "shim.errors.SettingsError: ATLAS_SHIM_ROUTE: "
    )


BEGINNINGS = {
    "an import": lambda: vars(shim)["__getattr__"]("requests"),
    "an adapter": Adapter,
    "install": shim.install,
}
WRONG = {"WRITES": "nonsense", "WARNINGS": "twice", "SUNSET": "a=b", "ROUTE": "flexx"}


@pytest.mark.parametrize("begin", BEGINNINGS.values(), ids=BEGINNINGS)
@pytest.mark.parametrize("variable", WRONG)
def test_so_is_any_other(monkeypatch, variable, begin):
    """Whatever begins, with what has to be loaded for it; the drop-in stays off."""
    monkeypatch.setenv(f"ATLAS_SHIM_{variable}", WRONG[variable])
    with pytest.raises(shim.SettingsError, match=f"^ATLAS_SHIM_{variable}: "):
        begin()
    assert not served.STATE.active


def test_modules_below_can_be_imported_by_name():
    """Tutorials reach Retry that way, and generated clients SOCKSProxyManager, which stands on what is ours then."""
    code = (
        # PySocks need not be there
        "import sys, types; sys.modules['socks'] = types.ModuleType('socks');"
        "from shim.urllib3.util.retry import Retry; import urllib3; assert Retry is urllib3.Retry;"
        "from shim.requests.packages.urllib3.util.retry import Retry as other; assert other is Retry;"
        "from shim import urllib3 as ours; from shim.urllib3.contrib.socks import SOCKSProxyManager;"
        "assert issubclass(SOCKSProxyManager, ours.PoolManager);"
        # loaded when somebody asks for it
        "from shim import aiohttp; assert 'aiohttp.web' not in sys.modules;"
        "from shim.aiohttp import web; import aiohttp.web; assert web is aiohttp.web;"
        "from shim.aiohttp.web_exceptions import HTTPNotFound; assert HTTPNotFound is web.HTTPNotFound"
    )
    assert said(code) == ""
