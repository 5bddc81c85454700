# mypy: disable-error-code="attr-defined, union-attr"
# (a test that is wrong about that fails by itself)
"""``from shim import aiohttp`` has what aiohttp has; untouched calls are aiohttp's own, byte for byte."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import aiohttp as plain
import pytest

from shim import aiohttp
from shim.errors import SettingsError
from tests.peers.answering import reply
from tests.typed import with_aiohttp

OURS = {"ClientSession", "request"}
SHELLS = {"pytest_plugin", "worker"}  # pytest's and gunicorn's own business
MODULES = [
    info.name for info in pkgutil.iter_modules(plain.__path__) if not info.name.startswith("_") and info.ispkg is False
]


def test_every_public_name_is_there():
    """Ours where the rewrite is, aiohttp's own object everywhere else."""
    for name in set(plain.__all__) - OURS:
        assert getattr(aiohttp, name) is getattr(plain, name), name
    for name in OURS:
        assert getattr(aiohttp, name) is not getattr(plain, name), name
        assert getattr(aiohttp.client, name) is getattr(aiohttp, name), name
    assert tuple(aiohttp.__all__) == plain.__all__
    assert aiohttp.__version__ == plain.__version__


def test_no_public_name_is_added():
    """No module, type or helper of ours has one in the package."""
    public = {name for name in vars(aiohttp) if not name.startswith("_")}
    assert public <= set(plain.__all__) | set(MODULES)


def test_what_else_it_has_can_be_reached():
    """Modules and names that no list has, and nothing that it has not."""
    assert aiohttp.client_exceptions is plain.client_exceptions
    assert aiohttp.client.ClientTimeout is plain.ClientTimeout
    assert aiohttp.client.DEFAULT_TIMEOUT is plain.client.DEFAULT_TIMEOUT
    with pytest.raises(AttributeError, match="nonsense"):
        aiohttp.nonsense  # noqa: B018 - looking is the test


@pytest.mark.parametrize("name", sorted(set(MODULES) - SHELLS - {"client"}))
def test_every_module_can_be_imported_by_name(name):
    """As aiohttp's own module, and a module that it has not is none of ours."""
    assert importlib.import_module(f"shim.aiohttp.{name}") is importlib.import_module(f"aiohttp.{name}")
    assert importlib.import_module(f"aiohttp.{name}").__spec__.name == f"aiohttp.{name}"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"shim.aiohttp.{name}_of_nobody")


def test_the_server_is_loaded_when_it_is_asked_for():
    """As with aiohttp, whose server half a client does not load."""
    code = (
        "import sys; from shim import aiohttp; assert 'aiohttp.web' not in sys.modules; "
        "from shim.aiohttp import web; import aiohttp.web; assert web is aiohttp.web; "
        "from shim.aiohttp.web_exceptions import HTTPNotFound; assert HTTPNotFound is web.HTTPNotFound"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


async def test_a_typed_program_stays_typed(raw):
    """A program that is written for aiohttp's types runs with ours."""
    server = raw(lambda request: reply("200 OK", body=b"three"))
    assert await with_aiohttp.ask(server.url) == 205


def test_signatures_are_aiohttps_own():
    """For people and inspect alike."""
    assert inspect.signature(aiohttp.request) == inspect.signature(plain.request)
    assert aiohttp.request.__doc__ == plain.request.__doc__


async def test_a_session_is_an_aiohttp_session():
    """So that isinstance of other libraries holds."""
    async with aiohttp.ClientSession() as session:
        assert isinstance(session, plain.ClientSession)


def test_only_subclasses_of_the_caller_are_discouraged():
    """Ours makes no noise, and aiohttp's own warning names the caller's line."""
    with pytest.warns(DeprecationWarning, match="Inheritance class Mine") as caught:
        type("Mine", (aiohttp.ClientSession,), {})
    assert caught[0].filename == __file__


async def test_a_setting_that_means_nothing_is_told_when_a_session_is_made(monkeypatch):
    """Before any call."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "sideways")
    with pytest.raises(SettingsError, match="ATLAS_SHIM_ROUTE"):
        aiohttp.ClientSession()


async def ordinary(library, url):
    async def pieces():
        yield b"one"
        yield b"two"

    async with library.ClientSession(headers={"X-Session": "1"}) as session:
        for made in (
            session.get(f"{url}/a b?x=%2f#frag", params={"q": ["1", "ü"]}),
            session.post(f"{url}/json", json={"a": 1}),
            session.post(f"{url}/form", data={"a": "b"}, headers={"X-Call": "2"}),
            session.put(f"{url}/stream", data=pieces()),
            session.head(url),
            session.request("delete", f"{url}/%61pi/x"),
        ):
            async with made as response:
                assert not hasattr(response, "shim")
                await response.read()
    async with library.request("GET", url, cookies={"a": "b"}) as response:
        assert response.status == 200


async def test_untouched_calls_are_byte_for_byte_aiohttps(raw):
    """Parameters, forms, streams, cookies and all."""
    seen = []
    for library in (plain, aiohttp):
        server = raw(lambda request: reply("200 OK", "Set-Cookie: a=b; Path=/", body=b""))
        await ordinary(library, server.url)
        seen.append([request.replace(server.url[7:].encode(), b"host") for request in server.requests])
    assert seen[0] == seen[1]


@pytest.mark.parametrize("url", ["", "no scheme", "http://[", 7, None])
async def test_what_is_no_url_is_refused_as_ever(url, switched_on):
    """By the same exception, with the drop-in on or off."""
    kinds = []
    for library in (plain, aiohttp):
        async with library.ClientSession() as session:
            with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
                await session.get(url)
        kinds.append(type(caught.value))
    assert kinds[0] is kinds[1]
