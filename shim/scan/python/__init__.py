"""Reading Python: which texts its expressions make, and which calls these are given to. Nothing is run.

``modules`` knows how files import each other, ``values`` what an expression may be, ``library`` what well-known
functions give. ``fold`` reads statements and folds expressions, ``noticing`` says what is of interest in them, and
``reader`` follows names, classes and calls through the whole program. Each imports only those before it.
"""
