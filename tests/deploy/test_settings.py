"""``deploy/shim.toml``, settings in other files, and the compose file: complete and accepted by the gateway."""

import re
import tomllib

import pytest

from shim.gateway.options import TABLE, Options
from shim.gateway.plan import read_options
from tests.deploy.conftest import DEPLOY, IMAGE

FILE = DEPLOY / "shim.toml"


def test_commented_settings_are_the_defaults():
    """Without its comment signs the file sets all options, and changes nothing."""
    entries = [
        line.removeprefix("#")
        for line in FILE.read_text().splitlines()
        if line.startswith("#") and line[1] != " "
    ]
    keys = tomllib.loads("\n".join(entries))
    assert list(keys) == [row.name for row in TABLE]
    assert read_options({}, file=keys) == Options()
    assert tomllib.loads(FILE.read_text()) == {}


@pytest.mark.parametrize(
    "file",
    sorted(DEPLOY.rglob("*.toml")),
    ids=lambda path: str(path.relative_to(DEPLOY)),
)
def test_every_settings_file_is_valid(file):
    """It is also valid with single lines uncommented."""
    keys = tomllib.loads(
        re.sub(r"^#(\w+ = )", r"\1", file.read_text(), flags=re.MULTILINE)
    )
    read_options({}, file=keys)


@pytest.mark.slow  # its reader is not a dependency of the tests
def test_the_compose_file_is_valid():
    """A strict reader accepts it, the stop grace period is long enough, and the file system is read-only."""
    compose = pytest.importorskip(
        "compose_spec", reason="compose-spec is not installed"
    )
    read = compose.PyCompose.from_yaml((DEPLOY / "compose.yaml").read_text())
    read.validate()
    service = read.to_dict()["services"]["atlas-shim"]
    assert service["image"] == IMAGE
    assert service["read_only"] is True
    assert float(service["stop_grace_period"].removesuffix("s")) > Options().drain + 10
    (volume,) = service["volumes"]
    assert (DEPLOY / volume.split(":")[0] / "shim.toml").is_file()
