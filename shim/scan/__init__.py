"""Finding calls of retired operations in Python sources, by following their syntax trees.

``files`` reads them, ``modules`` knows how they import each other, ``statements``, ``expressions``,
``calls``, ``functions`` and ``objects`` follow a program with values that are known in parts
(``values``), ``paths`` and ``sdk`` recognise what is looked for, ``program`` puts hits together,
``pragmas`` and ``baseline`` leave out what is known, ``findings`` says what each one means.
Nothing of a scanned program is ever run.
"""

from shim.scan.baseline import fingerprint, new_ones, read_baseline, write_baseline
from shim.scan.findings import Finding, State, Successor, as_json, successors_of, worst
from shim.scan.scanning import Remark, Report, scan

__all__ = [
    "Finding",
    "Remark",
    "Report",
    "State",
    "Successor",
    "as_json",
    "fingerprint",
    "new_ones",
    "read_baseline",
    "scan",
    "successors_of",
    "worst",
    "write_baseline",
]
