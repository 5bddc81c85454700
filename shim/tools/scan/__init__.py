"""Finds calls of retired operations in sources, without running them.

Search comes first, then parsing: ``files`` reads every text file below the given paths, and ``scanning`` keeps those
with a word to look for (``sightings``: the ``paths`` and ``names`` of the documents). Programs are parsed: ``tree``
gives all languages one shape, ``fold`` evaluates strings, ``programs`` finds calls, ``project`` asks the other files
of a scan. Every other text is read by ``lines``. ``rules.toml`` has the words of languages and clients. ``known``
removes known findings, ``findings`` adds dates and advice, ``formats`` writes the report.
"""

from shim.tools.scan.findings import Finding, FindingState, as_json, worst
from shim.tools.scan.known import fingerprint, new_ones, read_baseline, write_baseline
from shim.tools.scan.scanning import Remark, ScanReport, scan

__all__ = [
    "Finding",
    "FindingState",
    "Remark",
    "ScanReport",
    "as_json",
    "fingerprint",
    "new_ones",
    "read_baseline",
    "scan",
    "worst",
    "write_baseline",
]
