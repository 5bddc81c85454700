"""The page about the typed client: its Python runs as it stands."""

import re
from pathlib import Path

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN
from tests.atlas.conftest import transport_of

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "typed-client.md").read_text("utf-8")


@pytest.fixture
def printed(retired, monkeypatch, capsys):
    """Runs one of the page's examples against the fake, and returns what it printed."""
    monkeypatch.setenv("MONGODB_ATLAS_ACCESS_TOKEN", DEMO_TOKEN)
    monkeypatch.setattr("httpx._client.HTTPTransport", lambda **_: transport_of(retired))

    def run(number):
        example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[number]
        exec(example, {"group_id": DEMO_GROUP, "cluster_name": DEMO_CLUSTER})
        return capsys.readouterr().out

    return run


def test_the_first_example(printed):
    """It prints a line for each snapshot."""
    assert len(re.findall("completed", printed(0))) == 8


def test_the_example_of_records(printed):
    """It prints which side answered, and which side knows nothing of a snapshot."""
    lines = printed(1).splitlines()
    assert lines[0].startswith("flex ")
    assert lines[1].split()[0::2] == ["404", "flex"]
