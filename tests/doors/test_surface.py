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
    """The names that the shim replaces, those it adds, and the modules with such names."""

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
    """Name, the library, its replacement, and the shim's own names in it."""
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
    """It is ours where retired calls are served, and otherwise the library's own object; a star imports the same."""
    _, plain, ours, surface = library
    own = surface.classes | surface.functions
    exported = set(getattr(plain, "__all__", public(plain)))
    for name in (exported | public(plain)) - surface.modules:
        assert (getattr(ours, name) is getattr(plain, name)) is (name not in own), name
    assert set(ours.__all__) == exported
    assert public(ours) <= public(plain) | exported | submodules(plain) | surface.added
    assert ours.__version__ == plain.__version__


def test_unlisted_names_are_there(library):
    """That covers names in no list, and a name that the library lacks is an error."""
    _, plain, ours, _ = library
    for name in ("_types", "__title__", "client_exceptions", "_version"):
        if hasattr(plain, name):
            assert getattr(ours, name) is getattr(plain, name)
    with pytest.raises(AttributeError, match="nonsense"):
        ours.nonsense  # noqa: B018 - looking is the test


def test_functions_have_the_library_s_signatures(library):
    """Their documentation is the library's too, and wrong arguments are refused the same."""
    _, plain, ours, surface = library
    for name in surface.functions:
        one = getattr(ours, name)
        original = getattr(plain, name)
        assert one.__doc__ == original.__doc__
        assert one.__name__ == name
        # Whose pool is in the signature.
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


def test_classes_behave_like_the_library_s(library):
    """Each is a subclass of the library's, so isinstance works elsewhere; its methods have the same signatures."""
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
    """It is the library's own unless it contains names of ours; a module that the library lacks is an error."""
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
def test_exceptions_show_a_manager_s_pool_as_usual(scheme):
    """They use the class's own name, whatever the host."""
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
    """Neither does creating a client, so both cost little more than with the library."""
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
    """Otherwise it would be one of the first call, perhaps at night. A variable's name is logged."""
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
def test_any_wrong_setting_is_an_error_of_the_import(monkeypatch, variable, begin):
    """That holds for each way to start, with the modules it needs; the drop-in stays off."""
    monkeypatch.setenv(f"ATLAS_SHIM_{variable}", WRONG[variable])
    with pytest.raises(shim.SettingsError, match=f"^ATLAS_SHIM_{variable}: "):
        begin()
    assert not served.STATE.active


def test_submodules_can_be_imported_by_name():
    """Tutorials import Retry that way, and generated clients SOCKSProxyManager, which then uses our classes."""
    code = (
        # PySocks may be missing
        "import sys, types; sys.modules['socks'] = types.ModuleType('socks');"
        "from shim.urllib3.util.retry import Retry; import urllib3; assert Retry is urllib3.Retry;"
        "from shim.requests.packages.urllib3.util.retry import Retry as other; assert other is Retry;"
        "from shim import urllib3 as ours; from shim.urllib3.contrib.socks import SOCKSProxyManager;"
        "assert issubclass(SOCKSProxyManager, ours.PoolManager);"
        # loaded on first use
        "from shim import aiohttp; assert 'aiohttp.web' not in sys.modules;"
        "from shim.aiohttp import web; import aiohttp.web; assert web is aiohttp.web;"
        "from shim.aiohttp.web_exceptions import HTTPNotFound; assert HTTPNotFound is web.HTTPNotFound"
    )
    assert said(code) == ""
