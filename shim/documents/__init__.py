"""Read mapping documents (TOML) into operations and rules, and check them.

State: a document becomes frozen values once, and ``core`` translates with them. A field
of a resource has rules for each tier, and a rule has exactly one verb. A verb generates
lines of Python, so that a translation costs no lookups.

Two rules: a document has no expressions, so its author can't run code. A key without an
effect is an error, and all errors are reported at once, each with its file and key path.

``load`` finds the files and merges overrides into our documents; ``tables`` and
``read`` read them. ``model`` has operations, which have a ``question`` (query and
body), ``calls`` to their successors, calls ``before`` those, ``errors`` in legacy terms,
and ``resources`` of ``fields``. A rule takes its value from ``sources`` with one of the
``verbs`` (``links`` is one, ``ways`` are the variants of ``from``), and ``script``
collects the generated lines. ``check`` looks at all documents together. ``templates``
are paths; ``vocabulary`` has levels, types and versions.
"""

from shim.documents.load import document_files, load_documents, mapping_folders
from shim.documents.model import Document

__all__ = ["Document", "document_files", "load_documents", "mapping_folders"]
