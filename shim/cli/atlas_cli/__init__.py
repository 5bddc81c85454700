"""The removed commands of the Atlas CLI (before 1.52), for scripts that still say ``atlas serverless …``.

    words -> flags, commands -> profile -> run =calls=> shim.atlas -> output -> structs, templates, jsonpath

``flags`` reads words as pflag does, ``commands`` is the table of commands, ``profile`` the CLI's configuration,
``run`` does what a command asks for, ``errors`` words what goes wrong. ``output`` prints: ``structs`` shapes JSON as
the Go SDK did, ``template_parse``, ``template_run`` and ``template_functions`` are the useful part of Go's
text/template, ``tabwriter`` is Go's, ``jsonpath`` the part of JSONPath that scripts use. ``handover`` gives every
other command to the real Atlas CLI.
"""
