"""A mapping document drafted by machine, from two OpenAPI descriptions and recorded pairs of answers.

``descriptions`` reads OpenAPI into ``shapes``, and ``pairs`` reads recorded answers. ``drafting`` plans a document:
``sides`` finds the two operations, ``wrapping`` how they hold their resource, ``matching`` (with ``containers`` for
lists, ``searching`` and ``learning`` for values) what each field comes from. ``writing`` makes TOML of the plan.
``replay`` runs pairs through the engine, ``comparing`` makes the table of fields of that, and ``proving`` tells the
draft.
"""
