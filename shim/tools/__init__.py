"""Tools around the engine: find callers, watch for sunsets, and prove translations.

``scan`` finds retired calls in source code, and ``inventory`` those that were made.
``radar`` reads the sunsets that replies announce. ``pairs`` compares recorded answers
of both versions. ``proof`` compares one read with the successor's own answer, and
``trials`` tries writes. They have no state between runs, and execute nothing that they
read.
"""
