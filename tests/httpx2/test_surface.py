"""``from shim import httpx2`` in place of ``import httpx2``; ``tests/httpx`` tells how calls go, over both."""

import inspect
import pickle
import subprocess
import sys
from typing import Any

import pytest

import shim

plain: Any = pytest.importorskip("httpx2", reason="the extra httpx2 is not installed")
httpx2: Any = shim.httpx2

FUNCTIONS = ["delete", "get", "head", "options", "patch", "post", "put", "query", "request", "stream"]
OURS = {*FUNCTIONS, "Client", "AsyncClient"}


def test_every_public_name_is_there():
    """The surface is httpx2's, and two transports; what is not ours is the same object."""
    assert set(httpx2.__all__) == {*plain.__all__, "Transport", "AsyncTransport"}
    changed = {name for name in plain.__all__ if getattr(httpx2, name) is not getattr(plain, name)}
    assert changed == OURS


def test_what_else_httpx2_has_can_be_reached():
    """Programs look into the package for types."""
    ours: Any = httpx2
    assert ours._types is plain._types
    with pytest.raises(AttributeError):
        ours.nothing_of_the_kind  # noqa: B018 - looking is the test


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_called_as_httpx2_has_it(name):
    """Signature, documentation, name, the way it is pickled, and what it refuses."""
    ours, original = getattr(httpx2, name), getattr(plain, name)
    assert inspect.signature(ours) == inspect.signature(original)
    assert (ours.__doc__, ours.__name__, ours.__module__) == (original.__doc__, name, "shim.httpx2")
    assert pickle.loads(pickle.dumps(ours)) is ours
    with pytest.raises(TypeError, match="nonsense"):
        ours(*["GET", "http://127.0.0.1:1/"][name not in {"request", "stream"} :], nonsense=1)


@pytest.mark.parametrize("name", ["Client", "AsyncClient"])
def test_a_client_is_made_and_used_as_httpx2_has_it(name):
    """Every public method has httpx2's signature, the constructor too; and it is one of httpx2's."""
    ours, original = getattr(httpx2, name), getattr(plain, name)
    assert issubclass(ours, original)
    assert inspect.signature(ours) == inspect.signature(original)
    for method in [each for each in dir(original) if not each.startswith("_") and callable(getattr(original, each))]:
        assert inspect.signature(getattr(ours, method)) == inspect.signature(getattr(original, method)), method


def test_httpx_is_not_loaded(retired):
    """A program may call httpx2 by the name of httpx, which works only while nobody has loaded the other."""
    code = (
        "import sys; from shim import httpx2; import shim; shim.install(); "
        f"httpx2.get({retired!r}); httpx2.Client(transport=httpx2.Transport()).get({retired!r}); "
        "assert 'httpx' not in sys.modules; httpx2.alias_httpx(); import httpx; "
        f"print(httpx.__name__, shim.record(httpx.get({retired!r})).route)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("httpx2 flex\n", "")


def test_without_httpx2_the_extra_is_named(monkeypatch):
    """As for the other doors."""
    for name in ("shim.httpx2", "httpx2"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "shim.httpx2")
    monkeypatch.delitem(vars(shim), "httpx2", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"atlas-shim\[httpx2\]"):
        _ = shim.httpx2
