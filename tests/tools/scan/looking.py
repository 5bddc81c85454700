"""Write programs into a folder, and scan them for a given day."""

from datetime import UTC, datetime
from pathlib import Path

from shim.core.recognize import shared_engine
from shim.core.settings import Settings
from shim.tools.scan.scanning import Scan, scan

ENGINE = shared_engine({})
AT = datetime(2026, 6, 1, tzinfo=UTC)
URL = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"


def put(path: Path, content: str | bytes) -> Path:
    """Write a file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def look(
    *paths: Path,
    at: datetime = AT,
    exclude: tuple[str, ...] = (),
    settings: Settings | None = None,
) -> Scan:
    """Scan some paths."""
    return scan(paths, ENGINE, settings or Settings(), at, exclude)


def names(report: Scan) -> list[str]:
    """Return the names of the files with findings."""
    return [Path(one.place.file).name for one in report.findings]
