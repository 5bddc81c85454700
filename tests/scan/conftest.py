"""Small programs are scanned as files of a folder of their own."""

from textwrap import dedent

import pytest

from tests.scan.looking import look, put


@pytest.fixture
def found(tmp_path):
    """Scan programs, given as one text or as texts by file name; return (line, operation, method) in order."""

    def found(program, *, full=False):
        files = program if isinstance(program, dict) else {"program.py": program}
        for name, text in files.items():
            put(tmp_path / name, dedent(text))
        report = look(tmp_path)
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

    return found
