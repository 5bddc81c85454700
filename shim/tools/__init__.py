"""Tools: ``scan`` and ``inventory`` find callers, ``radar`` reads announced sunsets, ``draft`` writes documents."""
