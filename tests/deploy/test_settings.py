"""``deploy/shim.toml``, and the settings in the other files: complete, true, and good for the gateway."""

import re
import tomllib

import pytest

from shim.gateway.options import TABLE, Options
from shim.gateway.plan import read_options
from tests.deploy.conftest import DEPLOY

FILE = DEPLOY / "shim.toml"


def test_what_is_commented_out_is_the_default():
    """Without the hashes it is a file of all options, and changes nothing."""
    entries = [
        line.removeprefix("#") for line in FILE.read_text().splitlines() if line.startswith("#") and line[1] != " "
    ]
    keys = tomllib.loads("\n".join(entries))
    assert list(keys) == [row.name for row in TABLE]
    assert read_options({}, file=keys) == Options()
    assert tomllib.loads(FILE.read_text()) == {}


@pytest.mark.parametrize("file", sorted(DEPLOY.rglob("*.toml")), ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_file_of_settings_is_good(file):
    """Also with the hashes of single lines taken away."""
    keys = tomllib.loads(re.sub(r"^#(\w+ = )", r"\1", file.read_text(), flags=re.MULTILINE))
    read_options({}, file=keys)
