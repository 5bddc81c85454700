"""The removed commands of the Atlas CLI (before 1.52), for scripts that still say ``atlas serverless …``.

    words -> flags, commands -> profile -> calls -> shim.atlas -> output

``run`` goes this way: ``flags`` reads words as pflag does, ``commands`` is the table of commands, ``profile`` the
CLI's configuration, ``calls`` asks Atlas, and ``output`` prints what the CLI knew of the answer: as a table, as JSON,
or by a path (``json_path``). ``handover`` gives every other command to the real Atlas CLI.
"""
