"""What the doors for Python programs have in common: the process, warnings, content codings, signatures.

Knows no HTTP library, so that neither door loads the other's.
"""
