"""Small programs are scanned as files of a folder of their own."""

from datetime import UTC, datetime
from textwrap import dedent

import pytest

from shim.core.recognise import load_engine
from shim.core.settings import Settings
from shim.tools.scan.scanning import scan

ENGINE = load_engine({})
AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def found(tmp_path):
    """Scan programs, given as one text or as texts by file name; return (line, operation, method) in order."""

    def look(program, *, full=False):
        files = program if isinstance(program, dict) else {"program.py": program}
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        report = scan([tmp_path], ENGINE, Settings(), AT)
        assert not report.errors
        if full:
            return report
        return [
            (
                finding.place.file.removeprefix(f"{tmp_path.as_posix()}/").removesuffix(".py").replace("program", "")
                + f":{finding.place.line}",
                finding.operation.id,
                finding.method,
            )
            for finding in report.findings
        ]

    return look
