"""Mapping documents: reading and checking.

``tables`` reads typed keys, ``model`` is what they become, ``parse`` turns one into the other,
``check`` looks at the whole, ``load`` finds the files and lays operators' documents over ours.
"""

from shim.documents.load import document_files, load_documents, mapping_folders
from shim.documents.model import Document

__all__ = ["Document", "document_files", "load_documents", "mapping_folders"]
