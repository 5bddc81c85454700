"""Drafts a mapping document from two OpenAPI descriptions and recorded pairs of answers, and tests it on pairs.

``pairs`` reads recorded answers, translates them by a document, and compares the results field by field.
``descriptions`` reads OpenAPI; ``learning`` (with ``conversions``) finds the source of each old field; ``drafting``
writes the document. Whatever no pair proves is a question in it.
"""
