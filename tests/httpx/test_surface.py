"""``from shim import httpx`` in place of ``import httpx``."""

import inspect
import pickle
from typing import Any

import httpx as plain
import pytest

from shim import httpx

FUNCTIONS = ["delete", "get", "head", "options", "patch", "post", "put", "request", "stream"]
OURS = {*FUNCTIONS, "Client", "AsyncClient"}


def test_every_public_name_is_there():
    """The surface is httpx's, and two transports."""
    assert set(httpx.__all__) == {*plain.__all__, "Transport", "AsyncTransport"}
    assert all(hasattr(httpx, name) for name in plain.__all__)


@pytest.mark.parametrize("library", [plain, httpx])
def test_what_is_public_is_exported_and_nothing_else(library):
    """Httpx holds itself to this: no module, type or helper of its making has a public name in the package."""
    dunders = {"__description__", "__title__", "__version__"}
    public = [name for name in vars(library) if name in dunders or not name.startswith("_")]
    assert library.__all__ == sorted(public, key=str.casefold)


@pytest.mark.parametrize("name", sorted(set(plain.__all__) - OURS))
def test_what_is_not_ours_is_the_same_object(name):
    """Exceptions, models and constants are identical, so isinstance and except work across both."""
    assert getattr(httpx, name) is getattr(plain, name)


def test_every_public_name_is_exported_explicitly():
    """Type checkers see names that are imported one by one."""
    written = inspect.getsource(httpx)
    assert [name for name in plain.__all__ if f" as {name}\n" not in written] == []


def test_what_else_httpx_has_can_be_reached():
    """Programs look into the package for types and versions."""
    ours: Any = httpx
    assert ours._types is plain._types
    assert ours.__version__ == plain.__version__
    with pytest.raises(AttributeError):
        ours.nothing_of_the_kind  # noqa: B018 - looking is the test


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_called_as_httpx_has_it(name):
    """Signature, documentation, name, and the way it is pickled."""
    ours, original = getattr(httpx, name), getattr(plain, name)
    assert inspect.signature(ours) == inspect.signature(original)
    assert ours.__doc__ == original.__doc__
    assert (ours.__name__, ours.__module__) == (name, "shim.httpx")
    assert pickle.loads(pickle.dumps(ours)) is ours


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_refuses_what_httpx_refuses(name):
    """A wrong argument is a TypeError and no request."""
    with pytest.raises(TypeError, match="nonsense"):
        getattr(httpx, name)(*["GET", "http://127.0.0.1:1/"][name not in {"request", "stream"} :], nonsense=1)


@pytest.mark.parametrize("name", ["Client", "AsyncClient"])
def test_a_client_is_made_and_used_as_httpx_has_it(name):
    """Every public method has httpx's signature, the constructor too; and it is one of httpx's."""
    ours, original = getattr(httpx, name), getattr(plain, name)
    assert issubclass(ours, original)
    assert inspect.signature(ours) == inspect.signature(original)
    for method in [each for each in dir(original) if not each.startswith("_") and callable(getattr(original, each))]:
        assert inspect.signature(getattr(ours, method)) == inspect.signature(getattr(original, method)), method
