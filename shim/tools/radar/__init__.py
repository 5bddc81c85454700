"""Read the sunsets that replies announce (``Sunset``, ``Deprecation``), by operation.

Memory is bounded, and each sunset is logged once.
"""
