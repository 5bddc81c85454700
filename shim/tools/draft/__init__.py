"""A mapping document drafted from two OpenAPI descriptions and recorded pairs of answers, and the proof by pairs.

``pairs`` reads recorded answers, runs them through a document's engine, and makes a table of fields of that.
``descriptions`` reads OpenAPI; ``learning`` (with ``conversions``) finds what each old field comes from; ``drafting``
writes the document. What no pair proves is a question in it.
"""
