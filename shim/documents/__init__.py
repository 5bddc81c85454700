"""Mapping documents (TOML) are read here into operations and rules, and checked; ``core`` translates by them.

``load`` finds the files, lays operators' documents over ours, and has them read by
``tables`` and ``read``. Operations (``model``) have a ``question``, ``calls`` to their
successors, some with others ``before`` them, ``errors`` in legacy terms, and
``resources`` of ``fields``. A field gets its value from ``sources`` by one of ``verbs``
(``links`` has one of them, ``ways`` has the kinds of ``from``); ``script`` is what they
generate functions with. ``check`` looks at the whole. ``templates`` are paths,
``vocabulary`` has words and versions.
"""

from shim.documents.load import document_files, load_documents, mapping_folders
from shim.documents.model import Document

__all__ = ["Document", "document_files", "load_documents", "mapping_folders"]
