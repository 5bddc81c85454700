"""Finding calls of retired operations in sources, without running them.

``files`` reads them. A reader for each language follows the texts of its programs (``texts``, known in parts) and
tells ``sightings`` what it sees: for Python ``python/``. The rules are the same for all: ``paths`` knows retired
paths, ``methods`` which calls are HTTP calls, the documents client libraries' names. ``pragmas`` and ``baseline``
leave out what is known, ``findings`` says what each one means, ``formats`` writes them, ``scanning`` is the order.
"""

from shim.scan.baseline import fingerprint, new_ones, read_baseline, write_baseline
from shim.scan.findings import Finding, FindingState, SuccessorCall, as_json, successors_of, worst
from shim.scan.scanning import Remark, ScanReport, scan

__all__ = [
    "Finding",
    "FindingState",
    "Remark",
    "ScanReport",
    "SuccessorCall",
    "as_json",
    "fingerprint",
    "new_ones",
    "read_baseline",
    "scan",
    "successors_of",
    "worst",
    "write_baseline",
]
