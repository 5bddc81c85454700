"""Tools: ``scan`` and ``inventory`` find callers, ``radar`` reads sunsets; ``pairs``, ``proof``, ``trials`` prove."""
