"""Sunsets that replies announce (``Sunset``, ``Deprecation``), by operation: bounded, and each is logged once."""
