"""Drafts a mapping document from two OpenAPI descriptions and recorded pairs of answers, and tests it on pairs.

``pairs`` reads recorded answers, translates them by a document, and compares the results field by field.
``descriptions`` reads OpenAPI; ``learning`` finds the source of each old field; ``drafting`` writes the document, in
which all that no pair proves is a question.
"""
