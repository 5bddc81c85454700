"""A mapping document drafted by machine, from two OpenAPI descriptions and recorded pairs of answers.

``descriptions`` reads OpenAPI, ``shapes`` says what values are made of, ``pairs`` reads recorded answers;
``matching`` and ``sources`` propose rules, ``learning`` proves them on pairs, ``writing`` makes the document of
them. ``replay`` runs pairs through the engine, and ``comparing`` makes the table of fields of that.
"""
