"""The page of the Python API has every public name, and no other."""

import inspect
import re
from importlib import import_module

import pytest

import shim
from shim import atlas, errors, fake
from shim.atlas import resources
from tests.reference.docstrings import methods
from tests.reference.python_api import GROUPS


@pytest.fixture(scope="module")
def text(page):
    """The page."""
    return page("python.md")


@pytest.fixture(scope="module")
def headings(text):
    """What has a section of its own."""
    return set(re.findall(r"^### `(.+)`$", text, re.MULTILINE))


def test_every_public_name_is_there(text):
    """Of the package, the typed client, the errors and the fake."""
    of_errors = [name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)]
    names = [f"shim.{name}" for name in shim.__all__ if name not in {"__version__", *dir(errors)}]
    names += [name for name in of_errors if issubclass(getattr(errors, name), errors.ShimError)]
    names += ["shim.LegacyEndpointWarning", "shim.AtlasError"]
    names += [name for name in atlas.__all__ if name not in {"AtlasClient", "AsyncAtlasClient", "Retries"}]
    names += [name for name in fake.__all__ if name != "FakeAtlas"]
    missing = [name for name in names if f"`{name}`" not in text]
    assert not missing


def test_what_has_a_section_is_a_name_that_can_be_had(headings):
    """By import; what the typed client returns, from ``shim.atlas``; endpoints, from a client."""
    fixtures = {"atlas_shim_off", "fake_atlas"}
    for name in headings - fixtures:
        module, _, attribute = name.rpartition(".")
        if module == "client":
            assert hasattr(shim.AtlasClient, attribute), name
        else:
            assert hasattr(import_module(module or "shim.atlas"), attribute), name
    assert fixtures <= headings
    assert all(hasattr(import_module("shim.testing"), name) for name in fixtures)


def test_every_endpoint_is_there_with_its_types(text):
    """Each method of each group, as a call that says what it takes and returns."""
    for attribute, kind in GROUPS.items():
        section = text.partition(f"### `client.{attribute}`\n")[2].partition("\n### ")[0]
        shown = set(re.findall(r"^    (\w+)\(", section, re.MULTILINE))
        assert shown == {name for name, _ in methods(getattr(resources, kind))}
        assert section.count(") -> ") == len(shown)
    groups = {name for name, _ in methods(shim.AtlasClient)} | {
        name for name, one in vars(shim.AtlasClient).items() if hasattr(one, "attrname")
    }
    assert groups == {*GROUPS, "close"}


@pytest.mark.parametrize("kind", GROUPS.values())
def test_the_async_twin_has_the_same_methods(kind):
    """So that one list is enough for both."""
    own, twin = (dict(methods(getattr(resources, name))) for name in (kind, f"Async{kind}"))
    assert list(own) == list(twin)
    for name, method in own.items():
        assert inspect.signature(method).parameters == inspect.signature(twin[name]).parameters
        assert method.__doc__ == twin[name].__doc__


def test_what_an_endpoint_raises_is_told():
    """Each says which argument it refuses, and where to read of the rest."""
    for kind in GROUPS.values():
        for name, method in methods(getattr(resources, kind)):
            assert "Raises ValueError" in (method.__doc__ or ""), name
            assert "``AtlasClient``" in (method.__doc__ or ""), name


def test_nothing_of_this_machine_is_on_the_page(text):
    """No address in memory, and no environment as a default."""
    assert not re.search(r"0x[0-9a-f]{6}|environ\(\{|<[a-z]+ object", text)
