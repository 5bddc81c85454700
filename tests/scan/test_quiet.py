"""Code of others that never calls Atlas raises no alarm, and all of it can be read."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.scan.looking import look

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("package", ["httpx", "requests", "aiohttp", "click", "openapi_python_client", "urllib3"])
def test_libraries_raise_no_alarm(package):
    """Libraries for HTTP, some generated, some for terminals."""
    module = pytest.importorskip(package)
    report = look(Path(str(module.__file__)).parent, at=datetime(2027, 6, 1, tzinfo=UTC))
    assert (report.findings, report.errors) == ((), ())
    assert report.files > 10


def test_the_standard_library_raises_no_alarm():
    """Nor does a piece of the standard library, with its oddest syntax."""
    folder = Path(str(sys.modules["json"].__file__)).parents[1]
    paths = [folder / name for name in ("asyncio", "email", "http", "urllib", "dataclasses.py", "typing.py", "ast.py")]
    report = look(*paths, at=datetime(2027, 6, 1, tzinfo=UTC))
    assert (report.findings, report.errors) == ((), ())
