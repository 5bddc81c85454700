"""Sunsets that replies announce (``Sunset``, ``Deprecation``), remembered by operation.

``announcement`` reads the header fields, ``shape`` turns a path into a template, ``radar`` remembers announcements,
within bounds, and logs each once.
"""
