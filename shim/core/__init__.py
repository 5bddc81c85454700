"""The engine: it decides and translates on neutral values and knows no HTTP library.

Read in the order data flows: ``messages`` (Call, Reply) -> ``recognise`` (is this one ours?) ->
``route`` (which side is asked) -> ``translate`` (both ways) -> ``exchange`` (the order of events).
``documents`` turns the TOML in ``mappings/`` into what these work with; ``rules`` are its fields,
compiled. Clock, environment, flags and memory are arguments, never looked up here.
"""
