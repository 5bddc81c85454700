"""The gateway as a program, in one process or in several.

``serving`` is its life from the start to the signal that ends it. With ``--workers`` a ``supervisor`` listens, reads
settings and answers the operator; each ``worker`` is an interpreter of its own (``worker_process`` is how the
supervisor sees it), which talks to it over a ``channel``. ``sums`` adds up what they count; ``process`` is what each
of them sets up first.
"""
