"""Tools: ``scan`` and ``inventory`` find callers, ``radar`` reads announced sunsets, ``pairs`` proves documents."""
