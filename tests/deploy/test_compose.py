"""The compose file by the rules of the Compose specification."""

import pytest

from shim.gateway.options import Options
from tests.deploy.conftest import DEPLOY, IMAGE


@pytest.mark.slow  # its reader is not a dependency of the tests
def test_the_compose_file_is_good():
    """A strict reader takes it; there is time for the end; nothing can be written."""
    compose = pytest.importorskip("compose_spec", reason="compose-spec is not installed")
    read = compose.PyCompose.from_yaml((DEPLOY / "compose.yaml").read_text())
    read.validate()
    service = read.to_dict()["services"]["atlas-shim"]
    assert service["image"] == IMAGE
    assert service["read_only"] is True
    assert float(service["stop_grace_period"].removesuffix("s")) > Options().drain + 10
    (volume,) = service["volumes"]
    assert (DEPLOY / volume.split(":")[0] / "shim.toml").is_file()
