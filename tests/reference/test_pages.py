"""Files that are made from code are what the code says today; made pages have every command and public name."""

import re

import pytest
from reference import COMMITTED, ROOT

import shim
from shim import atlas, errors, fake
from shim.cli import COMMANDS


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_committed_file_is_what_the_code_says(path):
    """Whoever changes what it is made of writes it anew."""
    assert path.read_text("utf-8") == COMMITTED[path](), "run: python docs/site/reference.py"


def test_every_command_has_its_section(page):
    """In the order of the help."""
    assert re.findall(r"^## `atlas-shim (.+)`$", page("commands.md"), re.MULTILINE) == list(COMMANDS)


def test_every_public_name_is_on_the_page(page):
    """Of the package, the typed client, the errors and the fake; and nothing of this machine."""
    text = page("python.md")
    of_errors = [name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)]
    names = [f"shim.{name}" for name in shim.__all__ if name not in {"__version__", *dir(errors)}]
    names += [name for name in of_errors if issubclass(getattr(errors, name), errors.ShimError)]
    names += ["shim.LegacyEndpointWarning", "shim.AtlasError"]
    names += [
        name for name in vars(atlas) if name[0].isupper() and name not in {"AtlasClient", "AsyncAtlasClient", "Retries"}
    ]
    names += [name for name in fake.__all__ if name != "FakeAtlas"]
    assert [name for name in names if f"`{name}`" not in text] == []
    assert not re.search(r"0x[0-9a-f]{6}|environ\(\{|<[a-z]+ object", text)
