"""The commands that the Atlas CLI removed in 1.52, for scripts that run ``atlas serverless …``.

    words -> flags, commands -> profile -> calls -> shim.atlas -> output

``run`` controls this order: ``flags`` parses words as pflag does, ``commands`` is the
table of commands, ``profile`` reads the CLI's configuration, ``calls`` asks Atlas, and
``output`` prints the fields that the CLI printed.
"""
