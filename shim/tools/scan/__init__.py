"""Finding calls of retired operations in sources, without running them.

First the names, then parsing: ``files`` reads every text below the named paths, and ``scanning`` keeps those that have
a word of what is looked for (``sightings``: the ``paths`` and ``names`` of the documents). A program is read by its
grammar: ``tree`` gives it one shape for all languages, ``fold`` follows its texts, ``programs`` looks at its calls,
``project`` at what other files know. Every other text is read by ``lines``. ``rules.toml`` has the words of languages
and clients. ``known`` leaves out what is known, ``findings`` says what each one means, ``formats`` writes them.
"""

from shim.tools.scan.findings import Finding, FindingState, SuccessorCall, as_json, successors_of, worst
from shim.tools.scan.known import fingerprint, new_ones, read_baseline, write_baseline
from shim.tools.scan.scanning import Remark, ScanReport, scan

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
